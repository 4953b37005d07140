"""Whether the material adds up under the claim's model, SPEC §24.5 M."""

from fractions import Fraction

from .allocations import Allocations, Credit
from .amounts import Amount, Amounts, PartialSum, fits, is_bounded, product, text
from .certificates import NONE, Certificates
from .claims import MODELS, Claim
from .epcis import INPUT
from .facts import Facts
from .finding import Finding
from .graph import Graph, Lot, Making, step
from .movements import Movements
from .shares import Share, Shares
from .stocks import Stocks


class Material:
    """Judges a claim under a scheme with models."""

    def __init__(self, facts: Facts, claim: Claim, graph: Graph, certificates: Certificates,
                 amounts: Amounts, movements: Movements, allocations: Allocations):
        self.facts, self.claim, self.graph = facts, claim, graph
        self.certificates, self.amounts, self.movements = certificates, amounts, movements
        self.allocations = allocations
        self.shares = Shares(claim, graph, certificates, amounts, allocations)
        self.share: Share = self.shares.of[facts.subject]
        self.stocks = Stocks(claim.scheme, facts, graph, amounts, movements)

    def findings(self) -> list[Finding]:
        """What is found of the subject, of each lot and of each making."""
        found = self._claim() + self._origins() + self._credits()
        for making in self.graph.makings.values():
            if not making.is_origin:
                found += self._balance(making)
        for lot in self.graph.lots.values():
            if not self.facts.hidden(lot.uri):
                found += self.stocks.findings(lot)
        return found + self.allocations.balances.findings

    # The claim

    def _claim(self) -> list[Finding]:
        subject, model, found = self.facts.subject, self.claim.model, []
        if model not in self.claim.scheme.models:
            found.append(Finding("claim.model-refused", "contradicted", subject, None,
                                 {"model": model}))
        origins = [lot for lot in self.graph.lots.values()
                   if not lot.contents and not lot.is_emptied and self.shares.of[lot.uri].most > 0
                   and any(making.is_origin for making in lot.makings)]
        if model == MODELS[0] and len(origins) > 1:
            found.append(Finding("material.model", "contradicted", subject, None,
                                 {"model": model, "origins": str(len(origins))}))
        if 0 < self.share.most < self.claim.share:
            found.append(Finding("material.share", "contradicted", subject, None, {
                "share": str(self.share.most), "claimed": str(self.claim.share)}))
        return found

    def _origins(self) -> list[Finding]:
        """Origins that do not qualify, beside others that do."""
        return [Finding("material.unqualified", None, lot.uri, making.day,
                        {"party": making.party}, None, making.digests)
                for lot in self.graph.lots.values() for number, making in enumerate(lot.makings)
                if making.is_origin and self.share.most > 0
                and self.certificates.support.get((lot.uri, number)) == NONE]

    # Mass balance

    def _credits(self) -> list[Finding]:
        found = []
        for lot, drawn, finding in self.shares.credited:
            found += [finding] if finding else []
            for credit in drawn:
                found += self._spent(credit, lot)
        return found

    def _spent(self, credit: Credit, lot: Lot) -> list[Finding]:
        """Whether more was drawn from an account than qualifying material went into its site."""
        making = lot.makings[0]
        spent = PartialSum.of(((self.shares.allocated(each, lot, making), each.digest, each.issuer)
                               for each in self.allocations.accounts[credit.account]), is_bounded)
        earned = PartialSum.of(self._earnings(credit), is_bounded)
        exceeds = spent.total > earned.total
        if exceeds and earned.left is None:
            return [Finding("material.credit-exceeded", "contradicted", lot.uri, making.day,
                            {"account": credit.account, "drawn": str(spent.total),
                             "earned": str(earned.total)}, making.party, {credit.digest})]
        unit, found = self.claim.scheme.unit or "", []
        for left in (spent.left, earned.left if exceeds else None):
            found += self.allocations.uncounted("account", credit.account, unit, left, lot.uri,
                                                making.day)
        return found + self.allocations.withheld(credit.account, {credit.issuer}, lot.uri,
                                                 making.day)

    def _earnings(self, credit: Credit):
        """What qualifying material was used up at the account's site in its month, each amount
        with its share and the yield of its step."""
        month, site, material = credit.place
        for uri, lot in self.graph.lots.items():
            least = self.shares.of[uri].least
            if not least or material not in (lot.identifier.product, uri):
                continue
            for told in self.facts.events(uri):
                event = told.event
                if event.month != month or not event.primary_site \
                        or event.primary_site.uri != site:
                    continue
                listed = self.claim.scheme.processes.get(step(event))
                for stated in event.amounts(INPUT, uri):
                    counted = self.amounts.counted(stated, event.time)
                    yield (counted and product(counted.value, least,
                                               listed.allowed if listed else Fraction(1)),
                           told.digest, self.graph.party(told))

    # Balances

    def _balance(self, making: Making) -> list[Finding]:
        """Output within input times yield, in mass and in each contained element."""
        unit, party = self.claim.scheme.unit or "", making.party
        made = [each for listed in making.made.values() for each in listed]
        lot = made[0].uri if made else making.first.event.transformation
        whole = self._sides(lambda stated: self.amounts.sum(stated, making.time), making, made)
        if whole is None:
            return [self._unknown(making, lot, {"unit": unit, "party": party})]
        used, got = whole
        cited, found = used.cited | got.cited, []
        if cited:
            found.append(Finding("material.converted", None, lot, making.day, {"unit": unit}, None,
                                 cited | making.digests))
        if self._exceeds(got, used, making):
            found.append(Finding(
                "material.exceeded", "contradicted", lot, making.day,
                {"input": text(used.value), "output": text(got.value),
                 "yield": text(making.allowed), "unit": unit}, party, cited | making.digests))
        for element in self.claim.scheme.elements:
            sides = self._sides(
                lambda stated, of=element: self.amounts.contained(of, stated, making.time),
                making, made)
            if sides is None:
                found.append(self._unknown(making, lot, {"element": element, "party": party}))
            elif self._exceeds(sides[1], sides[0], making):
                found.append(Finding(
                    "material.element", "contradicted", lot, making.day,
                    {"element": element, "input": text(sides[0].value),
                     "output": text(sides[1].value)},
                    party, sides[0].cited | sides[1].cited | making.digests))
        return found

    @staticmethod
    def _sides(total, making: Making, made: list) -> tuple[Amount, Amount] | None:
        used, got = total(making.used), total(made)
        return None if used is None or got is None else (used, got)

    @staticmethod
    def _exceeds(made: Amount, used: Amount, making: Making) -> bool:
        bound = used.value * making.allowed
        return fits(bound) and made.value > bound

    @staticmethod
    def _unknown(making: Making, lot: str, parameters: dict) -> Finding:
        return Finding("material.not-assessable", "incomplete", lot, making.day, parameters,
                       making.party, making.digests)
