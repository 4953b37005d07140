"""What holders made and received of a lot, and used up and shipped: SPEC §24.5 M."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Iterable

from .amounts import Amounts, PartialSum, fits, text
from .claims import Scheme
from .epcis import CONSUME, INPUT, OBJECT, OUTPUT, Stated
from .facts import Facts, Told
from .finding import Finding
from .graph import Graph, Lot
from .movements import RECEIVING, SHIPPING, Movements, Packing

Count = tuple[Fraction | None, bytes, str]


@dataclass
class Stock:
    """What one holder had of a lot, and what it drew of it, each with its part and whose word it
    is; None where an amount is missing."""

    had: list[Count] = field(default_factory=list)
    drawn: list[Count] = field(default_factory=list)
    parts: set[bytes] = field(default_factory=set)


@dataclass
class Content:
    """What was packed, and the first event in which somebody used up a container around it."""

    uri: str
    packing: Packing
    told: Told


class Stocks:
    """Nobody uses up or ships more of a lot than it made or received, nor more of a container
    than that held."""

    def __init__(self, scheme: Scheme, facts: Facts, graph: Graph, amounts: Amounts,
                 movements: Movements):
        self.unit = scheme.unit or ""
        self.facts, self.graph, self.amounts, self.movements = facts, graph, amounts, movements
        # What came out of containers that somebody used up: by the lot and by the container.
        self.emptied: dict[str, list[tuple[str, Content]]] = defaultdict(list)
        self.contents: dict[tuple[str, str], list[Content]] = defaultdict(list)
        for lot in graph.lots.values():
            if not self._is_container(lot):
                for packing in movements.packings(lot.uri):
                    self._use(lot, packing)

    @staticmethod
    def _is_container(lot: Lot) -> bool:
        return bool(lot.held) and lot.is_of_contents

    def _use(self, lot: Lot, packing: Packing) -> None:
        """Who used up containers in which something was packed."""
        users: dict[str, Content] = {}
        for container, times in self.movements.around(packing).items():
            used_here: dict[str, Content] = {}
            for told in self.facts.events(container):
                if (container, CONSUME) in told.event.flows and told.event.time in times:
                    party, content = self.graph.party(told), Content(lot.uri, packing, told)
                    used_here.setdefault(party, content)
                    if party not in users or told.order() < users[party].told.order():
                        users[party] = content
            for party, content in used_here.items():
                self.contents[container, party].append(content)
        for party, content in users.items():
            self.emptied[lot.uri].append((party, content))

    def findings(self, lot: Lot) -> list[Finding]:
        """Who drew more of a lot than it had; that it had none at all is a gap of custody."""
        stocks: dict[str, Stock] = defaultdict(Stock)
        self._uses(lot, stocks)
        if self._is_container(lot):
            self._held(lot, stocks)
        else:
            self._made(lot, stocks)
            self._moved(lot, stocks)
        found = []
        for holder, stock in stocks.items():
            had, drawn = (PartialSum.of(each, fits) for each in (stock.had, stock.drawn))
            if not stock.had or drawn.total <= had.total:
                continue
            if had.left is None:
                found.append(Finding(
                    "material.overdrawn", "contradicted", lot.uri, None,
                    {"holder": holder, "drawn": text(drawn.total), "had": text(had.total),
                     "unit": self.unit}, holder, stock.parts))
            else:
                found.append(Finding(
                    "material.not-assessable", "incomplete", lot.uri, None,
                    {"party": holder, "unit": self.unit}, holder, {had.left[0]}))
        return found

    def _add(self, stock: Stock, counts: list[Count], had: bool) -> None:
        (stock.had if had else stock.drawn).extend(counts)
        stock.parts |= {digest for _, digest, _ in counts}

    def _count(self, stated: Iterable[Stated], told: Told) -> Count:
        """An amount that an event states; missing where it states none."""
        stated = list(stated)
        whole = self.amounts.sum(stated, told.event.time) if stated else None
        return None if whole is None else whole.value, told.digest, told.issuer

    def _uses(self, lot: Lot, stocks: dict[str, Stock]) -> None:
        for told in self.facts.events(lot.uri):
            event = told.event
            is_taken = event.type == "ObjectEvent" and event.action == "DELETE"
            used = event.amounts_with_items(OBJECT if is_taken else INPUT, lot.uri)
            if used:
                self._add(stocks[self.graph.party(told)], [self._count(used, told)], False)
        for party, content in self.emptied.get(lot.uri, ()):
            self._add(stocks[party], [self._count(content.packing.stated, content.told)], False)

    def _held(self, container: Lot, stocks: dict[str, Stock]) -> None:
        """What was in a container when somebody used it up."""
        stays = [each for child in container.held for each in self.movements.packings(child)
                 if each.container == container.uri]
        starts, ends = sorted(each.first for each in stays), sorted(each.last for each in stays)
        for told in self.facts.events(container.uri):
            at = told.event.time
            there = bisect_right(starts, at) - bisect_left(ends, at)
            # Of what was not packed by then, nobody says how much there was.
            if (container.uri, CONSUME) in told.event.flows and there < len(container.held):
                self._add(stocks[self.graph.party(told)], [self._count([], told)], True)
        for party, stock in stocks.items():
            for each in self.contents.get((container.uri, party), ()):
                named = [stated for stated in each.packing.stated if stated.uri == each.uri]
                self._add(stock, [self._count(named, each.told)], True)

    def _made(self, lot: Lot, stocks: dict[str, Stock]) -> None:
        for making in lot.makings:
            for told in making.creating(lot.uri):
                place = OUTPUT if told.event.type == "TransformationEvent" else OBJECT
                # Of a process itself that is nothing.
                made = self.amounts.sum(told.event.amounts(place, lot.uri), told.event.time)
                count = made and made.value, told.digest, told.issuer
                self._add(stocks[self.graph.party(told)], [count], True)

    def _moved(self, lot: Lot, stocks: dict[str, Stock]) -> None:
        """Shipments draw, receipts bring; where one side does not say how much, the other does."""
        pairs: dict[tuple, dict[str, list[Count]]] = defaultdict(lambda: {SHIPPING: [], RECEIVING: []})
        for moved in self.movements.of(lot.uri):
            if moved.sender != moved.receiver:
                pairs[moved.sender, moved.receiver][moved.side].append(
                    self._count(moved.stated, moved.told))
        for (sender, receiver), sides in pairs.items():
            for side, holder in ((SHIPPING, sender), (RECEIVING, receiver)):
                counts, other = sides[side], sides[RECEIVING if side == SHIPPING else SHIPPING]
                if not self._is_known(counts) and other and self._is_known(other):
                    counts = other
                if sides[side]:
                    self._add(stocks[holder], counts, side == RECEIVING)
                    stocks[holder].parts |= {digest for _, digest, _ in sides[side]}

    @staticmethod
    def _is_known(counts: list[Count]) -> bool:
        return all(value is not None for value, _, _ in counts)
