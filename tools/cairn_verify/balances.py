"""Hidden parts that an accredited body vouches for with a period balance, SPEC §24.5 M."""

from .epcis import ACCOUNT
from .facts import Facts
from .hashes import ZERO, chain_head, leaf_hash, row_hash
from .statements import row_bytes
from .steps import VerifiedLog


def attested(facts: Facts, is_accredited) -> dict[bytes, set[bytes]]:
    """The hidden parts in account chains up to an attested head, and the balances there."""
    found: dict[bytes, set[bytes]] = {}
    for (facet, _), said in facts.chains.items():
        if facet != ACCOUNT:
            continue
        for saying, _ in said:
            if facts.stands(saying) and saying.content.kind == "period-balance" \
                    and is_accredited(saying.issuer):
                for digest in _hidden(facts, saying):
                    found.setdefault(digest, set()).add(saying.digest)
    return found


def _hidden(facts: Facts, balance) -> list[bytes]:
    """The hidden parts that a balance covers."""
    record = balance.content.record
    uri = f"urn:cairn:account:{record[11]}:{record[13]} {record[12]}"
    if (ACCOUNT, uri) not in facts.asked:
        return []
    number = facts.known.evidence.asked.index((ACCOUNT, uri))
    count, head = record[16]
    return [link.digest for log in facts.known.logs
            if _head(log, facts.known.keys[number], number, count) == head
            for link in log.file.chains[number][:count]
            if facts.known.contents.get(link.digest) is None]


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
