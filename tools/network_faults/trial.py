"""A liar among four honest nodes: whether it is found out, and what it costs the others."""

import statistics
import threading
import time

from cairn_verify import alarms
from cairn_verify.genesis import read_genesis

from . import checks
from .floods import KINDS, flood
from .liars import Attacks, Hasty, Liar, Witness
from .nodes import NAMES, Failure, Node, ask, free_ports, origin_of

LIAR = "sandal"
HONEST = [name for name in NAMES if name != LIAR]
# How much longer a checkpoint may take to become final while somebody lies: so many times, and
# what a machine that does much else may add.
FACTOR, SLACK_SECONDS = 3.0, 1.0
# And at most, ever: 30 s is what a question may wait for its answer.
LONGEST_SECONDS = 15.0
# What a lie may cost: cores, of each node, and bytes resident beyond what it had before.
CORES, MEMORY_BYTES = 1.5, 192 << 20


class Probe:
    """Somebody honest, who submits all the time and looks when it is final."""

    def __init__(self, writers, names):
        self.writers, self.names = writers, names
        self.samples, self.waiting = [], {}
        self.is_wanted = True
        self.threads = [threading.Thread(target=self.run, args=(name,), daemon=True)
                        for name in names]
        for thread in self.threads:
            thread.start()

    def run(self, name):
        node = self.writers.network[name]
        while self.is_wanted:
            self.waiting[name] = start = time.monotonic()
            given = self.writers.submit(node)
            while given and self.is_wanted:
                report = node.peers()
                if report and report.get("cosignedSize", 0) > given.index:
                    break
                time.sleep(0.05)
            self.waiting.pop(name)
            self.samples.append((name, start, time.monotonic() - start if given else None))
            time.sleep(0.25)

    def between(self, start, end):
        """Latencies of what waited then; refusals count as the longest."""
        now = time.monotonic()
        done = [took if took is not None else 99.0 for _, begun, took in list(self.samples)
                if begun <= end and begun + (took or 0) >= start]
        return sorted(done + [now - begun for begun in list(self.waiting.values())
                              if begun <= end])

    def leave(self):
        self.is_wanted = False
        for thread in self.threads:
            thread.join()


class Watch:
    """Everything that a node says of how connections with the liar ended."""

    def __init__(self, network, names, origin):
        self.network, self.names, self.origin = network, names, origin
        self.seen = {name: {} for name in names}
        self.is_wanted = True
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.is_wanted:
            for name in self.names:
                self.look(name)
            time.sleep(0.05)

    def look(self, name):
        report = self.network[name].peers()
        for peer in report["peers"] if report else []:
            if peer["origin"] == self.origin and "ended" in peer:
                end = peer["ended"]
                self.seen[name][end["times"]] = (end["code"], end["reason"])

    def count(self, name):
        """How many ends a node has told of."""
        return max(list(self.seen[name]), default=0)

    def has(self, name, attack, before):
        """Whether a connection ended as an attack must, after so many others."""
        return any(times > before and code in attack.code.split() and attack.reason in reason
                   for times, (code, reason) in list(self.seen[name].items()))

    def leave(self):
        self.is_wanted = False
        self.thread.join()


class Trial:
    def __init__(self, story):
        self.story, self.network = story, story.network
        self.writers, self.tally = story.writers, story.tally
        self.lines = []

    def run(self):
        """All of it. The liar's real node is stopped first."""
        node = self.network[LIAR]
        if node.runs:
            node.terminate()
        checks.until(lambda: not checks.lacking(self.network, HONEST), 60,
                     "the four stand together")
        view = next(p for p in self.network["harbour"].peers()["peers"]
                    if p["origin"] == origin_of(LIAR))
        self.size = view["size"]
        self.liar = Liar(self.network, LIAR, self.story.author)
        self.attacks = Attacks(self.liar, self.size, self.story.seed)
        self.memory = {name: self.network[name].memory() for name in HONEST}
        self.probe = Probe(self.writers, HONEST)
        self.watch = Watch(self.network, HONEST, origin_of(LIAR))
        try:
            time.sleep(8)
            self.usual = self.probe.between(0, time.monotonic() - 0.5)
            self.say("before", self.usual, 0)
            self.deadlines()
            self.floods()
            self.hasty()
        finally:
            self.probe.leave()
            self.watch.leave()
        self.story.complain("liars", self.story.writers.wrong)
        self.story.convergences.append(checks.converge(self.network, HONEST))
        self.split()

    # MARK: What it costs

    def say(self, name, samples, cores):
        if not samples:
            self.story.complain("liars", [f"{name}: nothing honest was submitted"])
            return
        half, most = statistics.median(samples), samples[-1]
        self.story.say(f"liars: {name}: {len(samples)} honest records, final after "
                       f"{half * 1000:.0f} ms (median), {most * 1000:.0f} ms at most; {cores:.2f} "
                       f"cores a node")
        limit = statistics.median(self.usual) * FACTOR + SLACK_SECONDS
        if half > limit or most > LONGEST_SECONDS:
            self.story.complain("liars", [
                f"{name}: honest records take {half:.2f} s, {most:.2f} s at most; "
                f"{limit:.2f} and {LONGEST_SECONDS:.0f} s are allowed"])

    def measured(self, name, act):
        """Does something, and looks at what it cost the honest."""
        before = {n: self.network[n].processor_seconds() for n in HONEST}
        start = time.monotonic()
        result = act()
        end = time.monotonic()
        time.sleep(1.0)
        cores = max((self.network[n].processor_seconds() - before[n]) / (time.monotonic() - start)
                    for n in HONEST)
        # What still waits counts with what it has waited.
        self.say(name, self.probe.between(start, end), cores)
        wrong = [f"{name}: {n}: {self.network[n].memory() >> 20} MiB, "
                 f"{self.memory[n] >> 20} before" for n in HONEST
                 if self.network[n].memory() > self.memory[n] + MEMORY_BYTES]
        if cores > CORES:
            wrong.append(f"{name}: {cores:.2f} cores")
        self.story.complain("liars", wrong)
        return result

    # MARK: What is found out

    def deadlines(self):
        """Slow lies at one node each, quick ones at all of them meanwhile."""
        witness = Witness(self.liar, self.network["lantern"])
        slow = list(self.attacks.slow())
        held = []
        for number, attack in enumerate(slow):
            name = HONEST[number % len(HONEST)]
            held.append((attack, name, time.monotonic(), self.watch.count(name),
                         attack.run(self.network[name])))

        def act():
            waiting = next(name for attack, name, *_ in held if attack.is_asked)
            later = []
            for attack in self.attacks.quick():
                for name in HONEST:
                    if attack.is_asked and name == waiting:
                        later.append(attack)
                    else:
                        self.quick(attack, name)
            for attack, name, start, count, _ in held:
                left = start + attack.within - time.monotonic()
                self.found(attack, name, count, left)
            for attack in later:
                self.quick(attack, waiting)

        self.measured("lies", act)
        for *_, peer in held:
            peer.close()
        end = witness.leave()
        if end:
            self.story.complain("liars", [f"a peer that keeps to the protocol was cut off: {end}"])
        else:
            self.tally["left alone"] += 1

    def quick(self, attack, name, again=True):
        count = self.watch.count(name)
        try:
            peer = attack.run(self.network[name])
        except (OSError, ValueError, TimeoutError) as error:
            return self.story.complain("liars", [f"{attack.name} at {name}: {error!r}"])
        # A lie inside a frame ends with the liar's own end.
        is_over = "truncated" in attack.code or peer.is_over(attack.within)
        if again and not self.is_named(attack, name, count, 2.0):
            # The report has room for one end: another lie may have come between.
            peer.close()
            return self.quick(attack, name, again=False)
        self.found(attack, name, count, attack.within)
        if not is_over:
            self.story.complain("liars", [f"{attack.name} at {name}: the connection stands"])
        peer.close()

    def is_named(self, attack, name, count, within):
        try:
            checks.until(lambda: self.watch.has(name, attack, count), max(within, 0.5),
                         attack.name)
            return True
        except Failure:
            return False

    def found(self, attack, name, count, within):
        """The node's own report must name the lie."""
        if self.is_named(attack, name, count, within):
            self.tally["lies"] += 1
        else:
            self.story.complain("liars", [
                f"{attack.name} at {name}: not called {attack.code}, but "
                f"{list(self.watch.seen[name].items())[-2:]}"])

    # MARK: What is allowed, and much of it

    def floods(self):
        nodes = [self.network[name] for name in HONEST]
        for kind in KINDS:
            count = self.measured(
                f"a flood of {kind}", lambda kind=kind: flood(kind, self.liar, self.size, nodes, 4))
            self.tally[f"flood of {kind}"] = count
            self.story.say(f"liars: {count} {kind}")
            if not count:
                self.story.complain("liars", [f"a flood of {kind} did not flow"])

    def hasty(self):
        """One passes on what it does not have, faster than who has it."""
        for link in self.network.wires.between("harbour", "hearth"):
            link.delay_seconds = 0.3
        hasty = Hasty(self.liar, self.network["harbour"], self.network["hearth"])
        try:
            self.measured("heads passed on in haste", lambda: time.sleep(LONGEST_SECONDS + 2))
        finally:
            hasty.leave()
            self.network.wires.heal()
        self.tally["passed on"] = hasty.passed

    # MARK: Two histories

    def split(self):
        """The liar's real node, twice: each copy tells two of the honest another history."""
        half = {"one": HONEST[:2], "other": HONEST[2:]}
        copies = {}
        for (name, seen), port in zip(half.items(), free_ports(2)):
            copy = Node(self.network, LIAR, port)
            copy.directory = self.network.work / f"{LIAR}-{name}"
            self.network.copy(self.network[LIAR], copy.directory)
            copies[name] = copy
            copy.reaches = seen
            for honest in seen:
                self.network.wires.links[honest, LIAR].target = port
        for copy in copies.values():
            copy.start("--alone")
        start = time.monotonic()
        for copy in copies.values():
            if not self.writers.submit(copy):
                raise Failure("the liar's copy takes no record")
        # What the liar's log acknowledged in two histories is not to be found in both.
        del self.writers.acknowledged[-2:]
        took = checks.until(
            lambda: all((self.network[n].peers() or {}).get("alarms") for n in HONEST), 20,
            "all honest nodes raise the alarm")
        self.tally["split views"] += 1
        finals = [(copy.peers() or {}) for copy in copies.values()]
        both = [report for report in finals if report.get("cosignedSize") == report.get("size")]
        if len(both) > 1:
            self.story.complain("liars", ["both histories have a quorum"])
        digests = {a["digest"] for n in HONEST for a in self.network[n].peers()["alarms"]}
        genesis = read_genesis(self.network.genesis.read_bytes()).state
        for digest in digests:
            raw = ask(self.network[HONEST[0]].port, "GET", f"/alarms/{digest}")
            if raw is None or raw[0] != 200:
                raise Failure(f"alarm {digest} is not at {HONEST[0]}")
            file = self.network.work / "fork.alarm"
            file.write_bytes(raw[2])
            self.network.run("audit", file, "--genesis", self.network.genesis, codes=(1,))
            accused = alarms.read(raw[2], genesis)
            if accused.origin != origin_of(LIAR):
                self.story.complain("liars", [f"the alarm accuses {accused.origin}"])
        self.story.say(f"liars: two histories: all four raise the alarm after {took:.2f} s; "
                       f"{len(digests)} alarms hold offline")
        # The control of "no alarm": the same check sees this one.
        noticed = [line for line in checks.lacking(self.network, HONEST) if "alarm" in line]
        if len(noticed) < len(HONEST):
            self.story.complain("controls", ["an alarm goes unnoticed"])
        else:
            self.tally["controls"] += 1
        for copy in copies.values():
            copy.kill()
        self.go_on()

    def go_on(self):
        """The honest four go on, and their records become final."""
        for name in HONEST:
            given = self.writers.submit(self.network[name])
            if given is None:
                raise Failure(f"{name} takes no record after the alarm")
            checks.until(lambda: self.network[name].peers().get("cosignedSize", 0) > given.index,
                         20, f"{name}'s record is final without the liar")
