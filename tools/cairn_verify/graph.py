"""Lots and their makings, SPEC §24.4."""

from collections import deque
from dataclasses import dataclass, field

from . import gs1
from .claims import Scheme
from .epcis import CREATE, Event, word
from .facts import Facts, Told, identifier
from .refusal import Refused

CBV = "https://ref.gs1.org/cbv/BizStep-"
GROUPS = ("AggregationEvent", "AssociationEvent")


@dataclass
class Making:
    """How a lot was made: one event, or all of one transformationID."""

    told: list[Told]
    inputs: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    site: str | None = None
    party: str | None = None
    process: str | None = None
    is_origin: bool = False

    @property
    def first(self) -> Told:
        """The earliest of its events."""
        return self.told[0]

    @property
    def time(self) -> int:
        """When it was."""
        return self.first.event.time

    @property
    def day(self) -> str:
        """Its local date."""
        return self.first.event.day

    @property
    def digests(self) -> set[bytes]:
        """The parts that tell it."""
        return {each.digest for each in self.told}


@dataclass
class Lot:
    """A lot of the verdict: how it was made, what it is of or holds, and how the subject led
    to it."""

    uri: str
    path: list[str]
    makings: list[Making]
    contents: list[str]
    identifier: gs1.Identifier

    @property
    def is_of_contents(self) -> bool:
        """Whether it is an item or a container, which is what it is of or holds."""
        return bool(self.contents) and not any(making.inputs for making in self.makings)

    @property
    def upstream(self) -> list[str]:
        """The lots that follow from it, in the order in which events name them."""
        made = [uri for making in self.makings if not making.is_origin
                for told in making.told for uri in told.event.objects
                if uri in told.event.inputs]
        return list(dict.fromkeys(made + self.contents))


class Graph:
    """Every lot of a verdict, by the nearest way from the subject."""

    def __init__(self, facts: Facts, scheme: Scheme):
        self.facts, self.scheme = facts, scheme
        self.lots: dict[str, Lot] = {}
        self.processes: dict[str, list[Told]] = {}
        waiting: deque = deque([(facts.subject, [])])
        while waiting:
            uri, path = waiting.popleft()
            if uri in self.lots:
                continue
            lot = self.lots[uri] = self._lot(uri, [*path, uri])
            waiting.extend((each, lot.path) for each in lot.upstream)

    def _lot(self, uri: str, path: list[str]) -> Lot:
        told = self.facts.events(uri)
        contents: dict[str, None] = {}
        for each in told:
            event = each.event
            contents |= dict.fromkeys(sorted(event.batches.get(uri, set())))
            if event.type in GROUPS and event.action == "ADD" and event.parent == uri:
                contents |= dict.fromkeys(c for c in event.objects if c in event.children)
        return Lot(uri, path, self._makings(uri, told), list(contents), identifier(uri))

    def _makings(self, uri: str, told: list[Told]) -> list[Making]:
        alone, together = [], {}
        for each in told:
            process = each.event.transformation
            if (uri, CREATE) not in each.event.flows and process != uri:
                continue
            whole = self._process(process)
            if all(each.part != other.part for other in whole):
                alone.append(self._making([each]))
            elif process not in together:
                together[process] = self._making(whole)
        made = sorted(alone + list(together.values()), key=lambda each: each.first.order())
        return [each for each in made if each.inputs] or made

    def _process(self, uri: str | None) -> list[Told]:
        """The transformations of a process that are in its chain, by time."""
        if uri is None:
            return []
        if uri not in self.processes:
            self.processes[uri] = [each for each in self.facts.events(uri)
                                   if each.event.transformation == uri]
        return self.processes[uri]

    def _making(self, told: list[Told]) -> Making:
        first = told[0]
        making = Making(told)
        for each in told:
            making.inputs |= each.event.inputs
            making.outputs |= {uri for uri, role in each.event.flows if role == CREATE}
        place = first.event.primary_site
        making.site = place.uri if place else None
        making.party = (self.facts.owner(place) if place else None) or first.issuer
        making.process = step(first.event)
        listed = self.scheme.processes.get(making.process)
        making.is_origin = not making.inputs or bool(listed and listed.grows)
        return making


def step(event: Event) -> str | None:
    """The business step as a URI."""
    if not event.step:
        return None
    bare = word(event.step, "BizStep-")
    try:
        return gs1.canonical(bare)
    except Refused:
        return CBV + bare
