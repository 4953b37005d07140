"""Vectors of §5: how a document becomes one part content for each event."""

from typing import Any

from cairn_verify import jsontext

CONTEXT = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r",
           "\t": "\\t"}


def write(value: Any) -> str:
    """Compact JSON as SPEC §5 wants it."""
    if isinstance(value, jsontext.Number):
        return str(value)
    if isinstance(value, str):
        return '"' + "".join(ESCAPES.get(c, f"\\u{ord(c):04x}" if ord(c) < 32 else c)
                             for c in value) + '"'
    if isinstance(value, dict):
        return "{" + ",".join(f"{write(k)}:{write(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    return {True: "true", False: "false", None: "null"}[value]


def _entries(context: Any) -> list:
    if context is None:
        return []
    return context if isinstance(context, list) else [context]


def _events(document: Any) -> tuple[list, list]:
    """The context entries and the events of what a caller has."""
    if isinstance(document, list):
        return [], document
    body = document.get("epcisBody")
    if body is None:
        return [], [document]
    if "queryResults" in body:
        body = body["queryResults"]["resultsBody"]
    return _entries(document.get("@context")), body["eventList"]


def split(source: bytes) -> list[bytes]:
    """The part contents of a document, query document, array of events or bare event."""
    context, events = _events(jsontext.parse(source))
    contents = []
    for each in events:
        whole: list = []
        for entry in context + _entries(each.get("@context")):
            if entry not in whole:
                whole.append(entry)
        rest = {k: v for k, v in each.items() if k != "@context"}
        contents.append(write({"@context": whole, **rest}).encode())
    return contents


def _documents() -> dict[str, str]:
    event = ('{ "type": "ObjectEvent", "action": "ADD", "epcList": ["urn:a:b"],'
             ' "eventTime": "2026-01-05T08:00:00Z", "eventTimeZoneOffset": "+00:00" %s }')
    document = ('{"@context": %s, "type": "EPCISDocument", "schemaVersion": "2.0",'
                ' "creationDate": "2026-01-05T09:00:00Z", "epcisBody": {"eventList": [%s]}}')
    own = ', "@context": ["%s", {"ex": "https://ex.example/"}]' % CONTEXT
    query = ('{"@context": ["%s"], "type": "EPCISQueryDocument", "epcisBody": {"queryResults":'
             ' {"queryName": "q", "resultsBody": {"eventList": [%s]}}}}')
    return {
        "a document of two events, its context a text":
            document % (f'"{CONTEXT}"', event % "" + ", " + event % ', "ex:n": 1'),
        "context entries of document and event without repetition":
            document % (f'["{CONTEXT}", {{"ex2": "https://ex2.example/"}}]', event % own),
        "a query document": query % (CONTEXT, event % ""),
        "an array of events": "[" + event % own + "]",
        "a bare event whose context is not first": event % own,
        "numbers stay as written": event % (
            own + ', "ex:n": [1.50, 1e3, 1E-2, -0, 0.10, 123456789012345678901234567890]'),
        "strings keep text and escape little": event % (
            own + r', "ex:s": "\u0041\/\u00fc\ud83c\udf4e\b\f\n\r\t\u0001\"\\ \u007f"'),
    }


def splitting_cases() -> list[dict]:
    """Documents and the contents they become."""
    return [{"name": name, "document": source, "expect": [c.decode() for c in
                                                          split(source.encode())]}
            for name, source in _documents().items()]


FILES = {"splitting": ("§5", "Documents and the part contents they become.", splitting_cases)}
