"""The evidence file, SPEC §15.1: step `format`."""

from dataclasses import dataclass, field
from typing import Any

from . import cbor, gs1
from .alarms import alarm_digest
from .epcis import EVENTS
from .hashes import network_uri
from .notes import ORIGIN
from .records import is_account, part_digest
from .refusal import Rejected, need

VERSION = "cairn-evidence-1"
MAX_FILE = 256 << 20
MAX_ASKED = 20_001
MAX_ENTRIES = 200_000
F = "evidence.format"


@dataclass(frozen=True)
class Link:
    """One link of a subject chain."""

    leaf: int
    number: int
    digest: bytes
    role: int
    path: list[bytes]


@dataclass(frozen=True)
class Placed:
    """A seal or entry as bytes, with its index and path."""

    index: int
    raw: bytes
    path: list[bytes]


@dataclass
class Log:
    """What the evidence holds of one log."""

    origin: str
    note: str
    seal: bytes
    seal_path: list[bytes]
    proof: list
    transitions: list[tuple[Placed, Placed]]
    entries: dict[int, Placed]
    chains: dict[int, list[Link]]


@dataclass
class Evidence:
    """A decoded evidence file whose form was checked, nothing else."""

    network: bytes
    subject: str
    scope: int
    asked: list[tuple[int, str]]
    logs: list[Log]
    stubs: set[bytes]
    parts: dict[bytes, bytes] = field(default_factory=dict)
    alarms: list[bytes] = field(default_factory=list)

    def named(self) -> set[bytes]:
        """The digests that links name."""
        return {link.digest for log in self.logs for chain in log.chains.values()
                for link in chain}


def _path(value: Any) -> list[bytes]:
    cbor.array(value, "path", None, F)
    need(len(value) <= 64, F, "path is longer than 64 hashes")
    return [cbor.blob(each, "hash", 32, F) for each in value]


def _placed(value: Any, what: str) -> Placed:
    index, raw, path = cbor.array(value, what, 3, F)
    return Placed(cbor.uint(index, f"{what} index", F), cbor.blob(raw, what, None, F),
                  _path(path))


def _link(value: Any) -> Link:
    leaf, number, digest, role, path = cbor.array(value, "link", 5, F)
    cbor.uint(leaf, "leaf index", F)
    cbor.uint(number, "row number", F)
    need(number < 1 << 32, F, "row number past 32 bits")
    need(cbor.is_uint(role) and role <= 5, F, "role")
    return Link(leaf, number, cbor.blob(digest, "part digest", 32, F), role, _path(path))


def _chain(value: Any, asked: int) -> tuple[int, list[Link]]:
    number, links = cbor.array(value, "chain", 2, F)
    need(cbor.is_uint(number) and number < asked, F, "chain of nothing asked")
    need(bool(cbor.array(links, "links", None, F)), F, "chain without links")
    return number, [_link(each) for each in links]


def _transition(value: Any) -> tuple[Placed, Placed]:
    before, after = cbor.array(value, "transition", 2, F)
    return _placed(before, "seal"), _placed(after, "seal")


def _log(value: Any, asked: int) -> Log:
    origin, note, seal, proof, transitions, entries, chains = cbor.array(value, "log", 7, F)
    need(type(origin) is str and ORIGIN.fullmatch(origin) is not None, F, "origin")
    cbor.text(note, "checkpoint note", 1 << 20, F)
    seal_raw, seal_path = cbor.array(seal, "seal", 2, F)
    cbor.blob(seal_raw, "seal", None, F)
    cbor.array(proof, "index proof", None, F)
    placed = [_placed(e, "entry") for e in cbor.array(entries, "entries", None, F)]
    cbor.ascending([p.index for p in placed], "entries", F)
    read = [_chain(c, asked) for c in cbor.array(chains, "chains", None, F)]
    cbor.ascending([number for number, _ in read], "chains", F)
    pairs = [_transition(t) for t in cbor.array(transitions, "transitions", None, F)]
    return Log(origin, note, seal_raw, _path(seal_path), proof, pairs,
               {p.index: p for p in placed}, dict(read))


def _asked(value: Any) -> list[tuple[int, str]]:
    cbor.array(value, "asked", None, F)
    need(len(value) <= MAX_ASKED, "evidence.too-large", "more than 20,001 are asked")
    for each in value:
        facet, uri = cbor.array(each, "asked", 2, F)
        need(cbor.is_uint(facet) and facet <= 2, F, "facet")
        cbor.text(uri, "asked URI", None, F)
        named = facet != EVENTS and is_account(uri) or gs1.is_canonical(uri)
        need(named, F, "asked URI is neither canonical nor an account's")
    cbor.ascending([cbor.encode(each) for each in value], "asked", F)
    return [(facet, uri) for facet, uri in value]


def _alarms(value: Any) -> list[bytes]:
    for each in cbor.array(value, "alarms", None, F):
        cbor.blob(each, "alarm", None, F)
    need(bool(value), F, "a list of no alarms is left out")
    cbor.ascending([alarm_digest(each) for each in value], "alarms", F)
    return value


def _all_used(evidence: Evidence) -> None:
    """Every entry and stub is named by a link."""
    total = 0
    for log in evidence.logs:
        links = [link for chain in log.chains.values() for link in chain]
        unused = set(log.entries) - {link.leaf for link in links}
        need(not unused, F, f"entry {min(unused, default=0)} of {log.origin} is not needed")
        total += len(log.entries)
    need(total <= MAX_ENTRIES, "evidence.too-large", "more than 200,000 entries")
    need(not evidence.stubs - evidence.named(), F, "a stub that no link names")


def _read_parts(evidence: Evidence, parts: list[bytes]) -> None:
    """Parts by digest; a digest that no link names says `part` before their order is looked at."""
    digests = [part_digest(each) for each in parts]
    named = evidence.named()
    for digest in digests:
        if digest not in named:
            raise Rejected("part", f"no link names part {digest.hex()}: its bytes were changed, "
                                   "or it does not belong here")
    cbor.ascending(digests, "parts", F)
    evidence.parts = dict(zip(digests, parts))


def read(raw: bytes) -> Evidence:
    """Decodes an evidence file; raises Refused where step `format` fails, Rejected at `part`."""
    need(len(raw) <= MAX_FILE, "evidence.too-large", "longer than 256 MiB")
    members = cbor.array(cbor.decode(raw), "evidence", None, F)
    need(7 <= len(members) <= 8, F, "evidence does not have 7 or 8 items")
    version, network, question, asked, logs, parts, stubs = members[:7]
    need(version == VERSION, F, "version")
    cbor.blob(network, "network id", 32, F)
    subject, scope = cbor.array(question, "question", 2, F)
    cbor.text(subject, "subject", gs1.MAX_BYTES, F)
    need(gs1.is_canonical(subject), F, "subject is not canonical")
    need(cbor.is_uint(scope) and scope <= 1, F, "scope")
    pairs = _asked(asked)
    read_logs = [_log(each, len(pairs)) for each in cbor.array(logs, "logs", None, F)]
    need(bool(read_logs), F, "no log")
    cbor.ascending([log.origin.encode() for log in read_logs], "logs", F)
    for each in cbor.array(parts, "parts", None, F):
        cbor.blob(each, "part", None, F)
    for each in cbor.array(stubs, "stubs", None, F):
        cbor.blob(each, "stub", 32, F)
    cbor.ascending(stubs, "stubs", F)
    alarms = _alarms(members[7]) if len(members) == 8 else []
    evidence = Evidence(network, subject, scope, pairs, read_logs, set(stubs), alarms=alarms)
    _all_used(evidence)
    _read_parts(evidence, parts)
    return evidence


def network_number(evidence: Evidence) -> int | None:
    """Where the network's chain stands in asked."""
    wanted = (1, network_uri(evidence.network))
    return evidence.asked.index(wanted) if wanted in evidence.asked else None
