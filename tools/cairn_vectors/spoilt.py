"""Vectors of §15.3: evidence that is rejected, at least one file for each step."""

import base64
import copy
from typing import Any, Callable

from cairn_verify import cbor, hashes, records, statements
from cairn_verify.epcis import ASSERTIONS
from cairn_verify.hashes import subject_key

from . import rows
from .audits import answer
from .ledger import Ledger, asked_set, evidence, signature_line
from .network import (ALPHA, BETA, CERTIFIER, FARM, GOVERNOR_KEYS, LATECOMER, LOG_KEYS, PRESS,
                      REGISTRAR, SHOP, T0, Genesis, genesis_document)
from .signing import Key, make_part, make_statement, part_rows, sort_rows
from .stories import (APPLE_BATCH, APPLES, PALLET_UNIT, SHY, amend, created, event_part, long,
                      part_of, say_event, tiny)

# Each case spoils the good value a little.

NOTE, SEAL, PROOF, TRANSITIONS, ENTRIES, CHAINS = 1, 2, 3, 4, 5, 6


def flipped(raw: bytes, at: int = 0) -> bytes:
    """The bytes with one bit changed."""
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1:]


class Spoiler:
    """Makes rejected cases from the tiny log's evidence."""

    def __init__(self):
        self.ledger = tiny()
        self.good = evidence([self.ledger], APPLE_BATCH, 0)
        self.genesis = self.ledger.genesis.file
        self.cases: list[dict] = []

    def add(self, step: str, name: str, value: Any, genesis: bytes | None = None) -> None:
        """One case that must be rejected at this step."""
        raw = value if type(value) is bytes else cbor.encode(value)
        said = answer(raw, genesis or self.genesis)
        if said.get("rejected", {}).get("step") != step:
            raise AssertionError(f"{step} {name}: {said}")
        case = {"name": name, "evidence": raw.hex(), "error": step}
        if genesis is not None:
            case["genesis"] = genesis.hex()
        self.cases.append(case)

    def edit(self, step: str, name: str, change: Callable[[list, list], None]) -> None:
        """A case that changes a copy of the good value; `change` gets it and its first log."""
        value = copy.deepcopy(self.good)
        change(value, value[4][0])
        self.add(step, name, value)

    def lie(self, step: str, name: str, tell: Callable[[Ledger], str | None], scope: int = 0,
            **options) -> None:
        """A case over a log that itself breaks a rule, otherwise whole."""
        ledger = Ledger(Genesis(genesis_document()))
        subject = tell(ledger) or APPLE_BATCH
        if ledger.seals[-1] != len(ledger.entries) - 1:
            ledger.seal()
        self.add(step, name, evidence([ledger], subject, scope, **options))


def _setter(*path) -> Callable[[list, list], None]:
    """Sets the last of `path` at the place the others name, in the first log."""
    *places, last, value = path

    def change(_: list, log: list) -> None:
        target = log
        for place_ in places:
            target = target[place_]
        target[last] = value(target[last]) if callable(value) else value
    return change


def _format(s: Spoiler) -> None:
    raw = cbor.encode(s.good)
    s.add("format", "a byte follows", raw + b"\x00")
    s.add("format", "the last byte is missing", raw[:-1])
    s.add("format", "the outer array says its length in two bytes", b"\x98\x07" + raw[1:])
    s.add("format", "nothing", b"")

    def top(number: int, value) -> Callable:
        def change(whole: list, _: list) -> None:
            whole[number] = value(whole[number]) if callable(value) else value
        return change
    s.edit("format", "another version", top(0, "cairn-evidence-2"))
    s.edit("format", "a network id of 31 bytes", top(1, bytes(31)))
    s.edit("format", "scope 2", top(2, [APPLE_BATCH, 2]))
    s.edit("format", "a subject that is not canonical", top(2, [APPLES, 0]))
    s.edit("format", "asked out of order", top(3, lambda a: a[::-1]))
    s.edit("format", "asked twice", top(3, lambda a: [a[0], *a]))
    s.edit("format", "facet 3", top(3, lambda a: [*a, [3, "urn:a:b"]]))
    s.edit("format", "no log", top(4, []))
    s.edit("format", "a log twice", top(4, lambda logs: logs * 2))
    s.edit("format", "parts out of order", top(5, lambda parts: parts[::-1]))
    s.edit("format", "a stub that no link names", top(6, [bytes(32)]))
    s.edit("format", "a stub of 31 bytes", top(6, [bytes(31)]))
    s.edit("format", "entries out of order", _setter(ENTRIES, lambda e: e[::-1]))
    extra = [3, s.ledger.entries[3], s.ledger.path(3)]
    s.edit("format", "an entry that no link names",
           _setter(ENTRIES, lambda e: sorted([*e, extra])))
    s.edit("format", "chains out of order", _setter(CHAINS, lambda c: c[::-1]))
    s.edit("format", "a chain of nothing asked",
           _setter(CHAINS, lambda c: [*c, [99, c[-1][1]]]))
    s.edit("format", "a chain without links", _setter(CHAINS, 0, 1, []))
    s.edit("format", "a hash of 31 bytes in a path", _setter(SEAL, 1, [bytes(31)]))


def _genesis(s: Spoiler) -> None:
    other = Genesis(genesis_document(m1="another network"))
    s.add("genesis", "the genesis file of another network", s.good, other.file)
    pieces = cbor.decode(s.genesis)
    s.add("genesis", "a genesis file signed by too few governors", s.good,
          Genesis(genesis_document(), GOVERNOR_KEYS[:1]).file)
    spoilt = make_part(REGISTRAR.key, s.ledger.network, records.GOVERNANCE_TYPE, 0,
                       cbor.encode([s.ledger.genesis.document, []]))
    s.add("genesis", "a genesis file whose part is another", s.good,
          cbor.encode([*pieces[:3], spoilt]))
    s.add("genesis", "a genesis file cut short", s.good, s.genesis[:-1])
    s.edit("genesis", "a network id that is not this network's",
           lambda value, _: value.__setitem__(1, flipped(value[1])))


def _governance(s: Spoiler) -> None:
    amended = next(leaf for leaf, r in s.ledger.registered.items()
                   if leaf and r.rows[0][1] == s.ledger.registered[0].rows[0][1])
    digest = part_of(s.ledger, amended)

    def to_stub(value: list, _: list) -> None:
        value[5] = [p for p in value[5] if records.part_digest(p) != digest]
        value[6] = [digest]
    s.edit("governance", "an amendment is a stub", to_stub)
    s.lie("governance", "an amendment signed by too few governors",
          lambda ledger: amend(ledger, [["suspend", SHOP.uri, T0]], GOVERNOR_KEYS[:1]) and None)
    s.lie("governance", "an amendment signed by a stranger",
          lambda ledger: amend(ledger, [["suspend", SHOP.uri, T0]],
                               [*GOVERNOR_KEYS[:2], Key("a stranger")]) and None)
    s.lie("governance", "an amendment of seq 2 after genesis",
          lambda ledger: amend(ledger, [["suspend", SHOP.uri, T0]], seq=2) and None)
    s.lie("governance", "an amendment that admits a member again",
          lambda ledger: amend(ledger, [["admit", SHOP.item()]]) and None)
    alpha, beta = Ledger(s.ledger.genesis), Ledger(s.ledger.genesis, BETA)
    amend(alpha, [["suspend", SHOP.uri, T0]])
    amend(beta, [["suspend", PRESS.uri, T0]])
    for ledger in (alpha, beta):
        ledger.seal()
    s.add("governance", "two logs with different amendments of one seq",
          evidence([alpha, beta], APPLE_BATCH, 0))

    def drop_genesis(value: list, log: list) -> None:
        number = next(i for i, (f, u) in enumerate(value[3]) if "cairn:network" in u)
        log[CHAINS] = [[n, links[1:] if n == number else links] for n, links in log[CHAINS]]
        log[ENTRIES] = log[ENTRIES][1:]
        gone = s.ledger.genesis.part
        value[5] = [p for p in value[5] if p != gone]
    s.edit("governance", "the genesis link is left out", drop_genesis)


def _checkpoint(s: Spoiler) -> None:
    ledger = s.ledger
    text = ledger.checkpoint_text()
    note = lambda made: _setter(NOTE, made)
    stranger = Key("a stranger")
    own = lambda body: signature_line(ALPHA, 1, LOG_KEYS[ALPHA],
                                      LOG_KEYS[ALPHA].sign(body.encode()))
    s.edit("checkpoint", "signed by a stranger under the log's name",
           note(ledger.note(stranger)))
    spoilt = signature_line(ALPHA, 1, LOG_KEYS[ALPHA], flipped(
        LOG_KEYS[ALPHA].sign(text.encode()), 40))
    s.edit("checkpoint", "the log's signature does not hold", note(text + "\n" + spoilt))
    s.edit("checkpoint", "a line of an unknown key beside the log's", note(
        ledger.note() + signature_line("log.example/nobody", 4, stranger, bytes(72))))
    s.edit("checkpoint", "the log's line twice", note(ledger.note() + own(text)))
    s.edit("checkpoint", "a cosignature alone", note(
        text + "\n" + ledger.note(cosigners=(BETA,)).split("\n\n")[1].split("\n", 1)[1]))
    bad = ledger.note(cosigners=(BETA,)).removesuffix("\n")
    s.edit("checkpoint", "a cosignature over another time", note(_other_time(bad) + "\n"))
    extended = text + "extension\n"
    s.edit("checkpoint", "an extension line", note(extended + "\n" + own(extended)))
    padded = text.replace("\n8\n", "\n08\n")
    s.edit("checkpoint", "a size with a leading zero", note(padded + "\n" + own(padded)))
    other = text.replace(ALPHA, BETA)
    s.edit("checkpoint", "another origin in the note",
           note(other + "\n" + signature_line(BETA, 1, LOG_KEYS[BETA],
                                              LOG_KEYS[BETA].sign(other.encode()))))
    unknown = Ledger(ledger.genesis, "log.example/nobody")
    LOG = {**LOG_KEYS, unknown.origin: stranger}
    s.add("checkpoint", "a log that governance does not know",
          evidence([unknown], APPLE_BATCH, 0, log_key=LOG[unknown.origin]))

    def rotate(ledger_: Ledger) -> None:
        amend(ledger_, [["rotate-log-key", ALPHA, Key("alpha log 2").cose, 2, bytes(32)]])
    s.lie("checkpoint", "signed by a log key that was rotated away", rotate)


def _other_time(note: str) -> str:
    head, _, last = note.rpartition(" ")
    blob = bytearray(base64.b64decode(last))
    blob[11] ^= 1
    return head + " " + base64.b64encode(bytes(blob)).decode()


def _seal(s: Spoiler) -> None:
    ledger = s.ledger
    before = ledger.seals[-2]
    s.edit("seal", "an earlier seal", _setter(SEAL, [ledger.entries[before],
                                                     ledger.path(before)]))
    s.edit("seal", "its path is spoilt", _setter(SEAL, 1, 0, flipped))
    s.edit("seal", "its path is too long", _setter(SEAL, 1, lambda p: [*p, bytes(32)]))
    s.edit("seal", "its index root changed", _setter(SEAL, 0, lambda raw: raw[:-35] + bytes(35)))

    unsealed = tiny()
    say_event(unsealed, FARM, created(SHY, FARM.site))
    s.add("seal", "the checkpoint ends on an entry", evidence([unsealed], APPLE_BATCH, 0))

    def old_head(ledger_: Ledger) -> None:
        amend(ledger_, [["suspend", SHOP.uri, T0]])
        ledger_.seal(head=ledger_.network)
    s.lie("seal", "a governance head that is not the newest", old_head)


def _transition(s: Spoiler) -> None:
    ledger = s.ledger
    s.edit("transition", "none where the head changed", _setter(TRANSITIONS, []))
    s.edit("transition", "one twice", _setter(TRANSITIONS, lambda t: t * 2))
    s.edit("transition", "its seals swapped", _setter(TRANSITIONS, 0, lambda t: t[::-1]))
    first = [1, ledger.entries[1], ledger.path(1)]
    s.edit("transition", "the earlier seal is not the one before", _setter(TRANSITIONS, 0, 0,
                                                                          first))
    s.edit("transition", "a path is spoilt", _setter(
        TRANSITIONS, 0, 1, 2, 0, flipped))

    def unlinked(ledger_: Ledger) -> None:
        amend(ledger_, [["suspend", SHOP.uri, T0]])
        ledger_.seal(previous=bytes(32))
        say_event(ledger_, FARM, created(APPLES, FARM.site))
    s.lie("transition", "the later seal names another as previous", unlinked)

    def early(ledger_: Ledger) -> None:
        say_event(ledger_, FARM, created(APPLES, FARM.site))
        ledger_.governance.append(bytes(32))
        ledger_.seal()
        ledger_.governance.pop()
        amend(ledger_, [["suspend", SHOP.uri, T0]])
    s.lie("transition", "a seal names a head that no body has", early)


def _entry(s: Spoiler) -> None:
    leaf = s.ledger.registered.keys()
    assert 2 in leaf

    def later(_: list, log: list) -> None:
        entry = next(e for e in log[ENTRIES] if e[0] == 2)
        kind, at, statement = cbor.decode(entry[1])
        entry[1] = cbor.encode([kind, at + 1, statement])
    s.edit("entry", "registered at another time", later)
    s.edit("entry", "its path is spoilt", _setter(ENTRIES, 1, 2, 0, flipped))

    def missing(_: list, log: list) -> None:
        log[ENTRIES] = [e for e in log[ENTRIES] if e[0] != 2]
    s.edit("entry", "one that a link names is missing", missing)
    speak = lambda **changes: lambda ledger: say_event(
        ledger, FARM, created(APPLES, FARM.site), **changes) and None
    s.lie("entry", "a statement whose signature does not verify", speak(signature=bytes(64)))
    s.lie("entry", "a statement for another network", _other_network)
    s.lie("entry", "a statement under rules version 2", speak(rules=2))
    s.lie("entry", "a statement from the future", speak(issued_at=(T0 + 400_000) // 1000))
    s.lie("entry", "an entry registered before the seal before it", speak(at=T0 - 5))
    strange = lambda key, issuer: lambda ledger: ledger.say(
        key, issuer, [event_part(created(APPLES, FARM.site))]) and None
    s.lie("entry", "a statement by no member", strange(LATECOMER.key, LATECOMER.uri))
    s.lie("entry", "a statement by a key that its issuer has not",
          strange(Key("a stranger"), FARM.uri))
    s.lie("entry", "a statement by another member's key", strange(SHOP.key, FARM.uri))

    def revoked(ledger: Ledger) -> None:
        amend(ledger, [["revoke-key", FARM.key.kid, T0]])
        ledger.seal()
        say_event(ledger, FARM, created(APPLES, FARM.site))
    s.lie("entry", "a key revoked before the registration, in force by then", revoked)

    def suspended(ledger: Ledger) -> None:
        amend(ledger, [["suspend", FARM.uri, T0]])
        ledger.seal()
        say_event(ledger, FARM, created(APPLES, FARM.site))
    s.lie("entry", "an issuer suspended by then", suspended)

    def too_early(ledger: Ledger) -> None:
        amend(ledger, [["admit", LATECOMER.item()]])
        strange(LATECOMER.key, LATECOMER.uri)(ledger)
    s.lie("entry", "a member speaks before the seal over its admission", too_early)

    def not_yet(ledger: Ledger) -> None:
        key = Key("farm 2")
        amend(ledger, [["add-key", FARM.uri, ["issuer", key.cose, T0 + 10**9]]])
        ledger.seal()
        strange(key, FARM.uri)(ledger)
    s.lie("entry", "a key that is valid later", not_yet)

    def twice(ledger: Ledger) -> None:
        leaf = say_event(ledger, FARM, created(APPLES, FARM.site))
        r = ledger.registered[leaf]
        ledger.register(r.statement, r.rows, r.parts)
    s.lie("entry", "a statement that stands twice", twice)


def _other_network(ledger: Ledger) -> None:
    other = Genesis(genesis_document(m1="another network"))
    part = make_part(FARM.key, ledger.network, *event_part(created(APPLES, FARM.site)))
    manifest = sort_rows(part_rows(ledger.network, part))
    statement = make_statement(FARM.key, FARM.uri, other.network, manifest, ledger.now // 1000)
    ledger.register(statement, manifest, [part])


def _index(s: Spoiler) -> None:
    is_leaf = lambda item: type(item) is list
    proof = s.good[4][0][PROOF]
    leaf = next(i for i, item in enumerate(proof) if is_leaf(item))
    s.edit("index", "a leaf's count changed", _setter(PROOF, leaf, 1, lambda n: n + 1))
    s.edit("index", "something is left over", _setter(PROOF, lambda p: [*p, bytes(32)]))
    s.edit("index", "empty", _setter(PROOF, []))
    s.lie("index", "a seal with another index root", lambda ledger: (
        say_event(ledger, FARM, created(APPLES, FARM.site)),
        ledger.seal(root=bytes(32))) and None)
    cut = next((i for i, item in enumerate(proof) if type(item) is bytes), None)
    if cut is not None:
        s.edit("index", "a cut subtree changed", _setter(PROOF, cut, flipped))


def _chain(s: Spoiler) -> None:
    s.edit("chain", "a link's role changed", _setter(CHAINS, 0, 1, 0, 3, 5))
    s.edit("chain", "a link's row number changed", _setter(CHAINS, 0, 1, 0, 1, 7))

    def omitted(value: list, log: list) -> None:
        number = next(i for i, (f, u) in enumerate(value[3]) if u == APPLE_BATCH and f == 0)
        _drop(value, log, lambda n, link: n != number)
    s.edit("chain", "a chain that the index holds is left out", omitted)

    def moved(value: list, log: list) -> None:
        number = log[CHAINS][0][0]
        absent = next(i for i in range(len(value[3])) if i not in {n for n, _ in log[CHAINS]})
        links = log[CHAINS][0][1]
        log[CHAINS] = sorted([*log[CHAINS], [absent, links]])
        assert number != absent
    s.edit("chain", "a chain that the index does not hold", moved)

    def two(ledger: Ledger) -> None:
        for _ in range(2):
            say_event(ledger, FARM, created(APPLES, FARM.site))
    ledger = Ledger(Genesis(genesis_document()))
    two(ledger)
    ledger.seal()
    whole = evidence([ledger], APPLE_BATCH, 0)
    number = next(i for i, (f, u) in enumerate(whole[3]) if u == APPLE_BATCH and f == 0)
    for name, pick in (("its last link is left out", lambda c: c[:-1]),
                       ("its first link is left out", lambda c: c[1:]),
                       ("its links are swapped", lambda c: c[::-1])):
        value = copy.deepcopy(whole)
        log = value[4][0]
        log[CHAINS] = [[n, pick(c) if n == number else c] for n, c in log[CHAINS]]
        _tidy(value)
        s.add("chain", name, value)


def _drop(value: list, log: list, keep: Callable[[int, list], bool]) -> None:
    log[CHAINS] = [[n, kept] for n, links in log[CHAINS]
                   if (kept := [link for link in links if keep(n, link)])]
    _tidy(value)


def _tidy(value: list) -> None:
    """Leaves out entries and parts that no link names any more, so that `format` holds."""
    named = set()
    for log in value[4]:
        links = [link for _, chain in log[CHAINS] for link in chain]
        log[ENTRIES] = [e for e in log[ENTRIES] if e[0] in {link[0] for link in links}]
        named |= {link[2] for link in links}
    value[5] = [p for p in value[5] if records.part_digest(p) in named]
    value[6] = [d for d in value[6] if d in named]


def _row(s: Spoiler) -> None:
    chains = s.good[4][0][CHAINS]
    place_ = next((i, j) for i, (_, links) in enumerate(chains)
                  for j, link in enumerate(links) if link[4])
    s.edit("row", "a row's path is spoilt",
           _setter(CHAINS, place_[0], 1, place_[1], 4, 0, flipped))
    s.edit("row", "a row's path is too long",
           _setter(CHAINS, place_[0], 1, place_[1], 4, lambda p: [*p, bytes(32)]))

    def planted(ledger: Ledger) -> None:
        leaf = say_event(ledger, FARM, created(APPLES, FARM.site))
        say_event(ledger, SHOP, created(SHY, SHOP.site))
        other = ledger.registered[leaf + 1]
        key = subject_key(ledger.network, 0, APPLE_BATCH)
        digest = records.part_digest(other.parts[0])
        row = hashes.row_hash(statements.row_bytes(digest, key, 5))
        ledger.chains[key].append((leaf + 1, 9, digest, 5))
        count, head = ledger.heads[key]
        entry = hashes.leaf_hash(ledger.entries[leaf + 1])
        ledger.heads[key] = (count + 1, hashes.chain_head(head, leaf + 1, entry, 9, row))
    s.lie("row", "a link to a row that its statement has not", planted)


def _part(s: Spoiler) -> None:
    digest = part_of(s.ledger, 2)

    def gone(value: list, _: list) -> None:
        value[5] = [p for p in value[5] if records.part_digest(p) != digest]
    s.edit("part", "a part is missing", gone)
    spare = make_part(FARM.key, s.ledger.network, "text/plain", 0, b"spare")

    def added(value: list, _: list) -> None:
        value[5] = sorted([*value[5], spare], key=records.part_digest)
    s.edit("part", "a part that no link names", added)
    for number in range(len(s.good[5])):
        s.edit("part", f"one bit of part {number} changed, wherever that sorts it",
               lambda value, _: value[5].__setitem__(number, flipped(value[5][number], -1)))
    s.edit("part", "a part whose bytes are no part any more",
           lambda value, _: value[5].__setitem__(0, b"\xff"))
    s.edit("part", "a digest is part and stub",
           lambda value, _: value.__setitem__(6, [digest]))

    def spoilt(ledger: Ledger) -> None:
        part = cbor.encode([bytes(15), "text/plain", 0, b""])
        manifest = [(records.part_digest(part), subject_key(ledger.network, 0, APPLE_BATCH), 5)]
        statement = make_statement(FARM.key, FARM.uri, ledger.network, manifest,
                                   ledger.now // 1000)
        ledger.register(statement, manifest, [part])
    ledger = Ledger(Genesis(genesis_document()))
    spoilt(ledger)
    ledger.seal()
    asked = asked_set([ledger], APPLE_BATCH, 0, frozenset(ledger.parts) -
                      {records.part_digest(ledger.genesis.part)})
    s.add("part", "a part with a salt of 15 bytes", evidence([ledger], APPLE_BATCH, 0,
                                                             asked=asked))


def _closure(s: Spoiler) -> None:
    asked = asked_set([s.ledger], APPLE_BATCH, 0, frozenset())
    for name, drop in (("an issuer is not asked", (ASSERTIONS, CERTIFIER.uri)),
                       ("the subject's events are not asked", (0, APPLE_BATCH))):
        left = [pair for pair in asked if pair != drop]
        assert len(left) == len(asked) - 1
        s.add("closure", name, evidence([s.ledger], APPLE_BATCH, 0, asked=left))
    anchored = tiny(Genesis(genesis_document(m10=sorted([CERTIFIER.uri, REGISTRAR.uri]))))
    left = [pair for pair in asked_set([anchored], APPLE_BATCH, 0, frozenset())
            if pair != (ASSERTIONS, rows.CERTIFICATE)]
    s.add("closure", "the certificate is not asked",
          evidence([anchored], APPLE_BATCH, 0, asked=left), anchored.genesis.file)
    more = sorted([*asked, (0, PALLET_UNIT)], key=lambda pair: cbor.encode(list(pair)))
    s.add("closure", "more is asked than needed",
          evidence([s.ledger], APPLE_BATCH, 0, asked=more))
    ledger, at = long()
    asked = asked_set([ledger], PALLET_UNIT, 1, frozenset())
    left = [pair for pair in asked if pair != (0, APPLE_BATCH)]
    s.add("closure", "a batch upstream is left out", evidence([ledger], PALLET_UNIT, 1,
                                                              asked=left))
    hidden = frozenset([part_of(ledger, at["pressing"])])
    s.add("closure", "what lies behind a withheld event is asked all the same",
          evidence([ledger], PALLET_UNIT, 1, hidden, asked=asked))


def rejected_cases() -> dict:
    """At least one rejected file for each step."""
    s = Spoiler()
    for spoil in (_format, _genesis, _governance, _checkpoint, _seal, _transition, _entry, _index,
                  _chain, _row, _part, _closure):
        spoil(s)
    return {"genesis": s.genesis.hex(), "good": cbor.encode(s.good).hex(), "cases": s.cases}


FILES = {
    "evidence-rejected": ("§15.3", "Evidence that is rejected, with the step that rejects it; "
                          "`good` stands, and a case's own `genesis` goes before the file's.",
                          rejected_cases),
}
