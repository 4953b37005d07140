"""Whether certificates bear out each making, SPEC §24.5 C."""

from dataclasses import dataclass, field

from . import credentials
from .claims import ORIGINS, SUBJECT, Claim
from .credentials import Accreditation, Assessment, Certificate
from .epcis import day_of
from .facts import Facts
from .finding import Finding
from .graph import Graph, Lot, Making, Occasion
from .masterdata import is_placed

VALID, DOUBTFUL, NONE = "valid", "doubtful", "none"
COUNTING = ("nonconforming", "valid", "expired", "suspended", "revoked")
OTHERS = ("declared", "unconfirmed", "granularity", "unaccredited", "out-of-scope")
LOWERS_TO = {
    "granularity": "declared", "out-of-scope": None, "declared": "declared",
    "unaccredited": "declared", "nonconforming": "contradicted", "unconfirmed": "declared",
    "revoked": "revoked", "suspended": "suspended", "expired": "expired", "valid": None}


@dataclass
class Judged:
    """What one assessment of one certificate is worth to a making."""

    state: str
    certificate: Certificate
    assessment: Assessment
    parts: set[bytes] = field(default_factory=set)
    withdrawal: dict[str, str] = field(default_factory=dict)

    def rank(self) -> tuple:
        """The best comes first."""
        order = (COUNTING + OTHERS).index(self.state)
        return order, self.certificate.digest


class Certificates:
    """Judges every making within the scheme's reach."""

    def __init__(self, facts: Facts, claim: Claim, graph: Graph):
        self.facts, self.claim, self.graph = facts, claim, graph
        self.scheme = claim.scheme
        # By lot and the number of its making: of several occasions the worst.
        self.support: dict[tuple[str, int], str] = {}
        self.decided: dict[tuple[str, int], dict[Occasion, Judged | None]] = {}
        for lot, number, making in self._wanting():
            best = {each: self.best(lot, making, each) for each in making.occasions}
            self.decided[lot.uri, number] = best
            self.support[lot.uri, number] = max(map(self._support, best.values()),
                                                key=(VALID, DOUBTFUL, NONE).index)

    def _wanting(self):
        for lot in self.graph.lots.values():
            alone = self.scheme.reach == SUBJECT
            if lot.uri != self.facts.subject if alone else lot.is_of_contents:
                continue
            for number, making in enumerate(lot.makings):
                if self.scheme.reach != ORIGINS or making.is_origin:
                    yield lot, number, making

    @staticmethod
    def _support(best: Judged | None) -> str:
        if best is None or best.state == "out-of-scope":
            return NONE
        return VALID if best.state == "valid" else DOUBTFUL

    def findings(self, qualifies: bool) -> list[Finding]:
        """What is found of each making, where something of the subject qualifies or nothing."""
        found = []
        for lot, number, making in self._wanting():
            wanted = not making.is_origin or not self.scheme.models or not qualifies
            for occasion, best in self.decided[lot.uri, number].items():
                if best is not None:
                    found.append(self._finding(lot, making, occasion, best))
                if self._support(best) == NONE and wanted:
                    found.append(self._missing(lot, making, occasion))
                if self.scheme.plots and making.is_origin:
                    found += self._plot(lot, making, occasion)
        return found

    def _finding(self, lot: Lot, making: Making, occasion: Occasion, best: Judged) -> Finding:
        certificate = best.certificate
        parameters = {
            "certificate": certificate.ident, "issuer": certificate.issuer,
            "party": occasion.party, "site": occasion.site, "from": certificate.first,
            "until": certificate.last,
            **(best.withdrawal if best.state in ("revoked", "suspended") else {})}
        lowers = LOWERS_TO[best.state]
        return Finding("certificate." + best.state, lowers, lot.uri, occasion.day, parameters,
                       certificate.issuer if best.state != "valid" else None,
                       making.digests | {certificate.digest} | best.parts)

    def _missing(self, lot: Lot, making: Making, occasion: Occasion) -> Finding:
        parameters = {"party": occasion.party, "scheme": self.claim.ident,
                      "site": occasion.site or ""}
        return Finding("certificate.missing", "incomplete", lot.uri, occasion.day, parameters,
                       occasion.party, making.digests)

    def _plot(self, lot: Lot, making: Making, occasion: Occasion) -> list[Finding]:
        if occasion.site is not None and is_placed(self.facts, occasion.site, occasion.time):
            return []
        return [Finding("origin.plot-missing", "incomplete", lot.uri, occasion.day,
                        {"site": occasion.site or ""}, occasion.party, making.digests)]

    # One making

    def best(self, lot: Lot, making: Making, occasion: Occasion) -> Judged | None:
        """What decides about an occasion of a making; nothing where there is no candidate."""
        judged = [self._judge(lot, making, occasion, certificate, assessment)
                  for certificate in self._candidates(lot, making, occasion)
                  for assessment in certificate.assessments]
        return min(judged, key=Judged.rank, default=None)

    def _candidates(self, lot: Lot, making: Making, occasion: Occasion) -> list[Certificate]:
        named = {lot.uri, lot.identifier.product, occasion.site, occasion.party} - {None}
        for told in making.told:
            named |= told.event.certifications
        found = {}
        for uri in named:
            for record, issuer, digest in self.facts.records(
                    uri, "certificate", "transcribed-certificate"):
                read = credentials.certificate(record, issuer, digest)
                if read and read.scheme == self.claim.ident \
                        and read.party in (None, occasion.party):
                    found[issuer, digest] = read
        return [found[key] for key in sorted(found)]

    def _judge(self, lot: Lot, making: Making, occasion: Occasion, certificate: Certificate,
               assessment: Assessment) -> Judged:
        judged = Judged("valid", certificate, assessment)
        judged.state = self._state(lot, making, occasion, judged)
        return judged

    def _state(self, lot: Lot, making: Making, occasion: Occasion, judged: Judged) -> str:
        certificate, assessment = judged.certificate, judged.assessment
        accredited, withdrawal = True, None
        if not certificate.is_transcribed:
            accredited, withdrawal = self._accredited(judged)
        lacking = self._lacking(lot, occasion, certificate, assessment)
        if not self._covers(making, occasion, assessment):
            return "out-of-scope"
        if lacking:
            only = lacking == {"batch"} and lot.identifier.product in assessment.products
            return "granularity" if only else "out-of-scope"
        if certificate.is_transcribed and certificate.issuer not in self.scheme.checkers:
            return "declared"
        if not accredited:
            return "unaccredited"
        if assessment.conformance is False:
            return "nonconforming"
        if assessment.conformance is None:
            return "unconfirmed"
        return self._status(occasion, judged, withdrawal)

    def _lacking(self, lot: Lot, occasion: Occasion, certificate: Certificate,
                 assessment: Assessment) -> set[str]:
        names = {
            "batch": lot.uri in assessment.batches,
            "party": certificate.party == occasion.party,
            "product": lot.identifier.product in assessment.products,
            "site": occasion.site in assessment.sites}
        return {each for each in self.scheme.covers if not names[each]}

    def _covers(self, making: Making, occasion: Occasion, assessment: Assessment) -> bool:
        if not self.scheme.criteria <= assessment.criteria:
            return False
        listed = self.scheme.processes
        growing = {uri for uri, process in listed.items() if process.grows}
        if making.is_origin and growing:
            if occasion.process in listed:
                growing &= {occasion.process}
            if assessment.processes or making.inputs:
                growing &= assessment.processes
            return bool(growing)
        return occasion.process in assessment.processes or not assessment.processes

    # Accreditation and status

    def _accreditations(self, organisation: str) -> list[Accreditation]:
        """Every accreditation of a certifier by an anchor; of others nobody asks what they
        revoked, SPEC §15.2."""
        if organisation not in self.facts.known.closure.ownership.certifying:
            return []
        read = [credentials.accreditation(*each)
                for each in self.facts.records(organisation, "accreditation")]
        return [each for each in read if each and organisation in each.about
                and each.issuer in self.facts.state.anchors]

    def _names(self, accreditation: Accreditation) -> bool:
        return self.claim.ident in accreditation.schemes \
            and self.scheme.criteria <= accreditation.criteria

    def is_accredited(self, organisation: str, day: str | None = None) -> bool:
        """Whether somebody is or was accredited for the scheme, on a day if one is said."""
        return any(self._names(each) and (day is None or each.holds_on(day))
                   for each in self._accreditations(organisation))

    def _withdrawals(self, ident: str, issuer: str, kind: str) -> list[tuple[dict, bytes]]:
        """Revocations or suspensions of a record by its issuer."""
        return [(record, digest) for record, by, digest in self.facts.records(ident, kind)
                if by == issuer and record[4] == ident]

    def _accredited(self, judged: Judged) -> tuple[bool, str | None]:
        """Whether the issuer was accredited on the day of assessment, and what took it back."""
        certificate = judged.certificate
        found = self._accreditation(certificate.issuer,
                                    judged.assessment.day or certificate.first)
        if found is None:
            return False, None
        _, digest, state, taken, accreditation = found
        judged.parts.add(digest)
        if taken is not None:
            judged.parts.add(taken[1])
            judged.withdrawal = self._told(taken[0], accreditation.issuer)
            judged.withdrawal["accreditation"] = accreditation.ident
        return True, state

    @staticmethod
    def _told(record: dict, by: str) -> dict[str, str]:
        """What a finding says of a revocation or suspension."""
        return {"since": day_of(record[5]), "by": by, "reason": record[14]}

    def accredited_on(self, organisation: str, day: str) -> str | None:
        """Whether somebody was accredited on a day: `valid`, or what took that back, or None."""
        found = self._accreditation(organisation, day)
        return None if found is None else found[2] or "valid"

    def _accreditation(self, organisation: str, day: str) -> tuple | None:
        """The best accreditation that fits on a day: rank, part, what took it back, itself."""
        found = []
        for each in self._accreditations(organisation):
            if self._names(each) and each.holds_on(day):
                state, record = self._taken_back(each, day)
                rank = ("valid", "suspended", "revoked").index(state or "valid")
                found.append((rank, each.digest, state, record, each))
        return min(found, key=lambda each: each[:2], default=None)

    def _taken_back(self, each: Accreditation, day: str) -> tuple[str | None, tuple | None]:
        for kind, state in (("revocation", "revoked"), ("suspension", "suspended")):
            records = [(record, digest) for record, digest in self._withdrawals(
                each.ident, each.issuer, kind) if day_of(record[5]) <= day
                and (6 not in record or day <= day_of(record[6]))]
            if records:
                return state, min(records, key=lambda it: (it[0][5], it[1]))
        return None, None

    def _status(self, occasion: Occasion, judged: Judged, withdrawal: str | None) -> str:
        certificate, at = judged.certificate, occasion.time
        for kind, state in (("revocation", "revoked"), ("suspension", "suspended")):
            records = [(record, digest) for record, digest in self._withdrawals(
                certificate.ident, certificate.issuer, kind)
                if record[5] <= at and (6 not in record or at < record[6])]
            if records:
                record, digest = min(records, key=lambda it: (it[0][5], it[1]))
                judged.withdrawal = self._told(record, certificate.issuer)
                judged.parts.add(digest)
                return state
            if withdrawal == state:
                return state
        return "valid" if certificate.holds_on(occasion.day) else "expired"
