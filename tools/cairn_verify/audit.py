"""The audit's answer: outcome, findings and basis, SPEC §16."""

from collections import defaultdict

from .epcis import ASSERTIONS, EVENTS, MENTION
from .standing import REFUSED, REPORTED, Judge, Saying
from .steps import Verification, VerifiedLog

INVALID = {"authority.refused", "content.invalid", "issuer.suspended", "key.revoked",
           "rows.missing", "rows.unexpected"}


class Audit:
    """Reads a verified file; `answer` is what `cairn audit` prints."""

    def __init__(self, verification: Verification):
        self.verification = verification
        self.evidence = verification.evidence
        self.newest = verification.newest
        self.links: dict[tuple[str, int, bytes], set[tuple[bytes, int]]] = defaultdict(set)
        self.facets: dict[bytes, set[int]] = defaultdict(set)
        self.spoken: set[bytes] = set()
        for log in verification.logs:
            for number, chain in log.file.chains.items():
                for link in chain:
                    key = verification.keys[number]
                    self.links[log.file.origin, link.leaf, link.digest].add((key, link.role))
                    facet = self.evidence.asked[number][0]
                    self.facets[link.digest].add(facet)
                    if facet in (EVENTS, ASSERTIONS) and link.role != MENTION:
                        self.spoken.add(link.digest)
        self.events_keys = {key for key, (facet, _) in zip(verification.keys, self.evidence.asked)
                            if facet == EVENTS}
        self.events_missing = False
        logs = {log.file.origin: log for log in verification.logs}
        self.sayings = [self._saying(logs[origin], leaf, digest)
                        for origin, leaf, digest in sorted(self.links)]
        self.fallen = {id(s): self._fallen(s, logs) for s in self.sayings}
        self.standing = [s for s in self.sayings if not self.fallen[id(s)]]
        self.judge = Judge(self.sayings, self.standing)
        self.erased = {(s.content.record[4], s.issuer) for s in self.standing
                       if s.content and s.content.kind == "erasure"}

    def _saying(self, log: VerifiedLog, leaf: int, digest: bytes) -> Saying:
        entry = log.entries[leaf]
        return Saying(log.file.origin, leaf, entry.registered_at, entry.statement.issuer,
                      log.state_at(leaf), digest, self.verification.contents.get(digest))

    def _fallen(self, saying: Saying, logs: dict[str, VerifiedLog]) -> list[tuple[str, str]]:
        """Key and issuer under the newest governance."""
        statement = logs[saying.origin].entries[saying.leaf].statement
        issuer = self.newest.organisations[saying.issuer]
        found = []
        if issuer.suspended(saying.at):
            found.append(("issuer.suspended", saying.issuer))
        if issuer.keys[statement.kid].fallen(saying.at):
            found.append(("key.revoked", statement.kid.hex()))
        return found

    def _findings_of(self, saying: Saying) -> list[tuple[str, str]]:
        found = list(self.fallen[id(saying)])
        content = saying.content
        if content is None:
            erased = (saying.digest, saying.issuer) in self.erased
            return found + [("part.erased" if erased else "part.withheld", "")]
        if found:
            return found
        if content.error is not None:
            return [("content.invalid", str(content.error))]
        return self._row_findings(saying) + self._standing_findings(saying)

    def _row_findings(self, saying: Saying) -> list[tuple[str, str]]:
        has = self.links[saying.origin, saying.leaf, saying.digest]
        if saying.content.rows is None:
            strange = [row for row in has if row[1] != MENTION]
            missing = []
        else:
            strange = sorted(has - saying.content.rows)
            asked = set(self.verification.keys)
            missing = sorted(row for row in saying.content.rows - has if row[0] in asked)
        self.events_missing |= any(key in self.events_keys for key, _ in missing)
        found = [("rows.missing", f"{len(missing)} rows")] if missing else []
        return found + ([("rows.unexpected", f"{len(strange)} rows")] if strange else [])

    def _standing_findings(self, saying: Saying) -> list[tuple[str, str]]:
        standing, rule = self.judge.judge(saying)
        if standing == REFUSED:
            return [("authority.refused", f"authority.{rule}")]
        return [("standing.reported", rule)] if standing == REPORTED else []

    def findings(self) -> list[dict]:
        """Every finding, sorted by code, origin, leaf and part."""
        found = [{"code": code, "origin": s.origin, "leaf": s.leaf, "part": s.digest.hex(),
                  "detail": detail}
                 for s in self.sayings for code, detail in self._findings_of(s)]
        return sorted(found, key=lambda f: (f["code"], f["origin"].encode(), f["leaf"],
                                            f["part"], f["detail"]))

    def outcome(self, findings: list[dict]) -> str:
        """The first line of the table of SPEC §16 that holds."""
        numbers = {self.evidence.asked.index((facet, self.evidence.subject))
                   for facet in (EVENTS, ASSERTIONS)}
        if not any(numbers & log.file.chains.keys() for log in self.verification.logs):
            return "not-applicable"

        def some(codes: set[str], facets: set[int]) -> bool:
            return any(f["code"] in codes and self.facets[bytes.fromhex(f["part"])] & facets
                       for f in findings)

        if some(INVALID, {EVENTS}) or self.events_missing:
            return "invalid"
        if some({"part.withheld"}, {EVENTS, ASSERTIONS}) or any(
                f["code"] == "part.erased" and bytes.fromhex(f["part"]) in self.spoken
                for f in findings):
            return "withheld"
        return "declared" if some({"standing.reported"}, {EVENTS}) else "verified"

    def basis(self) -> list[dict]:
        """What each log said, and the logs that were not consulted."""
        quorum = self.newest.quorum
        known = {log.file.origin: log for log in self.verification.logs}
        lines = []
        for origin in sorted(self.newest.nodes, key=str.encode):
            if origin not in known:
                lines.append({"origin": origin, "notConsulted": True})
                continue
            log = known[origin]
            lines.append({
                "origin": origin, "size": log.checkpoint.size,
                "root": log.checkpoint.root.hex(), "sealedAt": log.seal.sealed_at,
                "governanceSeq": log.states[-1].seq, "cosignatures": log.cosignatures,
                "unwitnessed": quorum == 0 or log.cosignatures < quorum})
        return lines

    def answer(self) -> dict:
        """Outcome, findings and basis."""
        findings = self.findings()
        return {"outcome": self.outcome(findings), "findings": findings, "basis": self.basis()}
