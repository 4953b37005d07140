"""What was allocated from certificates and from accounts, SPEC §24.5 M."""

from dataclasses import dataclass
from fractions import Fraction

from .amounts import PartialSum, converted, fits, quantity, text
from .balances import Balances
from .certificates import NONE, Certificates
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

    def __init__(self, facts: Facts, balances: Balances):
        self.facts, self.balances = facts, balances
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
        found = []
        for (uri, number), best in certificates.decided.items():
            if certificates.support[uri, number] != NONE:
                day = graph.lots[uri].makings[number].day
                found += self.of_certificate(best.certificate, uri, day)
        return found

    def of_certificate(self, certificate: Certificate, lot: str, day: str) -> list[Finding]:
        """What is found of the volume of a certificate on which a making of a lot rests."""
        if certificate.volume is None:
            return []
        ident, (volume, unit) = certificate.ident, certificate.volume
        holders = {certificate.party, certificate.issuer} - {None}
        ask = certificate.party or certificate.issuer
        drawn = [each for each in self.facts.records(ident, "allocation", facet=ACCOUNT)
                 if each[1] in holders and each[0][4] == ident]
        hidden = self.withheld(ident, holders, lot, day)
        if not hidden and not any(lot in record[3] for record, _, _ in drawn):
            return [Finding("material.unallocated", "incomplete", lot, day,
                            {"certificate": ident}, ask)]
        whole = PartialSum.of(((self._amount(record, unit), digest, issuer)
                               for record, issuer, digest in drawn), fits)
        if whole.total > volume:
            return [Finding(
                "material.volume-exceeded", "contradicted", lot, day,
                {"certificate": ident, "allocated": text(whole.total), "volume": text(volume),
                 "unit": unit}, ask, whole.counted)]
        return self.uncounted("certificate", ident, unit, whole.left, lot, day) + hidden

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
