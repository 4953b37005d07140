"""Vectors of §2 to §7: CBOR, keys, signatures, identifiers, parts, manifests, statements."""

import json
from typing import Any

from cairn_verify import cbor, gs1, hashes, records, signatures, statements
from cairn_verify.refusal import Refused
from cairn_verify.signatures import L, N256

from . import signing
from .network import FARM, PRESS, SHOP, T0, Genesis, genesis_document
from .signing import Key

NETWORK = Genesis(genesis_document()).network


def refusal(action, *arguments) -> str:
    """The code with which `action` refuses these arguments."""
    try:
        action(*arguments)
    except Refused as refused:
        return refused.code
    raise AssertionError(f"not refused: {arguments}")


def cbor_cases() -> list[dict]:
    """Encodings that are deterministic and such that are not."""
    good = {
        "integers of every width": [0, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32,
                                    2**64 - 1, -1, -24, -25, -256, -257, -2**64],
        "texts and bytes": ["", "a", "ü€𐍈", b"", bytes(24), bytes(256)],
        "a map in the order of its encodings": {1: 0, 24: 0, -1: 0, b"": 0, "": 0, "aa": 0, "b": 0},
        "constants and a tag": [None, True, False, cbor.Tag(18, [])],
    }
    cases = [{"name": name, "bytes": cbor.encode(v).hex(), "expect": "deterministic"}
             for name, v in good.items()]
    deep = lambda n: b"\x81" * (n - 1) + b"\x80"
    cases.append({"name": "32 arrays in each other", "bytes": deep(32).hex(),
                  "expect": "deterministic"})
    cases.append({"name": "an integer in 32 arrays", "bytes": (b"\x81" * 32 + b"\x00").hex(),
                  "expect": "deterministic"})
    bad = {
        "integer longer than needed": "1817", "two-byte integer that fits one": "1900ff",
        "four-byte integer that fits two": "1a0000ffff",
        "eight-byte integer that fits four": "1b00000000ffffffff",
        "length longer than needed": "580161", "indefinite array": "9fff",
        "indefinite bytes": "5f4100ff", "map keys out of order": "a2616200616100",
        "map key twice": "a201000100", "float": "f93c00", "undefined": "f7",
        "simple value 32": "f820", "simple value 0": "e0", "invalid UTF-8": "61ff",
        "overlong UTF-8": "62c080", "surrogate in UTF-8": "63eda080",
        "reserved additional information": "1c", "break alone": "ff", "nothing": "",
        "array cut off": "8201", "bytes cut off": "4200", "something follows": "0000",
        "an array of 2^62 items": "9b4000000000000000", "33 arrays in each other": deep(33).hex(),
    }
    for name, raw in bad.items():
        cases.append({"name": name, "bytes": raw,
                      "error": refusal(cbor.decode, bytes.fromhex(raw))})
    return cases


def key_cases() -> list[dict]:
    """Keys from seeds, and keys that are refused."""
    cases = []
    for key in (Key("Sunny Farm issuer"), Key("alpha log"), Key("Valley Press issuer", "p256"),
                Key("another", "p256")):
        case: dict[str, Any] = {
            "name": key.name, "algorithm": key.kind, "private": key.secret.hex(),
            "expect": {"key": cbor.encode(key.cose).hex(), "thumbprint": key.kid.hex()}}
        if key.kind == "ed25519":
            raw = key.cose[-2]
            case["expect"]["noteKeyID"] = {
                "log.example/alpha type 1":
                    hashes.sha256(b"log.example/alpha\n\x01" + raw)[:4].hex(),
                "log.example/alpha type 4":
                    hashes.sha256(b"log.example/alpha\n\x04" + raw)[:4].hex()}
        cases.append(case)
    point = Key("another", "p256").cose
    bad = {
        "extra member kid": {1: 1, -1: 6, -2: bytes(32), 2: b"k"},
        "x of 31 bytes": {1: 1, -1: 6, -2: bytes(31)},
        "OKP with curve X25519": {1: 1, -1: 4, -2: bytes(32)},
        "P-256 without y": {1: 2, -1: 1, -2: point[-2]},
        "P-256 with a compressed y": {**point, -3: True},
        "P-256 point off the curve": {**point, -3: bytes(31) + b"\x01"},
        "P-384 named": {**point, -1: 2},
        "not a map": [1, 6, bytes(32)],
    }
    for name, value in bad.items():
        cases.append({"name": name, "key": cbor.encode(value).hex(),
                      "error": refusal(signatures.key_bytes, value)})
    return cases


def signature_cases() -> list[dict]:
    """The acceptance rule of §3 at its edges."""
    farm, press = FARM.key, PRESS.key
    message = b"a message"
    good, other = farm.sign(message), press.sign(message)
    r, s = other[:32], int.from_bytes(other[32:], "big")
    identity = b"\x01" + bytes(31)
    order8 = bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
    high = int.from_bytes(good[32:], "little") + L
    table = [
        ("Ed25519 by the farm", farm.cose, good),
        ("Ed25519 of another message", farm.cose, farm.sign(b"another message")),
        ("Ed25519 with S not reduced", farm.cose, good[:32] + high.to_bytes(32, "little")),
        ("Ed25519 one byte short", farm.cose, good[:63]),
        ("Ed25519 with R the identity", farm.cose, identity + good[32:]),
        ("Ed25519 with a key of order 1", {1: 1, -1: 6, -2: identity}, identity + bytes(32)),
        ("Ed25519 with a key of order 8", {1: 1, -1: 6, -2: order8}, identity + bytes(32)),
        ("Ed25519 with y not reduced", {1: 1, -1: 6, -2: b"\xee" + b"\xff" * 30 + b"\x7f"},
         identity + bytes(32)),
        ("P-256 by the press", press.cose, other),
        ("P-256 with high s", press.cose, r + (N256 - s).to_bytes(32, "big")),
        ("P-256 of another message", press.cose, press.sign(b"another message")),
        ("P-256 with r zero", press.cose, bytes(32) + other[32:]),
        ("P-256 with s zero", press.cose, r + bytes(32)),
        ("P-256 with r of the order", press.cose, N256.to_bytes(32, "big") + other[32:]),
        ("P-256 one byte longer", press.cose, other + b"\x00"),
    ]
    return [{"name": name, "key": cbor.encode(key).hex(), "message": message.hex(),
             "signature": signature.hex(),
             "expect": signatures.accepts(key, message, signature)}
            for name, key, signature in table]


SPELLINGS = """
urn:epc:idpat:sgtin:9521001.012345.*
urn:epc:class:lgtin:9521001.012345.LOT%2F1
urn:epc:class:lgtin:9521001.012345.LOT.1
urn:epc:id:sgtin:9521001.012345.98%22
urn:epc:id:sgtin:0614141.812345.6789%2F%26%25%22!%3F()
urn:epc:id:sscc:9521001.3111111111
urn:epc:id:sgln:9521001.00001.0
urn:epc:id:sgln:9521001.00001.dock%2F7
urn:epc:id:pgln:9521001.00000
urn:epc:id:pgln:999999999999.
urn:epc:id:grai:9521001.00022.334455
urn:epc:idpat:grai:9521001.00022.*
urn:epc:id:giai:9521001.ABC345
urn:epc:id:gsrn:9521001.0000006765
urn:epc:id:gsrnp:9521001.0000000007
urn:epc:id:gdti:9521001.00009.PO-4711
urn:epc:idpat:gdti:9521001.00009.*
urn:epc:id:sgcn:9521001.67890.04711
urn:epc:idpat:sgcn:9521001.67890.*
urn:epc:id:cpi:0614141.11111111111111-A%23%2F.1234
urn:epc:idpat:cpi:9521001.AB12.*
urn:epc:id:ginc:9521001.xyz47%2F11
urn:epc:id:gsin:9521001.222333444
urn:epc:id:itip:9521001.012345.01.02.987
urn:epc:idpat:itip:9521001.012345.01.02.*
urn:epc:id:upui:9521001.098765.51qIgY)%3C%26Jp3*j7SDB
urn:epc:idpat:upui:9521001.098765.*
https://id.gs1.org/01/09521001123457
https://example.com/some/path/gtin/9521001123457/lot/L1
https://example.com/01/09521001123457/22/V2
https://example.com/01/09521001123457/22/V2/10/L1
https://example.com/01/09521001123457/10/L1/21/S1
http://EXAMPLE.com/01/09521001123457/10/L%2f1?17=271231#top
https://example.com/01/9521001123457/ser/a b
https://example.com/01/9521001123457/ser/a%20b
https://example.com/414/9521001000017/254/dock
https://example.com/gln/9521001000017
https://example.com/party/9521001000000
https://example.com/414/9521001000017/254/0
https://example.com/gdti/9521001000093
https://example.com/417/9521001000000/7040/1ABC
https://example.com/8018/952100100000067650/8019/7
https://example.com/8003/19521001000222
https://example.com/8003/09521001000222A%2FB
https://example.com/8004/9521001ABC345/7040/1ABC
https://example.com/8004/ABC345
https://example.com/8006/095210011234570102/10/L1
https://example.com/8006/095210011234570102/10/L1/21/S1
https://example.com/8006/095210011234570201
https://example.com/8010/9521001AB12/8011/77
https://example.com/8010/9521001AB12/8011/077
https://example.com/8013/1987654Ad4X4bL5ttr2310c2K
https://example.com/8013/1987654Ad4X4bL5ttr2310c2L
https://example.com/415/9521001000017/8020/R1
https://example.com/415/9521001000017
https://example.com/00/395210011111111112
https://example.com/01/09521001123456
https://example.com/01/97803119
https://example.com/01/97803
https://example.com/01/09521001123457/99/x
https://example.com/01/09521001123457/21/S1/10/L1
https://example.com/01/09521001123457/
https://example.com/414/9521001000017/01/09521001123457
https://example.com/%zz
https:///path
http:example
https://example.com/\u00fc
https://User@Example.com:8443/x
HTTPS://Example.COM/A/Path?Query#Fragment
urn:uuid:0F5E3C2A-9F0B-4C57-8A4B-1F2E3D4C5B6A
did:web:Example.com
urn:epc:id:bic:CSQU3054383
urn:epc:id:sgtin:9521001.12345.1
urn:epc:id:sgtin:9521001.012345
urn:epc:idpat:giai:9521001.*
urn:epc:id:giai:9521001.
mailto:a@example.com
relative/path
//example.com/01/09521001123457

urn:bad space
urn:bad\u0001control
"""


def identifier_cases() -> list[dict]:
    """Spellings, canonical URIs, kinds, products, mentioned batches, ownership digits."""
    cases = []
    for spelling in SPELLINGS.strip("\n").split("\n"):
        try:
            read = gs1.read(spelling)
        except Refused as refused:
            cases.append({"name": spelling or "(empty)", "input": spelling,
                          "error": refused.code})
            continue
        cases.append({"name": spelling, "input": spelling, "expect": {
            "canonical": read.uri, "kind": read.kind, "product": read.product,
            "mentionedBatch": read.mentioned_batch, "ownership": read.ownership or ""}})
    return cases


def subject_cases() -> list[dict]:
    """Subject keys of every facet."""
    batch = gs1.canonical(FARM.lgtin("012345", "L1"))
    product = gs1.read(batch).product
    account = gs1.account_uri("2026-01", FARM.site, product)
    table = [("events of a batch", 0, batch), ("assertions of a batch", 1, batch),
             ("account of a material at a site in a month", 2, account),
             ("account of a credential", 2, "urn:example:certificate:1"),
             ("the network", 1, hashes.network_uri(NETWORK))]
    return [{"name": name, "network": NETWORK.hex(), "facet": facet, "uri": uri,
             "expect": hashes.subject_key(NETWORK, facet, uri).hex()}
            for name, facet, uri in table]


EVENT = {"@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
         "type": "ObjectEvent", "eventTime": "2026-01-05T08:00:00Z",
         "eventTimeZoneOffset": "+00:00", "epcList": [FARM.sgtin("012345", "1")],
         "action": "ADD", "bizStep": "commissioning"}


def compact(value: Any) -> bytes:
    """JSON without white space."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def part_cases() -> list[dict]:
    """Parts with salts and digests, and parts that are refused."""
    event = compact(EVENT)
    table = [("a public event of an Ed25519 signer", FARM.key, records.EVENT_TYPE, 0, event),
             ("a network event of a P-256 signer", PRESS.key, records.EVENT_TYPE, 1, event),
             ("an attachment for two organisations", FARM.key, "application/pdf",
              sorted([FARM.uri, SHOP.uri]), b"%PDF-"),
             ("empty content", FARM.key, "text/plain", 0, b"")]
    cases = []
    for name, key, content_type, visibility, content in table:
        part = signing.make_part(key, NETWORK, content_type, visibility, content)
        cases.append({
            "name": name, "network": NETWORK.hex(), "private": key.secret.hex(),
            "contentType": content_type, "visibility": visibility, "content": content.hex(),
            "expect": {"salt": cbor.decode(part)[0].hex(), "part": part.hex(),
                       "digest": records.part_digest(part).hex()}})
    bad = {
        "salt of 15 bytes": [bytes(15), "a/b", 0, b""],
        "empty content type": [bytes(16), "", 0, b""],
        "content type of 256 bytes": [bytes(16), "a" * 256, 0, b""],
        "visibility 2": [bytes(16), "a/b", 2, b""],
        "no organisation listed": [bytes(16), "a/b", [], b""],
        "organisations out of order": [bytes(16), "a/b", sorted([FARM.uri, SHOP.uri])[::-1], b""],
        "organisation twice": [bytes(16), "a/b", [FARM.uri, FARM.uri], b""],
        "content is text": [bytes(16), "a/b", 0, ""],
        "five members": [bytes(16), "a/b", 0, b"", 0],
    }
    for name, value in bad.items():
        raw = cbor.encode(value)
        cases.append({"name": name, "part": raw.hex(), "error": refusal(records.read_part, raw)})
    return cases


def _row(number: int, role: int = 0) -> tuple[bytes, bytes, int]:
    return (hashes.sha256(b"part %d" % (number // 2)), hashes.sha256(b"key %d" % number), role)


def manifest_cases() -> list[dict]:
    """Rows, hashes, roots and paths of small manifests; manifests that are refused."""
    cases = []
    for count in (1, 2, 3, 5, 8):
        rows = signing.sort_rows([_row(i, i % 6) for i in range(count)])
        raw = [statements.row_bytes(*row) for row in rows]
        leaves = [hashes.row_hash(each) for each in raw]
        cases.append({
            "name": f"{count} rows",
            "rows": [[d.hex(), k.hex(), role] for d, k, role in rows],
            "expect": {
                "manifest": signing.manifest_bytes(rows).hex(),
                "partCount": len({d for d, _, _ in rows}),
                "rowHashes": [each.hex() for each in leaves],
                "root": hashes.tree_root(leaves).hex(),
                "paths": [[h.hex() for h in hashes.inclusion_path(leaves, i)]
                          for i in range(count)]}})
    two = signing.sort_rows([_row(0), _row(1)])
    bad = {
        "rows out of order": [list(r) for r in reversed(two)],
        "a row twice": [list(two[0]), list(two[0])],
        "role 6": [[*two[0][:2], 6]],
        "no row": [],
        "a part digest of 31 bytes": [[bytes(31), two[0][1], 0]],
        "a row of four members": [[*two[0], 0]],
    }
    for name, value in bad.items():
        raw = cbor.encode(value)
        cases.append({"name": name, "manifest": raw.hex(),
                      "error": refusal(statements.read_manifest, raw)})
    return cases


def statement_cases() -> list[dict]:
    """Statements by both kinds of key, with their ids; statements that are refused."""
    cases = []
    for name, member in (("by an Ed25519 key", FARM), ("by a P-256 key", PRESS)):
        part = signing.make_part(member.key, NETWORK, records.EVENT_TYPE, 0, compact(EVENT))
        rows = signing.sort_rows(signing.part_rows(NETWORK, part))
        raw = signing.make_statement(member.key, member.uri, NETWORK, rows, T0 // 1000 + 60)
        read = statements.read_statement(raw)
        cases.append({
            "name": name, "network": NETWORK.hex(), "private": member.key.secret.hex(),
            "algorithm": member.key.kind, "issuer": member.uri, "issuedAt": T0 // 1000 + 60,
            "parts": [part.hex()],
            "expect": {"manifest": signing.manifest_bytes(rows).hex(), "statement": raw.hex(),
                       "sigStructure": read.to_sign.hex(), "id": read.ident.hex(),
                       "submission": signing.submission(raw, rows, [part]).hex()}})
    rows = signing.sort_rows([_row(0), _row(1)])
    make = lambda **changes: signing.make_statement(
        FARM.key, FARM.uri, NETWORK, rows, 1, **changes)
    good = make()
    outer = cbor.decode(good).value
    bad = {
        "without its tag": cbor.encode(outer),
        "tagged 98": cbor.encode(cbor.Tag(98, outer)),
        "unprotected header not empty": make(unprotected={1: -19}),
        "another content type": make(content_type="application/cbor"),
        "algorithm ES384": signing.make_statement(FARM.key, FARM.uri, NETWORK, rows, 1, -35),
        "network URI of another network": make(network_uri="urn:cairn:network:" + "00" * 32),
        "more parts than rows": make(parts=3),
        "no part": make(parts=0, row_count=0),
        "32,769 rows": make(row_count=32_769),
        "a root of 31 bytes": make(root=bytes(31)),
        "a signature of 63 bytes": make(signature=bytes(63)),
        "longer than 4,096 bytes": signing.make_statement(
            FARM.key, "urn:" + "a" * 4200, NETWORK, rows, 1),
        "issued above 2^53 - 1": signing.make_statement(
            FARM.key, FARM.uri, NETWORK, rows, cbor.MAX_TIME + 1),
        "issuer longer than 2,048 bytes": signing.make_statement(
            FARM.key, "urn:" + "a" * 2046, NETWORK, rows, 1),
    }
    for name, raw in bad.items():
        cases.append({"name": name, "statement": raw.hex(),
                      "error": refusal(statements.read_statement, raw)})
    return cases


FILES = {
    "cbor": ("§2", "Deterministic CBOR: what is taken, and what is refused with which code.",
             cbor_cases),
    "keys": ("§3", "Keys, COSE_Key encodings, thumbprints and note key IDs.", key_cases),
    "signatures": ("§3", "The acceptance rule at its edges.", signature_cases),
    "identifiers": ("§4.1", "Spellings and what they are read as.", identifier_cases),
    "subject-keys": ("§4.2", "Subject keys.", subject_cases),
    "parts": ("§5", "Parts, salts and digests.", part_cases),
    "manifests": ("§6", "Rows, manifests, roots and paths.", manifest_cases),
    "statements": ("§7", "Signed statements, ids and submissions.", statement_cases),
}
