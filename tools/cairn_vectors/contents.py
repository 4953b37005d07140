"""Vectors of §8.1: which events can be read, and what of them decides nothing."""

from typing import Any

from cairn_verify import epcis
from cairn_verify.refusal import Refused

from .formats import compact
from .network import SHOP
from .rows import APPLES, BOTTLE, FARM_SITE, JUICE, PALLET, PRESS_SITE, event, place, quantity

LINK = "https://id.gs1.org/01/09521002543216/21/b1"
GOOD = event("ObjectEvent", action="OBSERVE", epcList=[BOTTLE])
MADE = event("ObjectEvent", action="ADD", bizLocation=place(FARM_SITE),
             quantityList=[quantity(APPLES)])
PACKED = event("AggregationEvent", action="ADD", parentID=PALLET, childEPCs=[BOTTLE])
TIED = event("TransactionEvent", action="ADD", epcList=[BOTTLE],
             bizTransactionList=[{"type": "po", "bizTransaction": "urn:example:po:1"}])
PRESSED = event("TransformationEvent", inputQuantityList=[quantity(APPLES)],
                outputQuantityList=[quantity(JUICE)])
SENSED = event("ObjectEvent", action="OBSERVE", readPoint=place(FARM_SITE),
               sensorElementList=[{"sensorReport": [{"type": "Temperature", "value": 4}]}])


def _with(base: dict, **members) -> bytes:
    return compact({**base, **members})


def _without(base: dict, *names: str, **members) -> bytes:
    return compact({k: v for k, v in {**base, **members}.items() if k not in names})


def _raw(text: str, base: dict = GOOD) -> bytes:
    """The event with a member more, spelled as given."""
    return compact(base)[:-1] + b"," + text.encode("utf-8", "surrogatepass") + b"}"


def _amount(number: str) -> bytes:
    """An event of an amount spelled as given."""
    return _raw('"quantityList":[{"epcClass":"%s","quantity":%s}]' % (APPLES, number))


def _deep(levels: int) -> str:
    return "[" * levels + "]" * levels


def _times(times: dict[str, str], **members) -> dict[str, bytes]:
    return {name: _with(MADE, eventTime=time, **members) for name, time in times.items()}


def _readable() -> dict[str, Any]:
    """Events that break nothing."""
    return {
        **_times({
            "a fraction of 13 digits": "2026-01-05T08:00:00.1234567890123Z",
            "a zone of +14:00": "2026-03-01T13:59:59.999+14:00",
            "a zone of -14:00": "2026-02-28T10:00:00-14:00",
            "a zone of -00:00": "2026-01-05T08:00:00-00:00",
            "the leap day": "2024-02-29T23:59:59Z",
            "the first second of 1970": "1970-01-01T00:00:00Z",
            "the last millisecond of 9999": "9999-12-31T23:59:59.999Z",
            "a month that in UTC is the next year's": "2025-12-31T23:30:00-01:00"}),
        "an offset other than that of the time": _with(MADE, eventTimeZoneOffset="-14:00"),
        "white space between everything": b"\r\n\t " + compact(GOOD).replace(b",", b" ,\n").replace(
            b'":', b'"\t: ') + b" \n",
        "a name spelled with escapes": compact(GOOD).replace(b'"epcList"', b'"\\u0065pc\\u004cist"'),
        "an identifier spelled with escapes": _with(GOOD, epcList=[LINK]).replace(b"/", b"\\/"),
        "a name of 2,048 bytes": _raw('"ex:%s":1' % ("n" * 2045)),
        "a name of 2,048 bytes with its escapes": _raw('"ex:%s":1' % ("\\u006e" * 340 + "nnnnn")),
        "63 arrays in the event": _raw('"ex:a":' + _deep(63)),
        "an escaped NUL": _raw('"ex:a":"\\u0000"'),
        "surrogates in a pair": _raw('"ex:a":"\\ud83d\\uDE00\U0001F600"'),
        "a delete character": _raw('"ex:a":"\x7f"'),
        "a number of 128 characters": _raw('"ex:a":1' + "0" * 127),
        "empty lists": _with(GOOD, quantityList=[], sourceList=[], destinationList=[],
                             bizTransactionList=[], sensorElementList=[], certificationInfo=[]),
        "a quantity of -0": _amount("-0"),
        "a quantity of 0e9999999": _amount("0e9999999"),
        "a quantity of 2^127 - 1": _amount("170141183460469231731687303715884105727"),
        "a quantity of 2^127 - 1, tenfold": _amount("170141183460469231731687303715884105727.0E+1"),
        "a quantity of 1e64": _amount("1e64"),
        "a quantity of 1e-64": _amount("1E-64"),
        "a quantity of 100e62": _amount("100e62"),
        "a quantity of 2^53 + 1": _amount("9007199254740993"),
        "a step of gs1.org by http": _with(GOOD, bizStep="http://gs1.org/cbv/BizStep-receiving"),
        "a step without its prefix": _with(GOOD, bizStep="cbv:shipping"),
        "a step of one's own": _with(GOOD, bizStep="ex:shipping"),
        "a source whose type is a CURIE": _with(GOOD, sourceList=[
            {"type": "cbv:SDT-location", "source": FARM_SITE}]),
        "a place with more members": _with(GOOD, readPoint={"id": FARM_SITE, "ex:door": [1]}),
        "an EPC URN that begins in capitals": _with(GOOD, epcList=["URN:EPC:" + BOTTLE[8:]]),
    }


def _loose() -> dict[str, tuple[str, bytes]]:
    """Events that the rules read and the schema refuses: name → what admission says, content."""
    own = {"ex:a": 1}
    return {
        "an unknown member": ("epcis.unexpected isA", _with(GOOD, isA=1)),
        "members that only Unicode thinks equal": (
            "epcis.unexpected ex:é", _raw('"ex:\u00e9":1,"ex:e\u0301":2')),
        "eventID is a number": ("epcis.format eventID", _with(GOOD, eventID=1)),
        "recordTime is no time": ("epcis.time recordTime", _with(GOOD, recordTime="now")),
        "disposition is unknown": ("epcis.vocabulary disposition", _with(GOOD, disposition="lost")),
        "bizStep is unknown": ("epcis.vocabulary bizStep", _with(GOOD, bizStep="sending")),
        "bizStep is the XML spelling": ("epcis.vocabulary bizStep", _with(
            GOOD, bizStep="urn:epcglobal:cbv:bizstep:shipping")),
        "bizStep is in capitals": ("epcis.vocabulary bizStep", _with(GOOD, bizStep="SHIPPING")),
        "bizStep is empty": ("epcis.vocabulary bizStep", _with(GOOD, bizStep="")),
        "@context is null": ("epcis.format @context", compact({**GOOD, "@context": None})),
        "@context holds an entry twice": (
            "epcis.repeated @context[1]", compact({**GOOD, "@context": ["ex:a", "ex:a"]})),
        "an EPC twice": ("epcis.repeated epcList[1]", _with(GOOD, epcList=[BOTTLE, BOTTLE])),
        "an EPC with two fragments": ("epcis.uri epcList[0]", _with(GOOD, epcList=["urn:a:b#c#d"])),
        "ilmd of an observation": ("epcis.unexpected ilmd", _with(GOOD, ilmd=own)),
        "ilmd is a text": ("epcis.format ilmd", _with(MADE, ilmd="x")),
        "parentID of an ObjectEvent is null": (
            "epcis.unexpected parentID", _with(GOOD, parentID=None)),
        "transformationID of an ObjectEvent is a number": (
            "epcis.unexpected transformationID", _with(GOOD, transformationID=1)),
        "epcList of a TransformationEvent is a text": (
            "epcis.unexpected epcList", _with(PRESSED, epcList="x")),
        "childEPCs of a TransactionEvent are an object": (
            "epcis.unexpected childEPCs", _with(TIED, childEPCs={})),
        "bizTransactionList of an ObjectEvent is an object": (
            "epcis.format bizTransactionList", _with(GOOD, bizTransactionList={})),
        "a business transaction is null": (
            "epcis.format bizTransactionList[0]", _with(TIED, bizTransactionList=[None])),
        "a sensor element is null": (
            "epcis.format sensorElementList[0]", _with(SENSED, sensorElementList=[None])),
        "sensorElementList of an AggregationEvent is a text": (
            "epcis.format sensorElementList", _with(PACKED, sensorElementList="x")),
        "a TransactionEvent of nothing at a place": ("epcis.nothing-stated ", _without(
            TIED, "epcList", readPoint=place(FARM_SITE))),
        "a TransactionEvent of nothing has no row": (
            "epcis.nothing-stated ", _without(TIED, "epcList")),
        "persistentDisposition is a list": (
            "epcis.format persistentDisposition", _with(GOOD, persistentDisposition=[])),
        "errorDeclaration is false": (
            "epcis.format errorDeclaration", _with(GOOD, errorDeclaration=False)),
        "a quantity with an extension": ("epcis.unexpected quantityList[0].ex:a", _with(
            GOOD, quantityList=[{**quantity(APPLES), **own}])),
        "uom is no code": ("epcis.value quantityList[0].uom", _with(
            GOOD, quantityList=[quantity(APPLES, 1, "kilo")])),
        "a source's type is unknown": ("epcis.vocabulary sourceList[0].type", _with(
            GOOD, sourceList=[{"type": "broker", "source": SHOP.uri}])),
        "a party's type in capitals is none": ("epcis.vocabulary destinationList[0].type", _with(
            GOOD, destinationList=[{"type": "OWNING_PARTY", "destination": SHOP.uri}])),
        "a place with an unknown member": (
            "epcis.unexpected bizLocation.name", _with(GOOD, bizLocation={
                "id": FARM_SITE, "name": "the farm"})),
    }


def _no_json() -> dict[str, bytes]:
    text = compact(GOOD)
    return {
        "nothing at all": b"", "a byte order mark": b"\xef\xbb\xbf" + text, "a cut": text[:-1],
        "something after the end": text + b"{}", "a NUL after the end": text + b"\0",
        "a no-break space after the end": text + b"\xc2\xa0", "UTF-16": text.decode().encode("utf-16"),
        "a comma before the end": text[:-1] + b",}", "a comment": b"/**/" + text,
        "single quotation marks": text.replace(b'"', b"'"),
        "a bare tab in a string": _raw('"ex:a":"\t"'),
        "a bare NUL in a string": _raw('"ex:a":"\0"'),
        "UTF-8 cut short": text[:-1] + b',"ex:a":"\xc3"}',
        "UTF-8 longer than need be": text[:-1] + b',"ex:a":"\xc0\xaf"}',
        "a surrogate in UTF-8": _raw('"ex:a":"\ud800"'),
        "UTF-8 beyond Unicode": text[:-1] + b',"ex:a":"\xf4\x90\x80\x80"}',
        "half a surrogate pair": _raw('"ex:a":"\\ud83d"'),
        "half a surrogate pair in a name": _raw('"ex:\\ude00":1'),
        "surrogates in the wrong order": _raw('"ex:a":"\\ude00\\ud83d"'),
        "an unknown escape": _raw('"ex:a":"\\x41"'),
        "an escape of three digits": _raw('"ex:a":"\\u041"'),
        "a member twice": _raw('"action":"OBSERVE"'),
        "a member twice, once with an escape": _raw('"\\u0061ction":"OBSERVE"'),
        "a member twice in what is not read": _raw('"ex:a":[{"b":1,"b":1}]'),
        "64 arrays in the event": _raw('"ex:a":' + _deep(64)),
        "a name of 2,049 bytes": _raw('"ex:%s":1' % ("n" * 2046)),
        "a name of 2,049 bytes with its escapes": _raw('"ex:%s":1' % ("\\u006e" * 341)),
        "a number of 129 characters": _raw('"ex:a":1' + "0" * 128),
        **{f"the number {number}": _raw(f'"ex:a":{number}') for number in (
            "+1", "01", "1.", ".5", "1e", "0x1", "NaN", "-Infinity", "-", "1_000")},
        "True": _raw('"ex:a":True'), "no value": _raw('"ex:a":'),
        "a name that is a number": _raw("1:1"),
    }


def _missing() -> dict[str, bytes]:
    return {
        **{f"no {name}": _without(GOOD, name)
           for name in ("@context", "type", "eventTime", "eventTimeZoneOffset", "action")},
        "readPoint without id": _with(GOOD, readPoint={}),
        "a source without its type": _with(GOOD, sourceList=[{"source": FARM_SITE}]),
        "a source without its source": _with(
            GOOD, sourceList=[{"type": "location", "destination": FARM_SITE}]),
        "a quantity without its class": _with(GOOD, quantityList=[{"quantity": 1}]),
        "AggregationEvent ADD without parent": _without(PACKED, "parentID"),
        "AggregationEvent DELETE without parent": _without(PACKED, "parentID", action="DELETE"),
        "AssociationEvent OBSERVE without parent": _without(
            PACKED, "parentID", type="AssociationEvent", action="OBSERVE"),
        "TransactionEvent with an empty bizTransactionList": _with(TIED, bizTransactionList=[]),
    }


def _wrong_types() -> dict[str, bytes]:
    wrong = [
        (GOOD, "type", 1), (GOOD, "eventTime", 1767600000), (GOOD, "eventTimeZoneOffset", None),
        (GOOD, "action", None), (GOOD, "bizStep", None), (GOOD, "bizStep", ["shipping"]),
        (GOOD, "readPoint", FARM_SITE), (GOOD, "readPoint", {"id": None}),
        (GOOD, "bizLocation", None), (GOOD, "sourceList", {}), (GOOD, "sourceList", [FARM_SITE]),
        (GOOD, "sourceList", [{"type": 1, "source": FARM_SITE}]),
        (GOOD, "destinationList", [{"type": "location", "destination": {"id": FARM_SITE}}]),
        (PACKED, "destinationList", None), (GOOD, "certificationInfo", 1),
        (TIED, "certificationInfo", [None]), (GOOD, "certificationInfo", {}),
        (GOOD, "epcList", None), (GOOD, "epcList", BOTTLE), (GOOD, "epcList", [[BOTTLE]]),
        (GOOD, "epcList", [BOTTLE, None]), (TIED, "epcList", {}), (GOOD, "quantityList", [APPLES]),
        (GOOD, "quantityList", [{"epcClass": 1}]),
        (GOOD, "quantityList", [{"epcClass": APPLES, "quantity": "1"}]),
        (GOOD, "quantityList", [{"epcClass": APPLES, "quantity": None}]),
        (GOOD, "quantityList", [{"epcClass": APPLES, "uom": 1}]), (PACKED, "parentID", None),
        (PACKED, "parentID", [PALLET]), (TIED, "parentID", 1), (PACKED, "childEPCs", {}),
        (PACKED, "childQuantityList", 0), (PRESSED, "inputEPCList", False),
        (PRESSED, "transformationID", None), (TIED, "bizTransactionList", {}),
        (GOOD, "sensorElementList", {}), (GOOD, "sensorElementList", None)]
    made = {f"{base['type']}: {name} is {compact(value).decode()}": _with(base, **{name: value})
            for base, name, value in wrong}
    return {**made, "the event is an array": b"[" + compact(GOOD) + b"]",
            "the event is null": b"null"}


def _no_times() -> dict[str, bytes]:
    day = "2026-01-05"
    times = ["0000-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01",
             "9999-12-31T23:59:59-00:01", "2016-12-31T23:59:60Z", f"{day}T24:00:00Z",
             f"{day}T08:60:00Z", f"{day}t08:00:00Z", f"{day}T08:00:00z", f"{day} 08:00:00Z",
             f"{day}T08:00:00,5Z", f"{day}T08:00:00.Z", f"{day}T08:00Z", f"{day}T08:00:00", day,
             f"{day}T08:00:00+14:01", f"{day}T08:00:00-23:59", f"{day}T08:00:00+1:00",
             f"{day}T08:00:00+0100", f"{day}T08:00:00+01", f"{day}T08:00:00+01:60",
             "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2100-02-29T00:00:00Z",
             "2026-00-05T00:00:00Z", "2026-13-05T00:00:00Z", "2026-01-00T00:00:00Z",
             "10000-01-01T00:00:00Z", f" {day}T08:00:00Z", f"{day}T08:00:00Z\n", "",
             "２０２６-01-05T08:00:00Z", f"{day}T08:00:00+00:00Z", f"{day}T08:00:00\u221214:00"]
    offsets = ["Z", "", "00:00", "+14:01", "+15:00", "-13:60", "+1:00", "+0100", "+00:00 ", "\u221201:00"]
    return {**{f"eventTime {time!a}": _with(GOOD, eventTime=time) for time in times},
            **{f"eventTimeZoneOffset {each!a}": _with(GOOD, eventTimeZoneOffset=each)
               for each in offsets}}


def _no_identifiers() -> dict[str, bytes]:
    spelled = {
        "empty": "", "relative": "bottle", "with a space": "urn:a:b c", "not ASCII": "urn:a:é",
        "with a brace": "urn:a:{b}", "with half a percent-encoding": "urn:a:%4",
        "without a host": "https:///01/1", "without //": "http:example.com",
        "an EPC URN with too few parts": "urn:epc:id:sgtin:9521002.054321",
        "an EPC URN with a query": BOTTLE + "?x", "with a line feed": BOTTLE + "\n"}
    made = {f"an EPC {name}": _with(GOOD, epcList=[text]) for name, text in spelled.items()}
    return {
        **made, "a class that is relative": _with(GOOD, quantityList=[quantity("apples")]),
        "a parent that is relative": _with(PACKED, parentID="pallet"),
        "a site that is relative": _with(GOOD, readPoint=place("farm")),
        "a party that is relative": _with(
            GOOD, destinationList=[{"type": "owning_party", "destination": "shop"}]),
        "a certificate that is relative": _with(GOOD, certificationInfo=["1"]),
        "an empty certificate": _with(GOOD, certificationInfo=""),
        "a process that is relative": _with(PRESSED, transformationID="run")}


def _refused() -> dict[str, dict[str, bytes]]:
    """Code → what it refuses."""
    return {
        "json": _no_json(), "epcis.missing": _missing(), "epcis.format": _wrong_types(),
        "epcis.time": _no_times(), "identifier.malformed": _no_identifiers(),
        "identifier.check-digit": {"an EPC with a wrong check digit": _with(
            GOOD, epcList=["https://id.gs1.org/01/09521002543217/21/b1"])},
        "identifier.too-long": {
            "an EPC of 2,049 bytes": _with(GOOD, epcList=["urn:a:" + "b" * 2043])},
        "epcis.event-type": {f"type {kind!r}": _with(GOOD, type=kind) for kind in (
            "objectEvent", "QuantityEvent", "epcis:ObjectEvent", "", "ObjectEvent ")},
        "epcis.vocabulary": {f"action {action!r}": _with(GOOD, action=action) for action in (
            "add", "CHANGE", "", "ADD ")},
        "epcis.unexpected": {
            "TransformationEvent with an action": _with(PRESSED, action="ADD"),
            "TransformationEvent with an action of null": _with(PRESSED, action=None)},
        "epcis.value": {f"a quantity of {number}": _amount(number) for number in (
            "-1", "-1e-9", "170141183460469231731687303715884105728", "1e65", "10e64", "1e-65",
            "0.1e-64", "1e999999999", "-1e999")},
        "epcis.nothing-stated": {
            "ObjectEvent of nothing": _without(GOOD, "epcList"),
            "ObjectEvent of empty lists": _with(GOOD, epcList=[], quantityList=[]),
            "ObjectEvent of a sensor without a place": _without(SENSED, "readPoint"),
            "ObjectEvent of a sensor with a bizLocation only": _without(
                SENSED, "readPoint", bizLocation=place(PRESS_SITE)),
            "ObjectEvent of a place without a sensor": _with(SENSED, sensorElementList=[]),
            "AggregationEvent ADD without children": _without(PACKED, "childEPCs"),
            "AggregationEvent OBSERVE without children": _without(
                PACKED, "childEPCs", action="OBSERVE", childQuantityList=[]),
            "AssociationEvent ADD whose children are in epcList": _without(
                PACKED, "childEPCs", type="AssociationEvent", epcList=[BOTTLE]),
            "TransformationEvent without outputs": _without(PRESSED, "outputQuantityList"),
            "TransformationEvent of an id alone": _without(
                PRESSED, "inputQuantityList", "outputQuantityList", transformationID="ex:run")},
    }


def _rows(content: bytes) -> list:
    found = epcis.read(content).rows()
    return [list(row) for row in sorted(found, key=lambda r: (r[0], r[1].encode(), r[2]))]


def cases() -> list[dict]:
    """Events that are read, events that only the schema refuses, events that are refused."""
    made = [{"name": name, "content": content.hex(), "expect": _rows(content)}
            for name, content in _readable().items()]
    made += [{"name": name, "content": content.hex(), "expect": _rows(content), "admission": said}
             for name, (said, content) in _loose().items()]
    for code, contents in _refused().items():
        made += [{"name": name, "content": content.hex(), "error": _code(content, code)}
                 for name, content in contents.items()]
    return made


def _code(content: bytes, expected: str) -> str:
    """The code, which is the expected one or, of JSON, of its layer."""
    try:
        epcis.read(content)
    except Refused as refused:
        if refused.code == expected or refused.code.startswith(expected + "."):
            return refused.code
        raise AssertionError(f"{refused.code}, not {expected}: {content!r}") from None
    raise AssertionError(f"not refused: {content!r}")


FILES = {
    "event-content": ("§8.1", "Events that can be read, with their rows as sorted [facet, URI, "
                      "role]; where `admission` stands, the code and field with which the schema "
                      "refuses them; events that cannot be read.", cases),
}
