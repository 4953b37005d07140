"""Whether lots passed from hand to hand, both sides telling alike: SPEC §24.5 K."""

from collections import defaultdict
from typing import Iterable

from .amounts import Amount, Amounts, text, unit_of
from .epcis import EVENTS
from .facts import Facts, Told
from .finding import Finding
from .graph import GROUPS, Graph, Lot, Making
from .movements import RECEIVING, SHIPPING, Movement, Movements


def parts(*moved: Movement) -> set[bytes]:
    """The parts that tell movements."""
    return {each.told.digest for each in moved}


class Custody:
    """Judges every lot of a verdict."""

    def __init__(self, facts: Facts, graph: Graph, amounts: Amounts, movements: Movements):
        self.facts, self.graph, self.amounts, self.movements = facts, graph, amounts, movements
        self.found: list[Finding] = []
        # What was done with each thing: used up, itself or in a container, and put into one.
        self.uses: dict[str, dict[tuple, Told]] = defaultdict(dict)
        self.packings: dict[str, dict[tuple, Told]] = defaultdict(dict)
        # When a container had all that it holds, and when a making first used something up.
        self.filled: dict[str, str] = {}
        self.starts: dict[Making, str] = {}
        for making in {making for lot in graph.lots.values() for making in lot.makings}:
            if not making.is_origin:
                using = [told for told in making.told if told.event.inputs]
                self.starts[making] = min(told.event.day for told in using)
                for told in using:
                    for uri in told.event.inputs:
                        self.uses[uri][graph.party(told), told.part] = told
        containers = [lot for lot in graph.lots.values() if lot.held]
        for lot in containers:
            self._packed(lot)
        while containers:
            container = containers.pop()
            used = dict(self.uses[container.uri])
            for uri in container.held:
                if not used.keys() <= self.uses[uri].keys():
                    self.uses[uri] |= used
                    if graph.lots[uri].held:
                        containers.append(graph.lots[uri])

    def _packed(self, container: Lot) -> None:
        firsts: dict[str, str] = {}
        for told in self.facts.events(container.uri):
            event = told.event
            if event.type in GROUPS and event.parent == container.uri and event.action == "ADD":
                for child in event.children & set(container.held):
                    self.packings[child][self.graph.party(told), told.part] = told
                    firsts[child] = min(firsts.get(child, event.day), event.day)
        if firsts:
            self.filled[container.uri] = max(firsts.values())

    def findings(self) -> list[Finding]:
        """What is found of each lot."""
        self.found = []
        for lot in self.graph.lots.values():
            if not self.movements.is_hidden(lot.uri):
                self._trace(lot)
                self._times(lot)
                self._aggregation(lot)
            if lot.is_untold and (EVENTS, lot.uri) in self.facts.asked \
                    and not self.facts.hidden(lot.uri):
                self._find("origin-unknown", "incomplete", lot, None, {},
                           self.facts.owner(lot.identifier))
        for uri in self.graph.lots.keys() - set(self.graph.order()):
            self._find("cycle", "contradicted", self.graph.lots[uri], None, {}, None)
        return self.found

    def _find(self, code: str, lowers: str | None, lot: Lot, day: str | None, parameters: dict,
              ask: str | None, evidence: Iterable[bytes] = ()) -> None:
        self.found.append(Finding("custody." + code, lowers, lot.uri, day, parameters, ask,
                                  set(evidence)))

    # From who had it last back to its makers

    def _trace(self, lot: Lot) -> None:
        moved = self.movements.of(lot.uri)
        makers = self._makers(lot)
        waiting = [*lot.users, *lot.packers]
        if not lot.users:
            waiting += [each.receiver for each in moved if each.receiver is not None]
            self._unaddressed(lot, moved)
        given: dict[str, set[str]] = {}
        while waiting:
            holder = waiting.pop()
            if holder in given:
                continue
            given[holder] = set()
            inbound = [m for m in moved if m.receiver == holder and m.sender != holder]
            sent = [m for m in inbound if m.side == SHIPPING]
            received = [m for m in inbound if m.side == RECEIVING]
            if sent or received:
                given[holder] = self._compare(lot, holder, sent, received, moved)
                waiting += given[holder] - makers
            elif makers and holder not in makers:
                self._find("gap", "incomplete", lot, None, {"holder": holder}, holder)
        if makers:
            first = makers | {holder for holder, senders in given.items() if not senders}
            for holder in given.keys() - self._reached(first, given):
                self._find("gap", "incomplete", lot, None, {"holder": holder}, holder)

    @staticmethod
    def _reached(first: set[str], given: dict[str, set[str]]) -> set[str]:
        """Who had it first, and who got it from them, be it through others."""
        taken: dict[str, set[str]] = defaultdict(set)
        for holder, senders in given.items():
            for sender in senders:
                taken[sender].add(holder)
        reached, waiting = set(first), list(first)
        while waiting:
            new = taken[waiting.pop()] - reached
            reached |= new
            waiting += new
        return reached

    def _makers(self, lot: Lot) -> set[str]:
        """Who made it; of an item that nobody made, who made its batch or received of that."""
        makers = self._makers_of(lot)
        for batch in [] if makers else map(self.graph.lots.__getitem__, lot.batches):
            makers |= self._makers_of(batch)
            if makers:
                makers |= self.movements.receivers(batch.uri)
        return makers

    def _makers_of(self, lot: Lot) -> set[str]:
        return {self.graph.party(told) for making in lot.makings
                for told in making.creating(lot.uri)}

    def _unaddressed(self, lot: Lot, moved: list[Movement]) -> None:
        """Shipments to nobody named that nobody received."""
        for shipment in moved:
            if shipment.side == SHIPPING and shipment.receiver is None and not any(
                    each.side == RECEIVING and each.follows(shipment) for each in moved):
                self._find("unreceived", "incomplete", lot, shipment.event.day,
                           {"sender": shipment.sender}, shipment.sender, parts(shipment))

    def _compare(self, lot: Lot, holder: str, sent: list[Movement], received: list[Movement],
                 moved: list[Movement]) -> set[str]:
        """Holds what was sent to a holder against what it received; gives who sent it."""
        by_sender: dict[str, list[Movement]] = defaultdict(list)
        for shipment in sent:
            by_sender[shipment.sender].append(shipment)
        left = received
        for sender in sorted(by_sender, key=str.encode):
            shipments = by_sender[sender]
            met = [each for each in left if each.follows(shipments[0])]
            left = [each for each in left if not each.follows(shipments[0])]
            for shipment in shipments:  # by time, as receipts are: the last follows, or none does
                if not met or not met[-1].follows(shipment):
                    self._find("unreceived", "incomplete", lot, shipment.event.day,
                               {"sender": sender, "receiver": holder}, holder, parts(shipment))
            if met:
                self._sides(lot, sender, holder, shipments, met)
        senders = set(by_sender)
        for receipt in left:
            untold = [each for each in moved if each.side == SHIPPING and each.receiver is None
                      and receipt.follows(each)]
            senders |= {each.sender for each in [receipt, *untold]} - {None}
            if not untold:
                self._find("unshipped", "incomplete", lot, receipt.event.day,
                           {"sender": receipt.sender, "receiver": holder},
                           receipt.sender or holder, parts(receipt))
        return senders

    def _sides(self, lot: Lot, sender: str, receiver: str, sent: list[Movement],
               met: list[Movement]) -> None:
        """Compares amounts and business transactions of the two sides."""
        evidence, day = parts(*sent, *met), met[0].event.day
        said = {"sender": sender, "receiver": receiver}
        totals = self._totals(sent, met)
        if totals and totals[0] != totals[1]:
            is_more = totals[1] > totals[0]
            self._find("quantity" if is_more else "shortage", "contradicted" if is_more else None,
                       lot, day, said | {"shipped": text(totals[0]), "received": text(totals[1])},
                       receiver, evidence)
        orders = [set().union(*(each.event.orders for each in side)) for side in (sent, met)]
        if all(each.event.orders for each in sent + met) and orders[0].isdisjoint(orders[1]):
            self._find("order", "incomplete", lot, day, said, receiver, evidence)

    def _totals(self, sent: list[Movement], met: list[Movement]) -> list | None:
        """The sums of both sides: as stated where all have one unit, else in the scheme's."""
        whole = [each for moved in sent + met for each in moved.stated or [None]]
        if None in whole or any(each.amount is None for each in whole):
            return None
        is_one = len({unit_of(each.unit) for each in whole}) == 1
        totals = [self.amounts.total(
            Amount(each.amount) if is_one else self.amounts.counted(each, moved.event.time)
            for moved in side for each in moved.stated) for side in (sent, met)]
        return [each.value for each in totals] if all(totals) else None

    # Nothing before it was there

    def _times(self, lot: Lot) -> None:
        acts: dict[str, list[Told]] = defaultdict(list)
        for (party, _), told in (self.uses[lot.uri] | self.packings[lot.uri]).items():
            acts[party].append(told)
        for each in self.movements.of(lot.uri):
            if each.side == SHIPPING and each.sender not in (None, each.receiver):
                acts[each.sender].append(each.told)
        things = [lot]
        if not lot.makings:  # an item that nobody made is some of its batch
            things += map(self.graph.lots.__getitem__, lot.batches)
        for party, told in acts.items():
            days = [self._first_day(each, party) for each in things]
            self._early(lot, [(party, each) for each in told],
                        min((day for day in days if day), default=None))
        used = [(party, told) for (party, _), told in self.uses[lot.uri].items()]
        self._early(lot, used, self.filled.get(lot.uri))
        for making in lot.makings:
            self._early(lot, [(self.graph.party(each), each) for each in making.creating(lot.uri)],
                        self.starts.get(making))

    def _first_day(self, lot: Lot, party: str) -> str | None:
        """Since when somebody had it: made, received or, without receipts, shipped there."""
        inbound = [each for each in self.movements.of(lot.uri)
                   if each.receiver == party and each.sender != party]
        receipts = [each for each in inbound if each.side == RECEIVING]
        told = [each.told for each in receipts or inbound]
        for making in lot.makings:
            told += [each for each in making.creating(lot.uri) if self.graph.party(each) == party]
        return min((each.event.day for each in told), default=None)

    def _early(self, lot: Lot, acts: list[tuple[str, Told]], since: str | None) -> None:
        first = min(acts, default=None,
                    key=lambda act: (act[1].event.time, act[1].digest, act[0].encode()))
        if first is not None and since is not None and first[1].event.day < since:
            party, told = first
            self._find("early", "incomplete", lot, told.event.day,
                       {"holder": party, "since": since}, party, {told.digest})

    # One container at a time

    def _aggregation(self, lot: Lot) -> None:
        if lot.identifier.kind in ("batch", "product"):
            return
        within: Told | None = None
        for told in self.facts.events(lot.uri):
            event = told.event
            if event.type != "AggregationEvent" or event.parent is None \
                    or lot.uri not in event.children:
                continue
            if event.action == "DELETE" and within and within.event.parent == event.parent:
                within = None
            elif event.action == "ADD":
                if within and within.event.parent != event.parent:
                    self._find("aggregation", "contradicted", lot, event.day,
                               {"container": event.parent, "other": within.event.parent},
                               told.issuer, {within.digest, told.digest})
                    return
                within = told
