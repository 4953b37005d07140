"""What was allocated from certificates and from accounts, SPEC §24.5 M."""

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import Iterable

from .amounts import Amounts, PartialSum, converted, fits, quantity, text
from .balances import Balances
from .certificates import Certificates
from .claims import Scheme
from .credentials import Certificate
from .epcis import ACCOUNT, ALLOCATE
from .facts import Facts
from .finding import Finding
from .graph import Graph, Making
from .records import ACCOUNT_URI


@dataclass
class Credit:
    """An allocation from an account by who governs the account's site."""

    account: str
    record: dict
    issuer: str
    digest: bytes

    @property
    def place(self) -> tuple[str, str, str]:
        """The month, site and material of the account."""
        return ACCOUNT_URI.fullmatch(self.account).group("month", "site", "material")


class Allocations:
    """Only whose credit it is can spend it; a stranger's allocation changes nothing."""

    def __init__(self, facts: Facts, scheme: Scheme, balances: Balances):
        self.facts, self.scheme, self.balances = facts, scheme, balances
        self.accounts: dict[str, list[Credit]] = {}
        for facet, account in facts.chains:
            match = ACCOUNT_URI.fullmatch(account) if facet == ACCOUNT else None
            if match:
                owner = facts.owner_of(match["site"])
                self.accounts[account] = [
                    Credit(account, record, issuer, digest)
                    for record, issuer, digest in facts.records(account, "allocation",
                                                                facet=ACCOUNT)
                    if issuer == owner and record[4] == account]
        self.given: dict[tuple[str, str], list[Credit]] = {}
        for credit in (each for listed in self.accounts.values() for each in listed):
            if len(credit.record[3]) == 1:
                self.given.setdefault((credit.record[3][0], credit.issuer), []).append(credit)

    def credits(self, lot: str, making: Making) -> list[Credit]:
        """What a maker allocated to a lot alone from accounts of the making's site."""
        found = [each for each in self.given.get((lot, making.party), ())
                 if each.place[1] == making.site]
        return sorted(found, key=lambda each: (each.account.encode(), each.digest))

    def withheld(self, account: str, holders: set[str], lot: str, day: str) -> list[Finding]:
        """That an account cannot be summed up, since an allocation from it is hidden."""
        hidden = [(saying.digest, saying.issuer)
                  for saying, role in self.facts.chains.get((ACCOUNT, account), ())
                  if saying.content is None and role == ALLOCATE and saying.issuer in holders
                  and not self.facts.audit.fallen[id(saying)]
                  and saying.digest not in self.balances.vouched]
        return [Finding("material.allocation-withheld", "withheld", lot, day,
                        {"account": account, "issuer": issuer}, issuer, {digest})
                for digest, issuer in sorted(hidden)[:1]]

    def volumes(self, certificates: Certificates, graph: Graph) -> list[Finding]:
        """What is found of the volumes of the certificates on which makings rest."""
        resting: dict[tuple, dict[int, Making]] = defaultdict(dict)
        places: dict[tuple, tuple[Certificate, tuple]] = {}
        for (uri, number), decided in certificates.decided.items():
            for occasion, best in decided.items():
                if best is not None and best.state != "out-of-scope" and best.certificate.volume:
                    certificate = best.certificate
                    key = uri, certificate.ident, certificate.issuer
                    resting[key][number] = graph.lots[uri].makings[number]
                    places[*key, certificate.digest, occasion.day] = certificate, key
        found = []
        for (uri, *_, day), (certificate, key) in places.items():
            made = self._made(uri, resting[key].values(), certificate.volume[1])
            found += self._of_certificate(certificate, uri, day, made)
        return found

    def _made(self, uri: str, makings: Iterable[Making], unit: str) -> Fraction | None:
        """How much of a lot was made in all, in a certificate's unit."""
        amounts = Amounts(self.facts, self.scheme, unit)
        total = amounts.total(amounts.sum(making.made.get(uri, ()), making.time)
                              for making in makings)
        return None if total is None else total.value

    def _of_certificate(self, certificate: Certificate, lot: str, day: str,
                        made: Fraction | None) -> list[Finding]:
        """What is found of the volume of a certificate on which makings of a lot rest."""
        ident, (volume, unit) = certificate.ident, certificate.volume
        holders = {certificate.party, certificate.issuer} - {None}
        ask = certificate.party or certificate.issuer
        drawn = [each for each in self.facts.records(ident, "allocation", facet=ACCOUNT)
                 if each[1] in holders and each[0][4] == ident]
        hidden = self.withheld(ident, holders, lot, day)
        counts = [(record[3], (self._amount(record, unit), digest, issuer))
                  for record, issuer, digest in drawn]
        own = PartialSum.of((count for about, count in counts if about == [lot]), fits)
        short = []
        if hidden:
            pass
        elif not own.counted or made is not None and own.total < made:
            numbers = {} if made is None else {"allocated": text(own.total), "made": text(made),
                                               "unit": unit}
            short = [Finding("material.unallocated", "incomplete", lot, day,
                             {"certificate": ident, **numbers}, ask, own.counted)]
        elif made is None:
            short = [Finding("material.not-assessable", "incomplete", lot, day,
                             {"certificate": ident, "unit": unit}, ask)]
        whole = PartialSum.of((count for _, count in counts), fits)
        if whole.total > volume:
            return [Finding(
                "material.volume-exceeded", "contradicted", lot, day,
                {"certificate": ident, "allocated": text(whole.total), "volume": text(volume),
                 "unit": unit}, ask, whole.counted)]
        return short + self.uncounted("certificate", ident, unit, whole.left, lot, day) + hidden

    @staticmethod
    def _amount(record: dict, unit: str) -> Fraction | None:
        amount = quantity(record[10][0])
        return None if amount is None else converted(amount, record[10][1], unit)

    @staticmethod
    def uncounted(name: str, uri: str, unit: str, left: tuple[bytes, str] | None, lot: str,
                  day: str) -> list[Finding]:
        """That something cannot be counted, where what can does not exceed."""
        return [Finding("material.not-assessable", "incomplete", lot, day,
                        {name: uri, "unit": unit}, issuer, {digest})
                for digest, issuer in ([left] if left else [])]
