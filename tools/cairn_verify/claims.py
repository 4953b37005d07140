"""Schemes, claims and their times, SPEC §24.1 and §24.3."""

import re
import time
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from fractions import Fraction
from typing import Any, Callable

from . import cbor, gs1
from .epcis import EPOCH
from .hashes import sha256
from .refusal import Refused, need

TERMS = "scheme.terms"
MODELS = ("identity-preserved", "segregated", "controlled-blending", "mass-balance")
COVERS = ("batch", "party", "product", "site")
SUBJECT, ALL, ORIGINS = range(3)
CONSERVES, GROWS = range(2)
DECIMAL = re.compile(r"(?:0|[1-9]\d*)(?:\.\d*[1-9])?", re.ASCII)
DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
RFC3339 = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII)
MILLISECOND = timedelta(milliseconds=1)
# How far ahead of one clock another may be, in milliseconds.
CLOCK_SKEW = 300_000


@dataclass(frozen=True)
class Process:
    """How a process turns material over: whether it grows, and most output for one of input."""

    uri: str
    grows: bool
    allowed: Fraction


class Scheme:
    """The terms of a scheme; raises Refused `scheme.terms`."""

    def __init__(self, terms: dict):
        need(type(terms) is dict and set(terms) == set(range(15)), TERMS, "members")
        self.digest = sha256(cbor.encode(terms))
        for key, limit in ((0, 64), (1, 200), (2, 200)):
            cbor.text(terms[key], f"text {key}", limit, TERMS)
        self.criteria = set(_uris(terms[3], "criteria", 64))
        need(bool(self.criteria), TERMS, "criteria")
        self.models = [MODELS[m] for m in _numbers(terms[4], "models", 3)]
        self.minimum = decimal(terms[5], "minimum share")
        need(0 < self.minimum <= 1, TERMS, "minimum share")
        self.covers = _texts(terms[6], "covers", 4, 8)
        need(bool(self.covers) and set(self.covers) <= set(COVERS), TERMS, "covers")
        need(cbor.is_uint(terms[7]) and terms[7] <= 2, TERMS, "reach")
        self.reach = terms[7]
        self.processes = _processes(terms[8])
        unit = terms[9]
        need(unit is None or type(unit) is str and re.fullmatch("[A-Z0-9]{2,3}", unit) is not None,
             TERMS, "unit")
        self.unit = unit
        self.elements = _texts(terms[10], "elements", 16, 64)
        need(cbor.is_uint(terms[11]) and 1 <= terms[11] <= 24, TERMS, "months")
        self.checkers = set(_uris(terms[12], "checkers", 256))
        self.freshness = terms[13]
        need(self.freshness is None or cbor.is_uint(self.freshness), TERMS, "freshness")
        need(cbor.is_uint(terms[14]) and terms[14] <= 1, TERMS, "plots")
        self.plots = terms[14] == 1


def decimal(value: Any, what: str) -> Fraction:
    """A decimal text with neither an exponent nor useless zeros."""
    good = type(value) is str and DECIMAL.fullmatch(value) is not None
    need(good, TERMS, what)
    return Fraction(value)


def _uris(value: Any, what: str, most: int) -> list[str]:
    for uri in _texts(value, what, most, gs1.MAX_BYTES):
        need(gs1.is_canonical(uri), TERMS, what)
    return value


def _texts(value: Any, what: str, most: int, limit: int) -> list[str]:
    need(len(cbor.array(value, what, None, TERMS)) <= most, TERMS, what)
    for each in value:
        cbor.text(each, what, limit, TERMS)
    cbor.ascending([each.encode() for each in value], what, TERMS)
    return value


def _numbers(value: Any, what: str, highest: int) -> list[int]:
    cbor.array(value, what, None, TERMS)
    need(all(cbor.is_uint(each) and each <= highest for each in value), TERMS, what)
    cbor.ascending(value, what, TERMS)
    return value


def _processes(value: Any) -> dict[str, Process]:
    found = {}
    for row in cbor.array(value, "processes", None, TERMS):
        uri, kind, allowed = cbor.array(row, "process", 3, TERMS)
        need(type(uri) is str and gs1.is_canonical(uri), TERMS, "process")
        need(cbor.is_uint(kind) and kind <= 1, TERMS, "kind of a process")
        found[uri] = Process(uri, kind == GROWS, decimal(allowed, "yield"))
    need(len(value) <= 256, TERMS, "processes")
    cbor.ascending([row[0].encode() for row in value], "processes", TERMS)
    return found


@dataclass(frozen=True)
class Claim:
    """What is claimed of a subject, and the two times it is judged for."""

    ident: str
    scheme: Scheme
    share: Fraction
    model: str | None
    valid_at: int
    known_at: int


def claim(schemes_at: Callable[[int], dict[str, Any]], ident: str, share: str | None = None,
          model: str | None = None, valid_at: str | None = None,
          known_at: str | None = None) -> Claim:
    """A claim as it is asked for; raises Refused `claim.*`.

    `schemes_at` gives the schemes of the governance known at a time."""
    times = instant(valid_at), instant(known_at)
    need(times[1] <= instant(None) + CLOCK_SKEW, "claim.time",
         f"--known-at {known_at}: this time has not come (a day stands for its end)")
    schemes = schemes_at(times[1])
    need(ident in schemes, "claim.scheme", f"the network does not know {ident}")
    try:
        scheme = Scheme(schemes[ident])
    except Refused as refusal:
        raise Refused("claim.scheme", str(refusal)) from None
    return Claim(ident, scheme, _share(scheme, share), _model(scheme, model), *times)


def _share(scheme: Scheme, text: str | None) -> Fraction:
    if text is None:
        return scheme.minimum
    good = re.fullmatch(r"\d{1,40}(?:\.\d{1,40})?", text, re.ASCII) is not None
    need(good, "claim.share", f"{text!r} is no decimal such as 0.4")
    share = Fraction(text)
    need(scheme.minimum <= share <= 1, "claim.share",
         f"the scheme lets from {scheme.minimum} to 1 be claimed")
    return share


def _model(scheme: Scheme, name: str | None) -> str | None:
    if name is None:
        return next((m for m in scheme.models if m != MODELS[0]), (scheme.models or [None])[0])
    need(name in MODELS, "claim.model", f"{name!r} is none of {', '.join(MODELS)}")
    need(bool(scheme.models), "claim.model", "the scheme has no models")
    return name


def instant(text: str | None) -> int:
    """A time or a day, which stands for its last millisecond in UTC; now if there is none."""
    if text is None:
        return time.time_ns() // 1_000_000
    try:
        if DAY.fullmatch(text):
            day = datetime.fromisoformat(text).replace(tzinfo=timezone.utc)
            return (day - EPOCH) // MILLISECOND + 86_399_999
        return rfc3339(text)
    except (ValueError, OverflowError):
        reason = f"{text!r} is neither a day like 2026-03-01 nor a time like 2026-03-01T08:30:00Z"
        raise Refused("claim.time", reason) from None


def rfc3339(text: str) -> int:
    """An RFC 3339 time in milliseconds; raises ValueError or OverflowError."""
    match = RFC3339.fullmatch(text)
    if match is None:
        raise ValueError(text)
    moment = datetime.fromisoformat(match[1]).replace(
        hour=int(match[2]), minute=int(match[3]), second=int(match[4]), tzinfo=timezone.utc)
    if match[6]:
        distance = timedelta(hours=int(match[7]), minutes=int(match[8]))
        if int(match[7]) > 23 or int(match[8]) > 59:
            raise ValueError(text)
        moment += distance if match[6] == "-" else -distance
    return (moment - EPOCH) // MILLISECOND + int((match[5] or "")[:3].ljust(3, "0"))
