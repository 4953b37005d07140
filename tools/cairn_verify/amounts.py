"""Amounts of material in one unit, exactly: SPEC §24.5."""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Callable, Iterable

from .claims import Scheme
from .epcis import MAX_EXPONENT, MAX_SIGNIFICAND, NUMBER, Stated, exact, exactness
from .facts import Facts
from .masterdata import ATTRIBUTES, CONVERSIONS, decimal, holding

PIECES = "H87"
SAME = {"C62": PIECES, "EA": PIECES, "PCE": PIECES, None: PIECES}
GRAMS = {"GRM": 1, "KGM": 1000, "TNE": 1_000_000}
LED = re.compile(r"-?0\d")  # no number in JSON
MAX_NUMBER = 4096
CONTENT = "urn:cairn:content:"


@dataclass
class Amount:
    """An amount, and the master data by which it was converted."""

    value: Fraction
    cited: set[bytes] = field(default_factory=set)


def _written(value: Fraction) -> tuple[int, int] | None:
    """A decimal as s and e, so that it is s × 10ᵉ and ten does not divide s; None of others."""
    power, rest = 0, value
    while rest.denominator != 1:
        if power < -2 * MAX_EXPONENT:
            return None
        power -= 1
        rest *= 10
    whole = rest.numerator
    while whole and whole % 10 == 0:
        whole, power = whole // 10, power + 1
    return whole, power if whole else 0


def fits(value: Fraction) -> bool:
    """Whether a decimal is within the bounds of a quantity, SPEC §8.1."""
    written = _written(value)
    return written is not None and abs(written[0]) < MAX_SIGNIFICAND \
        and abs(written[1]) <= MAX_EXPONENT


def is_bounded(share: Fraction) -> bool:
    """Whether a fraction in lowest terms is within the bounds of a share."""
    return share.numerator < MAX_SIGNIFICAND and share.denominator < MAX_SIGNIFICAND


def product(*factors: Fraction) -> Fraction | None:
    """Factors multiplied in their order; None where one, or what they come to, does not fit."""
    whole = Fraction(1)
    for each in factors:
        whole *= each
        if not is_bounded(each) or not is_bounded(whole):
            return None
    return whole


def text(value: Fraction) -> str:
    """A decimal without exponent."""
    whole, power = _written(value)
    if power >= 0:
        return str(whole) + "0" * power
    digits = str(abs(whole)).rjust(1 - power, "0")
    return ("-" if whole < 0 else "") + digits[:power] + "." + digits[power:]


def quantity(number: str) -> Fraction | None:
    """A number in a text; None where it is none, or does not fit."""
    match = NUMBER.fullmatch(number)
    if match is None:
        return None
    sign, whole, fraction, exponent = match.groups("")
    plain = f"{sign}{whole.lstrip('0') or '0'}.{fraction.rstrip('0') or '0'}e{exponent or '0'}"
    return exact(plain) if len(plain) <= MAX_NUMBER and exactness(plain)[0] else None


def unit_of(unit: str | None) -> str:
    """A unit; the codes of pieces are one, and it is meant where there is none."""
    return SAME.get(unit, unit)


def converted(value: Fraction, source: str | None, target: str | None) -> Fraction | None:
    """An amount in another unit, where that does not depend on the goods."""
    source, target = unit_of(source), unit_of(target)
    if source == target:
        return value
    if source in GRAMS and target in GRAMS:
        value = value * GRAMS[source] / GRAMS[target]
        return value if fits(value) else None
    return None


@dataclass
class PartialSum:
    """What can be counted of some amounts, from the largest down, each with whose word it is and
    in which part; and the first, by part, of what cannot: missing, or it does not fit."""

    total: Fraction = Fraction(0)
    counted: set[bytes] = field(default_factory=set)
    left: tuple[bytes, str] | None = None

    @staticmethod
    def of(amounts: Iterable[tuple[Fraction | None, bytes, str]],
           bound: Callable[[Fraction], bool]) -> "PartialSum":
        """The sum, in which each number is within a bound."""
        amounts, whole = list(amounts), PartialSum()
        left = [each[1:] for each in amounts if each[0] is None]
        for value, digest, issuer in sorted((each for each in amounts if each[0] is not None),
                                            key=lambda each: (-each[0], each[1:])):
            if value >= 0 and bound(value) and bound(whole.total + value):
                whole.total += value
                whole.counted.add(digest)
            else:
                left.append((digest, issuer))
        whole.left = min(left, default=None)
        return whole


class Amounts:
    """Counts what events state in one unit, that of a scheme if none is said."""

    def __init__(self, facts: Facts, scheme: Scheme, unit: str | None = None):
        self.facts, self.unit = facts, unit or scheme.unit
        self._holding: dict[tuple[str, int], list] = {}

    def counted(self, stated: Stated, at: int) -> Amount | None:
        """An amount in the scheme's unit; None where it is missing or cannot be counted."""
        if stated.amount is None:
            return None
        value = converted(stated.amount, stated.unit, self.unit)
        if value is not None:
            return Amount(value)
        for members, digest in self._master_data(stated.product, at):
            for source, target, factor in members.get(CONVERSIONS, ()):
                if (unit_of(source), unit_of(target)) == (unit_of(stated.unit),
                                                          unit_of(self.unit)):
                    value = stated.amount * decimal(factor)
                    return Amount(value, {digest}) if fits(value) else None
        return None

    def sum(self, stated: Iterable[Stated], at: int) -> Amount | None:
        """The sum of amounts; None where one of them is missing."""
        return self.total(self.counted(each, at) for each in stated)

    def contained(self, element: str, stated: Iterable[Stated], at: int) -> Amount | None:
        """How much of an element is in amounts of products."""
        return self.total(self._content(element, each, at) for each in stated)

    def _content(self, element: str, stated: Stated, at: int) -> Amount | None:
        whole = self.counted(stated, at)
        fraction = self._fraction(element, stated.product or stated.uri, at)
        if whole is None or fraction is None:
            return None
        value = whole.value * fraction[0]
        return Amount(value, whole.cited | {fraction[1]}) if fits(value) else None

    def _fraction(self, element: str, product: str, at: int) -> tuple[Fraction, bytes] | None:
        for members, digest in self._master_data(product, at):
            for name, value in members.get(ATTRIBUTES, ()):
                if name != CONTENT + element or LED.match(value):
                    continue
                fraction = quantity(value)
                if fraction is not None and 0 <= fraction <= 1:
                    return fraction, digest
        return None

    def _master_data(self, product: str | None, at: int) -> list[tuple[dict, bytes]]:
        if product is None:
            return []
        if (product, at) not in self._holding:
            self._holding[product, at] = holding(self.facts, product, at)
        return self._holding[product, at]

    @staticmethod
    def total(amounts: Iterable[Amount | None]) -> Amount | None:
        total = Amount(Fraction(0))
        for each in amounts:
            if each is None:
                return None
            total = Amount(total.value + each.value, total.cited | each.cited)
            if not fits(total.value):
                return None
        return total
