"""Vectors of §16: evidence over stories drawn by lot, with the audit's answer.

Nobody chose what happens in them, so that they reach what no example was written for: strangers,
delegations that come and end, parts hidden, erased and copied, governance on the way, two logs.
The same seeds give the same stories."""

import random
from typing import Any, Callable

from cairn_verify import cbor, records
from cairn_verify.gs1 import canonical
from cairn_verify.hashes import subject_key

from . import rows
from .audits import answer, spoilt_rows
from .ledger import Ledger, evidence
from .network import (BETA, CARRIER, CERTIFIER, FARM, PRESS, SHOP, T0, Genesis, Member,
                      genesis_document)
from .rows import event, place, quantity
from .signing import make_statement
from .stories import amend, part_of, say_event, say_record

SEED, STORIES = 952, 60
MEMBERS = (FARM, PRESS, CARRIER, SHOP, CERTIFIER)
BATCHES = [FARM.lgtin("012345", "A1"), FARM.lgtin("012345", "A2"), PRESS.lgtin("054321", "J1"),
           SHOP.lgtin("011111", "S1"), "https://maker.example/batch/1"]
PALLETS = [f"urn:epc:id:sscc:{CARRIER.prefix}.1000000001", f"urn:epc:id:sscc:9529999.1000000001"]
PROCESS = "urn:example:process:1"
IDS = [f"urn:example:record:{number}" for number in range(3)]
EVENT_IDS = [f"urn:uuid:00000000-0000-4000-8000-00000000000{number}" for number in range(3)]


class Story:
    """One log, or two, and what happens in them."""

    def __init__(self, seed: int):
        self.dice = random.Random(seed)
        genesis = Genesis(genesis_document())
        self.ledgers = [Ledger(genesis)]
        if self.dice.random() < 0.2:
            self.ledgers.append(Ledger(genesis, BETA))
        self.leaves: list[tuple[Ledger, int]] = []
        self.suspended: set[str] = set()
        say_event(self.ledgers[0], FARM, event(
            "ObjectEvent", action="ADD", quantityList=[quantity(BATCHES[0])],
            bizLocation=place(FARM.site), **self.some([{}, {"destinationList": [
                {"type": "possessing_party", "destination": self.some(MEMBERS).uri}]}])))
        for _ in range(self.dice.randint(2, 10)):
            self.act()
        for ledger in self.ledgers:
            ledger.seal()

    def some(self, items: Any) -> Any:
        """One of them."""
        return self.dice.choice(list(items))

    def batch(self, who: Member) -> str:
        """A batch, mostly one's own."""
        own = [each for each in BATCHES if who.prefix in each]
        return self.some(own) if own and self.dice.random() < 0.7 else self.some(BATCHES)

    def act(self) -> None:
        """Something happens."""
        ledger, who = self.some(self.ledgers), self.some(MEMBERS)
        deed: Callable[[Ledger, Member], int | None] = self.dice.choices(
            [self.creates, self.moves, self.makes, self.packs, self.lets, self.ends, self.asserts,
             self.attaches, self.erases, self.copies, self.governs],
            [6, 5, 4, 2, 3, 2, 3, 1, 1, 1, 1])[0]
        leaf = deed(ledger, who)
        if leaf is not None:
            self.leaves.append((ledger, leaf))
        if self.dice.random() < 0.4:
            ledger.seal()

    def visibility(self, who: Member) -> Any:
        """Mostly everybody, now and then its issuer alone."""
        return [who.uri] if self.dice.random() < 0.15 else self.dice.choice([0, 1])

    def extras(self, who: Member) -> dict:
        """What an event may have beside."""
        made: dict[str, Any] = {}
        if self.dice.random() < 0.9:
            made["bizLocation"] = place(
                who.site if self.dice.random() < 0.8 else self.some(MEMBERS).site)
        if self.dice.random() < 0.3:
            taker = self.some(MEMBERS)
            made["destinationList"] = [
                self.some([{"type": "possessing_party", "destination": taker.uri},
                           {"type": "location", "destination": taker.site}])]
        if self.dice.random() < 0.2:
            made["eventID"] = self.some(EVENT_IDS)
        if self.dice.random() < 0.05:
            made["errorDeclaration"] = {"declarationTime": "2026-01-06T08:00:00Z"}
        if self.dice.random() < 0.1:
            made["certificationInfo"] = self.some(IDS)
        return made

    def says(self, ledger: Ledger, who: Member, made: dict) -> int:
        """Registers an event."""
        return say_event(ledger, who, made, self.visibility(who))

    def creates(self, ledger: Ledger, who: Member) -> int:
        return self.says(ledger, who, event("ObjectEvent", action="ADD", quantityList=[
            quantity(self.batch(who))], **self.extras(who)))

    def moves(self, ledger: Ledger, who: Member) -> int:
        thing = self.some(BATCHES + PALLETS)
        objects = {"epcList": [thing]} if thing in PALLETS else {"quantityList": [quantity(thing)]}
        return self.says(ledger, who, event(
            "ObjectEvent", action=self.some(("OBSERVE", "OBSERVE", "DELETE")),
            bizStep=self.some(("shipping", "receiving", "inspecting")), **objects,
            **self.extras(who)))

    def makes(self, ledger: Ledger, who: Member) -> int:
        made = self.batch(who)
        used = self.some(each for each in BATCHES if each != made)
        process = {"transformationID": PROCESS} if self.dice.random() < 0.4 else {}
        return self.says(ledger, who, event(
            "TransformationEvent", inputQuantityList=[quantity(used)],
            outputQuantityList=[quantity(made)], **process, **self.extras(who)))

    def packs(self, ledger: Ledger, who: Member) -> int:
        return self.says(ledger, who, event(
            "AggregationEvent", action=self.some(("ADD", "DELETE", "OBSERVE")),
            parentID=self.some(PALLETS), childQuantityList=[quantity(self.some(BATCHES))],
            **self.extras(who)))

    def lets(self, ledger: Ledger, who: Member) -> int:
        owner = self.some((who, who, self.some(MEMBERS)))
        scope = [self.some((["prefix", owner.prefix], ["site", owner.site]))]
        record = {1: "delegation", 2: self.some(IDS), 5: T0 + self.dice.choice([0, 5000]),
                  7: [self.some(MEMBERS).uri], 15: scope}
        if self.dice.random() < 0.9:
            record[3] = [who.uri]
        if self.dice.random() < 0.2:
            record[6] = record[5] + 6000
        return say_record(ledger, who, record)

    def ends(self, ledger: Ledger, who: Member) -> int:
        return say_record(ledger, who, {1: self.some(("revocation", "suspension")),
                                        4: self.some(IDS), 5: T0, 14: "over"})

    def asserts(self, ledger: Ledger, who: Member) -> int:
        about = self.some([canonical(self.some(BATCHES)), who.uri, self.some(MEMBERS).uri])
        record = {1: self.some(("certificate", "master-data", "recall", "accreditation")),
                  3: [about], 5: T0}
        match record[1]:
            case "certificate":
                record |= {2: self.some(IDS), 9: rows.BODY}
            case "master-data":
                record |= {9: rows.BODY}
            case "recall":
                record |= {14: "sharp edges"}
            case "accreditation":
                record |= {2: self.some(IDS), 15: [["scheme", "organic"]]}
        seen = 0 if record[1] == "recall" else self.visibility(who)
        return say_record(ledger, who, record, seen)

    def attaches(self, ledger: Ledger, who: Member) -> int:
        about = self.some([canonical(self.some(BATCHES)), self.some(MEMBERS).uri])
        key = subject_key(ledger.network, self.some((0, 1, 1)), about)
        content = ("application/pdf", self.visibility(who), self.dice.randbytes(4))
        return spoilt_rows(ledger, who.key, who.uri, content, add=[(key, 5)])

    def erases(self, ledger: Ledger, who: Member) -> int | None:
        known = [leaf for where, leaf in self.leaves if where is ledger]
        if not known:
            return None
        leaf = self.some(known)
        return say_record(ledger, who, {
            1: "erasure", 4: part_of(ledger, leaf), 14: "asked for",
            8: sorted({key for _, key, _ in ledger.registered[leaf].rows})})

    def copies(self, ledger: Ledger, who: Member) -> int | None:
        known = [leaf for where, leaf in self.leaves if where is ledger]
        if not known:
            return None
        first = ledger.registered[self.some(known)]
        statement = make_statement(
            who.key, who.uri, ledger.network, first.rows, ledger.now // 1000)
        if any(statement == each.statement for each in ledger.registered.values()):
            return None
        return ledger.register(statement, first.rows, first.parts)

    def governs(self, ledger: Ledger, who: Member) -> None:
        if len(self.ledgers) > 1:
            return
        giver, taker = self.dice.sample(MEMBERS, 2)
        ident = f"urn:example:delegation:{len(ledger.governance)}"
        amend(ledger, [self.some([
            ["suspend", who.uri, ledger.now + self.dice.choice([-9000, 100_000])],
            ["reinstate", who.uri, T0],
            ["revoke-key", who.key.kid, ledger.now + self.dice.choice([-4000, 100_000])],
            ["delegate", {0: ident, 1: giver.uri, 2: taker.uri, 3: [giver.prefix], 4: [],
                          5: T0, 6: self.dice.choice([None, T0 + 3000])}]])])
        ledger.seal()

    def evidence(self) -> list:
        """Evidence about some thing, some parts hidden."""
        parts = [part_of(ledger, leaf) for ledger, leaf in self.leaves]
        hidden = frozenset(part for part in parts if self.dice.random() < 0.15)
        network = self.ledgers[0].network
        things = [canonical(each) for each in BATCHES + PALLETS] + [FARM.uri, PROCESS]
        spoken = [each for each in things if any(
            subject_key(network, facet, each) in ledger.chains
            for ledger in self.ledgers for facet in (0, 1))]
        subject = self.some(spoken or things)
        return evidence(self.ledgers, subject, self.dice.choice([0, 1, 1]), hidden)


def story_cases() -> dict:
    """Evidence that stands; what a log's rules refuse is drawn again."""
    cases: list[dict] = []
    seed = SEED
    while len(cases) < STORIES:
        seed += 1
        story = Story(seed)
        raw = cbor.encode(story.evidence())
        said = answer(raw, story.ledgers[0].genesis.file)
        if "rejected" not in said:
            cases.append({"name": f"story {seed}", "evidence": raw.hex(), "expect": said})
    return {"genesis": Genesis(genesis_document()).file.hex(), "cases": cases}


FILES = {"stories": ("§16", "Evidence over stories drawn by lot, with the audit's answer.",
                     story_cases)}
