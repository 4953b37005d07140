"""What happens in the vectors' network: a tiny log, and a longer one with every kind of answer."""

from typing import Any

from cairn_verify import cbor, gs1, records
from cairn_verify.governance import amendment_digest

from . import rows
from .formats import compact
from .ledger import Ledger
from .network import (CARRIER, CERTIFIER, FARM, GOVERNOR_KEYS, LATECOMER,
                      PRESS, REGISTRAR, SHOP, T0, Genesis, Member, amendment, genesis_document)
from .rows import APPLES, BOTTLE, JUICE, PALLET, event, place, quantity
from .signing import Key, governance_content, make_part

APPLE_BATCH, JUICE_BATCH = gs1.canonical(APPLES), gs1.canonical(JUICE)
BOTTLE_ITEM, PALLET_UNIT = gs1.canonical(BOTTLE), gs1.canonical(PALLET)
SPRAY = FARM.lgtin("099999", "S1")
BORROWED = FARM.lgtin("077777", "D1")
FOREIGN = "urn:epc:class:lgtin:9529999.012345.F1"
SHY = SHOP.lgtin("011111", "W1")
GONE = SHOP.lgtin("022222", "E1")
FALLEN = CERTIFIER.lgtin("033333", "K1")
STOLEN = PRESS.lgtin("055555", "X1")


def event_part(made: dict, visibility: Any = 0) -> tuple[str, Any, bytes]:
    """What `Ledger.say` takes for one event."""
    return records.EVENT_TYPE, visibility, compact(made)


def say_event(ledger: Ledger, who: Member, made: dict, visibility: Any = 0, **changes) -> int:
    """Registers one event."""
    return ledger.say(who.key, who.uri, [event_part(made, visibility)], **changes)


def say_record(ledger: Ledger, who: Member, made: dict, visibility: Any = 0, **changes) -> int:
    """Registers one record."""
    return ledger.say(who.key, who.uri, [(records.RECORD_TYPE, visibility, cbor.encode(made))],
                      **changes)


def amend(ledger: Ledger, changes: list, governors: list[Key] = GOVERNOR_KEYS[:2],
          seq: int | None = None, who: Member = REGISTRAR) -> int:
    """Registers an amendment signed by these governors."""
    seq = len(ledger.governance) if seq is None else seq
    body = amendment(ledger.network, seq, ledger.governance[-1], changes)
    digest = amendment_digest(body)
    content = governance_content(digest, body, governors)
    part = make_part(who.key, ledger.network, records.GOVERNANCE_TYPE, 0, content)
    return ledger.governed(part, body, digest, who.key, who.uri)


def created(batch: str, site: str, **members) -> dict:
    """An ObjectEvent that creates a batch at a site."""
    return event("ObjectEvent", action="ADD", bizStep="commissioning", bizLocation=place(site),
                 quantityList=[quantity(batch)], **members)


def part_of(ledger: Ledger, leaf: int) -> bytes:
    """The digest of a statement's one part."""
    return records.part_digest(ledger.registered[leaf].parts[0])


def tiny(genesis: Genesis | None = None) -> Ledger:
    """Genesis, one harvest, an amendment, a certificate, three seals."""
    ledger = Ledger(genesis or Genesis(genesis_document()))
    say_event(ledger, FARM, created(APPLES, FARM.site))
    ledger.seal()
    amend(ledger, [["admit", LATECOMER.item()]])
    ledger.seal()
    say_record(ledger, CERTIFIER, {1: "certificate", 2: rows.CERTIFICATE, 3: [APPLE_BATCH],
                                   5: T0, 9: rows.BODY})
    ledger.seal()
    return ledger


DELEGATION_ID = "urn:example:delegation:1"


def long() -> tuple[Ledger, dict[str, int]]:
    """A log with every kind of record; the leaves by name."""
    ledger = Ledger(Genesis(genesis_document()))
    at: dict[str, int] = {}
    at["harvest"] = say_event(ledger, FARM, created(APPLES, FARM.site))
    at["spray"] = say_event(ledger, FARM, created(SPRAY, FARM.site), 1)
    at["master data"] = say_record(ledger, FARM, {1: "master-data", 3: [FARM.site], 5: T0,
                                                  9: rows.BODY})
    ledger.seal()
    at["pressing"] = say_event(ledger, PRESS, event(
        "TransformationEvent", inputQuantityList=[quantity(APPLES), quantity(SPRAY)],
        outputQuantityList=[quantity(JUICE, 8, "LTR")], bizLocation=place(PRESS.site)))
    at["bottling"] = say_event(ledger, PRESS, event(
        "TransformationEvent", inputQuantityList=[quantity(JUICE, 1, "LTR")],
        outputEPCList=[BOTTLE], bizLocation=place(PRESS.site)))
    at["packing"] = say_event(ledger, PRESS, event(
        "AggregationEvent", action="ADD", parentID=PALLET, childEPCs=[BOTTLE],
        bizLocation=place(PRESS.site)))
    at["shipping"] = say_event(ledger, PRESS, event(
        "ObjectEvent", action="OBSERVE", bizStep="shipping", epcList=[PALLET],
        readPoint=place(PRESS.site), destinationList=[
            {"type": "owning_party", "destination": SHOP.uri},
            {"type": "location", "destination": SHOP.site}]))
    at["certificate"] = say_record(ledger, CERTIFIER, {
        1: "certificate", 2: rows.CERTIFICATE, 3: [APPLE_BATCH], 5: T0, 9: rows.BODY})
    ledger.seal()
    amend(ledger, [["delegate", {0: "urn:example:delegation:g", 1: FARM.uri, 2: CARRIER.uri,
                                 3: ["9521001088"], 4: [], 5: T0, 6: None}]])
    amend(ledger, [["admit", LATECOMER.item()]])
    ledger.seal()
    at["delegation"] = say_record(ledger, FARM, {
        1: "delegation", 2: DELEGATION_ID, 3: [FARM.uri], 5: T0, 7: [CARRIER.uri],
        15: [["prefix", FARM.prefix], ["site", FARM.site]]})
    at["borrowed"] = say_event(ledger, CARRIER, created(BORROWED, FARM.site))
    at["foreign"] = say_event(ledger, CARRIER, created(FOREIGN, CARRIER.site))
    at["shy"] = say_event(ledger, SHOP, created(SHY, SHOP.site), [SHOP.uri])
    at["gone"] = say_event(ledger, SHOP, created(GONE, SHOP.site))
    at["erasure"] = say_record(ledger, SHOP, {
        1: "erasure", 4: part_of(ledger, at["gone"]),
        8: sorted({key for _, key, _ in ledger.registered[at["gone"]].rows}), 14: "asked for"})
    ledger.seal()
    at["fallen"] = say_event(ledger, CERTIFIER, created(FALLEN, CERTIFIER.site))
    at["stolen"] = say_event(ledger, CARRIER, created(STOLEN, CARRIER.site))
    ledger.seal()
    return ledger, at
