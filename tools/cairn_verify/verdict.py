"""The verdict on a claim, as far as this verifier judges it: SPEC §24.5 and §24.6.

Groups I (the findings of SPEC §16), C, S and L; not K (custody) and M (material)."""

from .audit import LOWERS_TO
from .certificates import Certificates
from .claims import Claim
from .epcis import EVENTS
from .facts import Facts
from .finding import ORDER, SHORT, Finding
from .graph import Graph
from .standing import Saying
from .status import ledger, status
from .steps import Verification

GROUPS = {"I": "integrity", "C": "certificates", "S": "status", "L": "ledger"}
NOT_JUDGED = {"K": "custody", "M": "material"}
LETTERS = {"certificate": "C", "origin": "C", "status": "S", "ledger": "L"}


class Verdict:
    """Judges a claim over evidence that was verified."""

    def __init__(self, verification: Verification, claim: Claim):
        self.verification, self.claim = verification, claim
        self.facts = Facts(verification, claim.known_at, claim.valid_at)
        self.graph = Graph(self.facts, claim.scheme)
        certificates = Certificates(self.facts, claim, self.graph)
        self.records = self.facts.audit.findings()
        found = self._integrity(certificates.attested) + certificates.findings()
        found += status(self.facts, self.graph, certificates)
        found += ledger(self.facts, self.graph, claim)
        self.findings = self._distinct(found)

    def _distinct(self, found: list[Finding]) -> list[Finding]:
        for each in found:
            lot = self.graph.lots.get(each.subject)
            each.path = lot.path if lot else None
        unique = {repr(each.sorting()): each for each in found}
        return sorted(unique.values(), key=Finding.sorting)

    def _integrity(self, attested: dict) -> list[Finding]:
        """The findings of SPEC §16, each about the lot it bears on."""
        audit, sayings = self.facts.audit, {}
        if audit.outcome(self.records) == "not-applicable":
            return []
        for saying in audit.sayings:
            sayings[saying.origin, saying.leaf, saying.digest.hex()] = saying
        found = []
        for each in self.records:
            saying = sayings[each["origin"], each["leaf"], each["part"]]
            if each["code"] == "part.withheld" and saying.digest in attested:
                continue
            subject = self._lot_of(saying)
            lowers = LOWERS_TO[each["code"]] if each["lowers"] else None
            parameters = {"issuer": saying.issuer}
            if each["code"] == "standing.reported":
                parameters["rule"] = each["detail"].replace("-", ".")
            found.append(Finding(each["code"], lowers, subject, None, parameters,
                                 saying.issuer if lowers else None, {saying.digest}))
        return found

    def _lot_of(self, saying: Saying) -> str:
        """The first of the lots a part is linked to, else of whatever it is linked to."""
        asked = self.facts.known.evidence.asked
        named = {asked[number][1] for number, _ in self.facts.audit.rows(saying)}
        return min(named & self.graph.lots.keys() or named, key=str.encode)

    def groups(self) -> dict[str, str]:
        """The worst outcome of each group; SPEC §16's own, where nobody vouches, is of I."""
        whole = self.facts.audit.outcome(self.records)
        found: dict[str, list[str]] = {letter: [] for letter in GROUPS}
        for each in self.findings:
            if each.lowers_to:
                found[LETTERS.get(each.code.split(".")[0], "I")].append(each.lowers_to)
        if whole in ("declared", "not-applicable"):
            found["I"].append(whole)
        return {letter: worst(outcomes) for letter, outcomes in found.items()}

    def frontier(self) -> list[dict]:
        """Whom to ask about what."""
        asked = {(f.ask, f.subject, f.code) for f in self.findings
                 if f.lowers_to in SHORT and f.ask}
        return [{"ask": a, "about": b, "code": c} for a, b, c in sorted(asked)]

    def coverage(self) -> dict:
        """How much of what there is was seen."""
        lots, opened, hidden = self.graph.lots.values(), set(), set()
        for lot in lots:
            opened |= {told.digest for told in self.facts.events(lot.uri)}
            hidden |= {saying.digest for saying, role in self.facts.chains[EVENTS, lot.uri]
                       if saying.content is None
                       and self.facts.counts(saying.issuer, EVENTS, lot.uri)}
        return {"lots": len(self.graph.lots),
                "traced": sum(bool(lot.makings or lot.contents) for lot in lots),
                "opened": len(opened), "parts": len(opened | hidden)}

    def answer(self) -> dict:
        """The judgement as far as the groups judged bear it, what they come to, and the basis."""
        claim = {"scheme": self.claim.ident, "share": str(self.claim.share)}
        if self.claim.model is not None:
            claim["model"] = self.claim.model
        groups = self.groups()
        return {
            "judgement": {
                "network": self.facts.known.evidence.network.hex(), "subject": self.facts.subject,
                "claim": claim, "policy": self.claim.scheme.digest.hex(),
                "validAt": self.claim.valid_at, "knownAt": self.claim.known_at,
                "coverage": self.coverage(), "findings": [each.json() for each in self.findings],
                "frontier": self.frontier()},
            "groups": groups, "outcomeOfGroups": worst(list(groups.values())),
            "notJudged": list(NOT_JUDGED), "basis": self.facts.audit.basis(),
            **self.facts.audit.alarms()}


def worst(outcomes: list[str]) -> str:
    """The worst of some outcomes."""
    return next((each for each in ("not-applicable", *ORDER) if each in outcomes), "verified")
