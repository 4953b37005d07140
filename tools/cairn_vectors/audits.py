"""Vectors of §16: evidence that stands, with the audit's answer."""

from typing import Any, Callable

from cairn_verify import cbor, records
from cairn_verify.audit import Audit
from cairn_verify.gs1 import canonical
from cairn_verify.hashes import subject_key
from cairn_verify.refusal import Rejected
from cairn_verify.steps import Verification

from . import rows, stories
from .ledger import Ledger, evidence
from .network import (BETA, CARRIER, CERTIFIER, FARM, LATECOMER, PRESS, REGISTRAR, SHOP, T0,
                      Genesis, genesis_document)
from .rows import event, place, quantity
from .signing import Key, make_part, make_statement, part_rows, sort_rows
from .stories import (APPLE_BATCH, APPLES, BORROWED, FALLEN, FOREIGN, GONE, PALLET_UNIT, SHY,
                      STOLEN, amend, created, event_part, long, part_of, say_event, say_record)


# The certifier as an accreditation anchor.
NAMED = [["anchors", sorted([CERTIFIER.uri, REGISTRAR.uri])]]


def answer(raw: bytes, genesis: bytes) -> dict:
    """What verify.py says."""
    try:
        return Audit(Verification(raw, genesis).run()).answer()
    except Rejected as rejected:
        return {"rejected": {"step": rejected.step, "reason": rejected.reason}}


def _case(name: str, value: list, genesis: bytes, outcome: str, codes: list[str]) -> dict:
    raw = cbor.encode(value)
    said = answer(raw, genesis)
    got = (said.get("outcome"), [f["code"] for f in said.get("findings", [])])
    if got != (outcome, codes):
        raise AssertionError(f"{name}: {said}")
    return {"name": name, "evidence": raw.hex(), "expect": said}


def _single(name: str, outcome: str, codes: list[str], tell: Callable[[Ledger], str],
            genesis: Genesis | None = None, **options) -> dict:
    """Evidence over a log of its own; `tell` fills it and names the subject."""
    ledger = Ledger(genesis or Genesis(genesis_document()))
    subject = tell(ledger)
    ledger.seal()
    value = evidence([ledger], subject, options.pop("scope", 0), **options)
    return _case(name, value, ledger.genesis.file, outcome, codes)


def good_cases() -> dict:
    """Evidence that stands, of every outcome."""
    ledger, at = long()
    file = ledger.genesis.file
    hide = lambda *names: frozenset(part_of(ledger, at[n]) for n in names)
    case = lambda name, outcome, codes, subject, scope=0, hidden=frozenset(), **o: _case(
        name, evidence([ledger], canonical(subject), scope, hidden, **o), file, outcome, codes)
    cases = [
        case("a pallet upstream", "verified", [], PALLET_UNIT, 1),
        case("a pallet alone", "verified", [], PALLET_UNIT),
        case("a batch, cosigned by the other node", "verified", ["issuer.unrelated"],
             APPLE_BATCH, 1, cosigners=(BETA,)),
        case("a subject nobody speaks of", "not-applicable", [],
             "https://nothing.example/1"),
        case("an event withheld upstream", "withheld", ["part.withheld"], PALLET_UNIT, 1,
             hide("harvest")),
        case("a certificate withheld lowers no answer without a claim", "verified",
             ["issuer.unrelated", "part.withheld"], APPLE_BATCH, 0, hide("certificate")),
        case("an event for one organisation, opened", "verified", [], SHY),
        case("an event for one organisation, withheld", "withheld", ["part.withheld"], SHY, 0,
             hide("shy")),
        case("an erased event", "withheld", ["part.erased"], GONE, 0, hide("gone")),
        case("creation under a delegation record", "verified", [], BORROWED),
        case("creation of what no member owns", "declared", ["standing.reported"], FOREIGN),
        case("creation of what another member owns", "invalid",
             ["authority.refused", "issuer.unrelated"], STOLEN),
    ]
    cases += _own_logs() + _content_cases() + _strangers() + [_two_logs(), _two_governances()]
    return {"genesis": file.hex(), "cases": cases}


def _own_logs() -> list[dict]:
    def delegated_until(ledger: Ledger) -> str:
        handled = lambda step: say_event(ledger, CARRIER, event(
            "ObjectEvent", action="OBSERVE", bizStep=step, quantityList=[quantity(APPLES)],
            readPoint=place(FARM.site)))
        say_event(ledger, FARM, created(APPLES, FARM.site))
        say_record(ledger, FARM, {1: "delegation", 2: stories.DELEGATION_ID, 3: [FARM.uri],
                                  5: T0, 7: [CARRIER.uri], 15: [["site", FARM.site]]})
        handled("loading")
        say_record(ledger, FARM, {1: "revocation", 4: stories.DELEGATION_ID,
                                  5: T0, 14: "contract ended"})
        handled("unloading")
        return APPLE_BATCH

    def governed_delegation(ledger: Ledger) -> str:
        amend(ledger, [["delegate", {0: "urn:example:delegation:g", 1: FARM.uri, 2: CARRIER.uri,
                                     3: [FARM.prefix], 4: [], 5: T0, 6: None}]])
        ledger.seal()
        say_event(ledger, CARRIER, created(BORROWED, FARM.site))
        return canonical(BORROWED)

    def key_fell(ledger: Ledger) -> str:
        say_event(ledger, CERTIFIER, created(FALLEN, CERTIFIER.site))
        ledger.seal()
        amend(ledger, [["revoke-key", CERTIFIER.key.kid, T0]])
        return canonical(FALLEN)

    def key_fell_later(ledger: Ledger) -> str:
        say_event(ledger, CERTIFIER, created(FALLEN, CERTIFIER.site))
        ledger.seal()
        amend(ledger, [["revoke-key", CERTIFIER.key.kid, ledger.now]])
        return canonical(FALLEN)

    def issuer_fell(ledger: Ledger) -> str:
        say_event(ledger, CERTIFIER, created(FALLEN, CERTIFIER.site))
        ledger.seal()
        amend(ledger, [["suspend", CERTIFIER.uri, T0]])
        return canonical(FALLEN)

    def reinstated(ledger: Ledger) -> str:
        say_event(ledger, CERTIFIER, created(FALLEN, CERTIFIER.site))
        ledger.seal()
        amend(ledger, [["suspend", CERTIFIER.uri, T0], ["reinstate", CERTIFIER.uri, T0]])
        return canonical(FALLEN)

    def reported_site(ledger: Ledger) -> str:
        say_event(ledger, CARRIER, event(
            "ObjectEvent", action="OBSERVE", bizStep="receiving", epcList=[PALLET_UNIT],
            readPoint=place(SHOP.site)))
        return PALLET_UNIT

    def others_master_data(ledger: Ledger) -> str:
        say_event(ledger, FARM, created(APPLES, FARM.site))
        say_record(ledger, SHOP, {1: "master-data", 3: [APPLE_BATCH], 5: T0, 9: rows.BODY})
        return APPLE_BATCH

    def amended_log(ledger: Ledger) -> str:
        for member in (LATECOMER,):
            amend(ledger, [["admit", member.item()]])
        amend(ledger, [["describe", {**FARM.item(), 1: "Sunnier Farm", 5: []}]])
        ledger.seal()
        amend(ledger, [["add-key", FARM.uri, ["issuer", Key("farm 2").cose, T0]]])
        ledger.seal()
        ledger.say(Key("farm 2"), FARM.uri, [event_part(created(APPLES, FARM.site))])
        return APPLE_BATCH

    def lot_in_spellings(ledger: Ledger) -> None:
        bottle = stories.JUICE_BATCH + "/21/b1"
        say_event(ledger, FARM, created(APPLES, FARM.site))
        say_event(ledger, PRESS, event(
            "TransformationEvent", inputQuantityList=[quantity(APPLES)], outputEPCList=[bottle],
            bizLocation=place(PRESS.site)))
        say_event(ledger, PRESS, event(
            "AggregationEvent", action="ADD", parentID=PALLET_UNIT, childEPCs=[bottle],
            bizLocation=place(PRESS.site)))

    def lot_asked(ledger: Ledger) -> str:
        lot_in_spellings(ledger)
        return stories.JUICE_BATCH

    def bottle_asked(ledger: Ledger) -> str:
        lot_in_spellings(ledger)
        return canonical(rows.BOTTLE)

    return [
        _single("a batch that only spellings of an item name opens nothing of the item's",
                "verified", [], lot_asked, scope=1),
        _single("an item whose spelling names its batch", "verified", [], bottle_asked, scope=1),
        _single("a site under a delegation record, until it is revoked", "declared",
                ["standing.reported"], delegated_until),
        _single("creation under a delegation of governance", "verified", [], governed_delegation),
        _single("a key revoked from before the registration", "invalid", ["key.revoked"],
                key_fell),
        _single("a key revoked from after the registration", "verified", [], key_fell_later),
        _single("an issuer suspended from before the registration", "invalid",
                ["issuer.suspended"], issuer_fell),
        _single("an issuer suspended and reinstated", "verified", [], reinstated),
        _single("an event at another member's site", "declared",
                ["issuer.unrelated", "standing.reported"], reported_site),
        _single("master data about another's batch lowers nothing", "verified",
                ["authority.refused"], others_master_data),
        _single("two amendments in one seal, a third in the next", "verified", [], amended_log),
    ]


def spoilt_rows(ledger: Ledger, key: Key, issuer: str, content: tuple, drop=(), add=()) -> int:
    """A statement whose manifest is not what its content requires."""
    part = make_part(key, ledger.network, *content)
    try:
        required = part_rows(ledger.network, part)
    except ValueError:
        required = []
    digest = records.part_digest(part)
    kept = [row for row in required if row[1] not in drop]
    manifest = sort_rows(kept + [(digest, key_, role) for key_, role in add])
    return ledger.say(key, issuer, [content], manifest=manifest)


def _content_cases() -> list[dict]:
    key = lambda ledger, facet, uri: subject_key(ledger.network, facet, uri)
    hidden: set[bytes] = set()
    ordered: set[bytes] = set()

    def missing(ledger: Ledger) -> str:
        made = event("TransformationEvent", inputQuantityList=[quantity(APPLES)],
                     outputQuantityList=[quantity(rows.JUICE)], bizLocation=place(PRESS.site))
        spoilt_rows(ledger, PRESS.key, PRESS.uri, event_part(made),
                     drop=[key(ledger, 0, APPLE_BATCH)])
        return stories.JUICE_BATCH

    def unexpected(ledger: Ledger) -> str:
        spoilt_rows(ledger, FARM.key, FARM.uri, event_part(created(APPLES, FARM.site)),
                     add=[(key(ledger, 1, APPLE_BATCH), 4)])
        return APPLE_BATCH

    def unlinked(by) -> Callable[[Ledger], str]:
        def tell(ledger: Ledger) -> str:
            made = created(APPLES, FARM.site, certificationInfo=rows.CERTIFICATE)
            say_event(ledger, FARM, made)
            spoilt_rows(ledger, by.key, by.uri, event_part({**made, "bizStep": "packing"}),
                         drop=[key(ledger, 0, APPLE_BATCH)])
            return APPLE_BATCH
        return tell

    def others_erasure(ledger: Ledger) -> str:
        leaf = say_event(ledger, FARM, created(APPLES, FARM.site))
        say_record(ledger, SHOP, {
            1: "erasure", 4: part_of(ledger, leaf), 14: "spite",
            8: sorted({key for _, key, _ in ledger.registered[leaf].rows})})
        hidden.add(part_of(ledger, leaf))
        return APPLE_BATCH

    def ordered_erasure(ledger: Ledger) -> str:
        leaf = say_event(ledger, FARM, created(APPLES, FARM.site))
        amend(ledger, [["erase", part_of(ledger, leaf), "names a person"]])
        ledger.seal()
        say_record(ledger, SHOP, {
            1: "erasure", 4: part_of(ledger, leaf), 14: "ordered",
            8: sorted({key for _, key, _ in ledger.registered[leaf].rows})})
        ordered.add(part_of(ledger, leaf))
        return APPLE_BATCH

    def early_erasure(ledger: Ledger) -> str:
        leaf = say_event(ledger, FARM, created(APPLES, FARM.site))
        say_record(ledger, SHOP, {
            1: "erasure", 4: part_of(ledger, leaf), 14: "before the order",
            8: sorted({key for _, key, _ in ledger.registered[leaf].rows})})
        amend(ledger, [["erase", part_of(ledger, leaf), "names a person"]])
        return APPLE_BATCH

    def wrong_role(ledger: Ledger) -> str:
        spoilt_rows(ledger, FARM.key, FARM.uri, event_part(created(APPLES, FARM.site)),
                     drop=[key(ledger, 0, APPLE_BATCH)], add=[(key(ledger, 0, APPLE_BATCH), 5)])
        return APPLE_BATCH

    def unreadable(ledger: Ledger) -> str:
        spoilt_rows(ledger, FARM.key, FARM.uri, (records.EVENT_TYPE, 0, b"{}"),
                     add=[(key(ledger, 0, APPLE_BATCH), 0)])
        return APPLE_BATCH

    def loose(ledger: Ledger) -> str:
        say_event(ledger, FARM, created(APPLES, FARM.site, isA=1, recordTime="now", ilmd=[]))
        return APPLE_BATCH

    def hidden_revocation(ledger: Ledger) -> str:
        record = {1: "revocation", 4: rows.CERTIFICATE, 5: T0, 14: "withdrawn"}
        say_event(ledger, FARM, created(APPLES, FARM.site, certificationInfo=rows.CERTIFICATE))
        spoilt_rows(ledger, FARM.key, FARM.uri,
                     (records.RECORD_TYPE, [FARM.uri], cbor.encode(record)),
                     add=[(key(ledger, 1, rows.CERTIFICATE), 4)])
        return APPLE_BATCH

    def attachment(ledger: Ledger) -> str:
        say_event(ledger, FARM, created(APPLES, FARM.site))
        spoilt_rows(ledger, FARM.key, FARM.uri, ("application/pdf", 0, b"%PDF-"),
                     add=[(key(ledger, 1, APPLE_BATCH), 5)])
        return APPLE_BATCH

    def attachment_alone(ledger: Ledger) -> str:
        spoilt_rows(ledger, FARM.key, FARM.uri, ("application/pdf", 0, b"%PDF-"),
                     add=[(key(ledger, 1, APPLE_BATCH), 5)])
        return APPLE_BATCH

    def attachment_that_happened(ledger: Ledger) -> str:
        spoilt_rows(ledger, FARM.key, FARM.uri, ("application/pdf", 0, b"%PDF-"),
                     add=[(key(ledger, 0, APPLE_BATCH), 5)])
        return APPLE_BATCH

    def asserting_attachment(ledger: Ledger) -> str:
        spoilt_rows(ledger, FARM.key, FARM.uri, ("application/pdf", 0, b"%PDF-"),
                     add=[(key(ledger, 0, APPLE_BATCH), 4)])
        return APPLE_BATCH

    def others_revocation(ledger: Ledger) -> str:
        amend(ledger, NAMED)
        say_record(ledger, CERTIFIER, {1: "certificate", 2: rows.CERTIFICATE, 3: [APPLE_BATCH],
                                       5: T0, 9: rows.BODY})
        say_record(ledger, SHOP, {1: "revocation", 4: rows.CERTIFICATE, 5: T0, 14: "spite"})
        say_event(ledger, FARM, created(APPLES, FARM.site))
        return APPLE_BATCH

    def greedy_delegation(ledger: Ledger) -> str:
        say_event(ledger, FARM, created(APPLES, FARM.site))
        say_record(ledger, SHOP, {1: "delegation", 2: stories.DELEGATION_ID, 3: sorted([APPLE_BATCH, SHOP.uri]),
                                  5: T0, 7: [CARRIER.uri], 15: [["prefix", FARM.prefix]]})
        return APPLE_BATCH

    return [
        _single("a row of an asked key left out", "invalid", ["rows.missing"], missing, scope=1),
        _single("an event without its events row, met in another chain", "invalid",
                ["rows.missing"], unlinked(FARM), scope=1),
        _single("a stranger's event without its events row, met in another chain", "verified",
                ["authority.refused", "rows.missing"], unlinked(SHOP), scope=1),
        _single("an erasure by another", "withheld",
                ["authority.refused", "issuer.unrelated", "part.withheld"],
                others_erasure, hidden=hidden),
        _single("an erasure that governors ordered", "withheld",
                ["issuer.unrelated", "part.erased"], ordered_erasure, hidden=ordered),
        _single("an erasure before governors ordered it", "verified",
                ["authority.refused", "issuer.unrelated"], early_erasure),
        _single("a row its content does not ask for", "invalid", ["rows.unexpected"], unexpected),
        _single("a row in another role", "invalid", ["rows.missing", "rows.unexpected"],
                wrong_role),
        _single("an event that cannot be read", "invalid", ["content.invalid"], unreadable),
        _single("an event that breaks the schema alone", "verified", [], loose),
        _single("a revocation for one organisation", "verified", ["content.invalid"],
                hidden_revocation, scope=1),
        _single("an attachment", "verified", [], attachment),
        _single("an attachment alone", "declared", [], attachment_alone),
        _single("an attachment among events", "invalid", ["rows.unexpected"],
                attachment_that_happened),
        _single("an attachment that asserts", "invalid", ["rows.unexpected"],
                asserting_attachment),
        _single("a revocation of another's record lowers nothing", "verified",
                ["authority.refused"], others_revocation),
        _single("a delegation of another's prefix lowers nothing", "verified",
                ["authority.refused"], greedy_delegation),
    ]


def _strangers() -> list[dict]:
    """Whose word counts, SPEC §13.2: what strangers say is listed and lowers nothing."""
    key = lambda ledger, facet, uri: subject_key(ledger.network, facet, uri)
    hidden: set[bytes] = set()

    def harvest(ledger: Ledger, **members) -> int:
        return say_event(ledger, FARM, created(APPLES, FARM.site, **members))

    def moved(who, batch: str = APPLES, **members) -> dict:
        return event("ObjectEvent", action="OBSERVE", bizStep="receiving",
                     quantityList=[quantity(batch)], bizLocation=place(who.site), **members)

    def private_attachment(ledger: Ledger) -> str:
        harvest(ledger)
        leaf = spoilt_rows(ledger, SHOP.key, SHOP.uri, ("application/pdf", [SHOP.uri], b"%PDF-"),
                            add=[(key(ledger, 1, FARM.uri), 5), (key(ledger, 0, APPLE_BATCH), 5)])
        hidden.add(part_of(ledger, leaf))
        return APPLE_BATCH

    def private_assertion(by) -> Callable[[Ledger], str]:
        def tell(ledger: Ledger) -> str:
            harvest(ledger)
            leaf = say_record(ledger, by, {1: "master-data", 3: sorted([by.uri, APPLE_BATCH]),
                                           5: T0,
                                           9: rows.BODY}, [by.uri])
            hidden.add(part_of(ledger, leaf))
            return APPLE_BATCH
        return tell

    def foreign_flows(ledger: Ledger) -> str:
        harvest(ledger)
        say_event(ledger, SHOP, event(
            "TransformationEvent", transformationID="urn:example:process:1",
            inputQuantityList=[quantity(APPLES)] + [quantity(SHOP.lgtin("033333", f"S{i}"))
                                                    for i in range(9)],
            bizLocation=place(SHOP.site)))
        return APPLE_BATCH

    def foreign_inputs(ledger: Ledger) -> str:
        process = "urn:example:process:1"
        harvest(ledger)
        say_event(ledger, PRESS, event(
            "TransformationEvent", transformationID=process, inputQuantityList=[quantity(APPLES)],
            outputQuantityList=[quantity(rows.JUICE)], bizLocation=place(PRESS.site)))
        say_event(ledger, SHOP, event(
            "TransformationEvent", transformationID=process, bizLocation=place(SHOP.site),
            inputQuantityList=[quantity(SHOP.lgtin("033333", "S1"))]))
        return stories.JUICE_BATCH

    def named(ledger: Ledger) -> str:
        harvest(ledger, destinationList=[{"type": "possessing_party", "destination": SHOP.uri}])
        leaf = say_event(ledger, SHOP, moved(SHOP), [SHOP.uri])
        hidden.add(part_of(ledger, leaf))
        return APPLE_BATCH

    def at_a_site(ledger: Ledger) -> str:
        harvest(ledger, destinationList=[{"type": "location", "destination": CARRIER.site}])
        say_event(ledger, CARRIER, moved(SHOP))
        return APPLE_BATCH

    def unnamed(ledger: Ledger) -> str:
        harvest(ledger)
        leaf = say_event(ledger, SHOP, moved(SHOP), [SHOP.uri])
        hidden.add(part_of(ledger, leaf))
        return APPLE_BATCH

    def consumed(ledger: Ledger) -> str:
        harvest(ledger)
        say_event(ledger, PRESS, event(
            "TransformationEvent", inputQuantityList=[quantity(APPLES)],
            outputQuantityList=[quantity(rows.JUICE)], bizLocation=place(PRESS.site)))
        leaf = say_event(ledger, PRESS, moved(PRESS), [PRESS.uri])
        hidden.add(part_of(ledger, leaf))
        return stories.JUICE_BATCH

    def nobodys(ledger: Ledger) -> str:
        uri = "https://maker.example/batch/1"
        say_event(ledger, CARRIER, created(uri, CARRIER.site))
        say_event(ledger, SHOP, moved(SHOP, uri), [SHOP.uri])
        return uri

    def placeless(who) -> Callable[[Ledger], str]:
        def tell(ledger: Ledger) -> str:
            harvest(ledger, destinationList=[
                {"type": "possessing_party", "destination": who.uri}])
            say_event(ledger, who, event("ObjectEvent", action="DELETE", bizStep="destroying",
                                         quantityList=[quantity(APPLES)]))
            return APPLE_BATCH
        return tell

    def contradiction(**second) -> Callable[[Ledger], str]:
        def tell(ledger: Ledger) -> str:
            harvest(ledger, eventID="urn:uuid:00000000-0000-4000-8000-000000000001")
            harvest(ledger, eventID="urn:uuid:00000000-0000-4000-8000-000000000001", **second)
            return APPLE_BATCH
        return tell

    def squatted(ledger: Ledger) -> str:
        harvest(ledger)
        for who in (SHOP, FARM):
            say_record(ledger, who, {1: "delegation", 2: stories.DELEGATION_ID, 3: [who.uri],
                                     5: T0, 7: [CARRIER.uri], 15: [["site", who.site]]})
        say_event(ledger, CARRIER, moved(FARM))
        return APPLE_BATCH

    def unknown_target(ledger: Ledger) -> str:
        harvest(ledger, certificationInfo=rows.CERTIFICATE)
        say_record(ledger, SHOP, {1: "revocation", 4: rows.CERTIFICATE, 5: T0, 14: "spite"})
        return APPLE_BATCH

    def hidden_delegation(ledger: Ledger) -> str:
        harvest(ledger)
        leaf = say_record(ledger, FARM, {1: "delegation", 2: stories.DELEGATION_ID,
                                         3: [FARM.uri], 5: T0, 7: [CARRIER.uri],
                                         15: [["site", FARM.site]]})
        hidden.add(part_of(ledger, leaf))
        say_event(ledger, CARRIER, moved(FARM))
        return APPLE_BATCH

    def erased_delegation(ledger: Ledger) -> str:
        harvest(ledger)
        leaf = say_record(ledger, FARM, {1: "delegation", 2: stories.DELEGATION_ID,
                                         3: [FARM.uri], 5: T0, 7: [CARRIER.uri],
                                         15: [["site", FARM.site]]})
        say_record(ledger, FARM, {
            1: "erasure", 4: part_of(ledger, leaf), 14: "no trace",
            8: sorted({key for _, key, _ in ledger.registered[leaf].rows})})
        say_event(ledger, CARRIER, moved(FARM))
        return APPLE_BATCH

    def copied(ledger: Ledger) -> str:
        leaf = harvest(ledger)
        part = ledger.registered[leaf].parts[0]
        statement_rows = ledger.registered[leaf].rows
        ledger.register(make_statement(SHOP.key, SHOP.uri, ledger.network, statement_rows,
                                       ledger.now // 1000), statement_rows, [part])
        say_record(ledger, SHOP, {
            1: "erasure", 4: part_of(ledger, leaf), 14: "spite",
            8: sorted({key for _, key, _ in statement_rows})})
        hidden.add(part_of(ledger, leaf))
        return APPLE_BATCH

    def certificates(ledger: Ledger) -> str:
        harvest(ledger)
        for who, ident in ((CERTIFIER, "urn:example:c:1"), (SHOP, "urn:example:c:2")):
            say_record(ledger, who, {1: "certificate", 2: ident, 3: [APPLE_BATCH], 5: T0,
                                     9: rows.BODY})
        return APPLE_BATCH

    def anchors_certificates(ledger: Ledger) -> str:
        amend(ledger, NAMED)
        return certificates(ledger)

    def accredited(ledger: Ledger) -> str:
        say_record(ledger, REGISTRAR, {1: "accreditation", 2: "urn:example:a:1",
                                       3: [CERTIFIER.uri], 5: T0, 15: [["scheme", "urn:s:1"]]})
        return certificates(ledger)

    def talks_of_itself(ledger: Ledger) -> str:
        """A stranger is asked about because it mentions the batch, and hides what it says of itself."""
        harvest(ledger)
        spoilt_rows(ledger, SHOP.key, SHOP.uri, ("application/pdf", 0, b"%PDF-"),
                     add=[(key(ledger, 1, APPLE_BATCH), 5)])
        made = {1: "certificate", 2: "urn:example:c:9", 3: [SHOP.uri], 5: T0, 9: rows.BODY}
        hidden.add(part_of(ledger, say_record(ledger, SHOP, made, [SHOP.uri])))
        say_record(ledger, SHOP, made)
        return APPLE_BATCH

    def process_of_nobody(ledger: Ledger) -> str:
        process = "urn:example:process:1"
        harvest(ledger)
        say_event(ledger, PRESS, event(
            "TransformationEvent", transformationID=process, inputQuantityList=[quantity(APPLES)],
            outputQuantityList=[quantity(rows.JUICE)], bizLocation=place(PRESS.site)))
        for step in ("commissioning", "packing"):
            say_event(ledger, SHOP, event(
                "ObjectEvent", action="ADD", bizStep=step, epcList=[process],
                eventID="urn:uuid:00000000-0000-4000-8000-000000000002",
                bizLocation=place(SHOP.site)))
        return stories.JUICE_BATCH

    def erased_mention(ledger: Ledger) -> str:
        harvest(ledger)
        leaf = say_event(ledger, FARM, event(
            "ObjectEvent", action="OBSERVE", bizStep="inspecting", quantityList=[quantity(APPLES)],
            bizLocation=place(FARM.site)))
        say_record(ledger, FARM, {
            1: "erasure", 4: part_of(ledger, leaf), 14: "better so",
            8: sorted({key for _, key, _ in ledger.registered[leaf].rows})})
        hidden.add(part_of(ledger, leaf))
        return APPLE_BATCH

    def delegation_over(ledger: Ledger) -> str:
        amend(ledger, [["delegate", {0: "urn:example:delegation:o", 1: FARM.uri, 2: CARRIER.uri,
                                     3: [FARM.prefix], 4: [], 5: T0, 6: T0 + 1}]])
        ledger.seal()
        say_event(ledger, CARRIER, moved(CARRIER))
        return APPLE_BATCH

    def mentioned_only(ledger: Ledger) -> str:
        uri = "https://maker.example/batch/2"
        say_event(ledger, SHOP, moved(SHOP, uri))
        return uri

    unrelated, withheld = ["issuer.unrelated"], ["part.withheld"]
    return [
        _single("a stranger's private attachment", "verified", unrelated + withheld,
                private_attachment, hidden=hidden),
        _single("a stranger's private record about itself and the batch", "verified",
                withheld, private_assertion(SHOP), hidden=hidden),
        _single("its owner's private record", "withheld", withheld, private_assertion(FARM),
                hidden=hidden),
        _single("a stranger hides what it says of itself", "verified", [], talks_of_itself,
                scope=1, hidden=hidden),
        _single("a stranger contradicts itself about a process that nobody owns", "verified",
                ["event.contradicted", "event.contradicted", "issuer.unrelated",
                 "issuer.unrelated", "standing.reported", "standing.reported"],
                process_of_nobody, scope=1),
        _single("an observation erased by its issuer", "withheld", ["part.erased"],
                erased_mention, hidden=hidden),
        _single("a delegation that was over lets nobody vouch", "declared", [], delegation_over),
        _single("what nobody owns is declared at most", "declared", [], mentioned_only),
        _single("a stranger uses it up beside much else", "verified", unrelated, foreign_flows,
                scope=1),
        _single("a stranger adds inputs to the process", "verified", unrelated, foreign_inputs,
                scope=1),
        _single("who was named as taker withholds", "withheld", withheld, named, hidden=hidden),
        _single("the owner of a site that was named reports from elsewhere", "declared",
                ["standing.reported"], at_a_site),
        _single("who was never named withholds", "verified", unrelated + withheld, unnamed,
                hidden=hidden),
        _single("who used it up upstream withholds", "withheld", withheld, consumed, scope=1,
                hidden=hidden),
        _single("what nobody owns is its first maker's", "declared",
                unrelated + ["standing.reported"], nobodys),
        _single("an event without a place about another's batch", "declared",
                ["standing.reported"], placeless(SHOP)),
        _single("an event without a place about one's own batch", "verified", [],
                placeless(FARM)),
        _single("one event ID, two events", "contradicted",
                ["event.contradicted", "event.contradicted"], contradiction(disposition="active")),
        _single("one event ID, an error declared", "verified", ["event.declared-wrong"],
                contradiction(errorDeclaration={"declarationTime": "2026-01-02T00:00:00Z"})),
        _single("one URI, two records", "verified", ["authority.refused"], squatted, scope=1),
        _single("a revocation of what is no record", "verified", ["authority.refused"],
                unknown_target, scope=1),
        _single("a delegation withheld by a node", "withheld",
                unrelated + withheld + ["standing.reported"], hidden_delegation, hidden=hidden),
        _single("an erasure of a delegation", "verified", ["authority.refused"],
                erased_delegation),
        _single("a part copied and erased by the copier", "withheld",
                ["authority.refused", "issuer.unrelated", "issuer.unrelated", "part.withheld",
                 "part.withheld"], copied, hidden=hidden),
        _single("an anchor's certificate is followed, a stranger's is not", "verified",
                ["standing.reported"], anchors_certificates, scope=1),
        _single("nobody accredited the certifier", "verified", ["standing.reported"],
                certificates, scope=1),
        _single("an anchor accredited the certifier", "verified", ["standing.reported"] * 2,
                accredited, scope=1),
    ]


def _two_logs() -> dict:
    genesis = Genesis(genesis_document())
    alpha, beta = Ledger(genesis), Ledger(genesis, BETA)
    say_event(alpha, FARM, created(APPLES, FARM.site))
    say_event(beta, PRESS, event(
        "TransformationEvent", inputQuantityList=[quantity(APPLES)],
        outputQuantityList=[quantity(rows.JUICE)], bizLocation=place(PRESS.site)))
    for ledger in (alpha, beta):
        ledger.seal()
    return _case("two logs", evidence([alpha, beta], stories.JUICE_BATCH, 1), genesis.file,
                 "verified", [])


def _two_governances() -> dict:
    """Alpha knows of a revocation that Beta does not hold yet."""
    genesis = Genesis(genesis_document())
    alpha, beta = Ledger(genesis), Ledger(genesis, BETA)
    amend(alpha, [["revoke-key", PRESS.key.kid, T0]])
    say_event(beta, PRESS, created(rows.JUICE, PRESS.site))
    for ledger in (alpha, beta):
        ledger.seal()
    return _case("two logs, a revocation in the other", evidence([alpha, beta],
                 stories.JUICE_BATCH, 1), genesis.file, "invalid", ["key.revoked"])


FILES = {"evidence": ("§16", "Evidence that stands, with the audit's answer as JSON.", good_cases)}
