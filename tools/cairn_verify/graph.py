"""Lots and their makings, SPEC §24.4."""

from collections import defaultdict, deque
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from . import gs1
from .amounts import converted, fits
from .claims import Scheme
from .epcis import CHILD, CONSUME, CREATE, INPUT, OBJECT, OUTPUT, Event, Stated, word
from .facts import Facts, Told, identifier
from .refusal import Refused

CBV = "https://ref.gs1.org/cbv/BizStep-"
GROUPS = ("AggregationEvent", "AssociationEvent")


@dataclass(frozen=True)
class Occasion:
    """When, where and by whom something of a making was done."""

    time: int
    day: str
    site: str | None
    party: str
    process: str | None


@dataclass(eq=False)
class Making:
    """How a lot was made: one event, or all of one transformationID."""

    told: list[Told]
    inputs: set[str] = field(default_factory=set)
    outputs: set[str] = field(default_factory=set)
    occasions: list[Occasion] = field(default_factory=list)
    allowed: Fraction = Fraction(1)
    is_origin: bool = False
    is_walked: bool = False

    @property
    def first(self) -> Told:
        """The earliest of its events."""
        return self.told[0]

    @property
    def time(self) -> int:
        """When it began."""
        return self.occasions[0].time

    @property
    def day(self) -> str:
        """The UTC day on which it began."""
        return self.occasions[0].day

    @property
    def site(self) -> str | None:
        """Where it began."""
        return self.occasions[0].site

    @property
    def party(self) -> str:
        """Who began it."""
        return self.occasions[0].party

    def creating(self, uri: str) -> list[Told]:
        """The events that make a lot; all, where that is the process itself."""
        return [each for each in self.told
                if (uri, CREATE) in each.event.flows or each.event.transformation == uri]

    @property
    def digests(self) -> set[bytes]:
        """The parts that tell it."""
        return {each.digest for each in self.told}

    @cached_property
    def used(self) -> list[Stated]:
        """What it used up, as its events state it in their order."""
        return [each for told in self.told
                for stated in told.event.stated.get(INPUT, {}).values() for each in stated]

    @cached_property
    def made(self) -> dict[str, list[Stated]]:
        """What it made, by what that is, in the order of its events."""
        found: dict[str, list[Stated]] = {}
        for told in self.told:
            place = OUTPUT if told.event.type == "TransformationEvent" else OBJECT
            for uri, stated in told.event.stated.get(place, {}).items():
                if (uri, CREATE) in told.event.flows:
                    found.setdefault(uri, []).extend(stated)
        return found


@dataclass(eq=False)
class Lot:
    """A lot of the verdict: how it was made, what it is of or holds, and how the subject led
    to it."""

    uri: str
    via: "Lot | None"
    makings: list[Making]
    batches: list[str]
    held: list[str]
    is_emptied: bool
    identifier: gs1.Identifier
    users: set[str] = field(default_factory=set)
    packers: set[str] = field(default_factory=set)

    @property
    def path(self) -> list[str]:
        """The lots from the subject to this one."""
        path, lot = [], self
        while lot is not None:
            path.append(lot.uri)
            lot = lot.via
        return path[::-1]

    @property
    def contents(self) -> list[str]:
        """The batch an item is of, and what a container holds."""
        return list(dict.fromkeys(self.batches + self.held))

    @property
    def is_of_contents(self) -> bool:
        """Whether it is an item or a container, which is what it is of or holds."""
        is_some = bool(self.contents) or self.is_emptied
        return is_some and not any(making.inputs for making in self.makings)

    @property
    def is_untold(self) -> bool:
        """Whether nobody tells how it was made, what it is of or what it holds."""
        return not self.contents and (not self.makings or self.is_of_contents)


class Graph:
    """Every lot of a verdict, by the nearest way from the subject."""

    def __init__(self, facts: Facts, scheme: Scheme):
        self.facts, self.scheme = facts, scheme
        self.lots: dict[str, Lot] = {}
        self.processes: dict[str, list[Told]] = {}
        self.makings: dict[tuple, Making] = {}
        waiting: deque = deque([(facts.subject, None)])
        users: dict[str, set[str]] = defaultdict(set)
        self.packers: dict[str, set[str]] = defaultdict(set)
        while waiting:
            uri, via = waiting.popleft()
            if uri in self.lots:
                continue
            lot = self.lots[uri] = self._lot(uri, via)
            waiting.extend((each, lot) for each in self._upstream(lot, users))
        for uri, lot in self.lots.items():
            lot.users, lot.packers = users[uri], self.packers[uri]
        self._pass_packers_on()

    def _pass_packers_on(self) -> None:
        """Who packs or uses up a container must have had what it holds."""
        waiting = [lot for lot in self.lots.values() if lot.held]
        while waiting:
            container = waiting.pop()
            packers = container.packers | container.users
            for lot in map(self.lots.__getitem__, container.held):
                if not packers <= lot.packers:
                    lot.packers |= packers
                    if lot.held:
                        waiting.append(lot)

    def _upstream(self, lot: Lot, users: dict[str, set[str]]) -> list[str]:
        """What follows from a lot, in the order in which events name it; what a making used up
        follows once, from the first lot that was made."""
        found = []
        for making in lot.makings:
            if making.is_origin or making.is_walked:
                continue
            making.is_walked = True
            for told in making.told:
                found += told.event.stated.get(INPUT, {})
                for uri in told.event.inputs:
                    users[uri].add(self.party(told))
        return list(dict.fromkeys(found + lot.contents))

    def order(self) -> list[str]:
        """The lots, everything upstream of one before it; without those upstream of themselves
        and those made of such."""
        missing: dict[object, int] = {}
        after: dict[object, list] = defaultdict(list)
        for uri, lot in self.lots.items():
            needed = [each for each in lot.makings if not each.is_origin]
            missing[uri] = len(set(lot.contents)) + len(needed)
            for each in needed:
                after[each].append(uri)
                if each not in missing:
                    missing[each] = len(each.inputs)
                    for used in each.inputs:
                        after[used].append(each)
            for held in set(lot.contents):
                after[held].append(uri)
        ready = [each for each in self.lots if missing[each] == 0]
        for each in ready:  # grows while it is walked
            for node in after[each]:
                missing[node] -= 1
                if missing[node] == 0:
                    ready.append(node)
        return [each for each in ready if isinstance(each, str)]

    def _lot(self, uri: str, via: Lot | None) -> Lot:
        told = self.facts.events(uri)
        batches = list({batch: None for each in told
                        for batch in sorted(each.event.batches.get(uri, set()))})
        held, is_filled = self._held(uri, told)
        is_emptied = is_filled and not held and not batches
        return Lot(uri, via, self._makings(uri, told), batches, held, is_emptied, identifier(uri))

    def _held(self, uri: str, told: list[Told]) -> tuple[list[str], bool]:
        """What a container holds, and whether anything was ever put into it."""
        if identifier(uri).kind in ("batch", "product"):
            return [], False
        last = max((each.event.time for each in told if (uri, CONSUME) in each.event.flows),
                   default=None)
        there: dict[str, tuple] = {}
        packers: dict[str, set[str]] = defaultdict(set)
        for each in told:
            event = each.event
            if event.type not in GROUPS or event.parent != uri:
                continue
            children = [child for child in event.objects if child in event.children]
            if event.action == "ADD":
                for child in children:
                    packers[child].add(self.party(each))
                    there[child] = _whole(event.amounts(CHILD, child))
            elif event.action == "DELETE" and (last is None or event.time < last):
                for child in children or list(there):
                    _take_out(there, child, event)
        for child in there:
            self.packers[child] |= packers[child]
        return list(there), bool(packers)

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
        key = tuple(each.part for each in told)
        if key not in self.makings:
            self.makings[key] = self._read(told)
        return self.makings[key]

    def party(self, told: Told) -> str:
        """Who did it: who governs the primary site, else who told of it."""
        place = told.event.primary_site
        return (self.facts.owner(place) if place else None) or told.issuer

    def _read(self, told: list[Told]) -> Making:
        making = Making(told, occasions=list(dict.fromkeys(map(self._occasion, told))))
        for each in told:
            making.inputs |= each.event.inputs
            making.outputs |= {uri for uri, role in each.event.flows if role == CREATE}
        listed = [self.scheme.processes.get(each.process) for each in making.occasions]
        making.allowed = min(each.allowed if each else Fraction(1) for each in listed)
        making.is_origin = not making.inputs or all(each and each.grows for each in listed)
        return making

    def _occasion(self, told: Told) -> Occasion:
        event, place = told.event, told.event.primary_site
        return Occasion(event.time, event.day, place.uri if place else None, self.party(told),
                        step(event))


def step(event: Event) -> str | None:
    """The business step as a URI."""
    if not event.step:
        return None
    bare = word(event.step, "BizStep-")
    try:
        return gs1.canonical(bare)
    except Refused:
        return CBV + bare


def _whole(stated: list[Stated]) -> tuple[Fraction | None, str | None]:
    """What an event states of a thing altogether, in the unit of its first amount."""
    unit, total = stated[0].unit, stated[0].amount
    for each in stated[1:]:
        more = None if each.amount is None else converted(each.amount, each.unit, unit)
        known = None not in (total, more) and fits(total + more)
        total = total + more if known else None
    return total, unit


def _take_out(there: dict[str, tuple], child: str, event: Event) -> None:
    """Takes a child out of a container, unless more of it is known to be left."""
    if child not in there:
        return
    stated = event.amounts(CHILD, child)
    amount, unit = there[child]
    taken, of = _whole(stated) if stated else (None, None)
    if taken is not None:
        taken = converted(taken, of, unit)
    if amount is not None and taken is not None and amount > taken and fits(amount - taken):
        there[child] = amount - taken, unit
    else:
        del there[child]
