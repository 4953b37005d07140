"""JSON as records hold it: bounded, no repeated members, numbers kept as written."""

import json

from .refusal import Refused, need

MAX_DEPTH = 64
MAX_VALUES = 1_000_000


MAX_NUMBER = 128


class Number(str):
    """A JSON number in its own spelling."""


def _number(spelling: str) -> Number:
    need(len(spelling) <= MAX_NUMBER, "json.too-large", "number longer than 128 bytes")
    return Number(spelling)


def _bounded(source: str) -> None:
    """Counts depth and values outside strings before anything recursive runs."""
    depth = values = 0
    inside = escaped = False
    for character in source:
        if inside:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                inside = False
            continue
        if character == '"':
            inside = True
        elif character in "[{":
            depth += 1
            values += 1
            need(depth <= MAX_DEPTH, "json.depth", "nested more than 64 deep")
        elif character in "]}":
            depth -= 1
        elif character == ",":
            values += 1
    need(values <= MAX_VALUES, "json.too-large", "more than 1,000,000 values")


def _object(pairs: list) -> dict:
    result = dict(pairs)
    need(len(result) == len(pairs), "json.duplicate-key", "an object names a member twice")
    return result


def _no_constant(name: str):
    raise Refused("json.syntax", f"{name} is no JSON value")


def parse(content: bytes):
    """The JSON value of these bytes; raises Refused `json.*`."""
    try:
        source = content.decode("utf-8")
        _bounded(source)
        value = json.loads(source, object_pairs_hook=_object, parse_constant=_no_constant,
                           parse_int=_number, parse_float=_number)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise Refused("json.syntax", str(error)) from None
    return value
