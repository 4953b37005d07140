"""JSON as records hold it (SPEC §8.1): bounded, no repeated members, numbers kept as written."""

import json
import re

from .refusal import Refused, need

MAX_DEPTH = 64
MAX_VALUES = 1_000_000
MAX_NAME = 2048
MAX_NUMBER = 128

# Strings whole, one without an end to the end, and every byte that opens, closes or separates
# values. A quotation mark always matches, so the whole takes linear time.
TOKEN = re.compile(rb'"((?:[^"\\]+|\\.)*)"?|[\[\]{},:]', re.DOTALL)


class Number(str):
    """A JSON number in its own spelling."""


def _number(spelling: str) -> Number:
    need(len(spelling) <= MAX_NUMBER, "json.number-too-long", "number longer than 128 bytes")
    return Number(spelling)


def _bounded(source: bytes) -> None:
    """Counts depth, values and lengths of names before anything recursive runs."""
    depth, values, string = 0, 1, 0
    for token in TOKEN.finditer(source):
        match token[0]:
            case b"[" | b"{":
                depth += 1
                values += 1
                need(depth <= MAX_DEPTH, "json.too-deep", "nested more than 64 deep")
            case b"]" | b"}":
                depth -= 1
            case b",":
                values += 1
            case b":":
                need(string <= MAX_NAME, "json.name-too-long", "name longer than 2,048 bytes")
            case _:
                string = len(token[1])
    need(values <= MAX_VALUES, "json.too-many-values", "more than 1,000,000 values")


def _object(pairs: list) -> dict:
    result = dict(pairs)
    need(len(result) == len(pairs), "json.duplicate-name", "an object names a member twice")
    return result


def _no_constant(name: str):
    raise Refused("json.syntax", f"{name} is no JSON value")


def parse(content: bytes):
    """The JSON value of these bytes; raises Refused `json.*`."""
    try:
        source = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("json.invalid-utf8", str(error)) from None
    _bounded(content)
    try:
        value = json.loads(source, object_pairs_hook=_object, parse_constant=_no_constant,
                           parse_int=_number, parse_float=_number)
    except (ValueError, RecursionError) as error:
        raise Refused("json.syntax", str(error)) from None
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError as error:
        raise Refused("json.lone-surrogate", str(error)) from None
    return value
