"""Certificates and accreditations as records say them, SPEC §24.2."""

import re
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any

from . import claims, gs1, jsontext
from .epcis import day_of, exactness, milliseconds
from .refusal import Refused, need

CREDENTIAL = "application/vc"
UNREADABLE = "certificate.unreadable"
VOLUME = re.compile(r"((?:0|[1-9]\d*)(?:\.\d+)?) ([A-Z0-9]{2,3})", re.ASCII)
HEX_DIGEST = re.compile(r"[0-9A-Fa-f]{64}", re.ASCII)
MAX_BYTES = 1 << 20
ONCE = {"scheme", "party", "conformance", "assessed", "volume", "number"}
MANY = {"criterion": None, "site": ("site",), "product": ("product",),
        "batch": ("batch", "item", "logistic unit", "asset"), "process": None}
TRANSCRIBED = {"certifier", "register", "checked-by", "checked-at", "digest"}
IN_BODY = {"criterion", "site", "product", "batch", "conformance", "assessed"}


@dataclass(frozen=True)
class Assessment:
    """One assessment: what was looked at, by what criteria, when, and whether it conforms."""

    criteria: frozenset = frozenset()
    sites: frozenset = frozenset()
    products: frozenset = frozenset()
    batches: frozenset = frozenset()
    processes: frozenset = frozenset()
    conformance: bool | None = None
    day: str | None = None


@dataclass(frozen=True)
class Certificate:
    """A certificate that can be read; days are `YYYY-MM-DD`, both included."""

    ident: str
    issuer: str
    digest: bytes
    is_transcribed: bool
    scheme: str | None
    party: str | None
    first: str
    last: str | None
    assessments: tuple[Assessment, ...]
    volume: tuple | None = None

    def holds_on(self, day: str) -> bool:
        """Whether a day is among its days."""
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True)
class Accreditation:
    """An accreditation that can be read."""

    ident: str
    issuer: str
    digest: bytes
    about: frozenset
    schemes: frozenset
    criteria: frozenset
    first: str
    last: str | None

    def holds_on(self, day: str) -> bool:
        """Whether a day is among its days."""
        return self.first <= day and (self.last is None or day <= self.last)


def _days(record: dict) -> tuple[str, str | None]:
    days = [day_of(record[5]), day_of(record[6]) if 6 in record else None]
    need("" not in days, UNREADABLE, "a day after 9999")
    return days[0], days[1]


def accreditation(record: dict, issuer: str, digest: bytes) -> Accreditation | None:
    """An accreditation; None where it counts for nothing."""
    named: dict[str, set] = {"scheme": set(), "criterion": set()}
    try:
        for name, value in record[15]:
            need(name in named and value != "" and gs1.is_canonical(value), UNREADABLE, name)
            named[name].add(value)
        need(all(named.values()), UNREADABLE, "scheme and criterion")
        first, last = _days(record)
    except Refused:
        return None
    return Accreditation(record[2], issuer, digest, frozenset(record[3]),
                         frozenset(named["scheme"]), frozenset(named["criterion"]), first, last)


def certificate(record: dict, issuer: str, digest: bytes) -> Certificate | None:
    """A certificate; None where it counts for nothing."""
    try:
        return _Reading(record, issuer, digest).certificate()
    except Refused:
        return None


@dataclass
class _Reading:
    """One certificate on its way."""

    record: dict
    issuer: str
    digest: bytes
    once: dict = field(default_factory=dict)
    many: dict = field(default_factory=lambda: {name: set() for name in MANY})

    def certificate(self) -> Certificate:
        first, last = _days(self.record)
        is_transcribed = self.record[1] == "transcribed-certificate"
        self.pairs(is_transcribed)
        scheme, party = self.once.get("scheme"), self.once.get("party")
        content_type, content = self.record[9]
        if content_type == CREDENTIAL:
            need(not IN_BODY & self.present(), UNREADABLE, "said by the body and by pairs")
            body = _Body(content, self)
            scheme = _agreed(scheme, body.scheme, "scheme")
            party = _agreed(party, body.party, "party")
            assessments = tuple(body.assessments())
        else:
            conformance = self.once.get("conformance")
            assessments = (Assessment(
                conformance=None if conformance is None else conformance == "true",
                day=self.once.get("assessed"),
                **{plural: frozenset(self.many[name]) for name, plural in (
                    ("criterion", "criteria"), ("site", "sites"), ("product", "products"),
                    ("batch", "batches"))}),)
        need(all(each.criteria for each in assessments), UNREADABLE, "no criterion")
        processes = frozenset(self.many["process"])
        return Certificate(
            self.record[2], self.issuer, self.digest, is_transcribed, scheme, party, first, last,
            tuple(replace(each, processes=processes) for each in assessments),
            self.once.get("volume"))

    def present(self) -> set[str]:
        """The names of the pairs there are."""
        return set(self.once) | {name for name, values in self.many.items() if values}

    def pairs(self, is_transcribed: bool) -> None:
        for name, value in self.record.get(15, ()):
            need(value != "", UNREADABLE, f"{name} is empty")
            if name in MANY:
                need(_is_of(value, MANY[name]), UNREADABLE, name)
                self.many[name].add(value)
                continue
            known = name in ONCE or is_transcribed and name in TRANSCRIBED
            need(known and name not in self.once, UNREADABLE, name)
            self.once[name] = _single(name, value)


def _is_of(value: str, kinds: tuple | None) -> bool:
    """Whether a URI is canonical, and of one of these kinds where its kind is known."""
    try:
        thing = gs1.read(value)
    except Refused:
        return False
    fits = kinds is None or thing.kind == "other" or thing.kind in kinds
    return thing.uri == value and fits


def _single(name: str, value: str) -> Any:
    """The value of a pair that stands once."""
    good = True
    match name:
        case "scheme":
            good = gs1.is_canonical(value)
        case "party":
            good = _is_of(value, ("organisation",))
        case "conformance":
            good = value in ("true", "false")
        case "assessed":
            good = _is_day(value)
        case "checked-at":
            good = _day(value) is not None
        case "digest":
            good = HEX_DIGEST.fullmatch(value) is not None
        case "volume":
            match = VOLUME.fullmatch(value)
            need(match is not None and exactness(match[1])[0], UNREADABLE, name)
            amount = Fraction(match[1])
            need(amount > 0, UNREADABLE, name)
            return amount, match[2]
    need(good, UNREADABLE, name)
    return value


def _is_day(text: str) -> bool:
    """Whether it is a day of the years 1970…9999."""
    try:
        return claims.DAY.fullmatch(text) is not None and date.fromisoformat(text).year >= 1970
    except ValueError:
        return False


def _day(text: Any) -> str | None:
    """The UTC day of a day or of a time as SPEC §8.1 has it."""
    if type(text) is not str:
        return None
    if _is_day(text):
        return text
    try:
        return day_of(milliseconds(text))
    except Refused:
        return None


def _agreed(said: str | None, in_body: str | None, what: str) -> str | None:
    need(None in (said, in_body) or said == in_body, UNREADABLE, f"two values for {what}")
    return said if in_body is None else in_body


def _list(value: Any) -> list:
    """A single value stands for a list of one, null for nothing."""
    return value if type(value) is list else [] if value is None else [value]


def _one(holder: dict, name: str) -> Any:
    """A member with one value; a list of one stands for it."""
    value = holder.get(name)
    if type(value) is list and len(value) == 1:
        value = value[0]
        need(value is not None, UNREADABLE, f"{name} is a list of nothing")
    return value


def _object(value: Any, what: str) -> dict:
    need(type(value) is dict, UNREADABLE, f"{what} is no object")
    return value


def _identifier(value: Any, what: str) -> str:
    """An identifier: a text, or the `id` of an object."""
    if type(value) is dict:
        value = _one(value, "id")
    need(type(value) is str, UNREADABLE, f"{what} is no identifier")
    return gs1.canonical(value)


def _identified(value: Any, what: str, *kinds: str) -> str:
    uri = _identifier(value, what)
    need(_is_of(uri, kinds or None), UNREADABLE, f"{what} is of another kind")
    return uri


class _Body:
    """A verifiable credential of UNTP's shape."""

    def __init__(self, content: bytes, reading: _Reading):
        need(len(content) <= MAX_BYTES, UNREADABLE, "longer than 1 MiB")
        self.json = _object(jsontext.parse(content), "credential")
        self.record, self.reading = reading.record, reading
        need("DigitalConformityCredential" in _list(self.json.get("type")), UNREADABLE, "type")
        need(_identifier(_one(self.json, "id"), "id") == self.record[2], UNREADABLE, "id")
        self._issuer()
        self._days()
        self.subject = _object(_one(self.json, "credentialSubject"), "credentialSubject")
        self.scheme = self._optional(self.subject, "referenceScheme")
        self.party = self._optional(self.subject, "issuedToParty", "organisation")

    @staticmethod
    def _optional(holder: dict, name: str, *kinds: str) -> str | None:
        value = _one(holder, name)
        return None if value is None else _identified(value, name, *kinds)

    def _issuer(self) -> None:
        issuer = _identifier(_one(self.json, "issuer"), "issuer")
        if self.record[1] == "certificate":
            need(issuer == self.reading.issuer, UNREADABLE, "issuer")
            return
        named = self.reading.once.get("certifier")
        try:
            agrees = named is None or gs1.canonical(named) == issuer
        except Refused:
            agrees = True
        need(agrees, UNREADABLE, "certifier")

    def _days(self) -> None:
        for name, day in zip(("validFrom", "validUntil"), _days(self.record)):
            value = _one(self.json, name)
            said = None if value is None else _day(value)
            need(said == day and (value is None) == (day is None), UNREADABLE, name)

    def assessments(self) -> list[Assessment]:
        """Every assessment; what one does not name it does not hold for."""
        said = [_list(self.subject.get(name)) for name in ("conformityAssessment", "assessment")]
        need([] in said, UNREADABLE, "conformityAssessment and assessment")
        found = [self._assessment(each) for each in said[0] + said[1]]
        need(bool(found), UNREADABLE, "no assessment")
        return found

    def _assessment(self, value: Any) -> Assessment:
        item = _object(value, "assessment")
        criteria = frozenset(_identifier(each, "criterion")
                             for each in _list(item.get("assessmentCriteria")))
        sites = frozenset(
            _identified(_one(_object(each, "facility"), "facility"), "facility", "site")
            for each in _list(item.get("assessedFacility")))
        named: dict[str, set] = {"product": set(), "batch": set()}
        for each in _list(item.get("assessedProduct")):
            self._product(_object(each, "product"), named)
        conformance = _one(item, "conformance")
        need(conformance is None or type(conformance) is bool, UNREADABLE, "conformance")
        day = _one(item, "assessmentDate")
        need(day is None or _day(day) is not None, UNREADABLE, "assessmentDate")
        organisation = self._optional(item, "assessedOrganisation", "organisation")
        need(organisation in (None, self.party), UNREADABLE, "assessedOrganisation")
        return Assessment(criteria, sites, frozenset(named["product"]), frozenset(named["batch"]),
                          conformance=conformance, day=None if day is None else _day(day))

    @staticmethod
    def _product(item: dict, named: dict[str, set]) -> None:
        product = _one(item, "product")
        uri = _identifier(product, "product")
        kind = gs1.read(uri).kind
        granularity = _one(product, "idGranularity") if type(product) is dict else None
        need(granularity in (None, "model", "batch", "item"), UNREADABLE, "idGranularity")
        is_batch = granularity in ("batch", "item") if granularity is not None \
            else kind in MANY["batch"]
        place = "batch" if is_batch else "product"
        need(_is_of(uri, MANY[place]), UNREADABLE, f"{place} of another kind")
        named[place].add(uri)
