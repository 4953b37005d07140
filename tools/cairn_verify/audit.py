"""The audit's answer: outcome, findings and basis, SPEC §16."""

from collections import defaultdict

from .epcis import ACCOUNT, ASSERTIONS, EVENTS, MENTION, Event
from .standing import DELEGATED, REFUSED, REPORTED, Judge, Saying
from .steps import Verification, VerifiedLog

LOWERS_TO = {
    "authority.refused": "invalid", "content.invalid": "invalid", "issuer.suspended": "invalid",
    "key.revoked": "invalid", "rows.missing": "invalid", "rows.unexpected": "invalid",
    "event.contradicted": "contradicted", "part.withheld": "withheld", "part.erased": "withheld",
    "standing.reported": "declared", "issuer.unrelated": None,
    "event.declared-wrong": None}
ORDER = ("invalid", "contradicted", "withheld", "declared")


class Audit:
    """Reads a verified file; `answer` is what `cairn audit` prints."""

    def __init__(self, verification: Verification):
        self.verification = verification
        self.evidence = verification.evidence
        self.newest = verification.newest
        self.related = verification.closure.related
        self.links: dict[tuple[str, int, bytes], set[tuple[int, int]]] = defaultdict(set)
        for log in verification.logs:
            for number, chain in log.file.chains.items():
                for link in chain:
                    self.links[log.file.origin, link.leaf, link.digest].add((number, link.role))
        logs = {log.file.origin: log for log in verification.logs}
        self.sayings = [self._saying(logs[origin], leaf, digest)
                        for origin, leaf, digest in sorted(self.links)]
        self.fallen = {id(s): verification.fallen(logs[s.origin].entries[s.leaf])
                       for s in self.sayings}
        standing = [s for s in self.sayings if not self.fallen[id(s)]]
        self.judge = Judge(self.sayings, standing, self._asserting())
        self.erased = {(s.content.record[4], s.issuer) for s in standing
                       if s.content and s.content.kind == "erasure"}
        self.contradicted = self._contradicted(standing)
        self.declared_wrong = self._declared_wrong(standing)
        about = [(EVENTS, self.evidence.subject), (ASSERTIONS, self.evidence.subject)]
        self.speakers = {(self.evidence.asked[number], saying.issuer) for saying in self.sayings
                         for number, _ in self.rows(saying)
                         if self.evidence.asked[number] in about}
        self.vouched = self._vouched(about, verification)
        records = [(s.issuer, s.content.record) for s in standing
                   if s.content and s.content.record]
        self.issued = {(issuer, record[2]) for issuer, record in records if 2 in record}
        self.certifiers = set(self.newest.anchors).union(
            *(record[3] for issuer, record in records
              if record[1] == "accreditation" and issuer in self.newest.anchors))

    def _vouched(self, about: list, verification: Verification) -> bool:
        """Whether the owner says more than a mention of what was asked, or somebody whom a
        delegation in force let speak."""
        owners = verification.closure.ownership.owners(self.evidence.subject)
        for saying in self.sayings:
            says = any(self.evidence.asked[number] == about[0]
                       or (self.evidence.asked[number] == about[1] and role == 4)
                       for number, role in self.rows(saying))
            if not says or self.fallen[id(saying)]:
                continue
            if saying.issuer in owners:
                return True
            content = saying.content
            if content and content.error is None and self.judge.judge(saying)[0] == DELEGATED:
                return True
        return False

    def _saying(self, log: VerifiedLog, leaf: int, digest: bytes) -> Saying:
        entry = log.entries[leaf]
        return Saying(log.file.origin, leaf, entry.registered_at, entry.statement.issuer,
                      log.state_at(leaf), digest, self.verification.contents.get(digest))

    def _asserting(self) -> dict[tuple[str, str], list]:
        """For each asked URI of assertions, by log: the links that assert there, in order."""
        found = {}
        for log in self.verification.logs:
            for number, (facet, uri) in enumerate(self.evidence.asked):
                if facet == ASSERTIONS:
                    chain = log.file.chains.get(number, ())
                    found[log.file.origin, uri] = [
                        (link.leaf, link.digest, log.entries[link.leaf].statement.issuer)
                        for link in chain if link.role == 4]
        return found

    def _contradicted(self, standing: list[Saying]) -> set[bytes]:
        """Parts of one issuer that give one event ID to different events."""
        named: dict[tuple[str, str], dict[bytes, bytes]] = defaultdict(dict)
        for saying in standing:
            event = saying.content.event if saying.content else None
            if event and event.ident is not None and not event.declares_error \
                    and any(self.evidence.asked[n][0] == EVENTS for n, _ in self.rows(saying)):
                named[saying.issuer, event.ident][saying.digest] = saying.content.part.content
        return {digest for parts in named.values() if len(set(parts.values())) > 1
                for digest in parts}

    def _declared_wrong(self, standing: list[Saying]) -> set[bytes]:
        """Parts whose events their issuer declared wrong."""
        named: dict[tuple[str, bytes], set[bytes]] = defaultdict(set)
        declared = set()
        for saying in standing:
            event = saying.content.event if saying.content else None
            if event and event.ident is not None \
                    and any(self.evidence.asked[n][0] == EVENTS for n, _ in self.rows(saying)):
                ident = self.event_name(event)
                if event.declares_error:
                    declared.add((saying.issuer, ident))
                else:
                    named[saying.issuer, ident].add(saying.digest)
        return {digest for name in declared for digest in named.get(name, ())}

    @staticmethod
    def event_name(event: Event) -> bytes:
        """An event ID as it is compared, SPEC §8.7."""
        ident = event.ident.encode()
        return ident.lower() if ident.lower().startswith(b"urn:uuid:") else ident

    def rows(self, saying: Saying) -> set[tuple[int, int]]:
        """The rows of a saying: number in asked, and role."""
        return self.links[saying.origin, saying.leaf, saying.digest]

    def counts(self, issuer: str, subject: tuple[int, str], is_open: bool = True) -> bool:
        """Whether somebody's word counts; of what nobody related speaks, everybody's does that is
        open."""
        alone = subject[1] == self.evidence.subject and not self.vouched
        return alone and is_open or issuer in self.related[subject]

    def _findings_of(self, saying: Saying) -> list[tuple[str, str, bool]]:
        """Code, detail, and whether an `events` chain misses what its issuer should list there."""
        found = []
        things = [self.evidence.asked[number] for number, _ in self.rows(saying)
                  if self.evidence.asked[number][0] == EVENTS]
        if things and not any(saying.issuer in self.related[each] for each in things):
            found.append(("issuer.unrelated", saying.issuer, False))
        fallen = self.fallen[id(saying)]
        found += [(code, detail, False) for code, detail in fallen]
        if fallen:
            return found
        content = saying.content
        if content is None:
            owner = self.judge.first_signer(saying.origin, saying.digest)
            erased = (saying.digest, owner) in self.erased or (
                saying.digest in self.newest.ordered
                and any(digest == saying.digest for digest, _ in self.erased))
            return found + [("part.erased" if erased else "part.withheld", "", False)]
        if content.error is not None:
            return found + [("content.invalid", str(content.error), False)]
        found += self._row_findings(saying)
        if saying.digest in self.contradicted:
            found.append(("event.contradicted", content.event.ident, False))
        if saying.digest in self.declared_wrong:
            found.append(("event.declared-wrong", content.event.ident, False))
        standing, rule = self.judge.judge(saying)
        if standing == REFUSED:
            found.append(("authority.refused", "authority." + rule.replace(".", "-"), False))
        elif standing == REPORTED:
            found.append(("standing.reported", rule, False))
        return found

    def _row_findings(self, saying: Saying) -> list[tuple[str, str, bool]]:
        keys = self.verification.keys
        has = {(keys[number], role) for number, role in self.rows(saying)}
        if saying.content.rows is None:
            strange = [number for number, role in self.rows(saying)
                       if role != MENTION or self.evidence.asked[number][0] != ASSERTIONS]
            missing = []
        else:
            asked = {key: number for number, key in enumerate(keys)}
            strange = list(has - saying.content.rows)
            missing = [self.evidence.asked[asked[row[0]]] for row in saying.content.rows - has
                       if row[0] in asked]
        hides = any(each[0] == EVENTS and self.counts(saying.issuer, each) for each in missing)
        found = [("rows.missing", f"{len(missing)} rows", hides)] if missing else []
        if strange:
            found.append(("rows.unexpected", f"{len(strange)} rows", False))
        return found

    def _lowers(self, saying: Saying, code: str, hides: bool) -> bool:
        """Whether a finding lowers the answer, SPEC §16."""
        if LOWERS_TO[code] is None:
            return False
        is_open = code not in ("part.erased", "part.withheld")
        for number, role in self.rows(saying):
            facet, uri = self.evidence.asked[number]
            counts = self.counts(saying.issuer, (facet, uri), is_open)
            if facet == EVENTS:
                hides |= counts
            elif facet != ACCOUNT and not is_open:
                hides |= role != MENTION and (
                    counts or saying.issuer in self.certifiers or (saying.issuer, uri) in self.issued)
        return hides

    def findings(self) -> list[dict]:
        """Every finding, sorted by code, origin, leaf and part."""
        found = [{"code": code, "origin": s.origin, "leaf": s.leaf, "part": s.digest.hex(),
                  "detail": detail, "lowers": self._lowers(s, code, hides)}
                 for s in self.sayings for code, detail, hides in self._findings_of(s)]
        return sorted(found, key=lambda f: (f["code"], f["origin"].encode(), f["leaf"],
                                            f["part"], f["detail"]))

    def outcome(self, findings: list[dict]) -> str:
        """The first line of the table of SPEC §16 that holds."""
        if not self.speakers:
            return "not-applicable"
        lowered = {LOWERS_TO[f["code"]] for f in findings if f["lowers"]}
        lowered |= {"contradicted" for _ in self.verification.accusing}
        for outcome in ORDER:
            if outcome in lowered:
                return outcome
        return "verified" if self.vouched else "declared"

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
        about = {digest for (_, _, digest), rows in self.links.items() for number, _ in rows
                 if self.evidence.asked[number] == (EVENTS, self.evidence.subject)}
        answer = {"subject": self.evidence.subject, "outcome": self.outcome(findings),
                  "findings": findings, "basis": self.basis(), "events": len(about),
                  "opened": len(self.evidence.parts), "stubs": len(self.evidence.stubs)}
        return answer | self.alarms()

    def alarms(self) -> dict:
        """The alarms of the file, if it holds any."""
        alarms = [each.json() for each in self.verification.alarms]
        return {"alarms": alarms} if alarms else {}
