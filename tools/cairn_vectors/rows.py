"""Vectors of §8: rows of events and of records."""

from typing import Any

from cairn_verify import cbor, epcis, gs1, hashes, records
from cairn_verify.refusal import Refused

from .formats import NETWORK, compact
from .network import CARRIER, CERTIFIER, FARM, PRESS, SHOP, T0

CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
APPLES = FARM.lgtin("012345", "A1")
JUICE = PRESS.lgtin("054321", "J1")
BOTTLE = PRESS.sgtin("054321", "b1")
PALLET = f"urn:epc:id:sscc:{PRESS.prefix}.1000000001"
MINERAL = "urn:epc:class:lgtin:9521001.012345.A1"
FARM_SITE = "urn:epc:id:sgln:9521001.00001.0"
PRESS_SITE = "urn:epc:id:sgln:9521002.00001.0"
GTIN = gs1.read(FARM.lgtin("012345", "A1")).product


def event(kind: str, **members) -> dict:
    """An event with the members every event has."""
    start = {"@context": CONTEXT, "type": kind, "eventTime": "2026-01-05T08:00:00.000Z",
             "eventTimeZoneOffset": "+00:00"}
    return {**start, **members}


def place(uri: str) -> dict:
    """A readPoint or bizLocation."""
    return {"id": uri}


def quantity(uri: str, amount: float = 10, unit: str = "KGM") -> dict:
    """A quantity element."""
    return {"epcClass": uri, "quantity": amount, "uom": unit}


def _objects() -> dict[str, dict]:
    link = f"https://example.com/01/{GTIN[-14:]}/10/A1/21/7"
    return {
        "ObjectEvent ADD of a batch at a site": event(
            "ObjectEvent", action="ADD", bizStep="commissioning", bizLocation=place(FARM_SITE),
            quantityList=[quantity(APPLES)]),
        "ObjectEvent ADD without a place has no account": event(
            "ObjectEvent", action="ADD", quantityList=[quantity(APPLES)]),
        "ObjectEvent ADD: bizLocation goes before readPoint": event(
            "ObjectEvent", action="ADD", readPoint=place(FARM_SITE + "x"),
            bizLocation=place(FARM_SITE), quantityList=[quantity(APPLES)]),
        "ObjectEvent ADD: the month is of UTC": event(
            "ObjectEvent", action="ADD", readPoint=place(FARM_SITE),
            eventTime="2026-02-01T00:30:00.5+01:00", eventTimeZoneOffset="+01:00",
            quantityList=[quantity(APPLES)]),
        "ObjectEvent ADD of an item spelled with its lot": event(
            "ObjectEvent", action="ADD", epcList=[link], bizLocation=place(FARM_SITE)),
        "ObjectEvent ADD of one batch in two spellings": event(
            "ObjectEvent", action="ADD",
            quantityList=[quantity(APPLES), quantity(f"https://shop.example/{GTIN[19:]}/lot/A1")]),
        "ObjectEvent DELETE": event(
            "ObjectEvent", action="DELETE", bizStep="destroying", readPoint=place(FARM_SITE),
            quantityList=[quantity(APPLES)]),
        "ObjectEvent OBSERVE shipping moves": event(
            "ObjectEvent", action="OBSERVE", bizStep="shipping", readPoint=place(FARM_SITE),
            quantityList=[quantity(APPLES)]),
        "ObjectEvent OBSERVE shipping as a URI moves": event(
            "ObjectEvent", action="OBSERVE", bizStep="https://ref.gs1.org/cbv/BizStep-shipping",
            epcList=[PALLET]),
        "ObjectEvent OBSERVE shipping as a CURIE moves": event(
            "ObjectEvent", action="OBSERVE", bizStep="cbv:BizStep-shipping", epcList=[PALLET]),
        "ObjectEvent OBSERVE inspecting mentions": event(
            "ObjectEvent", action="OBSERVE", bizStep="inspecting", readPoint=place(FARM_SITE),
            quantityList=[quantity(APPLES)]),
        "ObjectEvent OBSERVE to a destination moves": event(
            "ObjectEvent", action="OBSERVE", bizStep="inspecting", epcList=[PALLET],
            destinationList=[{"type": "possessing_party", "destination": SHOP.uri}]),
        "ObjectEvent with certificates": event(
            "ObjectEvent", action="OBSERVE", epcList=[PALLET],
            certificationInfo=["https://certs.example/1", "https://CERTS.example/2"]),
        "ObjectEvent with one certificate as a text": event(
            "ObjectEvent", action="OBSERVE", epcList=[PALLET],
            certificationInfo="https://certs.example/1"),
        "ObjectEvent of a sensor alone": event(
            "ObjectEvent", action="OBSERVE", readPoint=place(FARM_SITE),
            sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 4.5}]}]),
        "ObjectEvent of a thing that is no GS1 key": event(
            "ObjectEvent", action="ADD", epcList=["urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8"],
            bizLocation=place(FARM_SITE)),
        "ObjectEvent that was declared wrong keeps its rows": event(
            "ObjectEvent", action="ADD", epcList=[BOTTLE], errorDeclaration={
                "declarationTime": "2026-01-06T00:00:00Z", "reason": "did_not_occur"}),
    }


def _others() -> dict[str, dict]:
    return {
        "AggregationEvent ADD": event(
            "AggregationEvent", action="ADD", parentID=PALLET, childEPCs=[BOTTLE],
            childQuantityList=[quantity(JUICE)], bizLocation=place(PRESS_SITE)),
        "AggregationEvent OBSERVE without a parent": event(
            "AggregationEvent", action="OBSERVE", childEPCs=[BOTTLE]),
        "AggregationEvent DELETE of all children": event(
            "AggregationEvent", action="DELETE", parentID=PALLET),
        "AssociationEvent ADD": event(
            "AssociationEvent", action="ADD", parentID="urn:epc:id:grai:9521003.00001.9",
            childEPCs=["urn:epc:id:giai:9521003.SENSOR1"]),
        "TransactionEvent ADD": event(
            "TransactionEvent", action="ADD", parentID=PALLET, epcList=[BOTTLE],
            quantityList=[quantity(JUICE)], bizTransactionList=[
                {"type": "po", "bizTransaction": "urn:epc:id:gdti:9521004.00001.4711"}]),
        "TransformationEvent": event(
            "TransformationEvent", inputQuantityList=[quantity(APPLES)],
            outputQuantityList=[quantity(JUICE, 8, "LTR")], outputEPCList=[BOTTLE],
            bizLocation=place(PRESS_SITE)),
        "TransformationEvent with an id and inputs alone": event(
            "TransformationEvent", inputQuantityList=[quantity(APPLES)],
            transformationID="urn:epc:id:gdti:9521002.00001.run-1", readPoint=place(PRESS_SITE)),
        "TransformationEvent that makes what it eats": event(
            "TransformationEvent", inputQuantityList=[quantity(APPLES)],
            outputQuantityList=[quantity(APPLES)], bizLocation=place(FARM_SITE)),
    }


def _bad_events() -> dict[str, Any]:
    good = event("ObjectEvent", action="ADD", epcList=[BOTTLE])
    without = lambda *names: {k: v for k, v in good.items() if k not in names}
    return {
        "no @context": without("@context"),
        "no type": without("type"),
        "unknown type": {**good, "type": "QuantityEvent"},
        "no eventTime": without("eventTime"),
        "eventTime without a zone": {**good, "eventTime": "2026-01-05T08:00:00"},
        "eventTime that is no day": {**good, "eventTime": "2026-02-30T08:00:00Z"},
        "eventTime at a leap second": {**good, "eventTime": "2016-12-31T23:59:60Z"},
        "no eventTimeZoneOffset": without("eventTimeZoneOffset"),
        "no action": without("action"),
        "unknown action": {**good, "action": "CHANGE"},
        "names nothing": without("epcList"),
        "epcList is a text": {**good, "epcList": BOTTLE},
        "an EPC with a wrong check digit": {
            **good, "epcList": ["https://id.gs1.org/01/09521001123456/21/1"]},
        "a relative EPC": {**good, "epcList": ["bottle"]},
        "a negative quantity": event("ObjectEvent", action="ADD",
                                     quantityList=[quantity(APPLES, -1)]),
        "a quantity without its class": event("ObjectEvent", action="ADD",
                                              quantityList=[{"quantity": 1}]),
        "TransformationEvent with an action": event(
            "TransformationEvent", action="ADD", inputEPCList=[BOTTLE], outputEPCList=[PALLET]),
        "TransformationEvent without outputs or id": event(
            "TransformationEvent", inputEPCList=[BOTTLE]),
        "AggregationEvent ADD without parent": event(
            "AggregationEvent", action="ADD", childEPCs=[BOTTLE]),
        "AggregationEvent ADD without children": event(
            "AggregationEvent", action="ADD", parentID=PALLET),
        "AssociationEvent OBSERVE without parent": event(
            "AssociationEvent", action="OBSERVE", childEPCs=[BOTTLE]),
        "TransactionEvent without transactions": event(
            "TransactionEvent", action="ADD", epcList=[BOTTLE]),
    }


def _sorted_rows(rows: set) -> list:
    return [list(r) for r in sorted(rows, key=lambda r: (r[0], r[1].encode(), r[2]))]


def event_cases() -> list[dict]:
    """Rows of events of all five types; events that cannot be read."""
    cases = []
    for name, made in {**_objects(), **_others()}.items():
        content = compact(made)
        cases.append({"name": name, "network": NETWORK.hex(), "event": made,
                      "content": content.hex(),
                      "expect": _sorted_rows(epcis.read(content).rows())})
    raw = {"not JSON": b"{", "a member twice": b'{"a":1,"a":2}', "an array": b"[]",
           "65 arrays in each other": b"[" * 65 + b"]" * 65, "NaN": b'{"a":NaN}',
           "a lone surrogate": b'{"a":"\\ud800"}', "invalid UTF-8": b'{"a":"\xff"}'}
    bad = {name: compact(made) for name, made in _bad_events().items()} | raw
    for name, content in bad.items():
        cases.append({"name": name, "content": content.hex(),
                      "error": _refused(lambda c: epcis.read(c), content)})
    return cases


def _refused(action, *arguments) -> str:
    try:
        action(*arguments)
    except Refused as refused:
        return refused.code
    raise AssertionError("not refused")


BATCH = gs1.canonical(APPLES)
CERTIFICATE = "https://certs.example/1"
DIGEST = hashes.sha256(b"a part")
BODY = ["application/json", b"{}"]


def record_samples() -> dict[str, dict]:
    """One record of each kind, with every optional member that changes rows."""
    asset = "https://id.gs1.org/8004/9521003TRUCK1"
    month = {2: "urn:example:balance:1", 11: "2026-01", 12: GTIN, 13: FARM.site,
             16: [3, hashes.sha256(b"head")]}
    return {
        "certificate": {1: "certificate", 2: CERTIFICATE, 3: [BATCH, FARM.site], 5: T0, 9: BODY},
        "transcribed-certificate": {1: "transcribed-certificate", 2: CERTIFICATE, 3: [BATCH],
                                    5: T0, 6: T0 + 1, 9: BODY, 14: "paper original"},
        "accreditation": {1: "accreditation", 2: "urn:example:accreditation:1",
                          3: [CERTIFIER.uri], 5: T0, 15: [["scheme", "organic"]]},
        "delegation": {1: "delegation", 2: "urn:example:delegation:1", 5: T0, 7: [CARRIER.uri],
                       15: [["prefix", FARM.prefix], ["site", FARM.site]], 3: [BATCH]},
        "allocation": {1: "allocation", 2: "urn:example:allocation:1", 3: [BATCH],
                       4: CERTIFICATE, 10: ["12.50", "KGM"]},
        "allocation from an account": {
            1: "allocation", 2: "urn:example:allocation:2", 3: [BATCH], 10: ["12.50", "KGM"],
            4: f"urn:cairn:account:2026-01:{FARM.site} {GTIN}"},
        "grant": {1: "grant", 3: [BATCH], 7: sorted([SHOP.uri, PRESS.uri])},
        "grant with id": {1: "grant", 2: "urn:example:grant:1", 3: [BATCH], 6: T0, 7: [SHOP.uri],
                          15: [["direction", "upstream"]]},
        "revocation": {1: "revocation", 4: CERTIFICATE, 5: T0, 14: "withdrawn"},
        "suspension": {1: "suspension", 4: CERTIFICATE, 5: T0, 6: T0 + 5, 14: "audit open"},
        "recall": {1: "recall", 2: "urn:example:recall:1", 3: [BATCH], 5: T0, 14: "glass"},
        "recall without id": {1: "recall", 3: [BATCH], 5: T0, 14: "glass"},
        "dispute of a part": {1: "dispute", 3: [asset], 4: DIGEST, 14: "never arrived"},
        "dispute of a record": {1: "dispute", 2: "urn:example:dispute:1", 3: [asset],
                                4: CERTIFICATE, 14: "forged"},
        "resolution": {1: "resolution", 3: [BATCH], 4: "urn:example:dispute:1", 14: "settled"},
        "erasure": {1: "erasure", 4: DIGEST,
                    8: [hashes.subject_key(NETWORK, 0, BATCH)], 14: "personal data"},
        "master-data": {1: "master-data", 3: [FARM.site], 5: T0, 9: BODY},
        "period-balance": {1: "period-balance", **month},
    }


def _bad_records() -> dict[str, tuple[dict, Any]]:
    s = record_samples()
    certificate, revocation = s["certificate"], s["revocation"]
    without = lambda record, key: {k: v for k, v in record.items() if k != key}
    return {
        "unknown kind": ({**certificate, 1: "diploma"}, 0),
        "no kind": (without(certificate, 1), 0),
        "certificate without body": (without(certificate, 9), 0),
        "certificate with a target": ({**certificate, 4: BATCH}, 0),
        "unknown key 17": ({**certificate, 17: 0}, 0),
        "about is empty": ({**certificate, 3: []}, 0),
        "about out of order": ({**certificate, 3: sorted([BATCH, FARM.site])[::-1]}, 0),
        "about not canonical": ({**certificate, 3: [APPLES]}, 0),
        "id not canonical": ({**certificate, 2: "HTTPS://certs.example/1"}, 0),
        "from is negative": ({**certificate, 5: -1}, 0),
        "from above 2^53 - 1": ({**certificate, 5: cbor.MAX_TIME + 1}, 0),
        "until above 2^53 - 1": ({**certificate, 6: cbor.MAX_TIME + 1}, 0),
        "body without a type": ({**certificate, 9: [b"{}"]}, 0),
        "revocation of a part": ({**revocation, 4: DIGEST}, 0),
        "revocation seen by one": (revocation, [FARM.uri]),
        "delegation seen by one": (s["delegation"], [FARM.uri]),
        "recall seen by one": (s["recall"], [FARM.uri]),
        "erasure of a URI": ({**s["erasure"], 4: BATCH}, 0),
        "erasure without keys": ({**s["erasure"], 8: []}, 0),
        "erasure with key twice": ({**s["erasure"], 8: s["erasure"][8] * 2}, 0),
        "quantity with an exponent": ({**s["allocation"], 10: ["1e3", "KGM"]}, 0),
        "quantity without unit": ({**s["allocation"], 10: ["1", ""]}, 0),
        "month 13": ({**s["period-balance"], 11: "2026-13"}, 0),
        "head of 31 bytes": ({**s["period-balance"], 16: [1, bytes(31)]}, 0),
        "to is empty": ({**s["grant"], 7: []}, 0),
        "scope of numbers": ({**s["accreditation"], 15: [["a", 1]]}, 0),
        **{name: (record, 0) for name, record in _past_limits().items()},
    }


def _uris(count: int) -> list[str]:
    return [f"urn:example:{number:04}" for number in range(count)]


def _at_limits() -> dict[str, dict]:
    """Records as far as the limits let them go, and as odd as they may be."""
    s = record_samples()
    return {
        "reason of 4,096 bytes": {**s["revocation"], 14: "é" * 2048},
        "until at from": {**s["suspension"], 6: T0},
        "scope of 256 pairs in any order": {**s["accreditation"], 15: [["b", ""], ["a", ""]] * 128},
        "scope of texts as long as may be": {
            **s["accreditation"], 15: [["n" * 64, "v" * 2048], ["", ""]]},
        "body without bytes, of a long type": {**s["certificate"], 9: ["t" * 255, b""]},
        "about of 256": {**s["certificate"], 3: _uris(256)},
        "to of 256": {**s["grant"], 7: _uris(256)},
        "id of 2,048 bytes": {**s["certificate"], 2: "urn:a:" + "b" * 2042},
        "quantity of -00.0": {**s["allocation"], 10: ["-00.0", "1A"]},
        "month of the year 0000": {**s["period-balance"], 11: "0000-12"},
        "head of as many as can be": {**s["period-balance"], 16: [(1 << 64) - 1, bytes(32)]},
        "from at 0, until at the last": {**s["certificate"], 5: 0, 6: cbor.MAX_TIME},
    }


def _past_limits() -> dict[str, Any]:
    s = record_samples()
    certificate, revocation, allocation = s["certificate"], s["revocation"], s["allocation"]
    accreditation, balance = s["accreditation"], s["period-balance"]
    return {
        "reason of 4,097 bytes": {**revocation, 14: "r" + "é" * 2048},
        "account in a month that is none": {
            **allocation, 4: f"urn:cairn:account:2026-13:{FARM.site} {GTIN}"},
        "account of a revocation": {
            **revocation, 4: f"urn:cairn:account:2026-01:{FARM.site} {GTIN}"},
        "reason is empty": {**revocation, 14: ""},
        "reason is bytes": {**revocation, 14: b"withdrawn"},
        "until before from": {**certificate, 6: T0 - 1},
        "from is a text": {**certificate, 5: "2026"},
        "scope is empty": {**accreditation, 15: []},
        "scope of 257 pairs": {**accreditation, 15: [["a", "b"]] * 257},
        "scope name of 65 bytes": {**accreditation, 15: [["n" * 65, "v"]]},
        "scope value of 2,049 bytes": {**accreditation, 15: [["n", "v" * 2049]]},
        "scope of three": {**accreditation, 15: [["a", "b", "c"]]},
        "body of an empty type": {**certificate, 9: ["", b"{}"]},
        "body of a type of 256 bytes": {**certificate, 9: ["t" * 256, b"{}"]},
        "body of text": {**certificate, 9: ["application/json", "{}"]},
        "about of 257": {**certificate, 3: _uris(257)},
        "about that is optional and empty": {**s["delegation"], 3: []},
        "about a text": {**certificate, 3: BATCH},
        "to of 257": {**s["grant"], 7: _uris(257)},
        "to twice the same": {**s["grant"], 7: [SHOP.uri, SHOP.uri]},
        "id of 2,049 bytes": {**certificate, 2: "urn:a:" + "b" * 2043},
        "id is empty": {**certificate, 2: ""},
        "target of 31 bytes": {**s["dispute of a part"], 4: DIGEST[:31]},
        "target is a number": {**s["dispute of a part"], 4: 1},
        "key of 31 bytes": {**s["erasure"], 8: [DIGEST[:31]]},
        "quantity of a sign": {**allocation, 10: ["-", "KGM"]},
        "quantity that ends in a full stop": {**allocation, 10: ["1.", "KGM"]},
        "quantity in Arabic digits": {**allocation, 10: ["١", "KGM"]},
        "quantity that is a number": {**allocation, 10: [1, "KGM"]},
        "unit in lower case": {**allocation, 10: ["1", "kgm"]},
        "unit of four": {**allocation, 10: ["1", "KGMM"]},
        "month 00": {**balance, 11: "2026-00"},
        "month of five digits": {**balance, 11: "12026-01"},
        "head without its count": {**balance, 16: [DIGEST]},
        "head of a negative count": {**balance, 16: [-1, DIGEST]},
        "kind is a number": {**certificate, 1: 1},
        "a key that is a text": {**certificate, "id": 1},
        "an array": [certificate],
        "null": None,
    }


def record_cases() -> list[dict]:
    """Rows of every kind of record; records that are refused."""
    cases = []
    for name, record in (record_samples() | _at_limits()).items():
        content = cbor.encode(record)
        records.read_record(content, 0)
        expect: dict[str, Any] = {}
        if record[1] == "erasure":
            expect["keys"] = [[key.hex(), epcis.ASSERT] for key in record[8]]
        else:
            expect["rows"] = _sorted_rows(records.record_rows(record))
        cases.append({"name": name, "network": NETWORK.hex(), "content": content.hex(),
                      "visibility": 0, "expect": expect})
    for name, (record, visibility) in _bad_records().items():
        content = cbor.encode(record)
        cases.append({"name": name, "content": content.hex(), "visibility": visibility,
                      "error": _refused(records.read_record, content, visibility)})
    return cases


FILES = {
    "events": ("§8.1", "Rows of EPCIS events as sorted [facet, URI, role]; events that cannot "
               "be read.", event_cases),
    "records": ("§8.3", "Rows of records as sorted [facet, URI, role], an erasure's as "
                "[subject key, role]; records that are refused.", record_cases),
}
