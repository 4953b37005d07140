"""Parts, records and their rows: SPEC §5, §8.2 to §8.4."""

import re
from dataclasses import dataclass
from typing import Any

from . import cbor, epcis, gs1
from .epcis import ACCOUNT, ALLOCATE, ASSERT, ASSERTIONS, EVENTS, MENTION
from .hashes import domain, network_uri, subject_key
from .refusal import Refused, need

EVENT_TYPE = "application/vnd.cairn.epcis-event+json"
RECORD_TYPE = "application/vnd.cairn.record+cbor"
GOVERNANCE_TYPE = "application/vnd.cairn.governance+cbor"
MAX_CONTENT = 1 << 20
MAX_REASON = 4096
PUBLIC, NETWORK = 0, 1

# kind → (required keys, optional keys) beside 1, SPEC §8.3.
KINDS = {
    "certificate": ({2, 3, 5, 9}, {6, 15}),
    "transcribed-certificate": ({2, 3, 5, 9, 14}, {6, 15}),
    "accreditation": ({2, 3, 5, 15}, {6, 9}),
    "delegation": ({2, 5, 7, 15}, {3, 6, 9}),
    "allocation": ({2, 3, 4, 10}, {9, 15}),
    "grant": ({3, 7}, {2, 5, 6, 15}),
    "revocation": ({4, 5, 14}, {6, 9}),
    "suspension": ({4, 5, 14}, {6, 9}),
    "recall": ({3, 5, 14}, {2, 6, 9}),
    "dispute": ({3, 4, 14}, {2, 9}),
    "resolution": ({3, 4, 14}, {9}),
    "erasure": ({4, 8, 14}, set()),
    "master-data": ({3, 5, 9}, {6}),
    "period-balance": ({2, 11, 12, 13, 16}, {9, 10}),
}
ACCOUNT_URI = re.compile(
    r"urn:cairn:account:(?P<month>[0-9]{4}-(?:0[1-9]|1[0-2])):(?P<site>[^ ]+) (?P<material>[^ ]+)")
URI_TARGET = {"allocation", "revocation", "suspension", "resolution"}
MUST_BE_VISIBLE = {"delegation", "revocation", "suspension", "recall", "erasure", "resolution"}
FIELD = "record.field"


@dataclass(frozen=True)
class Part:
    """One part: its bytes, digest and members."""

    raw: bytes
    digest: bytes
    content_type: str
    visibility: Any
    content: bytes


def part_digest(raw: bytes) -> bytes:
    """The digest of a part's bytes."""
    return domain("cairn/part/v1", raw)


def read_part(raw: bytes) -> Part:
    """Decodes a part; raises Refused."""
    salt, content_type, visibility, content = cbor.array(
        cbor.decode(raw), "part", 4, "part.format")
    cbor.blob(salt, "salt", 16, "part.format")
    cbor.text(content_type, "content type", 255, "part.format")
    cbor.blob(content, "content", None, "part.format")
    need(len(content) <= MAX_CONTENT, "part.too-large", "content is longer than 1 MiB")
    if type(visibility) is list:
        need(1 <= len(visibility) <= 256, "part.format", "1…256 organisations")
        for uri in visibility:
            _canonical(uri, "visibility", "part.format")
        cbor.ascending([u.encode() for u in visibility], "visibility", "part.format")
    else:
        good = cbor.is_uint(visibility) and visibility in (PUBLIC, NETWORK)
        need(good, "part.format", "visibility")
    return Part(raw, part_digest(raw), content_type, visibility, content)


def _canonical(value: Any, what: str, code: str = FIELD) -> str:
    cbor.text(value, what, gs1.MAX_BYTES, code)
    need(gs1.is_canonical(value), code, f"{what} is not a canonical URI")
    return value


def is_account(value: Any) -> bool:
    """The URI of an account (SPEC §4.2)."""
    found = type(value) is str and ACCOUNT_URI.fullmatch(value)
    return bool(found) and all(gs1.is_canonical(name) for name in found.group("site", "material"))


def _uris(value: Any, what: str) -> list[str]:
    cbor.array(value, what, None, FIELD)
    need(1 <= len(value) <= 256, FIELD, f"{what} has 1…256 URIs")
    for uri in value:
        _canonical(uri, what)
    cbor.ascending([u.encode() for u in value], what, FIELD)
    return value


def _pair(value: Any, what: str) -> list:
    return cbor.array(value, what, 2, FIELD)


def _check_field(kind: str, key: int, value: Any) -> None:
    match key:
        case 14:
            cbor.text(value, "reason", MAX_REASON, FIELD)
        case 2 | 12 | 13:
            _canonical(value, {2: "id", 12: "material", 13: "site"}[key])
        case 3:
            _uris(value, "about")
        case 4:
            if kind == "erasure" or (kind not in URI_TARGET and type(value) is bytes):
                cbor.blob(value, "target", 32, FIELD)
            elif kind == "allocation" and is_account(value):
                cbor.text(value, "target", gs1.MAX_BYTES, FIELD)
            else:
                _canonical(value, "target")
        case 5 | 6:
            cbor.time(value, "from" if key == 5 else "until", FIELD)
        case 7:
            _uris(value, "to")
        case 8:
            keys = cbor.array(value, "keys", None, FIELD)
            for item in keys:
                cbor.blob(item, "key", 32, FIELD)
            need(1 <= len(keys) <= 4096, FIELD, "1…4,096 keys")
            cbor.ascending(keys, "keys", FIELD)
        case 9:
            content_type, content = _pair(value, "body")
            cbor.text(content_type, "body content type", 255, FIELD)
            cbor.blob(content, "body", None, FIELD)
        case 10:
            number, unit = _pair(value, "quantity")
            good = type(number) is str and re.fullmatch(r"-?\d+(\.\d+)?", number, re.ASCII)
            good = good and type(unit) is str and re.fullmatch(r"[A-Z0-9]{2,3}", unit, re.ASCII)
            need(bool(good), FIELD, "quantity")
        case 11:
            good = type(value) is str and re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", value, re.ASCII)
            need(bool(good), FIELD, "month is not YYYY-MM")
        case 15:
            cbor.array(value, "scope", None, FIELD)
            need(1 <= len(value) <= 256, FIELD, "scope has 1…256 pairs")
            for pair in value:
                for each, limit in zip(_pair(pair, "scope"), (64, 2048)):
                    good = type(each) is str and len(each.encode()) <= limit
                    need(good, FIELD, "scope is not pairs of short texts")
        case 16:
            count, head = _pair(value, "head")
            cbor.uint(count, "head count", FIELD)
            cbor.blob(head, "head", 32, FIELD)


def read_record(content: bytes, visibility: Any) -> dict:
    """Decodes a record and checks kind, members and visibility."""
    record = cbor.decode(content)
    need(type(record) is dict, FIELD, "a record is a map")
    kind = record.get(1)
    need(type(kind) is str and kind in KINDS, "record.kind", f"unknown kind {kind!r}")
    required, optional = KINDS[kind]
    present = set(record) - {1}
    need(required <= present, FIELD, f"{kind} lacks {sorted(required - present)}")
    need(present <= required | optional, FIELD, f"{kind} has members it may not have")
    for key, value in record.items():
        _check_field(kind, key, value)
    need(record.get(5, 0) <= record.get(6, cbor.MAX_TIME), FIELD, "until is before from")
    if kind in MUST_BE_VISIBLE:
        need(visibility in (PUBLIC, NETWORK), "record.must-be-visible", f"{kind} is hidden")
    return record


def record_rows(record: dict) -> set[tuple[int, str, int]]:
    """The rows of a record other than an erasure: (facet, URI, role)."""
    kind, ident, target = record[1], record.get(2), record.get(4)
    about = record.get(3, [])
    asserts = {(ASSERTIONS, a, ASSERT) for a in about}
    match kind:
        case "certificate" | "transcribed-certificate" | "accreditation" | "recall" | "dispute":
            return asserts | ({(ASSERTIONS, ident, ASSERT)} if ident else set())
        case "delegation":
            return (asserts | {(ASSERTIONS, ident, ASSERT)}
                    | {(ASSERTIONS, o, ASSERT) for o in record[7]})
        case "allocation":
            return ({(EVENTS, a, ALLOCATE) for a in about}
                    | {(ACCOUNT, target, ALLOCATE), (ASSERTIONS, target, MENTION)})
        case "grant":
            return (asserts | ({(ASSERTIONS, ident, ASSERT)} if ident else set())
                    | {(ASSERTIONS, o, MENTION) for o in record[7]})
        case "revocation" | "suspension":
            return {(ASSERTIONS, target, ASSERT)}
        case "resolution":
            return asserts | {(ASSERTIONS, target, ASSERT)}
        case "master-data":
            return asserts
    account = gs1.account_uri(record[11], record[13], record[12])
    return {(ACCOUNT, account, ASSERT), (ASSERTIONS, record[13], ASSERT),
            (ASSERTIONS, ident, ASSERT)}


class Content:
    """What a part says, as far as rules version 1 reads it; `error` where it cannot be read."""

    def __init__(self, part: Part, network: bytes):
        self.part = part
        self.event: epcis.Event | None = None
        self.record: dict | None = None
        self.error: Refused | None = None
        self.rows: set[tuple[bytes, int]] | None = None
        try:
            self._read(network)
        except Refused as refusal:
            self.error = refusal

    def _read(self, network: bytes) -> None:
        part, named = self.part, set()
        if part.content_type == EVENT_TYPE:
            self.event = epcis.read(part.content)
            named = self.event.rows()
        elif part.content_type == RECORD_TYPE:
            self.record = read_record(part.content, part.visibility)
            if self.record[1] == "erasure":
                self.rows = {(key, ASSERT) for key in self.record[8]}
                return
            named = record_rows(self.record)
        elif part.content_type == GOVERNANCE_TYPE:
            named = {(ASSERTIONS, network_uri(network), ASSERT)}
        else:
            return
        self.rows = {(subject_key(network, facet, uri), role) for facet, uri, role in named}

    @property
    def must_stay_visible(self) -> bool:
        """Whether others' answers rest on it, so that it cannot be erased."""
        return self.kind in MUST_BE_VISIBLE or self.part.content_type == GOVERNANCE_TYPE

    @property
    def kind(self) -> str | None:
        """The record's kind, if this is a readable record."""
        return self.record[1] if self.record else None
