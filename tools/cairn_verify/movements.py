"""How lots were shipped and received, SPEC §24.4."""

from collections import defaultdict
from dataclasses import dataclass, field

from .epcis import ALLOCATE, CHILD, MENTION, OBJECT, Event, Stated, word
from .facts import Facts, Told

SHIPPING, RECEIVING = "shipping", "receiving"
SIDES = {"shipping": SHIPPING, "receiving": RECEIVING, "accepting": RECEIVING}
ALWAYS = 1 << 63
POSSESSING, OWNING, LOCATION = "possessing_party", "owning_party", "location"


@dataclass(eq=False)
class Movement:
    """What one side tells of a transfer of a lot; no partner where none is said."""

    side: str
    sender: str | None
    receiver: str | None
    stated: list[Stated]
    told: Told

    @property
    def event(self) -> Event:
        """The event that tells it."""
        return self.told.event

    @property
    def is_own_side(self) -> bool:
        """Whether it is this side's to tell, not the other's."""
        if self.sender is None or self.receiver is None or self.sender == self.receiver:
            return True
        other = self.receiver if self.side == SHIPPING else self.sender
        return self.told.issuer != other

    def follows(self, shipment: "Movement") -> bool:
        """Whether a receipt may be the other side of a shipment."""
        senders, receivers = {self.sender, shipment.sender}, {self.receiver, shipment.receiver}
        if len(senders - {None}) > 1 or len(receivers - {None}) > 1:
            return False
        invented = shipment.receiver is None and shipment.sender != shipment.told.issuer \
            and shipment.told.issuer == self.receiver
        invented |= self.sender is None and self.receiver != self.told.issuer \
            and self.told.issuer == shipment.sender
        return self.event.time >= shipment.event.time and not invented


@dataclass
class Packing:
    """A time, both ends included, in which something was in a container, and how much of it."""

    container: str
    first: int
    last: int
    stated: list[Stated]
    teller: str
    around: dict | None = None
    tellers: set[str] = field(default_factory=set)


class Times:
    """Times in which something holds: apart from each other, in no order."""

    def __init__(self):
        self.spans: list[tuple[int, int]] = []

    def add(self, first: int, last: int) -> list[tuple[int, int]]:
        """Adds a time; gives what of it is new."""
        new = [(first, last)]
        for start, end in self.spans:
            new = [piece for begin, stop in new
                   for piece in ((begin, min(stop, start - 1)), (max(begin, end + 1), stop))
                   if piece[0] <= piece[1]]
        self.spans += new
        return new

    def __contains__(self, at: int) -> bool:
        return any(first <= at <= last for first, last in self.spans)


class Movements:
    """Finds the movements of lots, and of the containers in which they were."""

    def __init__(self, facts: Facts):
        self.facts = facts
        self._packings: dict[str, list[Packing]] = {}
        self._found: dict[str, list[Movement]] = {}
        self._receivers: dict[str, set[str]] = {}

    def of(self, uri: str) -> list[Movement]:
        """The movements of a lot, by time."""
        if uri not in self._found:
            self._found[uri] = self._read(uri)
        return self._found[uri]

    def receivers(self, uri: str) -> set[str]:
        """Who received some of it, or was to."""
        if uri not in self._receivers:
            self._receivers[uri] = {each.receiver for each in self.of(uri)} - {None}
        return self._receivers[uri]

    def is_hidden(self, uri: str) -> bool:
        """Whether something about it, or about a container in which it was, is hidden."""
        within = [each for packing in self.packings(uri) for each in self.around(packing)]
        return any(role not in (MENTION, ALLOCATE)
                   for each in {uri, *within} for _, role in self.facts.hidden(each))

    def _read(self, uri: str) -> list[Movement]:
        carried: dict[tuple, list[Stated]] = defaultdict(list)
        found: dict[tuple, Told] = {}
        for packing in self.packings(uri):
            moved = self._carried(packing)
            for part in moved:
                carried[part] += packing.stated or [Stated(uri, None, None, None)]
            found |= moved
        for told in self._told(uri):
            found[told.part] = told
            carried[told.part] = told.event.amounts_with_items(OBJECT, uri)
        moved = [self._movement(told, carried[part]) for part, told in found.items()]
        return sorted((each for each in moved if each.is_own_side),
                      key=lambda each: each.told.order())

    def _carried(self, packing: Packing) -> dict[tuple, Told]:
        """What was told of the containers in which something packed was. Who receives one alone
        says nothing of what came in there: not what was packed into which."""
        found: dict[tuple, Told] = {}
        others: dict[str, dict[str, Times]] = {}
        around = self.around(packing)
        for container, times in around.items():
            for told in self._told(container):
                if told.event.time not in times:
                    continue
                moved = self._movement(told, [])
                receiver = moved.receiver
                if receiver in packing.tellers and receiver != moved.sender:
                    if receiver not in others:
                        others[receiver] = self._walk(packing, receiver)[0]
                    if told.event.time not in others[receiver].get(container, Times()):
                        continue
                found[told.part] = told
        return found

    def _told(self, uri: str) -> list[Told]:
        return [told for told in self.facts.events(uri)
                if told.event.type == "ObjectEvent" and told.event.action != "DELETE"
                and word(told.event.step, "BizStep-") in SIDES and told.event.names(uri)]

    # Containers

    def packings(self, uri: str) -> list[Packing]:
        """Where something was packed itself, by time."""
        if uri not in self._packings:
            self._packings[uri] = self._packed(uri)
        return self._packings[uri]

    def _packed(self, uri: str) -> list[Packing]:
        open_ones: dict[str, Packing] = {}
        found = []
        for told in self.facts.events(uri):
            event = told.event
            container = event.parent
            packs = event.type == "AggregationEvent" and any(
                uri == child or uri in event.batches.get(child, ()) for child in event.children)
            if not packs or container is None or container == uri:
                continue
            before = open_ones.pop(container, None)
            if event.action == "ADD":
                if before is not None:  # from now on it holds what is said last
                    before.last = event.time - 1
                open_ones[container] = Packing(container, event.time, ALWAYS,
                                               event.amounts_with_items(CHILD, uri), told.issuer)
                found.append(open_ones[container])
            elif event.action == "DELETE" and before is not None:
                before.last = event.time
            elif before is not None:
                open_ones[container] = before
        return [each for each in found if each.first <= each.last]

    def around(self, packing: Packing) -> dict[str, Times]:
        """The containers in which something packed was, those of containers too, and when."""
        if packing.around is None:
            packing.around, packing.tellers = self._walk(packing)
        return packing.around

    def _walk(self, packing: Packing, without: str | None = None) -> tuple[dict, set[str]]:
        """Where packings lead, but for those that one issuer tells; and who tells them."""
        found: dict[str, Times] = {}
        tellers: set[str] = set()
        waiting = [(packing, packing.first, packing.last)]
        while waiting:
            inner, first, last = waiting.pop()
            if inner.teller == without:
                continue
            tellers.add(inner.teller)
            for begin, end in found.setdefault(inner.container, Times()).add(first, last):
                for outer in self.packings(inner.container):
                    start, stop = max(begin, outer.first), min(end, outer.last)
                    if start <= stop:
                        waiting.append((outer, start, stop))
        return found, tellers

    # Partners

    def _movement(self, told: Told, stated: list[Stated]) -> Movement:
        event = told.event
        side = SIDES[word(event.step, "BizStep-")]
        here = (self.facts.owner(event.primary_site) if event.primary_site else None) or told.issuer
        sender, receiver = (self._partner(event.ends.get(end, set()))
                            for end in ("source", "destination"))
        return Movement(side, sender or (here if side == SHIPPING else None),
                        receiver or (here if side == RECEIVING else None), stated, told)

    def _partner(self, ends: set[tuple[str, str]]) -> str | None:
        """Who holds it, else owns it, else governs the place; of several the first by URI."""
        for kind in (POSSESSING, OWNING):
            named = [uri for each, uri in ends if each == kind]
            if named:
                first = min(named, key=str.encode)
                return self.facts.owner_of(first) or first
        places = [uri for each, uri in ends if each == LOCATION]
        return self.facts.owner_of(min(places, key=str.encode)) if places else None
