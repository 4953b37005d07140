"""The verdict on a claim, SPEC §24.5 and §24.6."""

from .allocations import Allocations
from .amounts import Amounts
from .audit import LOWERS_TO
from .balances import Balances
from .certificates import Certificates
from .claims import Claim
from .custody import Custody
from .facts import Facts
from .finding import ORDER, Finding
from .graph import Graph
from .material import Material
from .movements import Movements
from .shares import Share
from .standing import Saying
from .status import ledger, status
from .steps import Verification

GROUPS = {"I": "integrity", "C": "certificates", "K": "custody", "M": "material", "S": "status",
          "L": "ledger"}
LETTERS = {"certificate": "C", "origin": "C", "custody": "K", "material": "M", "claim": "M",
           "status": "S", "ledger": "L"}


class Verdict:
    """Judges a claim over evidence that was verified."""

    def __init__(self, verification: Verification, claim: Claim):
        self.verification, self.claim = verification, claim
        self.facts = Facts(verification, claim.known_at, claim.valid_at)
        self.graph = Graph(self.facts, claim.scheme)
        self.records = self.facts.audit.findings()
        self.whole = self.facts.audit.outcome(self.records)
        self.share: Share | None = None
        self.findings = [] if self.whole == "not-applicable" else self._distinct(self._judged())

    def _judged(self) -> list[Finding]:
        facts, claim, graph = self.facts, self.claim, self.graph
        certificates = Certificates(facts, claim, graph)
        balances = Balances(facts, graph, certificates)
        amounts, movements = Amounts(facts, claim.scheme), Movements(facts)
        found = self._integrity(balances)
        found += Custody(facts, graph, amounts, movements).findings()
        allocations = Allocations(facts, claim.scheme, balances)
        found += allocations.volumes(certificates, graph)
        if claim.scheme.models:
            material = Material(facts, claim, graph, certificates, amounts, movements,
                                allocations)
            self.share = material.share
            found += material.findings()
        found += certificates.findings(self.share is not None and self.share.most > 0)
        return found + status(facts, graph, certificates) + ledger(facts, graph, claim)

    def _distinct(self, found: list[Finding]) -> list[Finding]:
        for each in found:
            lot = self.graph.lots.get(each.subject)
            each.path = lot.path if lot else None
        unique = {repr(each.sorting()): each for each in found}
        return sorted(unique.values(), key=Finding.sorting)

    def _integrity(self, balances: Balances) -> list[Finding]:
        """The findings of SPEC §16, each about the lot it bears on; what a balance vouches for is
        not withheld."""
        sayings = {(each.origin, each.leaf, each.digest.hex()): each
                   for each in self.facts.audit.sayings}
        found = []
        for each in self.records:
            saying = sayings[each["origin"], each["leaf"], each["part"]]
            subject, parameters = self._lot_of(saying), {"issuer": saying.issuer}
            if each["code"] in ("part.withheld", "part.erased") \
                    and saying.digest in balances.vouched:
                found.append(Finding("material.attested", None, subject, None, parameters, None,
                                     {balances.vouched[saying.digest]}))
                continue
            lowers = LOWERS_TO[each["code"]] if each["lowers"] else None
            if each["code"] == "standing.reported":
                parameters["rule"] = each["detail"]
            found.append(Finding(each["code"], lowers, subject, None, parameters,
                                 saying.issuer if lowers else None, {saying.digest}))
        return found

    def _lot_of(self, saying: Saying) -> str:
        """The first of the lots a part is linked to, else of whatever it is linked to."""
        asked = self.facts.known.evidence.asked
        named = {asked[number][1] for number, _ in self.facts.audit.rows(saying)}
        return min(named & self.graph.lots.keys() or named, key=str.encode)

    def groups(self) -> dict[str, str]:
        """The worst outcome of each group: of I also SPEC §16's own, where nobody vouches, and
        of M, where nothing lowers the verdict, what the share comes to."""
        found: dict[str, list[str]] = {letter: [] for letter in GROUPS}
        for each in self.findings:
            if each.lowers_to:
                found[LETTERS.get(each.code.split(".")[0], "I")].append(each.lowers_to)
        if self.whole in ("declared", "not-applicable"):
            found["I"].append(self.whole)
        if not any(found.values()) and self.share is not None and self.share.least < 1:
            is_enough = self.share.least >= self.claim.share
            found["M"].append("verified-partial" if is_enough else "incomplete")
        return {letter: worst(outcomes) for letter, outcomes in found.items()}

    def frontier(self) -> list[dict]:
        """Whom to ask about what."""
        asked = {(ask, each.subject, each.code) for each in self.findings
                 for ask in each.asked()}
        return [{"ask": a, "about": b, "code": c} for a, b, c in sorted(asked)]

    def coverage(self) -> dict:
        """How much of what there is was seen."""
        lots, opened, hidden = self.graph.lots.values(), set(), set()
        for lot in lots:
            opened |= {told.digest for told in self.facts.events(lot.uri)}
            hidden |= {saying.digest for saying, _ in self.facts.hidden(lot.uri)}
        return {"lots": len(self.graph.lots),
                "traced": sum(bool(lot.makings or lot.contents) for lot in lots),
                "opened": len(opened), "parts": len(opened | hidden)}

    def answer(self) -> dict:
        """The judgement, what each group comes to, and the basis."""
        claim = {"scheme": self.claim.ident, "share": str(self.claim.share)}
        if self.claim.model is not None:
            claim["model"] = self.claim.model
        share = {} if self.share is None else {"share": str(self.share.least)}
        groups = self.groups()
        return {
            "judgement": {
                "network": self.facts.known.evidence.network.hex(), "subject": self.facts.subject,
                "claim": claim, "policy": self.claim.scheme.digest.hex(),
                "validAt": self.claim.valid_at, "knownAt": self.claim.known_at,
                "outcome": worst(list(groups.values())), **share, "coverage": self.coverage(),
                "findings": [each.json() for each in self.findings],
                "frontier": self.frontier()},
            "groups": groups, "basis": self.facts.audit.basis(),
            **self.facts.audit.alarms()}


def worst(outcomes: list[str]) -> str:
    """The worst of some outcomes."""
    order = ("not-applicable", *ORDER, "verified-partial")
    return next((each for each in order if each in outcomes), "verified")
