"""What evidence must ask: the closure of SPEC §15.2."""

from collections import deque

from . import gs1
from .epcis import ACCOUNT, ASSERTIONS, EVENTS, Event
from .hashes import network_uri
from .records import Content

OPEN, HELD = 2, 1


class _Walk:
    """The smallest asked set, grown from the question through a queue."""

    def __init__(self, verification):
        self.evidence = verification.evidence
        self.logs = verification.logs
        self.contents: dict[bytes, Content] = verification.contents
        self.numbers = {pair: i for i, pair in enumerate(self.evidence.asked)}
        self.asked: set[tuple[int, str]] = set()
        self.mode: dict[str, int] = {}
        self.queue: deque = deque()

    def ask(self, facet: int, uri: str) -> None:
        if (facet, uri) not in self.asked:
            self.asked.add((facet, uri))
            self.queue.append((self.follow, facet, uri))

    def enter(self, uri: str, mode: int) -> None:
        """Opens or holds a subject; opening one that was held widens it."""
        if self.mode.get(uri, 0) >= mode:
            return
        self.mode[uri] = mode
        self.ask(EVENTS, uri)
        self.ask(ASSERTIONS, uri)
        read = gs1.read(uri)
        if read.kind in ("batch", "item") and read.product:
            self.ask(ASSERTIONS, read.product)
        if self.evidence.scope == 1:
            self.queue.append((self.walk, uri, mode))

    def links(self, facet: int, uri: str):
        """Every link of a chain in every log, with its content if the part is opened."""
        number = self.numbers.get((facet, uri))
        for log in self.logs:
            for link in log.file.chains.get(number, ()):
                yield log.entries[link.leaf].statement, self.contents.get(link.digest)

    def follow(self, facet: int, uri: str) -> None:
        for statement, content in self.links(facet, uri):
            self.ask(ASSERTIONS, statement.issuer)
            if content is None:
                continue
            if content.record:
                self.record(content.record)
            elif content.event and facet == EVENTS and self.evidence.scope == 1:
                event = content.event
                around = event.sites | event.parties | event.certifications | event.materials()
                for each in around:
                    self.ask(ASSERTIONS, each)

    def record(self, record: dict) -> None:
        ident, target = record.get(2), record.get(4)
        if ident:
            self.ask(ASSERTIONS, ident)
        if type(target) is str:
            self.ask(ASSERTIONS, target)
            if record[1] == "allocation":
                self.ask(ACCOUNT, target)

    def walk(self, subject: str, mode: int) -> None:
        for _, content in self.links(EVENTS, subject):
            if content is not None and content.event:
                self.event(subject, mode, content.event)

    def event(self, subject: str, mode: int, event: Event) -> None:
        groups = event.type in ("AggregationEvent", "AssociationEvent")
        if groups and subject in event.children and event.parent:
            self.enter(event.parent, HELD)
        if mode != OPEN:
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
            self.enter(each, OPEN)


def closure(verification) -> set[tuple[int, str]]:
    """The asked set that the question and the opened parts lead to."""
    walk = _Walk(verification)
    walk.ask(ASSERTIONS, network_uri(walk.evidence.network))
    walk.enter(walk.evidence.subject, OPEN)
    while walk.queue:
        step, *arguments = walk.queue.popleft()
        step(*arguments)
    return walk.asked
