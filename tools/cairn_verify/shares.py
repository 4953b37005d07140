"""How much of each lot holds to the scheme, SPEC §24.5 M."""

from fractions import Fraction
from typing import Iterable, NamedTuple

from .allocations import Allocations, Credit
from .amounts import Amounts, is_bounded, quantity
from .certificates import DOUBTFUL, NONE, VALID, Certificates
from .claims import ALL, MODELS, SUBJECT, Claim
from .epcis import CREATE, Stated
from .finding import Finding
from .graph import Graph, Lot, Making


class Share(NamedTuple):
    """At least this much, and at most that if every doubt were decided for it."""

    least: Fraction
    most: Fraction


WHOLE, NOTHING, UNKNOWN = (Share(Fraction(a), Fraction(b)) for a, b in ((1, 1), (0, 0), (0, 1)))
BY_SUPPORT = {VALID: WHOLE, DOUBTFUL: UNKNOWN, NONE: NOTHING}


class Shares:
    """The share of every lot, from the origins down."""

    def __init__(self, claim: Claim, graph: Graph, certificates: Certificates, amounts: Amounts,
                 allocations: Allocations):
        self.claim, self.graph, self.amounts = claim, graph, amounts
        self.certificates, self.allocations = certificates, allocations
        self.credited: list[tuple[Lot, list[Credit], Finding | None]] = []
        self._blends: dict[Making, Share] = {}
        self.of: dict[str, Share] = {}
        for uri in graph.order():
            self.of[uri] = self._share(graph.lots[uri])
        for uri in graph.lots:
            self.of.setdefault(uri, UNKNOWN)

    def _share(self, lot: Lot) -> Share:
        credit = self._credit(lot)
        if credit is not None:
            certified = all(self.certificates.support.get((lot.uri, number)) == VALID
                            for number in range(len(lot.makings)))
            lowered = self.claim.scheme.reach == ALL and not certified
            return Share(Fraction(0), credit.most) if lowered else credit
        if lot.is_of_contents:
            held = [self.of[each] for each in lot.contents] or [UNKNOWN]
            return Share(min(each.least for each in held), min(each.most for each in held))
        if not lot.makings:
            return WHOLE if self._is_attested(lot) else UNKNOWN
        return mean([(self._share_of(lot, number, making), self.made(lot, making))
                     for number, making in enumerate(lot.makings)])

    def _is_attested(self, lot: Lot) -> bool:
        made = [saying.digest for saying, role in self.graph.facts.hidden(lot.uri)
                if role == CREATE]
        return bool(made) and all(each in self.allocations.balances.vouched for each in made)

    def _share_of(self, lot: Lot, number: int, making: Making) -> Share:
        support = self.certificates.support.get((lot.uri, number), NONE)
        reach = self.claim.scheme.reach
        if making.is_origin or reach == SUBJECT:
            return BY_SUPPORT[support]
        if making not in self._blends:
            self._blends[making] = mean([(self.of[each.uri], self._value(each, making))
                                         for each in making.used])
        share = self._blends[making]
        return share if reach != ALL or support == VALID else Share(Fraction(0), share.most)

    def _value(self, stated: Stated, making: Making) -> Fraction | None:
        counted = self.amounts.counted(stated, making.time)
        return counted and counted.value

    def made(self, lot: Lot, making: Making) -> Fraction | None:
        """How much of a lot was made; None where that is missing."""
        total = self.amounts.sum(making.made.get(lot.uri, ()), making.time)
        return total and total.value

    # Mass balance

    def allocated(self, credit: Credit, lot: Lot, making: Making) -> Fraction | None:
        """An allocation in the scheme's unit; None where it cannot be counted."""
        number, unit = credit.record[10]
        amount = quantity(number)
        if amount is None or amount < 0:
            return None
        return self._value(Stated(lot.uri, lot.identifier.product, amount, unit), making)

    def _credit(self, lot: Lot) -> Share | None:
        """The share that was allocated to a lot from its maker's accounts."""
        making = lot.makings[0] if lot.makings else None
        if self.claim.model != MODELS[3] or making is None or making.is_origin \
                or making.site is None:
            return None
        drawn = self.allocations.credits(lot.uri, making)
        made = self.made(lot, making)
        if not drawn or made is None:
            return None
        total = bounded_sum(self.allocated(each, lot, making) for each in drawn)
        self.credited.append((lot, drawn, None if total is None else Finding(
            "material.credit", None, lot.uri, making.day,
            {"account": drawn[0].account, "amount": str(total)}, None,
            {each.digest for each in drawn})))
        if total is None:
            return UNKNOWN
        if made == 0:
            return UNKNOWN
        share = min(total / made, Fraction(1))
        return Share(share, share) if is_bounded(share) else UNKNOWN


def bounded_sum(amounts: Iterable[Fraction | None]) -> Fraction | None:
    """A sum of fractions; None where one of them is missing, or it does not fit."""
    total = Fraction(0)
    for each in amounts:
        if each is None or not is_bounded(each) or not is_bounded(total + each):
            return None
        total += each
    return total


def mean(mixed: list[tuple[Share, Fraction | None]]) -> Share:
    """The share of a mixture; where an amount is missing, from the least to the greatest."""
    shares = [share for share, _ in mixed]
    if not shares:
        return UNKNOWN
    bounds = []
    for parts in zip(*shares):
        weighted = bounded_sum(None if amount is None else share * amount
                               for share, (_, amount) in zip(parts, mixed))
        total = bounded_sum(amount for _, amount in mixed)
        known = weighted is not None and total and is_bounded(weighted / total)
        bounds.append(weighted / total if known else None)
    if len(set(shares)) == 1:
        return shares[0]
    if None in bounds:
        return Share(min(each.least for each in shares), max(each.most for each in shares))
    return Share(*bounds)
