#!/usr/bin/env python3
"""Seeded mutations of events, records and identifiers, and what the second verifier reads of each.

Prints one line of JSON for each: `{"kind", "content", "visibility"}`, content in base64, and
either `"error"`, or `"rows"` and `"reads"`. The node's own readers must agree on every line.

Example: /usr/bin/python3 Tests/tools/mutations.py 1 5000 1000 5000
"""

import base64

import json
import sys
from pathlib import Path
from random import Random
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from cairn_vectors import splitting  # noqa: E402
from cairn_verify import cbor, epcis, gs1, jsontext, records  # noqa: E402
from cairn_verify.refusal import Refused  # noqa: E402

VECTORS = ROOT / "Tests/Vectors"
TIMES = """2026-02-29T00:00:00Z 2024-02-29T00:00:00Z 2016-12-31T23:59:60Z 2026-01-05T24:00:00Z
1970-01-01T00:00:00Z 1969-12-31T23:59:59Z 1970-01-01T00:00:00+00:01 9999-12-31T23:59:59.999Z
9999-12-31T23:59:59-00:01 0000-01-01T00:00:00Z 2026-01-05t08:00:00Z 2026-01-05T08:00:00z
2026-01-05T08:00:00.Z 2026-01-05T08:00:00.1234567890123Z 2026-01-05T08:00:00,5Z
2026-01-05T08:00:00+14:00 2026-01-05T08:00:00-14:01 2026-01-05T08:00:00+23:59
2026-01-31T23:00:00-02:00 2026-01-05T08:00Z 2026-01-05T08:00:00 20260105T080000Z
2026-01-05T08:00:00+0100 +14:00 -14:00 +14:01 -00:00 Z 00:00 +13:60 +1:00""".split()
NUMBERS = """0 -0 -0.0 0e9999999 -0E-9999999 1e64 1e65 1e-64 1e-65 -1 1.50 100e62 0.10e-63
170141183460469231731687303715884105727 170141183460469231731687303715884105728
1701411834604692317316873037158841057270000 1e999 1E+2 1e-0 9007199254740993""".split()
NUMBERS = NUMBERS * 4 + ["9" * 128, "1" + "0" * 127, "1" * 129, "0." + "0" * 126]
NUMBERS += "01 1. .5 +1 1e 0x1 NaN Infinity -".split()
WORDS = """shipping BizStep-shipping cbv:BizStep-shipping cbv:shipping Shipping void_shipping
https://ref.gs1.org/cbv/BizStep-shipping http://ref.gs1.org/cbv/BizStep-receiving
https://gs1.org/cbv/BizStep-loading https://ns.gs1.org/cbv/BizStep-shipping sending
urn:epcglobal:cbv:bizstep:shipping location SDT-location cbv:SDT-location owning_party
https://gs1.org/cbv/SDT-possessing_party possessing_party ex:own ADD DELETE OBSERVE add
did_not_occur in_transit ObjectEvent TransformationEvent AggregationEvent TransactionEvent
AssociationEvent""".split()
ODD = ["", " ", "x", "\0", "é", "\u212a", "\ufeff", "😀", "a b", "%", "%4", "%41", "urn:", ":"]
VALUES: list[Any] = [None, True, False, [], {}, [[]], [{}], [None], {"id": "ex:a"}, {"id": 1}]
BYTES = [b"\xef\xbb\xbf", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\0", b"\x7f",
         b"\x1f", b"\t", b" ", b"\xc2\xa0", b"/", b"//", b",", b":", b"{", b"}", b"[", b"]", b'"',
         b"\\u0000", b"\\ud800", b"\\ud83d\\ude00", b"\\udc00\\ud800", b"\\u00E9", b"\\x41", b"\\/",
         b"null", b'"type":"ObjectEvent",', b'"x":1,', b"[" * 70, b"\xe2\x80\xa8"]
CODES = """gtin itip cpid gln payTo party sscc gdti gcn ginc gsin grai giai gmn gsrnp gsrn cpv lot ser
cpsn glnx srin refNo tpx GTIN 00 01 02 10 21 22 235 240 250 253 254 255 400 401 402 410 414 415 417
7040 8003 8004 8006 8010 8011 8013 8017 8018 8019 8020 8026 id class idpat tag raw sgtin lgtin sgln
pgln cpi sgcn upui gid usdod adi bic imovn * 0 12 0102 95210011 952100112 1ABC 95 1234""".split()
SIGNS = "/:.?#%&=*-_~!'()+,;@$[]<>\"\\^`{|}09aAzZ é"


def good_events() -> list[bytes]:
    """Events of the vectors and of GS1's examples."""
    contents = [bytes.fromhex(case["content"]) for name in ("events", "event-content")
                for case in load(f"cairn/{name}")["cases"] if "expect" in case]
    for path in sorted(VECTORS.glob("gs1-epcis/json/**/*.jsonld")):
        contents += splitting.split(path.read_bytes())
    return contents


def load(name: str) -> dict:
    """One file of vectors."""
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


class Mutator:
    """Changes of one event, as a tree and as text."""

    def __init__(self, random: Random):
        self.random = random
        self.events = good_events()
        self.trees = [jsontext.parse(content) for content in self.events]
        self.identifiers = [case["input"] for case in load("cairn/identifiers")["cases"]]
        self.identifiers += [case["input"] for case in
                             load("digital-link/cbv-hash-dl-normaliser")["cases"]]

    def event(self) -> bytes:
        tree = self.copy(self.random.choice(self.trees))
        for _ in range(self.random.choice((0, 1, 1, 1, 2, 3))):
            self.change(tree)
        content = self.twice(tree) if self.random.random() < 0.06 else self.plain(tree)
        for _ in range(self.random.choice((0, 0, 0, 0, 0, 0, 1, 2))):
            content = self.spoil(content)
        return content

    def copy(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self.copy(each) for name, each in value.items()}
        return [self.copy(each) for each in value] if isinstance(value, list) else value

    def plain(self, tree: dict) -> bytes:
        return splitting.write(tree).encode("utf-8", "surrogatepass")

    def twice(self, tree: dict) -> bytes:
        """The text with a member twice."""
        text = self.plain(tree)
        if not tree:
            return text
        name = self.random.choice(list(tree))
        member = f"{splitting.write(name)}:{splitting.write(tree[name])},"
        if self.random.random() < 0.3:
            member = member.replace('"e', '"\\u0065', 1)
        return b"{" + member.encode() + text[1:]

    def places(self, value: Any) -> list[tuple[Any, Any]]:
        """Every container with every key or index in it."""
        found: list = []
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, each in items:
            found.append((value, key))
            if isinstance(each, (dict, list)):
                found += self.places(each)
        return found

    def change(self, tree: dict) -> None:
        places = self.places(tree)
        if not places:
            return
        top = [place for place in places if place[0] is tree]
        within, key = self.random.choice(top if self.random.random() < 0.4 else places)
        kind = self.random.randrange(14)
        if kind == 0:
            del within[key]
        elif kind == 1:
            within[key] = self.value(within[key])
        elif kind == 2 and isinstance(within, dict):
            within[self.name(key)] = within.pop(key)
        elif kind == 3:
            other = self.random.choice(self.trees)
            name = self.random.choice(list(other))
            tree[name] = self.copy(other[name])
        elif kind == 4:
            within[key] = [self.copy(within[key])] * self.random.choice((1, 2))
        elif kind == 5 and isinstance(within[key], (list, dict)):
            within[key] = self.random.choice(([], {}, None))
        elif isinstance(within[key], jsontext.Number):
            within[key] = jsontext.Number(self.random.choice(NUMBERS))
        elif isinstance(within[key], str):
            within[key] = self.text(within[key])

    def name(self, name: str) -> str:
        names = [key for tree in self.trees for key in tree]
        return self.random.choice((name.upper(), name + " ", "ex:own", "x" * 2049, "isA", "\u212a",
                                   *self.random.sample(names, 4)))

    def value(self, old: Any) -> Any:
        return self.random.choice((self.copy(self.random.choice(VALUES)),
                                   jsontext.Number(self.random.choice(NUMBERS)),
                                   self.text(old if type(old) is str else "ex:a")))

    def text(self, old: str) -> str:
        kind = self.random.randrange(9)
        if kind == 0:
            return self.random.choice(TIMES)
        if kind == 1:
            return self.random.choice(WORDS)
        if kind == 2:
            return self.random.choice(ODD)
        if kind == 3:
            return self.random.choice(self.identifiers)
        if kind == 4:
            return self.random.choice((old.upper(), old.lower(), old.swapcase(), "ex:" + "a" * 2045,
                                       "ex:" + "a" * 2046, old + "?a=b#c", old.replace("/", "//")))
        return self.letters(self.random.choice((old, old, self.random.choice(self.identifiers))))

    def identifier(self) -> str:
        text = self.random.choice(self.identifiers)
        for _ in range(self.random.choice((1, 1, 2, 3))):
            text = self.random.choice((self.letters, self.letters, self.letters, self.splice,
                                       self.renamed))(text)
        return text

    def renamed(self, text: str) -> str:
        """A step of a path or URN replaced by another name or number, or put in with a value."""
        sign = "/" if "/" in text else self.random.choice(":.")
        steps = text.split(sign)
        at = self.random.randrange(len(steps))
        step = self.random.choice(CODES)
        steps[at:at + self.random.randrange(2)] = \
            self.random.choice(([step], [step], [step, self.random.choice(steps)]))
        return sign.join(steps)

    def splice(self, text: str) -> str:
        """The beginning of one spelling with the end of another, cut at a separator of both."""
        other = self.random.choice(self.identifiers)
        sign = self.random.choice([c for c in "/:." if c in text and c in other] or [""])
        if not sign:
            return text + other
        left = self.random.choice([i for i, c in enumerate(text) if c == sign])
        right = self.random.choice([i for i, c in enumerate(other) if c == sign])
        return text[:left] + other[right:]

    def letters(self, text: str) -> str:
        at = self.random.randrange(len(text) + 1)
        sign = self.random.choice(SIGNS)
        return self.random.choice((text[:at] + sign + text[at:], text[:at] + sign + text[at + 1:],
                                   text[:at] + text[at + 1:], text[:at], text[:at] + text[at - 3:],
                                   text[:at] + f"%{ord(sign) & 255:02x}" + text[at + 1:],
                                   text[:at] + text[at:].swapcase()))

    def spoil(self, content: bytes) -> bytes:
        if not content:
            return b" "
        at = self.random.randrange(len(content) + 1)
        piece = self.random.choice(BYTES)
        flipped = bytes([content[at % len(content)] ^ 1 << self.random.randrange(8)])
        return self.random.choice((content[:at] + piece + content[at:], content[:at],
                                   content[:at] + content[at + 1:], piece + content,
                                   content + piece, content[:at] + flipped + content[at + 1:]))

    def record(self, samples: list[dict]) -> tuple[bytes, int]:
        record = dict(self.random.choice(samples))
        for _ in range(self.random.choice((0, 1, 1, 2))):
            self.change_record(record, samples)
        content = cbor.encode(record)
        if self.random.random() < 0.2:
            at = self.random.randrange(len(content))
            content = self.random.choice((
                content[:at], content + b"\0", content[:at] + content[at + 1:],
                content[:at] + bytes([self.random.randrange(256)]) + content[at + 1:]))
        return content, self.random.choice((0, 1))

    def change_record(self, record: dict, samples: list[dict]) -> None:
        key = self.random.choice(list(record))
        other = self.random.choice(samples)
        kind = self.random.randrange(5)
        if kind == 0 and len(record) > 1:
            del record[key]
        elif kind == 1:
            name = self.random.choice(list(other))
            record[name] = other[name]
        else:
            record[key] = self.member(record[key])

    def member(self, old: Any) -> Any:
        if isinstance(old, list) and old and self.random.random() < 0.6:
            at = self.random.randrange(len(old))
            new = [*old[:at], self.member(old[at]), *old[at + 1:]]
            return self.random.choice((new, old + old[:1], old[::-1], old[:-1],
                                       (old * 257)[:257] if len(str(old)) < 200 else old[1:]))
        text = old if type(old) is str else "ex:a"
        return self.random.choice((
            0, 1, -1, cbor.MAX_TIME, cbor.MAX_TIME + 1, (1 << 64) - 1, -(1 << 64), "", "x", b"",
            bytes(32), bytes(31), [], {}, True, None, cbor.Tag(1, 1), [["", ""]], [["a" * 65, "b"]],
            [["a" * 64, "b" * 2048]], [["a", "b" * 2049]], "r" * 4096, "r" * 4097, "é" * 2048,
            ["1.0", "KGM"], ["-0.", "KGM"], ["-00", "1A"], ["1", "KGMM"], "2026-00", "0000-12",
            ["t" * 255, b""], ["t" * 256, b""], ["", b""], [(1 << 64) - 1, bytes(32)],
            {1: {True: 1}}, self.text(text), self.letters(text), self.letters(text)))


def reads(event: epcis.Event) -> dict:
    """What closure and standing rest on, beside the rows."""
    batches = sorted(f"{uri} {lot}" for uri, lots in event.batches.items() for lot in lots)
    return {"type": event.type, "action": event.action or "", "parent": event.parent or "",
            "process": event.transformation or "", "batches": batches,
            "materials": sorted(event.materials()),
            **{name: sorted(getattr(event, name))
               for name in ("inputs", "outputs", "children", "sites", "parties",
                            "certifications")}}


def identified(thing: gs1.Identifier) -> dict:
    """What is known of an identifier; no company prefix is longer than 12 digits."""
    return {"uri": thing.uri, "kind": thing.kind, "batch": thing.mentioned_batch or "",
            "product": thing.product or "", "digits": (thing.ownership or "")[:12]}


def answer(kind: str, content: bytes, visibility: int) -> dict:
    """One line: what the second verifier makes of a content."""
    line: dict = {"kind": kind, "content": base64.b64encode(content).decode(),
                  "visibility": visibility}
    named: set = set()
    try:
        if kind == "identifier":
            line["reads"] = identified(gs1.read(content.decode()))
        elif kind == "event":
            event = epcis.read(content)
            named = event.rows()
            line["reads"] = reads(event)
        else:
            record = records.read_record(content, visibility)
            erased = record[1] == "erasure"
            named = {(key.hex(), epcis.ASSERT) for key in record[8]} if erased \
                else records.record_rows(record)
        return {**line, "rows": sorted(map(list, named))}
    except Refused as refused:
        return {**line, "error": refused.code}


def main(seed: int, events: int, others: int, identifiers: int) -> None:
    """Prints that many events, records and identifiers."""
    mutator = Mutator(Random(seed))
    samples = [cbor.decode(bytes.fromhex(case["content"]))
               for case in load("cairn/records")["cases"] if "expect" in case]
    for _ in range(events):
        print(json.dumps(answer("event", mutator.event(), 0)))
    for _ in range(others):
        print(json.dumps(answer("record", *mutator.record(samples))))
    for _ in range(identifiers):
        print(json.dumps(answer("identifier", mutator.identifier().encode(), 0)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:5]))
