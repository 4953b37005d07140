"""The faults of the rounds: each begins, lasts, and is undone, by one seed."""

import random
import time
from dataclasses import dataclass, field

from .links import SPOILING
from .nodes import NAMES, Failure

# How long a round's faults may begin, and how long each lasts.
BEGIN_SECONDS, LAST_SECONDS = 6.0, (1.0, 5.0)


@dataclass
class Fault:
    """One fault of a round."""

    kind: str
    begins: float
    lasts: float
    nodes: list = field(default_factory=list)
    links: list = field(default_factory=list)
    value: object = None

    def __str__(self):
        where = ",".join(self.nodes) or ",".join(f"{a}>{b}" for a, b in self.links[:4])
        more = "…" if len(self.links) > 4 else ""
        value = "" if self.value is None else f" {self.value}"
        ends = self.begins + self.lasts
        return f"{self.begins:.1f}-{ends:.1f} s {self.kind}{value} {where}{more}"


PAIRS = [(a, b) for a in NAMES for b in NAMES if a != b]
OF_NODES = ["kill", "kill all", "terminate", "pause", "disk full"]
OF_LINKS = ["partition", "isolate", "cut", "stall", "deaf", "delay", "throttle", "half-close",
            "truncate", *SPOILING]


class Plan:
    """Deals kinds of faults so that each comes before any comes twice."""

    def __init__(self, seed, has_disks):
        self.random = random.Random(seed)
        self.kinds = [k for k in OF_NODES + OF_LINKS if has_disks or k != "disk full"]
        self.deck = []

    def round(self, count):
        """The faults of a round, in the order of their beginnings."""
        faults, busy = [], set()
        while len(faults) < count:
            if not self.deck:
                self.deck = self.random.sample(self.kinds, len(self.kinds))
            kind = self.deck.pop()
            fault = self.fault(kind, [n for n in NAMES if n not in busy])
            if fault is None:
                continue
            if kind in OF_NODES:
                busy.update(fault.nodes)
            faults.append(fault)
        return sorted(faults, key=lambda fault: fault.begins)

    def fault(self, kind, free):
        draw = self.random
        fault = Fault(kind, draw.uniform(0, BEGIN_SECONDS), draw.uniform(*LAST_SECONDS))
        if kind == "kill all":
            fault.nodes = list(free)
        elif kind in OF_NODES:
            fault.nodes = [draw.choice(free)] if free else []
        elif kind in ("partition", "isolate"):
            few = draw.sample(NAMES, 1 if kind == "isolate" else 2)
            fault.links = [(a, b) for a, b in PAIRS if (a in few) != (b in few)]
            # A cut is noticed, a hole is not.
            fault.value = draw.choice(["cut", "hole"])
        elif kind in ("cut", "stall", "deaf"):
            fault.links = draw.sample(PAIRS, draw.randint(1, 5))
            fault.value = draw.choice(["out", "back"]) if kind == "deaf" else None
        elif kind in ("delay", "throttle"):
            fault.links = draw.sample(PAIRS, draw.randint(3, 12))
            fault.value = (round(draw.uniform(0.02, 0.4), 2) if kind == "delay"
                           else draw.choice([500, 2_000, 20_000]))
        else:
            fault.links = draw.sample(PAIRS, draw.randint(4, 10))
            fault.value = draw.getrandbits(32)
        return fault if fault.nodes or fault.links else None


class Round:
    """Does what a plan says, at its times."""

    def __init__(self, network, faults, tally):
        self.network, self.wires, self.tally = network, network.wires, tally
        self.faults = faults
        self.drains = []

    def run(self):
        start = time.monotonic()
        steps = sorted(
            [(f.begins, n, self.begin) for n, f in enumerate(self.faults)]
            + [(f.begins + f.lasts, n, self.undo) for n, f in enumerate(self.faults)],
            key=lambda step: step[:2])
        for at, number, step in steps:
            while (left := start + at - time.monotonic()) > 0:
                time.sleep(min(left, 0.2))
                for node in self.network:
                    if node.runs:
                        node.memory()
            step(self.faults[number])
        self.wires.heal()

    def begin(self, fault):
        self.tally[fault.kind] += 1
        if fault.links:
            for link in (self.wires.links[pair] for pair in fault.links):
                self.harm(link, fault)
        for name in fault.nodes:
            self.strike(self.network[name], fault)

    def harm(self, link, fault):
        kind, value = fault.kind, fault.value
        if kind == "cut" or value == "cut":
            self.wires.cut(link)
        elif kind == "stall" or value == "hole":
            link.is_stalled = {"out": True, "back": True}
        elif kind == "deaf":
            link.is_stalled[value] = True
        elif kind == "delay":
            link.delay_seconds = value
        elif kind == "throttle":
            link.bytes_per_second = value
        elif kind == "half-close":
            self.wires.half_close(link)
        else:
            link.spoiling = (kind, value)

    def strike(self, node, fault):
        if not node.runs:
            raise Failure(f"{node.name} has ended by itself: {node.last_lines()}")
        if fault.kind in ("kill", "kill all"):
            node.kill()
        elif fault.kind == "terminate":
            self.drains.append(node.terminate())
        elif fault.kind == "pause":
            node.pause()
        elif fault.kind == "disk full":
            node.fill_disk()

    def undo(self, fault):
        for link in (self.wires.links[pair] for pair in fault.links):
            # What other faults do to the same wire ends with it: harmless, and by the seed too.
            link.heal()
        for node in (self.network[name] for name in fault.nodes):
            if fault.kind in ("kill", "kill all", "terminate"):
                node.start()
            elif fault.kind == "pause":
                node.go_on()
            elif fault.kind == "disk full":
                node.free_disk()
                if not node.runs:
                    raise Failure(f"{node.name}: a full disk ended it: {node.last_lines()}")
