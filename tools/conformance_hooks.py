"""What schemathesis must know to ask a node for what its own document describes.

Loaded by tools/conformance, into itself and into schemathesis. A value in CBOR stands in the
document as the same value in JSON: a byte string as hexadecimal, an integer key of a map as
decimal, a tagged value as {"tag", "value"}, a sequence as an array. Answers are asked for in each
of the forms that the document lists.
"""

import itertools
import json
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import schemathesis  # noqa: E402

from cairn_verify import cbor  # noqa: E402

SUBMISSION = "application/vnd.cairn.submission+cbor"
SUBMISSIONS = "application/vnd.cairn.submission+cbor-seq"
CONCISE = "application/concise-problem-details+cbor"
FORMS = {}
HEX = re.compile("([0-9a-f]{2})*")


def shown(value):
    """A value of CBOR as JSON."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, cbor.Tag):
        return {"tag": value.number, "value": shown(value.value)}
    if isinstance(value, list):
        return [shown(item) for item in value]
    if isinstance(value, dict):
        return {str(shown(key)): shown(item) for key, item in value.items()}
    return value


def meant(value):
    """A value of JSON as CBOR has it, or something near it: a text of hexadecimal is bytes."""
    if isinstance(value, str):
        return bytes.fromhex(value) if HEX.fullmatch(value) else value
    if isinstance(value, list):
        return [meant(item) for item in value]
    if isinstance(value, dict):
        return {key: meant(item) for key, item in value.items()}
    if isinstance(value, float) or isinstance(value, int) and abs(value) >= 1 << 64:
        return str(value)
    return value


@schemathesis.serializer(SUBMISSION)
def write(_, value):
    """A request's body of one submission."""
    return cbor.encode(meant(value))


@schemathesis.serializer(SUBMISSIONS)
def write_sequence(_, value):
    """A request's body of a sequence of submissions."""
    items = value if isinstance(value, list) else [value]
    return b"".join(cbor.encode(meant(item)) for item in items)


@schemathesis.deserializer(
    "application/cbor", "application/vnd.cairn.evidence+cbor", "application/scitt-receipt+cose",
    CONCISE)
def read(_, response):
    """An answer of one value."""
    return shown(cbor.decode(response.content))


@schemathesis.deserializer("application/cbor-seq")
def read_sequence(_, response):
    """An answer of several."""
    return shown(cbor.sequence(response.content))


@schemathesis.deserializer("application/x-ndjson")
def read_lines(_, response):
    """An answer of lines."""
    return [json.loads(line) for line in response.content.splitlines()]


@schemathesis.hook
def before_call(_, case, kwargs):
    """Asks for each form in turn that the operation's answers may have."""
    # A case that is wrong on purpose would be taken for a right one, once it is touched.
    if case.meta is None or case.meta.generation.mode.is_negative:
        return
    raw = case.operation.definition.raw
    if case.operation.label not in FORMS:
        forms = [form for status, answer in raw["responses"].items() if status < "300"
                 for form in answer.get("content", {})]
        forms += [CONCISE] if case.operation.path == "/entries" else []
        FORMS[case.operation.label] = itertools.cycle(dict.fromkeys([*forms, "*/*"]))
    case.headers["Accept"] = next(FORMS[case.operation.label])
