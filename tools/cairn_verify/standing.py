"""Who may say what, SPEC §13: the standing of each part, judged from the evidence."""

from dataclasses import dataclass
from typing import Any, Iterator

from . import gs1
from .epcis import CREATE, Event
from .governance import Organisation, State
from .records import Content
from .refusal import Refused

OWN, DELEGATED, REPORTED, REFUSED = range(4)


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

    def __init__(self, sayings: list[Saying], standing: list[Saying]):
        """`standing` are those that have not fallen: only they delegate and revoke."""
        self.delegations = [s for s in standing if self._kind(s) == "delegation"]
        self.ends = [s for s in standing if self._kind(s) in ("revocation", "suspension")]
        self.by_part: dict[bytes, list[Saying]] = {}
        self.records: dict[str, list[Saying]] = {}
        for saying in sayings:
            self.by_part.setdefault(saying.digest, []).append(saying)
            if self._kind(saying) and 2 in saying.content.record:
                self.records.setdefault(saying.content.record[2], []).append(saying)

    @staticmethod
    def _kind(saying: Saying) -> str | None:
        return saying.content.kind if saying.content else None

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
        record = saying.content.record or {1: None}
        match record[1]:
            case "master-data":
                for uri in record[3]:
                    yield self._about(saying, issuer, uri), "assert-own"
            case "delegation":
                yield self._scope(issuer, record[15]), "assert-body"
            case "erasure":
                yield self._erasure(saying, record[4]), "erase-own"
            case "revocation" | "suspension":
                yield self._status(saying, record[4]), "status-own"

    def _event(self, saying: Saying, issuer: Organisation, event: Event):
        for uri, role in event.flows:
            thing = event.objects[uri]
            if role == CREATE and thing.ownership is not None:
                yield self._create(saying, issuer, thing), "create-prefix"
        site = event.primary_site
        if site:
            yield self._site(saying, issuer, site), "report-site"

    def _create(self, saying: Saying, issuer: Organisation, thing: gs1.Identifier) -> int:
        if any(thing.covered_by(p) for p in issuer.prefixes):
            return OWN
        if any(power.covers_creation(thing) for power in self._powers(saying)):
            return DELEGATED
        taken = any(thing.covered_by(p) for o in saying.state.organisations.values()
                    for p in o.prefixes)
        return REFUSED if taken else REPORTED

    def _site(self, saying: Saying, issuer: Organisation, site: gs1.Identifier) -> int:
        if issuer.owns(site):
            return OWN
        return DELEGATED if any(p.covers(site) for p in self._powers(saying)) else REPORTED

    def _about(self, saying: Saying, issuer: Organisation, uri: str) -> int:
        thing = gs1.read(uri)
        if uri == issuer.uri or issuer.owns(thing):
            return OWN
        if any(power.covers(thing) for power in self._powers(saying)):
            return DELEGATED
        taken = any(uri == o.uri or o.owns(thing) for o in saying.state.organisations.values())
        return REFUSED if taken else REPORTED

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
        """Own if the issuer signed that part before, or the evidence does not hold the part."""
        held = self.by_part.get(digest, [])
        own = any(s.issuer == saying.issuer and (s.origin != saying.origin or s.leaf < saying.leaf)
                  for s in held)
        return OWN if own or not held else REFUSED

    def _status(self, saying: Saying, target: str) -> int:
        before = [r for r in self.records.get(target, ())
                  if r.origin == saying.origin and r.leaf < saying.leaf]
        refused = before and all(r.issuer != saying.issuer for r in before)
        return REFUSED if refused else OWN

    def _powers(self, saying: Saying) -> Iterator[Power]:
        """The delegations to the issuer in force where the saying stands."""
        members = saying.state.organisations
        for each in saying.state.delegations.values():
            if each.to == saying.issuer and each.in_force(saying.at):
                yield Power(members[each.by], each.prefixes, each.sites)
        for each in self.delegations:
            record = each.content.record
            earlier = each.origin == saying.origin and each.leaf < saying.leaf
            if not earlier or saying.issuer not in record[7] or each.issuer not in members:
                continue
            if self._in_force(each.issuer, record, saying.at):
                named: dict[str, list[str]] = {"prefix": [], "site": []}
                for name, value in record[15]:
                    named.get(name, []).append(value)
                yield Power(members[each.issuer], named["prefix"], named["site"])

    def _in_force(self, by: str, record: dict[int, Any], at: int) -> bool:
        ends = [e.content.record[5] for e in self.ends
                if e.issuer == by and e.content.record[4] == record[2]]
        ends += [record[6]] if 6 in record else []
        return record[5] <= at and all(at < end for end in ends)
