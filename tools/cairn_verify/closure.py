"""What evidence must ask, SPEC §15.2, and whose word counts about it, SPEC §13.2."""

from collections import defaultdict, deque

from . import gs1
from .epcis import ACCOUNT, ASSERT, ASSERTIONS, EVENTS, Event
from .hashes import network_uri
from .ownership import Gift, Ownership
from .records import Content

LIMIT = 20_000
Subject = tuple[int, str]


class _Said:
    """One link: who signed what, where, and what the part says if it is opened."""

    def __init__(self, issuer: str, role: int, place: tuple, content: Content | None):
        self.issuer, self.role, self.place, self.content = issuer, role, place, content


class Closure:
    """The smallest asked set and the relations that go with it, grown through a queue."""

    def __init__(self, verification):
        self.evidence = verification.evidence
        self.upstream = self.evidence.scope == 1
        self.verification = verification
        self.ownership = Ownership(verification.states)
        self.numbers = {pair: i for i, pair in enumerate(self.evidence.asked)}
        self.asked: set[Subject] = set()
        self.related: dict[Subject, set[str]] = defaultdict(set)
        self._relations: dict[str, set[Subject]] = defaultdict(set)
        self._said: dict[Subject, dict[str, list[_Said]]] = {}
        self._gifts: dict[str, set[Gift]] = defaultdict(set)
        self._accredited: set[str] = set()
        self._spoken: dict[str, list[Subject]] = defaultdict(list)
        self._opened: set[str] = set()
        self._held: set[str] = set()
        self._queue: deque = deque()
        self._ask(ASSERTIONS, network_uri(self.evidence.network))
        self._open(self.evidence.subject, None)
        while self._queue:
            if len(self.asked) > LIMIT:
                break
            step, *arguments = self._queue.popleft()
            step(*arguments)

    # Asking

    def _ask(self, facet: int, uri: str) -> None:
        if (facet, uri) in self.asked:
            return
        self.asked.add((facet, uri))
        self._queue.append((self._read, facet, uri))
        if facet != ACCOUNT:
            for owner in self.ownership.owners(uri):
                if owner != uri or owner == self.evidence.subject:
                    self._queue.append((self._relate, owner, (facet, uri)))

    def _meet(self, uri: str) -> None:
        self._ask(EVENTS, uri)
        self._ask(ASSERTIONS, uri)
        read = gs1.read(uri)
        if read.kind in ("batch", "item") and read.product:
            self._ask(ASSERTIONS, read.product)

    def _open(self, uri: str, led_by: str | None) -> None:
        if uri not in self._opened:
            self._opened.add(uri)
            self._meet(uri)
            if uri in self._held:
                for organisation in self.related[EVENTS, uri]:
                    self._queue.append((self._follow, organisation, (EVENTS, uri)))
        if led_by is not None:
            self._queue.append((self._relate, led_by, (EVENTS, uri)))

    def _hold(self, uri: str, led_by: str) -> None:
        if uri not in self._opened and uri not in self._held:
            self._held.add(uri)
            self._meet(uri)
        self._queue.append((self._relate, led_by, (EVENTS, uri)))

    # Relating

    def _relate(self, organisation: str, subject: Subject) -> None:
        if organisation in self.related[subject]:
            return
        self.related[subject].add(organisation)
        self._relations[organisation].add(subject)
        for gift in self.ownership.gifts(organisation):
            self._pass(gift, subject)
        for gift in self._gifts[organisation]:
            self._pass(gift, subject)
        if subject[0] == EVENTS:
            self._ask(ASSERTIONS, organisation)
            for uri in (subject[1], organisation):
                self._queue.append((self._relate, organisation, (ASSERTIONS, uri)))
        self._queue.append((self._follow, organisation, subject))

    def _pass(self, gift: Gift, subject: Subject) -> None:
        """A delegation lets whom it is given to speak where its giver may."""
        if subject[1] != gift.by and gift.concerns(subject[1]):
            self._queue.append((self._relate, gift.to, subject))

    @staticmethod
    def _first(said: list[_Said], facet: int) -> str | None:
        """Where nobody owns what was asked: who spoke of it first."""
        spoken = [(each.place, each.issuer) for each in said
                  if facet == EVENTS or each.role == ASSERT]
        return min(spoken)[1] if spoken else None

    # Reading

    def _links(self, facet: int, uri: str) -> list[tuple[_Said, bool]]:
        """Every link of a chain in every log, and whether its statement stands."""
        number = self.numbers.get((facet, uri))
        found = []
        for log in self.verification.logs:
            for link in log.file.chains.get(number, ()):
                entry = log.entries[link.leaf]
                said = _Said(entry.statement.issuer, link.role,
                             (entry.registered_at, log.file.origin.encode(), link.leaf),
                             self.verification.contents.get(link.digest))
                found.append((said, not self.verification.fallen(entry)))
        return found

    def _read(self, facet: int, uri: str) -> None:
        links = self._links(facet, uri)
        standing = [said for said, stands in links if stands]
        by_issuer: dict[str, list[_Said]] = defaultdict(list)
        for said in standing:
            by_issuer[said.issuer].append(said)
        self._said[facet, uri] = by_issuer
        if uri == self.evidence.subject and not self.ownership.owners(uri):
            first = self._first(standing, facet)
            if first is not None:
                self._queue.append((self._relate, first, (facet, uri)))
        for issuer in {said.issuer for said, _ in links}:
            if issuer in self.ownership.certifying:
                self._ask(ASSERTIONS, issuer)
                self._spoken[issuer].append((facet, uri))
            self._queue.append((self._follow, issuer, (facet, uri)))

    def _note(self, record: dict, issuer: str) -> None:
        """Takes up a delegation that stands in its giver's own chain."""
        for organisation in record[7]:
            gift = Gift.recorded(record, issuer, organisation)
            if gift not in self._gifts[issuer]:
                self._gifts[issuer].add(gift)
                for subject in list(self._relations[issuer]):
                    self._pass(gift, subject)

    def _is_heard(self, organisation: str) -> bool:
        """Whether it is heard about others' things."""
        return organisation in self.ownership.named or organisation in self._accredited

    def _hear(self, certifiers: list[str]) -> None:
        """Whom an anchor accredits is heard wherever it speaks."""
        for certifier in certifiers:
            if certifier in self.ownership.certifying and certifier not in self._accredited:
                self._accredited.add(certifier)
                for subject in self._spoken[certifier]:
                    self._queue.append((self._follow, certifier, subject))

    def _follow(self, organisation: str, subject: Subject) -> None:
        """Follows what an organisation says in a chain, if its word counts there."""
        facet, uri = subject
        is_related = organisation in self.related[subject]
        is_own = subject == (ASSERTIONS, organisation)
        if not is_related and not (facet == ASSERTIONS and self._is_heard(organisation)):
            return
        for said in self._said.get(subject, {}).get(organisation, ()):
            if said.content is None:
                continue
            if said.content.record:
                accredits = (said.content.kind == "accreditation"
                             and organisation in self.ownership.anchors)
                if is_related or not is_own or accredits:
                    self._record(said.content.record)
                if accredits:
                    self._hear(said.content.record[3])
                if is_related and is_own and said.content.kind == "delegation" \
                        and organisation in said.content.record.get(3, ()):
                    self._note(said.content.record, organisation)
            elif said.content.event and facet == EVENTS:
                self._context(said.content.event, subject)
                if self.upstream:
                    self._event(uri, said.content.event, organisation)

    def _context(self, event: Event, subject: Subject) -> None:
        """The owners of an event's sites and parties have had the thing in their hands."""
        for place in event.sites | event.parties:
            for owner in self.ownership.owners(place):
                self._queue.append((self._relate, owner, subject))
            if self.upstream:
                self._ask(ASSERTIONS, place)
        if self.upstream:
            for credential in event.certifications:
                self._ask(ASSERTIONS, credential)

    def _record(self, record: dict) -> None:
        ident, target = record.get(2), record.get(4)
        if ident:
            self._ask(ASSERTIONS, ident)
        if record[1] == "period-balance":
            self._ask(ACCOUNT, f"urn:cairn:account:{record[11]}:{record[13]} {record[12]}")
        if type(target) is str:
            self._ask(ASSERTIONS, target)
            if record[1] == "allocation":
                self._ask(ACCOUNT, target)

    def _event(self, subject: str, event: Event, led_by: str) -> None:
        groups = event.type in ("AggregationEvent", "AssociationEvent")
        if groups and subject in event.children and event.parent:
            self._hold(event.parent, led_by)
        if subject not in self._opened:
            return
        opened = set(event.batches.get(subject, ()))
        if subject in event.outputs:
            opened |= event.inputs
            if event.transformation:
                opened.add(event.transformation)
        if subject == event.transformation:
            opened |= event.inputs
        if groups and subject == event.parent:
            opened |= event.children
        for each in opened:
            self._open(each, led_by)
