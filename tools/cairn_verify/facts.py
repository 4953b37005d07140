"""What the records of verified evidence said at a time, SPEC §24.3 and §24.4."""

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Iterator

from . import gs1
from .audit import Audit
from .closure import Closure
from .epcis import ASSERTIONS, EVENTS, Event
from .governance import State
from .refusal import Refused
from .standing import Saying
from .steps import Verification, VerifiedLog, fallen


def states_at(verification: Verification, at: int) -> list[State]:
    """The states of governance that some log had by then, from genesis on."""
    known = max(1 + sum(log.entries[leaf].registered_at <= at for leaf in log.amended_at)
                for log in verification.logs)
    return verification.states[:known]


class Known:
    """Verified evidence as it was known at a time: what was registered later is left out.

    Has what `Closure` and `Audit` read of a `Verification`."""

    def __init__(self, verification: Verification, at: int):
        self.evidence = verification.evidence
        self.contents = verification.contents
        self.keys = verification.keys
        self.alarms, self.accusing = verification.alarms, verification.accusing
        self.states = states_at(verification, at)
        self.newest = self.states[-1]
        self.logs = [self._until(log, at) for log in verification.logs]
        self.closure = Closure(self)

    @staticmethod
    def _until(log: VerifiedLog, at: int) -> VerifiedLog:
        chains = {number: [link for link in chain if log.entries[link.leaf].registered_at <= at]
                  for number, chain in log.file.chains.items()}
        kept = {number: chain for number, chain in chains.items() if chain}
        return replace(log, file=replace(log.file, chains=kept))

    def fallen(self, entry) -> list[tuple[str, str]]:
        """What the newest governance known then took back of an entry."""
        return fallen(self.newest, entry)


class Facts:
    """Chains of sayings, and which of them count."""

    def __init__(self, verification: Verification, known_at: int, valid_at: int):
        self.known = Known(verification, known_at)
        self.audit = Audit(self.known)
        self.known_at, self.valid_at = known_at, valid_at
        self.state = self.known.newest
        self.subject = self.known.evidence.subject
        self.chains: dict[tuple[int, str], list[tuple[Saying, int]]] = defaultdict(list)
        for saying in self.audit.sayings:
            for number, role in sorted(self.audit.rows(saying)):
                self.chains[self.known.evidence.asked[number]].append((saying, role))
        self.asked = set(self.known.evidence.asked)
        self.withdrawn = self._withdrawn()
        self._told: dict[str, list[Told]] = {}

    def stands(self, saying: Saying) -> bool:
        """Whether what was said is open, can be read and has not fallen."""
        readable = saying.content is not None and saying.content.error is None
        return readable and not self.audit.fallen[id(saying)]

    def counts(self, issuer: str, facet: int, uri: str) -> bool:
        """Whether somebody is related to a subject; that nobody vouches for it does not count."""
        return issuer in self.audit.related[facet, uri]

    def records(self, uri: str, *kinds: str,
                facet: int = ASSERTIONS) -> list[tuple[dict, str, bytes]]:
        """Records of some kinds that stand in the assertions about a URI, or in its account, each
        once by issuer."""
        found = {(s.digest, s.issuer): (s.content.record, s.issuer, s.digest)
                 for s, _ in self.chains.get((facet, uri), ())
                 if self.stands(s) and s.content.kind in kinds}
        return [found[key] for key in sorted(found)]

    def hidden(self, uri: str) -> list[tuple[Saying, int]]:
        """What is hidden about a thing, by those whose word counts about it, and its role."""
        return [(saying, role) for saying, role in self.chains.get((EVENTS, uri), ())
                if saying.content is None and not self.audit.fallen[id(saying)]
                and self.counts(saying.issuer, EVENTS, uri)]

    def registered(self, uri: str) -> dict[tuple[bytes, str], int]:
        """When each part that stands in the assertions about a URI was first registered, by part
        and issuer."""
        found: dict[tuple[bytes, str], int] = {}
        for saying, _ in self.chains[ASSERTIONS, uri]:
            if self.stands(saying):
                key = saying.digest, saying.issuer
                found[key] = min(saying.at, found.get(key, saying.at))
        return found

    def is_resolved(self, ident: str, issuer: str) -> bool:
        """Whether somebody resolved what has this id, in whatever chain."""
        return any(saying.issuer == issuer and saying.content.record[4] == ident
                   for saying in self.audit.sayings
                   if self.stands(saying) and saying.content.kind == "resolution")

    def _withdrawn(self) -> set[tuple[str, bytes]]:
        """Event IDs that their issuers declared wrong, SPEC §8.7."""
        return {(s.issuer, self.audit.event_name(s.content.event)) for s in self._events()
                if s.content.event.declares_error and s.content.event.ident is not None}

    def _events(self) -> Iterator[Saying]:
        for (facet, _), said in self.chains.items():
            if facet == EVENTS:
                yield from (s for s, _ in said if self.stands(s) and s.content.event)

    def events(self, uri: str) -> list["Told"]:
        """The events that count about a thing, by time."""
        if uri not in self._told:
            self._told[uri] = self._events_about(uri)
        return self._told[uri]

    def _events_about(self, uri: str) -> list["Told"]:
        found: dict[tuple, Told] = {}
        for saying, _ in self.chains.get((EVENTS, uri), ()):
            if not self.stands(saying) or not saying.content.event:
                continue
            event = saying.content.event
            if not self.counts(saying.issuer, EVENTS, uri) or event.time > self.valid_at \
                    or event.declares_error:
                continue
            name = None
            if event.ident is not None:
                name = self.audit.event_name(event)
                if (saying.issuer, name) in self.withdrawn:
                    continue
            key = (saying.issuer, saying.digest) if name is None \
                else (saying.issuer, name, saying.content.part.content)
            told = found.setdefault(key, Told(event, saying.issuer, saying.digest))
            told.digest = min(told.digest, saying.digest)
        return sorted(found.values(), key=Told.order)

    def owner_of(self, uri: str) -> str | None:
        """Who governs what has this URI."""
        return self.owner(identifier(uri))

    def owner(self, place: gs1.Identifier) -> str | None:
        """The member that this is, else the first that lists it as a site, else the one whose
        prefix covers it."""
        members = self.state.organisations
        if place.uri in members:
            return place.uri
        listed = sorted((uri for uri, each in members.items() if place.uri in each.sites),
                        key=str.encode)
        covering = [uri for uri, each in members.items()
                    if any(place.covered_by(prefix) for prefix in each.prefixes)]
        return next(iter(listed + covering), None)


@dataclass
class Told:
    """An event that counts, by whom it was told, and in which part."""

    event: Event
    issuer: str
    digest: bytes

    @property
    def part(self) -> tuple[bytes, str]:
        """What it was told in, and by whom."""
        return self.digest, self.issuer

    def order(self) -> tuple:
        """By time, then by the part."""
        return self.event.time, self.digest, self.issuer


def identifier(uri: str) -> gs1.Identifier:
    """What is known of a canonical URI."""
    try:
        return gs1.read(uri)
    except Refused:
        return gs1.Identifier(uri)
