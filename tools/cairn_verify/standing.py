"""Who may say what, SPEC §13: the standing of each part, judged from the evidence."""

from dataclasses import dataclass
from typing import Any, Iterator

from . import gs1
from .epcis import CREATE, Event
from .governance import Organisation, State
from .records import Content
from .refusal import Refused

OWN, DELEGATED, REPORTED, REFUSED = range(4)
UNDISCLOSED = ""


@dataclass(frozen=True)
class Saying:
    """One part in one statement of one log: what §13 judges."""

    origin: str
    leaf: int
    at: int
    issuer: str
    state: State
    digest: bytes
    content: Content | None


@dataclass(frozen=True)
class Power:
    """A delegation in force: who gave it and what it names."""

    by: Organisation
    prefixes: list[str]
    sites: list[str]

    def covers_creation(self, thing: gs1.Identifier) -> bool:
        """Whether a prefix of it covers this and lies within a prefix of its giver."""
        return any(thing.covered_by(p) and any(p.startswith(own) for own in self.by.prefixes)
                   for p in self.prefixes)

    def covers(self, thing: gs1.Identifier) -> bool:
        """Whether it names this, or a prefix of it, and its giver owns this."""
        named = thing.uri in self.sites or self.covers_creation(thing)
        return named and self.by.owns(thing)


class Judge:
    """Knows every saying of the evidence, so delegations and their ends are found."""

    def __init__(self, sayings: list[Saying], standing: list[Saying],
                 asserting: dict[tuple[str, str], list]):
        """`standing` are those that have not fallen: only they delegate and revoke.

        `asserting` has, for each log and each asked URI of assertions, the links (leaf, digest,
        issuer) that assert there."""
        self.delegations = [s for s in standing if self._kind(s) == "delegation"]
        self.ends = [s for s in standing if self._kind(s) in ("revocation", "suspension")]
        self.asserting = asserting
        self.contents = {s.digest: s.content for s in sayings}
        self.first: dict[tuple[str, bytes], Saying] = {}
        for saying in sayings:
            known = self.first.setdefault((saying.origin, saying.digest), saying)
            if saying.leaf < known.leaf:
                self.first[saying.origin, saying.digest] = saying

    @staticmethod
    def _kind(saying: Saying) -> str | None:
        return saying.content.kind if saying.content else None

    def first_signer(self, origin: str, digest: bytes) -> str | None:
        """Who signed the first statement of a log that covers a part, as the evidence shows."""
        first = self.first.get((origin, digest))
        return first.issuer if first else None

    def judge(self, saying: Saying) -> tuple[int, str]:
        """The worst standing of the part's rules, and the rule it comes from."""
        worst = (OWN, "")
        for standing, rule in self._rules(saying):
            if standing > worst[0]:
                worst = (standing, rule)
        return worst

    def _rules(self, saying: Saying) -> Iterator[tuple[int, str]]:
        issuer = saying.state.organisations[saying.issuer]
        if saying.content.event:
            yield from self._event(saying, issuer, saying.content.event)
        if saying.content.record:
            yield from self._record(saying, issuer, saying.content.record)

    def _record(self, saying: Saying, issuer: Organisation, record: dict[int, Any]):
        if 2 in record:
            owner = self._owner(saying, record[2])
            yield OWN if owner in (None, UNDISCLOSED, issuer.uri) else REFUSED, "id.own"
        match record[1]:
            case "master-data":
                for uri in record[3]:
                    standing = self._about(saying, issuer, uri)
                    if standing == REPORTED and self._is_taken(saying.state, uri):
                        standing = REFUSED
                    yield standing, "assert.own"
            case "recall" | "dispute" | "resolution" | "allocation":
                for uri in record[3]:
                    yield self._about(saying, issuer, uri), "assert.own"
            case "certificate":
                yield OWN if "certifier" in issuer.roles else REPORTED, "assert.certify"
            case "accreditation":
                yield OWN if "accreditor" in issuer.roles else REPORTED, "assert.certify"
            case "transcribed-certificate":
                yield REPORTED, "assert.certify"
            case "period-balance":
                if "certifier" not in issuer.roles:
                    yield self._about(saying, issuer, record[13]), "assert.own"
            case "delegation":
                if issuer.uri not in record.get(3, ()):
                    yield REFUSED, "assert.body"
                yield self._scope(issuer, record[15]), "assert.body"
            case "erasure":
                yield self._erasure(saying, record[4]), "erase.own"
            case "revocation" | "suspension":
                owner = self._owner(saying, record[4])
                yield OWN if owner in (UNDISCLOSED, issuer.uri) else REFUSED, "status.own"

    def _event(self, saying: Saying, issuer: Organisation, event: Event):
        # In the order of SPEC §13.1: of rules that come to the same the first is named.
        site = event.primary_site
        things = [(event.objects[uri], role) for uri, role in event.flows]
        for thing, role in things:
            if role == CREATE:
                yield self._create(saying, issuer, thing), "create.prefix"
        if site:
            yield self._site(saying, issuer, site), "report.site"
        for thing, role in things:
            if role != CREATE and not site:
                yield self._thing(saying, issuer, thing), "report.thing"

    def _thing(self, saying: Saying, issuer: Organisation, thing: gs1.Identifier) -> int:
        if any(thing.covered_by(p) for p in issuer.prefixes):
            return OWN
        covered = any(power.covers_creation(thing) for power in self._powers(saying))
        return DELEGATED if covered else REPORTED

    def _create(self, saying: Saying, issuer: Organisation, thing: gs1.Identifier) -> int:
        standing = self._thing(saying, issuer, thing)
        taken = any(thing.covered_by(p) for o in saying.state.organisations.values()
                    for p in o.prefixes)
        return REFUSED if standing == REPORTED and taken else standing

    def _site(self, saying: Saying, issuer: Organisation, site: gs1.Identifier) -> int:
        if issuer.owns(site):
            return OWN
        return DELEGATED if any(p.covers(site) for p in self._powers(saying)) else REPORTED

    def _about(self, saying: Saying, issuer: Organisation, uri: str) -> int:
        thing = gs1.read(uri)
        if uri == issuer.uri or issuer.owns(thing):
            return OWN
        return DELEGATED if any(p.covers(thing) for p in self._powers(saying)) else REPORTED

    @staticmethod
    def _is_taken(state: State, uri: str) -> bool:
        thing = gs1.read(uri)
        return any(uri == o.uri or o.owns(thing) for o in state.organisations.values())

    @staticmethod
    def _scope(issuer: Organisation, scope: list) -> int:
        for name, value in scope:
            if name == "prefix" and not any(value.startswith(p) for p in issuer.prefixes):
                return REFUSED
            if name == "site":
                try:
                    owned = issuer.owns(gs1.read(value))
                except Refused:
                    owned = False
                if not owned:
                    return REFUSED
        return OWN

    def _erasure(self, saying: Saying, digest: bytes) -> int:
        """Own if the issuer signed that part first, governors ordered it, or the evidence does
        not hold the part."""
        content = self.contents.get(digest)
        if content is not None and content.must_stay_visible:
            return REFUSED
        first = self.first.get((saying.origin, digest))
        if first is None:
            return OWN
        may = first.issuer == saying.issuer or digest in saying.state.ordered
        return OWN if first.leaf < saying.leaf and may else REFUSED

    def _owner(self, saying: Saying, ident: str) -> str | None:
        """Who registered the first record of this URI: nobody, or perhaps one not shown."""
        links = self.asserting.get((saying.origin, ident))
        if links is None:
            return UNDISCLOSED
        for leaf, digest, issuer in links:
            if leaf >= saying.leaf:
                break
            content = self.contents.get(digest)
            if content is None:
                return UNDISCLOSED
            if content.record and content.record.get(2) == ident:
                return issuer
        return None

    def _powers(self, saying: Saying) -> Iterator[Power]:
        """The delegations to the issuer in force where the saying stands."""
        members = saying.state.organisations
        for each in saying.state.delegations.values():
            if each.to == saying.issuer and each.in_force(saying.at):
                yield Power(members[each.by], each.prefixes, each.sites)
        for each in self.delegations:
            record = each.content.record
            earlier = each.origin == saying.origin and each.leaf < saying.leaf
            if not earlier or saying.issuer not in record[7] or each.issuer not in members \
                    or each.issuer not in record.get(3, ()):
                continue
            if self._in_force(each.issuer, record, saying):
                named: dict[str, list[str]] = {"prefix": [], "site": []}
                for name, value in record[15]:
                    named.get(name, []).append(value)
                yield Power(members[each.issuer], named["prefix"], named["site"])

    def _in_force(self, by: str, record: dict[int, Any], saying: Saying) -> bool:
        ends = [max(e.content.record[5], e.at) for e in self.ends
                if e.issuer == by and e.content.record[4] == record[2]
                and e.origin == saying.origin and e.leaf < saying.leaf]
        ends += [record[6]] if 6 in record else []
        return record[5] <= saying.at and all(saying.at < end for end in ends)
