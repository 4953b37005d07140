"""EPCIS events: structure, flows and rows, SPEC §8.1."""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from . import gs1, jsontext
from .refusal import need

EVENTS, ASSERTIONS, ACCOUNT = 0, 1, 2
CREATE, CONSUME, MOVE, ALLOCATE, ASSERT, MENTION = range(6)
MAX_FLOWS = 16_384

TYPES = ("ObjectEvent", "AggregationEvent", "TransactionEvent", "TransformationEvent",
         "AssociationEvent")
MOVING_STEPS = frozenset(
    "shipping receiving departing arriving accepting collecting consigning loading unloading "
    "transporting void_shipping".split())
FORMAT = "epcis.structure"
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.\d+)?"
                  r"(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
OFFSET = re.compile(r"[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00)", re.ASCII)


@dataclass
class Event:
    """What rules version 1 reads of one event; every URI canonical."""

    type: str
    action: str | None
    month: str
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
    certifications: set = field(default_factory=set)
    ident: str | None = None
    declares_error: bool = False

    def materials(self) -> set[str]:
        """The materials of the objects that have one."""
        return {o.product for o in self.objects.values() if o.product}

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


def _bare(value: str, kind: str) -> str:
    """The bare word of a CBV value in any of the forms of SPEC §8.1."""
    for start in ("https://ref.gs1.org/cbv/", "https://gs1.org/cbv/", "cbv:"):
        if value.startswith(start):
            return value[len(start):].removeprefix(kind + "-")
    return value


def _text(value, what: str) -> str:
    need(type(value) is str and value != "", FORMAT, f"{what} is not a text")
    return value


def _list(json: dict, name: str) -> list:
    value = json.get(name, [])
    need(type(value) is list, FORMAT, f"{name} is not an array")
    return value


def _month(value: str) -> str:
    """The month in UTC, YYYY-MM."""
    match = TIME.fullmatch(value)
    need(match is not None, FORMAT, "eventTime is not a time with a zone")
    try:
        moment = datetime(*map(int, match.groups()[:6]), tzinfo=timezone.utc)
        if match[7] != "Z":
            sign = -1 if match[7][0] == "+" else 1
            hours, minutes = int(match[7][1:3]), int(match[7][4:])
            moment += sign * timedelta(hours=hours, minutes=minutes)
    except (ValueError, OverflowError):
        need(False, FORMAT, "eventTime is no time")
    return f"{moment.year:04}-{moment.month:02}"


class _Reading:
    """One event while its members are read."""

    def __init__(self, json: dict):
        self.json = json
        kind = json.get("type")
        need(kind in TYPES, FORMAT, "type is none of the five events")
        self.event = Event(kind, self.action(kind), _month(_text(json.get("eventTime"), "eventTime")))
        offset = _text(json.get("eventTimeZoneOffset"), "eventTimeZoneOffset")
        need(OFFSET.fullmatch(offset) is not None, FORMAT, "eventTimeZoneOffset")

    def action(self, kind: str) -> str | None:
        action = self.json.get("action")
        if kind == "TransformationEvent":
            need(action is None, FORMAT, "a TransformationEvent has no action")
        else:
            need(action in ("ADD", "OBSERVE", "DELETE"), FORMAT, "action")
        return action

    def object(self, spelling, what: str) -> str:
        read = gs1.read(_text(spelling, what))
        self.event.objects[read.uri] = read
        if read.mentioned_batch:
            self.event.batches.setdefault(read.uri, set()).add(read.mentioned_batch)
        return read.uri

    def objects(self, epcs: str, quantities: str) -> set[str]:
        found = {self.object(spelling, epcs) for spelling in _list(self.json, epcs)}
        for element in _list(self.json, quantities):
            need(type(element) is dict, FORMAT, f"{quantities} holds no object")
            found.add(self.object(element.get("epcClass"), "epcClass"))
            quantity = element.get("quantity", jsontext.Number("0"))
            need(type(quantity) is jsontext.Number and not quantity.startswith("-"), FORMAT,
                 "quantity is not a number of at least 0")
            need(type(element.get("uom", "")) is str, FORMAT, "uom is not a text")
        return found

    def flow(self, uris, role: int) -> None:
        self.event.flows |= {(uri, role) for uri in uris}
        need(len(self.event.flows) <= MAX_FLOWS, FORMAT, "more than 16,384 flows")

    def place(self, name: str) -> gs1.Identifier | None:
        if name not in self.json:
            return None
        place = self.json[name]
        need(type(place) is dict, FORMAT, f"{name} is not an object")
        read = gs1.read(_text(place.get("id"), f"{name}.id"))
        self.event.sites.add(read.uri)
        return read

    def sides(self, name: str, member: str) -> bool:
        elements = _list(self.json, name)
        for element in elements:
            need(type(element) is dict, FORMAT, f"{name} holds no object")
            kind = _bare(_text(element.get("type"), f"{name} type"), "SDT")
            uri = gs1.canonical(_text(element.get(member), member))
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
        step = self.json.get("bizStep")
        need(step is None or type(step) is str, FORMAT, "bizStep is not a text")
        return source or destination

    def parent(self, needed: bool) -> set[str]:
        if "parentID" not in self.json:
            need(not needed, FORMAT, "parentID is missing")
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
                need(bool(_list(self.json, "bizTransactionList")), FORMAT, "no bizTransaction")
                objects = self.objects("epcList", "quantityList")
                self.flow(self.parent(False) | objects, MENTION)
            case "TransformationEvent":
                self.transformation()
        return self.event

    def object_event(self, exchanged: bool) -> None:
        objects = self.objects("epcList", "quantityList")
        sensed = "readPoint" in self.json and bool(_list(self.json, "sensorElementList"))
        need(bool(objects) or sensed, FORMAT, "names no object and no sensor reading")
        step = _bare(self.json.get("bizStep") or "", "BizStep")
        moved = MOVE if exchanged or step in MOVING_STEPS else MENTION
        role = {"ADD": CREATE, "DELETE": CONSUME, "OBSERVE": moved}[self.event.action]
        self.flow(objects, role)

    def grouping(self, parent_needed: bool) -> None:
        parent = self.parent(parent_needed)
        children = self.objects("childEPCs", "childQuantityList")
        need(bool(children) or self.event.action == "DELETE", FORMAT, "no children")
        self.event.children = children
        self.flow(parent | children, MENTION if self.event.action == "OBSERVE" else MOVE)

    def transformation(self) -> None:
        event = self.event
        event.inputs = self.objects("inputEPCList", "inputQuantityList")
        event.outputs = self.objects("outputEPCList", "outputQuantityList")
        if "transformationID" in self.json:
            spelling = _text(self.json["transformationID"], "transformationID")
            event.transformation = gs1.canonical(spelling)
        whole = bool(event.inputs and event.outputs)
        half = event.transformation is not None and bool(event.inputs or event.outputs)
        need(whole or half, FORMAT, "inputs and outputs, or a transformationID and one of them")
        self.flow(event.inputs, CONSUME)
        self.flow(event.outputs, CREATE)


def read(content: bytes) -> Event:
    """Reads an event part's content; raises Refused `json.*`, `identifier.*` or `epcis.*`."""
    json = jsontext.parse(content)
    need(type(json) is dict, FORMAT, "an event is an object")
    need("@context" in json, FORMAT, "@context is missing")
    event = _Reading(json).read()
    event.ident, event.declares_error = json.get("eventID"), "errorDeclaration" in json
    return event
