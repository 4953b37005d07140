"""EPCIS events: structure, flows and rows, SPEC §8.1."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from fractions import Fraction

from . import gs1, jsontext
from .refusal import Refused, need

EVENTS, ASSERTIONS, ACCOUNT = 0, 1, 2
CREATE, CONSUME, MOVE, ALLOCATE, ASSERT, MENTION = range(6)
MAX_BYTES = 1 << 20
MAX_OBJECTS, MAX_TRANSACTIONS = 16_384, 1024
MAX_SIGNIFICAND, MAX_EXPONENT = 1 << 127, 64

TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent",
         "AssociationEvent")
MOVING_STEPS = frozenset(
    "shipping receiving departing arriving accepting collecting consigning loading unloading "
    "transporting void_shipping".split())
MISSING, FORMAT, NOTHING = "epcis.missing", "epcis.format", "epcis.nothing-stated"
ZONE = r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)"
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|" + ZONE + ")",
                  re.ASCII)
OFFSET = re.compile(ZONE, re.ASCII)
NUMBER = re.compile(r"(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?", re.ASCII)
EPOCH, SECOND = datetime(1970, 1, 1, tzinfo=timezone.utc), timedelta(seconds=1)
NAMESPACES = ("cbv:", "https://ref.gs1.org/cbv/", "http://ref.gs1.org/cbv/",
              "https://gs1.org/cbv/", "http://gs1.org/cbv/")

# The lists that name objects, by event type.
OBJECTS = {
    "ObjectEvent": ("epcList", "quantityList"),
    "AggregationEvent": ("childEPCs", "childQuantityList"),
    "TransactionEvent": ("epcList", "quantityList"),
    "TransformationEvent": ("inputEPCList", "inputQuantityList", "outputEPCList",
                            "outputQuantityList"),
    "AssociationEvent": ("childEPCs", "childQuantityList"),
}


OBJECT, CHILD, INPUT, OUTPUT = "object", "child", "input", "output"


@dataclass(frozen=True)
class Stated:
    """How much of a thing an event states; no unit where pieces are counted."""

    uri: str
    product: str | None
    amount: Fraction | None
    unit: str | None


@dataclass
class Event:
    """What rules version 1 reads of one event; every URI canonical."""

    type: str
    action: str | None
    month: str
    time: int = 0
    day: str = ""
    step: str = ""
    flows: set = field(default_factory=set)
    objects: dict = field(default_factory=dict)
    batches: dict = field(default_factory=dict)
    inputs: set = field(default_factory=set)
    outputs: set = field(default_factory=set)
    parent: str | None = None
    children: set = field(default_factory=set)
    transformation: str | None = None
    primary_site: gs1.Identifier | None = None
    sites: set = field(default_factory=set)
    parties: set = field(default_factory=set)
    ends: dict = field(default_factory=dict)
    orders: set = field(default_factory=set)
    stated: dict = field(default_factory=dict)
    certifications: set = field(default_factory=set)
    ident: str | None = None
    declares_error: bool = False

    def materials(self) -> set[str]:
        """The materials of the objects that have one."""
        return {o.product for o in self.objects.values() if o.product}

    def amounts(self, place: str, uri: str) -> list[Stated]:
        """What is stated of a thing in one of the places; nothing where it is not named there."""
        return self.stated.get(place, {}).get(uri, [])

    def amounts_with_items(self, place: str, uri: str) -> list[Stated]:
        """What is stated of a thing, and of the items whose spelling names it as their batch."""
        items = [item for item, lots in self.batches.items() if uri in lots and item != uri]
        return [each for thing in [uri, *items] for each in self.amounts(place, thing)]

    def names(self, uri: str) -> bool:
        """Whether it names a thing, or an item by a spelling that names the thing as its batch."""
        return uri in self.objects or any(uri in lots for lots in self.batches.values())

    def rows(self) -> set[tuple[int, str, int]]:
        """The rows of the event: (facet, URI, role)."""
        rows = {(EVENTS, uri, role) for uri, role in self.flows}
        rows |= {(EVENTS, batch, MENTION) for lots in self.batches.values() for batch in lots}
        if self.transformation:
            rows.add((EVENTS, self.transformation, MENTION))
        if not self.flows and self.primary_site:
            rows.add((EVENTS, self.primary_site.uri, MENTION))
        rows |= {(ASSERTIONS, uri, MENTION) for uri in self.certifications}
        if self.primary_site and self.type in ("ObjectEvent", "TransformationEvent"):
            for uri, role in self.flows:
                material = self.objects[uri].product
                if role in (CREATE, CONSUME, MOVE) and material:
                    account = gs1.account_uri(self.month, self.primary_site.uri, material)
                    rows.add((ACCOUNT, account, role))
        return rows


def word(value: str, prefix: str) -> str:
    """The word of a CBV value in any of the forms of SPEC §8.1."""
    for namespace in NAMESPACES:
        if value.startswith(namespace + prefix):
            return value[len(namespace + prefix):]
    return value


def _text(value, what: str, code: str = FORMAT) -> str:
    need(type(value) is str, code, f"{what} is not a text")
    return value


def _required(json: dict, name: str):
    need(name in json, MISSING, f"{name} is missing")
    return json[name]


def _object(value, what: str) -> dict:
    need(type(value) is dict, FORMAT, f"{what} is not an object")
    return value


def _list(json: dict, name: str) -> list:
    value = json.get(name, [])
    need(type(value) is list, FORMAT, f"{name} is not an array")
    return value


def _minutes(offset: str) -> int:
    """An offset in minutes east of UTC."""
    minutes = int(offset[1:3]) * 60 + int(offset[4:])
    return -minutes if offset[0] == "-" else minutes


def milliseconds(value: str) -> int:
    """A time of SPEC §8.1 as milliseconds; further digits of the fraction are cut off."""
    match = TIME.fullmatch(value)
    need(match is not None, "epcis.time", "eventTime is not a time with a zone")
    try:
        moment = datetime(*map(int, match.groups()[:6]), tzinfo=timezone.utc)
        written = moment.year
        if match[8] != "Z":
            moment -= timedelta(minutes=_minutes(match[8]))
    except (ValueError, OverflowError):
        need(False, "epcis.time", "eventTime is no time")
    need(min(written, moment.year) >= 1970, "epcis.time", "eventTime is before 1970")
    return (moment - EPOCH) // SECOND * 1000 + int((match[7] or "")[:3].ljust(3, "0"))


def day_of(milliseconds: int) -> str:
    """The UTC day of a time, YYYY-MM-DD; of years after 9999 none."""
    try:
        moment = EPOCH + timedelta(days=milliseconds // 86_400_000)
    except OverflowError:
        return ""
    return f"{moment.year:04}-{moment.month:02}-{moment.day:02}"


def _quantity(value) -> Fraction:
    """An exact amount: SPEC §8.1, *quantity*."""
    need(type(value) is jsontext.Number, FORMAT, "quantity is not a number")
    held, is_negative = exactness(value)
    need(held, "epcis.value", "quantity is too large or too fine")
    need(not is_negative, "epcis.value", "quantity is negative")
    return exact(value)


def exact(value: str) -> Fraction:
    """A number that is within the bounds of a quantity; of zero no exponent is raised."""
    digits = re.split("[eE]", value)[0]
    return Fraction(value) if any(each in "123456789" for each in digits) else Fraction(0)


def exactness(value: str) -> tuple[bool, bool]:
    """Whether a number fits the bounds of a quantity, SPEC §8.1, and whether it is below zero."""
    sign, whole, fraction, exponent = NUMBER.fullmatch(value).groups("")
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return True, False
    significand = digits.rstrip("0")
    power = int(exponent or "0") - len(fraction) + len(digits) - len(significand)
    return int(significand) < MAX_SIGNIFICAND and abs(power) <= MAX_EXPONENT, sign != ""


class _Reading:
    """One event while its members are read."""

    def __init__(self, json: dict):
        self.json = json
        kind = _text(_required(json, "type"), "type")
        need(kind in TYPES, "epcis.event-type", "type is none of the five events")
        _required(json, "@context")
        count = sum(len(value) for value in map(json.get, OBJECTS[kind]) if type(value) is list)
        need(count <= MAX_OBJECTS, "epcis.too-large", "names more than 16,384 objects")
        action = self.action(kind)
        time = _text(_required(json, "eventTime"), "eventTime")
        at = milliseconds(time)
        self.event = Event(kind, action, day_of(at)[:7], at)
        offset = _text(_required(json, "eventTimeZoneOffset"), "eventTimeZoneOffset")
        need(OFFSET.fullmatch(offset) is not None, "epcis.time", "eventTimeZoneOffset")
        self.event.day = day_of(at)

    def action(self, kind: str) -> str | None:
        if kind == "TransformationEvent":
            need("action" not in self.json, "epcis.unexpected",
                 "a TransformationEvent has no action")
            return None
        action = _text(_required(self.json, "action"), "action")
        need(action in ("ADD", "OBSERVE", "DELETE"), "epcis.vocabulary", "action")
        return action

    def object(self, spelling, what: str) -> str:
        read = gs1.read(_text(spelling, what))
        self.event.objects[read.uri] = read
        if read.mentioned_batch:
            self.event.batches.setdefault(read.uri, set()).add(read.mentioned_batch)
        return read.uri

    def objects(self, epcs: str, quantities: str, place: str) -> set[str]:
        listed = self.event.stated.setdefault(place, {})
        bare: set[tuple] = set()
        for spelling in _list(self.json, epcs):
            self.state(self.object(spelling, epcs), None, None, listed, bare)
        for element in _list(self.json, quantities):
            _object(element, f"an element of {quantities}")
            uri = self.object(_required(element, "epcClass"), "epcClass")
            amount = _quantity(element["quantity"]) if "quantity" in element else None
            unit = _text(element["uom"], "uom") if "uom" in element else None
            self.state(uri, amount, unit, listed, bare)
        return set(listed)

    def state(self, uri: str, amount: Fraction | None, unit: str | None,
              listed: dict, bare: set) -> None:
        """Takes an element; what is listed again without an amount is the same again."""
        if amount is None:
            if (uri, unit) in bare:
                return
            bare.add((uri, unit))
        thing = self.event.objects[uri]
        if amount is None and thing.kind == "item":
            amount, unit = Fraction(1), None
        listed.setdefault(uri, []).append(Stated(uri, thing.product, amount, unit))

    def flow(self, uris, role: int) -> None:
        self.event.flows |= {(uri, role) for uri in uris}

    def place(self, name: str) -> gs1.Identifier | None:
        if name not in self.json:
            return None
        place = _object(self.json[name], name)
        read = gs1.read(_text(_required(place, "id"), f"{name}.id"))
        self.event.sites.add(read.uri)
        return read

    def sides(self, name: str, member: str) -> bool:
        elements = _list(self.json, name)
        ends = self.event.ends[member] = set()
        for element in elements:
            _object(element, f"an element of {name}")
            kind = word(_text(_required(element, "type"), f"{name} type"), "SDT-")
            uri = gs1.canonical(_text(_required(element, member), member))
            ends.add((kind, uri))
            if kind == "location":
                self.event.sites.add(uri)
            elif kind in ("owning_party", "possessing_party"):
                self.event.parties.add(uri)
        return bool(elements)

    def common(self) -> bool:
        """Places, parties and certifications; whether there is a source or destination."""
        read_point, location = self.place("readPoint"), self.place("bizLocation")
        self.event.primary_site = location or read_point
        source = self.sides("sourceList", "source")
        destination = self.sides("destinationList", "destination")
        named = self.json.get("certificationInfo", [])
        for uri in named if type(named) is list else [named]:
            self.event.certifications.add(gs1.canonical(_text(uri, "certificationInfo")))
        self.event.step = _text(self.json.get("bizStep", ""), "bizStep")
        self.transactions()
        return source or destination

    def transactions(self) -> None:
        """What can be read of the business transactions; the rest decides nothing."""
        named = self.json.get("bizTransactionList")
        for element in named[:MAX_TRANSACTIONS] if type(named) is list else []:
            said = element.get("bizTransaction") if type(element) is dict else None
            try:
                self.event.orders |= {gs1.canonical(said)} if type(said) is str else set()
            except Refused:
                continue

    def parent(self, needed: bool) -> set[str]:
        if "parentID" not in self.json:
            need(not needed, MISSING, "parentID is missing")
            return set()
        self.event.parent = self.object(self.json["parentID"], "parentID")
        return {self.event.parent}

    def read(self) -> Event:
        exchanged = self.common()
        match self.event.type:
            case "ObjectEvent":
                self.object_event(exchanged)
            case "AggregationEvent":
                self.grouping(self.event.action != "OBSERVE")
            case "AssociationEvent":
                self.grouping(True)
            case "TransactionEvent":
                need(bool(_list(self.json, "bizTransactionList")), MISSING, "no bizTransaction")
                objects = self.objects("epcList", "quantityList", OBJECT)
                self.flow(self.parent(False) | objects, MENTION)
            case "TransformationEvent":
                self.transformation()
        return self.event

    def object_event(self, exchanged: bool) -> None:
        objects = self.objects("epcList", "quantityList", OBJECT)
        sensed = bool(_list(self.json, "sensorElementList")) and "readPoint" in self.json
        need(bool(objects) or sensed, NOTHING, "names no object and no sensor reading")
        step = word(self.event.step, "BizStep-")
        moved = MOVE if exchanged or step in MOVING_STEPS else MENTION
        role = {"ADD": CREATE, "DELETE": CONSUME, "OBSERVE": moved}[self.event.action]
        self.flow(objects, role)

    def grouping(self, parent_needed: bool) -> None:
        parent = self.parent(parent_needed)
        children = self.objects("childEPCs", "childQuantityList", CHILD)
        need(bool(children) or self.event.action == "DELETE", NOTHING, "no children")
        self.event.children = children
        self.flow(parent | children, MENTION if self.event.action == "OBSERVE" else MOVE)

    def transformation(self) -> None:
        event = self.event
        event.inputs = self.objects("inputEPCList", "inputQuantityList", INPUT)
        event.outputs = self.objects("outputEPCList", "outputQuantityList", OUTPUT)
        if "transformationID" in self.json:
            spelling = _text(self.json["transformationID"], "transformationID")
            event.transformation = gs1.canonical(spelling)
        whole = bool(event.inputs and event.outputs)
        half = event.transformation is not None and bool(event.inputs or event.outputs)
        need(whole or half, NOTHING, "inputs and outputs, or a transformationID and one of them")
        self.flow(event.inputs, CONSUME)
        self.flow(event.outputs, CREATE)


def read(content: bytes) -> Event:
    """Reads an event part's content; raises Refused `json.*`, `identifier.*` or `epcis.*`."""
    need(len(content) <= MAX_BYTES, "json.too-large", "an event is longer than 1 MiB")
    json = _object(jsontext.parse(content), "an event")
    event = _Reading(json).read()
    ident = json.get("eventID")
    event.ident = ident if type(ident) is str else None
    event.declares_error = "errorDeclaration" in json
    return event
