"""Recalls and disputes, and how fresh the logs are: SPEC §24.5 S and L."""

from .certificates import Certificates
from .claims import Claim
from .epcis import ACCOUNT, ASSERTIONS, day_of
from .facts import Facts
from .finding import Finding
from .graph import Graph

STATUS = {"recall": ("status.recalled", "revoked"), "dispute": ("status.disputed", "contradicted")}

# What is revoked and suspended under its id.
CREDENTIALS = ("certificate", "transcribed-certificate", "accreditation")


def status(facts: Facts, graph: Graph, certificates: Certificates) -> list[Finding]:
    """Recalls and disputes of lots and their products that hold and were not resolved."""
    found = []
    for lot in graph.lots.values():
        for uri in {lot.uri, lot.identifier.product} - {None}:
            for record, issuer, digest in facts.records(uri, *STATUS):
                code, lowers = STATUS[record[1]]
                heard = any(facts.counts(issuer, ASSERTIONS, each)
                            for each in (uri, lot.uri)) or certificates.is_accredited(
                    issuer, day_of(facts.valid_at))
                begun = 5 not in record or record[5] <= facts.valid_at
                ended = 6 in record and facts.valid_at >= record[6]
                if heard and begun and not ended and not (
                        2 in record and facts.is_resolved(record[2], issuer)):
                    found.append(Finding(
                        code, lowers, lot.uri, None,
                        {"issuer": issuer, "reason": record[14]}, issuer, {digest}))
    return found


def ledger(facts: Facts, graph: Graph, claim: Claim) -> list[Finding]:
    """Logs that were not asked or have gone quiet, and chains that were not gathered."""
    found = [Finding("ledger.alarm", "contradicted", facts.subject, None,
                     {"kind": each.kind, "origin": each.origin})
             for each in facts.known.accusing]
    held = {log.file.origin: log for log in facts.known.logs}
    for origin, node in facts.state.nodes.items():
        code = None
        if origin not in held:
            code = "ledger.not-consulted"
        elif claim.scheme.freshness is not None and \
                held[origin].seal.sealed_at < claim.known_at - claim.scheme.freshness * 1000:
            code = "ledger.stale"
        if code:
            found.append(Finding(code, "stale", facts.subject, None, {"origin": origin},
                                 node.organisation))
    missed = facts.known.closure.asked - facts.asked
    makings = [making for lot in graph.lots.values() for making in lot.makings]
    occasions = [each for making in makings for each in making.occasions]
    named = graph.lots.keys() | {each.party for each in occasions} | {
        each.site for each in occasions} | {
        uri for making in makings for told in making.told
        for uri in told.event.certifications} | {
        saying.content.record[2] for saying in facts.audit.sayings
        if facts.stands(saying) and saying.content.kind in CREDENTIALS}
    uris = {uri for facet, uri in missed if facet == ACCOUNT or uri in named}
    return found + [Finding("ledger.not-gathered", "incomplete", uri) for uri in uris]
