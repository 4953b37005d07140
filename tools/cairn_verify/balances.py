"""Hidden parts that an accredited body vouches for with a period balance, SPEC §24.5 M."""

from dataclasses import dataclass

from . import gs1
from .amounts import PIECES, converted, fits, quantity, text
from .certificates import Certificates
from .epcis import ACCOUNT, CREATE, OBJECT, OUTPUT
from .evidence import Link
from .facts import Facts
from .finding import Finding
from .graph import Graph
from .hashes import ZERO, chain_head, leaf_hash, row_hash
from .statements import row_bytes
from .steps import VerifiedLog


@dataclass
class Balance:
    """A period balance that stands: what was made of a material at a site in a month."""

    record: dict
    issuer: str
    digest: bytes
    account: str


class Balances:
    """What balances vouch for, and what disagrees with them."""

    def __init__(self, facts: Facts, graph: Graph, certificates: Certificates):
        self.facts, self.graph = facts, graph
        self.vouched: dict[bytes, bytes] = {}
        self.findings: list[Finding] = []
        concerned = {told.digest for uri in graph.lots for told in facts.events(uri)}
        concerned |= {saying.digest for uri in graph.lots for saying, _ in facts.hidden(uri)}
        for balance in self._balances():
            state = certificates.accredited_on(balance.issuer, balance.record[11] + "-01")
            for links in self._covered(balance) if state else ():
                for link in links if state == "valid" else ():
                    self.vouched[link.digest] = min(balance.digest,
                                                    self.vouched.get(link.digest, balance.digest))
                if any(link.digest in concerned for link in links):
                    self._compare(balance, links)

    def _balances(self) -> list[Balance]:
        found = []
        for facet, account in self.facts.chains:
            if facet == ACCOUNT:
                for record, *by in self.facts.records(account, "period-balance", facet=ACCOUNT):
                    if gs1.account_uri(record[11], record[13], record[12]) == account:
                        found.append(Balance(record, *by, account))
        return found

    def _covered(self, balance: Balance) -> list[list[Link]]:
        """The first links of the account, in each log that has the head which the balance names."""
        number = self.facts.known.evidence.asked.index((ACCOUNT, balance.account))
        count, head = balance.record[16]
        return [log.file.chains[number][:count] for log in self.facts.known.logs
                if count and _head(log, self.facts.known.keys[number], number, count) == head]

    def _compare(self, balance: Balance, links: list[Link]) -> None:
        """Holds what is open of the account against the balance."""
        number, unit = balance.record.get(10, ("", ""))
        bound, made, opened = quantity(number), 0, {balance.digest}
        if bound is None:
            return
        for digest in {link.digest for link in links if link.role == CREATE}:
            amounts = [each for each in self._made(digest, balance.record[12], unit)
                       if each is not None]
            made += sum(amounts)
            opened |= {digest} if amounts else set()
        if made > bound and fits(made):
            self.findings.append(Finding(
                "material.balance-disagrees", "contradicted", balance.record[12], None,
                {"site": balance.record[13], "month": balance.record[11], "attested": text(bound),
                 "opened": text(made), "unit": unit}, balance.issuer, opened))

    def _made(self, digest: bytes, material: str, unit: str) -> list:
        """What an open part says was made of a material, in a unit."""
        content = self.facts.known.contents.get(digest)
        event = content.event if content and content.error is None else None
        if event is None:
            return []
        place = OUTPUT if event.type == "TransformationEvent" else OBJECT
        return [converted(each.amount, each.unit or PIECES, unit)
                for uri, listed in event.stated.get(place, {}).items() for each in listed
                if (uri, CREATE) in event.flows and (each.product or uri) == material
                and each.amount is not None]


def _head(log: VerifiedLog, key: bytes, number: int, count: int) -> bytes | None:
    """The head of the first links of a chain."""
    links = log.file.chains.get(number, [])
    if len(links) < count:
        return None
    head = ZERO
    for link in links[:count]:
        row = row_hash(row_bytes(link.digest, key, link.role))
        leaf = leaf_hash(log.file.entries[link.leaf].raw)
        head = chain_head(head, link.leaf, leaf, link.number, row)
    return head
