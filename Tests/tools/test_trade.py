"""Amounts, containers and graphs of the second verifier, on facts made by hand."""

import sys
import unittest
from fractions import Fraction
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tools"))

from cairn_verify import amounts, epcis  # noqa: E402
from cairn_verify.facts import Told, identifier  # noqa: E402
from cairn_verify.graph import Graph  # noqa: E402
from cairn_verify.movements import ALWAYS, Movements, Times  # noqa: E402
from cairn_verify.shares import NOTHING, UNKNOWN, WHOLE, Share, mean  # noqa: E402

MAKER = "https://id.gs1.org/417/9521101000009"
OTHER = "https://id.gs1.org/417/9521103000007"
LOT = "https://id.gs1.org/01/09521101000016/10/"


class Hand:
    """Facts that are just events about URIs."""

    def __init__(self, *events: dict):
        self.about: dict[str, list[Told]] = {}
        for number, members in enumerate(events):
            json = {"@context": [], "eventTimeZoneOffset": "+00:00", **members}
            event = epcis.read(_encoded(json))
            told = Told(event, MAKER, number.to_bytes(32, "big"))
            for uri in event.objects:
                self.about.setdefault(uri, []).append(told)

    subject = LOT + "0"

    def events(self, uri: str) -> list[Told]:
        return sorted(self.about.get(uri, []), key=Told.order)

    def owner(self, _) -> str:
        return MAKER

    def owner_of(self, _) -> str:
        return MAKER


class AnyScheme:
    """A scheme that lists no process."""

    processes: dict = {}


def _encoded(json: dict) -> bytes:
    import json as text
    return text.dumps(json).encode()


def at(minute: int) -> str:
    """A time."""
    return f"2026-01-05T{minute // 60:02}:{minute % 60:02}:00Z"


def amount(lot: str, kilograms: float | None = None) -> dict:
    """An element of a list of amounts."""
    stated = {} if kilograms is None else {"quantity": kilograms, "uom": "KGM"}
    return {"epcClass": LOT + lot, **stated}


def packing(minute: int, container: str, action: str = "ADD", lots=(), crates=()) -> dict:
    """Something is put into a container, or taken out of it."""
    return {"type": "AggregationEvent", "action": action, "eventTime": at(minute),
            "parentID": container, "childQuantityList": list(lots), "childEPCs": list(crates)}


def shipping(minute: int, *things: str | dict) -> dict:
    """Goods leave."""
    return {"type": "ObjectEvent", "action": "OBSERVE", "bizStep": "shipping",
            "eventTime": at(minute), "epcList": [each for each in things if type(each) is str],
            "quantityList": [each for each in things if type(each) is dict]}


def crate(number: int) -> str:
    """A logistic unit."""
    body = f"95211010000000{number:03}"
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(body))
    return f"https://id.gs1.org/00/{body}{-total % 10}"


class Containers(unittest.TestCase):
    """What moves with what it was packed into."""

    def moved(self, *events: dict) -> list[list]:
        """The amounts of each movement of lot 1."""
        found = Movements(Hand(*events)).of(LOT + "1")
        return [[each.amount and int(each.amount) for each in moved.stated] for moved in found]

    def test_all_that_was_packed_moves_with_the_containers_that_are_named(self):
        one, two, pallet = crate(1), crate(2), crate(3)
        both = [packing(1, one, lots=[amount("1", 30)]), packing(1, two, lots=[amount("1", 70)])]
        self.assertEqual(self.moved(*both, shipping(9, one, two)), [[30, 70]])
        self.assertEqual(self.moved(*both, shipping(9, one)), [[30]])
        stacked = [*both, packing(2, pallet, crates=[one, two])]
        self.assertEqual(self.moved(*stacked, shipping(9, pallet)), [[30, 70]])
        self.assertEqual(self.moved(*stacked, shipping(9, pallet, one)), [[30, 70]])
        self.assertEqual(self.moved(*stacked, shipping(9, pallet, amount("1", 5))), [[5]])

    def test_a_container_holds_from_each_add_to_the_next_delete(self):
        one, lots = crate(1), [amount("1", 30)]
        events = [packing(1, one, lots=lots), packing(3, one, "DELETE", lots),
                  packing(5, one, lots=[amount("1", 40)]), packing(7, one, lots=[amount("1", 50)])]
        for minute, expected in ((0, []), (1, [[30]]), (3, [[30]]), (4, []), (5, [[40]]),
                                 (6, [[40]]), (7, [[50]]), (99, [[50]])):
            with self.subTest(minute):
                self.assertEqual(self.moved(*events, shipping(minute, one)), expected)

    def test_a_container_holds_what_was_not_taken_out(self):
        one, lots = crate(1), [amount("1", 30)]
        put = packing(1, one, lots=lots)
        use = {"type": "TransformationEvent", "eventTime": at(5), "inputEPCList": [one],
               "outputQuantityList": [amount("0", 1)]}
        for more, held, is_emptied in (
                ((), ["1"], False), ((packing(3, one, "DELETE", lots),), [], True),
                ((packing(3, one, "DELETE"),), [], True),
                ((packing(3, one, "DELETE", [amount("1", 20)]),), ["1"], False),
                ((packing(3, one, "DELETE", [amount("1", 20)]),
                  packing(4, one, "DELETE", [amount("1", 10)])), [], True),
                ((packing(3, one, "DELETE", [amount("1")]),), [], True),
                ((packing(3, one, "DELETE", lots), packing(4, one, lots=[amount("2")])),
                 ["2"], False),
                ((use, packing(6, one, "DELETE", lots)), ["1"], False),
                ((use, packing(4, one, "DELETE", lots)), [], True)):
            with self.subTest(len(more)):
                hand = Hand(put, *more)
                hand.subject = one
                lot = Graph(hand, AnyScheme()).lots[one]
                self.assertEqual((lot.held, lot.is_emptied), ([LOT + each for each in held],
                                                              is_emptied))

    def test_a_pallet_counts_by_who_put_the_crate_there(self):
        one, pallet = crate(1), crate(3)
        ends = {"destinationList": [{"type": "possessing_party", "destination": OTHER}],
                "sourceList": [{"type": "possessing_party", "source": MAKER}]}
        for packer, moved in ((MAKER, [[30]]), (OTHER, [])):
            with self.subTest(packer):
                hand = Hand(packing(1, one, lots=[amount("1", 30)]),
                            packing(2, pallet, crates=[one]), shipping(3, pallet) | ends)
                hand.owner_of = lambda uri: uri
                for told in hand.about[one]:
                    if told.event.parent == pallet:
                        told.issuer = packer
                found = Movements(hand).of(LOT + "1")
                self.assertEqual([[each.amount for each in one.stated] for one in found], moved)

    def test_containers_in_each_other_end(self):
        one, two = crate(1), crate(2)
        events = [packing(1, one, lots=[amount("1", 30)]), packing(2, two, crates=[one]),
                  packing(3, one, crates=[two]), shipping(9, two)]
        self.assertEqual(self.moved(*events), [[30]])

    def test_many_packings_and_containers_stay_bounded(self):
        events = [packing(1, crate(0), lots=[amount("1", 30)])]
        for number in range(1, 400):
            events.append(packing(2, crate(number), crates=[crate(number - 1)]))
            events.append(packing(3, crate(number), crates=[crate(max(0, number - 2))]))
        self.assertEqual(self.moved(*events, shipping(9, crate(399))), [[30]])

    def test_times_keep_what_is_new(self):
        times = Times()
        self.assertEqual(times.add(5, 9), [(5, 9)])
        self.assertEqual(times.add(6, 8), [])
        self.assertEqual(sorted(times.add(1, ALWAYS)), [(1, 4), (10, ALWAYS)])
        self.assertEqual([at in times for at in (0, 1, 7, ALWAYS)], [False, True, True, True])


class Amounts(unittest.TestCase):
    """Exact numbers."""

    def test_units_of_mass_go_into_each_other(self):
        for source, target, factor in (
                ("KGM", "TNE", "0.001"), ("TNE", "GRM", "1000000"), ("GRM", "KGM", "0.001"),
                ("EA", None, "1"), ("C62", "PCE", "1"), ("KGM", "LTR", None), (None, "KGM", None)):
            with self.subTest((source, target)):
                found = amounts.converted(Fraction(7), source, target)
                self.assertEqual(found, None if factor is None else 7 * Fraction(factor))

    def test_numbers_are_written_in_full(self):
        for number in ("0", "7", "1200", "0.5", "0.00125", "12.34", "-0.5", "1" + "0" * 64):
            self.assertEqual(amounts.text(Fraction(number)), number)

    def test_numbers_that_do_not_fit_are_missing(self):
        for number, fits in (("1" + "0" * 64, True), ("1" + "0" * 65, False), (2**127 - 1, True),
                             (2**127, False), ("0." + "0" * 63 + "1", True), ("x", False),
                             ("0." + "0" * 64 + "1", False), ("9" * 100_000, False),
                             ("0" * 100_000 + "7", True), ("1e999999999", False),
                             ("0e999999999", True), ("-5", True), ("", False)):
            with self.subTest(str(number)[:20]):
                self.assertEqual(amounts.quantity(str(number)) is not None, fits)

    def test_what_an_event_states(self):
        item = LOT.replace("/10/", "/21/")
        event = epcis.read(_encoded({
            "@context": [], "eventTimeZoneOffset": "+00:00", "type": "ObjectEvent",
            "action": "ADD", "eventTime": at(0), "epcList": [item + "1", item + "1", crate(1)],
            "quantityList": [amount("1", 5), amount("1", 5), amount("2"), amount("2")]}))
        told = {uri: [each.amount for each in listed]
                for uri, listed in event.stated[epcis.OBJECT].items()}
        self.assertEqual(told, {item + "1": [1], crate(1): [None], LOT + "1": [5, 5],
                                LOT + "2": [None]})

    def test_what_cannot_be_counted_switches_nothing_off(self):
        for given, total, left in (
                ([40, 2, 60], 102, None), ([40, None, 60], 100, 2), ([None, -1, 60], 60, 1),
                ([Fraction(1, 10**64), 40, 60], 100, 1), ([40, 40, Fraction(2**127)], 80, 3),
                ([], 0, None)):
            with self.subTest(given):
                parts = [(None if each is None else Fraction(each), bytes([number]), "")
                         for number, each in enumerate(given, 1)]
                found = amounts.PartialSum.of(parts, amounts.fits)
                self.assertEqual((found.total, found.left and found.left[0][0]), (total, left))

    def test_a_mixture_is_between_its_parts(self):
        half = Share(Fraction(1, 2), Fraction(1))
        for parts, expected in (
                ([(WHOLE, Fraction(40)), (NOTHING, Fraction(60))], (Fraction(2, 5),) * 2),
                ([(WHOLE, Fraction(1)), (UNKNOWN, Fraction(1))], (Fraction(1, 2), 1)),
                ([(WHOLE, None), (NOTHING, Fraction(1))], UNKNOWN), ([(half, None)], half),
                ([(WHOLE, Fraction(0)), (NOTHING, Fraction(0))], UNKNOWN), ([], UNKNOWN)):
            self.assertEqual(tuple(mean(parts)), tuple(expected))


class Graphs(unittest.TestCase):
    """Lots made of lots."""

    @staticmethod
    def made(number: int, *inputs: str) -> dict:
        return {"type": "TransformationEvent", "eventTime": at(number % 1000),
                "inputQuantityList": [amount(each, 1) for each in inputs],
                "outputQuantityList": [amount(str(number), 1)]}

    def test_a_long_chain_is_walked_without_recursion(self):
        graph = Graph(Hand(*(self.made(n, str(n + 1)) for n in range(5000))), AnyScheme())
        order = graph.order()
        self.assertEqual((len(order), order[0], order[-1]), (5001, LOT + "5000", LOT + "0"))

    def test_what_is_on_a_cycle_or_behind_it_has_no_place_in_the_order(self):
        graph = Graph(Hand(self.made(0, "1", "4"), self.made(1, "2"), self.made(2, "3"),
                           self.made(3, "2")), AnyScheme())
        self.assertEqual(graph.order(), [LOT + "4"])

    def test_much_made_of_much_is_walked_once(self):
        wide = {"type": "TransformationEvent", "eventTime": at(1),
                "inputQuantityList": [amount(f"in{n}", 1) for n in range(3000)],
                "outputQuantityList": [amount(f"out{n}", 1) for n in range(3000)]}
        use = {"type": "TransformationEvent", "eventTime": at(2),
               "inputQuantityList": [amount(f"out{n}", 1) for n in range(3000)],
               "outputQuantityList": [amount("0", 1)]}
        graph = Graph(Hand(wide, use), AnyScheme())
        self.assertEqual((len(graph.lots), len(graph.makings)), (6001, 2))
        self.assertEqual(graph.lots[LOT + "in7"].users, {MAKER})
        self.assertEqual(len(graph.order()), 6001)
        self.assertEqual(identifier(LOT + "in7").kind, "batch")


if __name__ == "__main__":
    unittest.main()
