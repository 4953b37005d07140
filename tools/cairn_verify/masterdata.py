"""Master data as records say it, SPEC §8.8."""

import json
import re
from fractions import Fraction
from typing import Any, Callable

from . import cbor, gs1, jsontext
from .epcis import ASSERTIONS
from .facts import Facts
from .refusal import Refused, need

CONTENT_TYPE = "application/vnd.cairn.master-data+cbor"
CODE = "record.master-data"
KINDS = ("product", "site", "plot", "organisation")
PARTS = ("streetAddress", "postOfficeBoxNumber", "postalCode", "addressLocality",
         "addressRegion", "countryCode", "country")
DECIMAL = re.compile(r"-?(?:0|[1-9]\d*)(?:\.\d*[1-9])?", re.ASCII)
UNIT = re.compile("[A-Z0-9]{2,3}")
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*")
COORDINATES, GEOMETRY, CONVERSIONS, ATTRIBUTES = 4, 5, 6, 8
MAX_GEOMETRY, MAX_POSITIONS = 256 * 1024, 10_000
NESTING = {"Point": 0, "Polygon": 2, "MultiPolygon": 3}


def read(body: list) -> dict | None:
    """The members of a master data body; None of another type, or one that breaks §8.8."""
    if body[0] != CONTENT_TYPE:
        return None
    try:
        members = cbor.decode(body[1])
        good = type(members) is dict and set(members) <= set(range(1, 9))
        need(good and members.get(1) in KINDS, CODE, "members")
        for key, value in members.items():
            if key > 1:
                MEMBERS[key](value)
    except Refused:
        return None
    return members


def holding(facts: Facts, uri: str, at: int) -> list[tuple[dict, bytes]]:
    """What holds at a time about a thing, by its owner or those whose word counts about it, by
    their URIs.

    Of each the record that was from the latest time on, of two of one time the later registered."""
    owners = facts.known.closure.ownership.owners(uri)
    registered = facts.registered(uri)
    newest: dict[str, tuple] = {}
    for record, issuer, digest in facts.records(uri, "master-data"):
        if record[5] <= at and (issuer in owners or facts.counts(issuer, ASSERTIONS, uri)):
            members = read(record[9])
            mark = record[5], registered[digest, issuer], digest
            if members is not None and (issuer not in newest or newest[issuer][0] < mark):
                newest[issuer] = mark, record.get(6), members
    return [(members, mark[2]) for _, (mark, until, members)
            in sorted(newest.items(), key=lambda each: each[0].encode())
            if until is None or at < until]


def is_placed(facts: Facts, site: str, at: int) -> bool:
    """Whether coordinates or a geometry of a site are on record."""
    return any(COORDINATES in members or GEOMETRY in members
               for members, _ in holding(facts, site, at))


def decimal(value: Any) -> Fraction:
    """A decimal text without exponent and without useless zeros."""
    good = type(value) is str and DECIMAL.fullmatch(value) is not None and value != "-0"
    need(good, CODE, "decimal")
    return Fraction(value)


def _text(value: Any, limit: int = 4096) -> str:
    return cbor.text(value, "text", limit, CODE)


def _listed(most: int, size: int, check: Callable[..., Any]) -> Callable[[Any], None]:
    """A list in the order of its encodings, none twice, of rows that hold."""
    def read_list(value: Any) -> None:
        rows = cbor.array(value, "list", None, CODE)
        need(1 <= len(rows) <= most, CODE, "length of a list")
        for row in rows:
            check(*cbor.array(row, "row", size, CODE))
        cbor.ascending([cbor.encode(row) for row in rows], "list", CODE)
    return read_list


def _distinct(rows: list, key: Callable[[list], Any]) -> None:
    need(len({key(row) for row in rows}) == len(rows), CODE, "said twice")


def _names(value: Any) -> None:
    def name(language: Any, text: Any) -> None:
        good = type(language) is str and LANGUAGE.fullmatch(language) is not None
        need(good, CODE, "language")
        _text(text)
    _listed(64, 2, name)(value)
    _distinct(value, lambda row: row[0])


def _address(value: Any) -> None:
    def part(name: Any, text: Any) -> None:
        need(name in PARTS, CODE, "part of an address")
        _text(text)
        need(name != "countryCode" or re.fullmatch("[A-Z]{2}", text) is not None, CODE, "country")
    _listed(len(PARTS), 2, part)(value)
    _distinct(value, lambda row: row[0])


def _coordinates(value: Any) -> None:
    latitude, longitude = map(decimal, cbor.array(value, "coordinates", 2, CODE))
    need(abs(latitude) <= 90 and abs(longitude) <= 180, CODE, "coordinates")


def _unit(value: Any) -> None:
    need(type(value) is str and UNIT.fullmatch(value) is not None, CODE, "unit")


def _conversions(value: Any) -> None:
    def conversion(source: Any, target: Any, factor: Any) -> None:
        _unit(source)
        _unit(target)
        need(source != target and decimal(factor) > 0, CODE, "conversion")
    _listed(64, 3, conversion)(value)
    _distinct(value, lambda row: frozenset(row[:2]))


def _packs(value: Any) -> None:
    def pack(content: Any, quantity: Any, unit: Any) -> None:
        need(content is None or type(content) is str and gs1.is_canonical(content), CODE, "pack")
        need(decimal(quantity) > 0, CODE, "quantity of a pack")
        _unit(unit)
    _listed(64, 3, pack)(value)


def _attributes(value: Any) -> None:
    def attribute(name: Any, text: Any) -> None:
        _text(name, 2048)
        _text(text)
    _listed(256, 2, attribute)(value)


def _geometry(value: Any) -> None:
    source = _text(value, MAX_GEOMETRY).encode()
    json_value = jsontext.parse(source)
    good = type(json_value) is dict and list(json_value) == ["type", "coordinates"]
    need(good and json_value["type"] in NESTING, CODE, "geometry")
    compact = re.sub(r'"(-?\d[^"]*)"', r"\1", json.dumps(json_value, separators=(",", ":")))
    need(compact.encode() == source, CODE, "geometry is not compact")
    positions = _positions(json_value["coordinates"], NESTING[json_value["type"]])
    need(positions <= MAX_POSITIONS, CODE, "too many positions")


def _positions(value: Any, depth: int) -> int:
    """How many positions there are; refuses rings that are open or too short."""
    need(type(value) is list and bool(value), CODE, "coordinates")
    if depth == 0:
        good = 2 <= len(value) <= 3 and all(type(each) is jsontext.Number for each in value)
        need(good, CODE, "position")
        longitude, latitude = map(Fraction, value[:2])
        need(abs(longitude) <= 180 and abs(latitude) <= 90, CODE, "position")
        return 1
    if depth == 1:
        need(len(value) >= 4 and value[0] == value[-1], CODE, "ring")
    return sum(_positions(each, depth - 1) for each in value)


MEMBERS = {2: _names, 3: _address, COORDINATES: _coordinates, GEOMETRY: _geometry,
           CONVERSIONS: _conversions, 7: _packs, ATTRIBUTES: _attributes}
