"""The whole run: rounds, an old backup, liars, controls; and what it found, in one line each."""

import shutil
import random
import time
import traceback
from collections import Counter

from . import checks, controls
from .backups import OldBackup
from .faults import Plan, Round
from .links import Wires
from .nodes import NAMES, ROOT, Failure, Network, raise_descriptors
from .trial import Trial
from .writers import Author, Writers

__all__ = ["ROOT", "tell"]

# Of a debug build, resident; and beyond what it had after the first round.
MEMORY_BYTES, GROWTH_BYTES = 512 << 20, 128 << 20


class Story:
    def __init__(self, arguments, cairn, work, has_disks):
        raise_descriptors()
        self.arguments, self.seed = arguments, arguments.seed
        self.start = time.monotonic()
        self.wires = Wires()
        self.network = Network(cairn, work, self.wires, has_disks)
        self.tally, self.kinds = Counter(), Counter()
        self.wrong = []
        self.has_disks = has_disks
        self.drains, self.convergences = [], []
        self.memory_after_first = {}
        self.draw = random.Random(f"{self.seed} story")

    def say(self, text):
        print(f"{time.monotonic() - self.start:6.1f} s  {text}", flush=True)

    def complain(self, where, found):
        for line in found:
            self.wrong.append(f"{where}: {line}")
            self.say(f"WRONG: {where}: {line}")

    # MARK: Rounds

    def begin(self):
        self.network.found()
        for node in self.network:
            node.start()
        self.author = Author(self.network, self.seed)
        self.writers = Writers(self.network, self.author, self.seed)
        self.receipts = checks.Receipts(self.network)
        checks.converge(self.network)
        # Something of each log and lot, so that there is something to lose from the start.
        for node in self.network:
            for _ in range(4):
                self.writers.submit(node)
        checks.converge(self.network)
        self.say(f"five nodes stand together with {len(self.writers.acknowledged)} records")

    def rounds(self):
        plan = Plan(self.seed, self.has_disks)
        known = 0
        for number in range(1, self.arguments.rounds + 1):
            faults = plan.round(self.arguments.faults)
            self.say(f"round {number}: " + "; ".join(map(str, faults)))
            self.author.begin_round(number)
            backup = OldBackup(self, self.network[NAMES[number % len(NAMES)]])
            acting = Round(self.network, faults, self.kinds)
            self.writers.go()
            acting.run()
            # They go on over the healing: what comes while others catch up must not be lost either.
            time.sleep(1)
            self.writers.rest()
            self.drains += acting.drains
            self.convergences.append(checks.converge(self.network))
            known = self.look(f"round {number}", known)
            # It signs again where the newer copy is found, or its log is given another key.
            backup.put_back(has_newer=number % 2 == 1)

    def look(self, where, known):
        """All that must hold of a healed network."""
        given = list(self.writers.acknowledged)
        self.complain(where, self.writers.wrong)
        self.writers.wrong.clear()
        # What came in this round, and about some lot before.
        older = sorted({one.lot for one in given[:known]} - set(self.author.lots))
        lots = {*self.author.lots, *(self.draw.sample(older, 1) if older else [])}
        looked_at = [one for one in given if one.lot in lots]
        self.complain(where, checks.lost(self.network, looked_at, self.tally))
        self.complain(where, self.receipts.wrong(given[known:], self.tally))
        self.complain(where, self.bounds())
        self.say(f"{where}: together after {self.convergences[-1]:.1f} s, {len(given)} "
                 f"acknowledged ({len(given) - known} new), memory at most "
                 f"{max(n.peak_bytes for n in self.network) >> 20} MiB")
        return len(given)

    def bounds(self):
        wrong = []
        for node in self.network:
            used = node.memory()
            before = self.memory_after_first.setdefault(node.name, used)
            if node.peak_bytes > MEMORY_BYTES or used > before + GROWTH_BYTES:
                wrong.append(f"{node.name}: {used >> 20} MiB resident, {before >> 20} after the "
                             f"first round, {node.peak_bytes >> 20} at most")
            # Five logs with indexes; a megabyte for what SQLite allots.
            allowed = (4 << 20) * 6 + 60_000 * len(self.writers.acknowledged)
            if (disk := node.disk()) > allowed:
                wrong.append(f"{node.name}: {disk >> 20} MiB on disk")
        return wrong

    # MARK: The end

    def finish(self):
        """Every receipt again, and every directory."""
        given = self.writers.acknowledged
        self.convergences.append(checks.converge(self.network))
        self.complain("end", self.receipts.wrong(given, self.tally))
        for name in NAMES:
            lot = self.draw.choice(given).lot
            checks.audit(self.network, checks.Evidence(self.network, name, lot).raw)
            self.network.run("peers", "--node", self.network[name].url)
            self.tally["audits"] += 1
        for node in self.network:
            self.drains.append(node.terminate())
        checks.check_all(self.network, self.network)
        self.tally["checks"] += len(NAMES)
        self.say("all have ended with 0, and their directories are sound")

    def tell(self):
        steps = [self.begin, self.rounds]
        if not self.arguments.no_controls:
            steps.append(lambda: controls.run(self))
        steps.append(self.finish)
        if not self.arguments.no_liars:
            steps.append(self.try_liars)
        try:
            for step in steps:
                step()
        except Failure as failure:
            self.complain("the run", [str(failure)])
        except Exception as error:
            # What nobody foresaw is shown with the rest, and the nodes end.
            traceback.print_exc()
            self.complain("the run", [repr(error)])
        finally:
            self.close()
        if self.arguments.rounds and not (self.tally["proven"] and self.tally["behind"]):
            self.complain("the run", ["too little happened to show anything"])
        if not self.arguments.no_liars and not self.tally["lies"]:
            self.complain("the run", ["nobody lied"])
        self.sum_up()
        return not self.wrong

    def try_liars(self):
        for node in self.network:
            node.start()
        checks.converge(self.network)
        Trial(self).run()

    def close(self):
        self.writers.end()
        if self.arguments.keep:
            shutil.copytree(self.network.work, self.arguments.keep, dirs_exist_ok=True)
        self.network.end()

    def sum_up(self):
        """The rows of tools/reliability.md."""
        tally, statuses = self.tally, self.writers.statuses
        faults = ", ".join(f"{count} {kind}" for kind, count in sorted(self.kinds.items()))
        slowest, drained = max(self.convergences, default=0), max(self.drains, default=0)
        self.say(f"N1: {len(self.convergences)} convergences, {slowest:.1f} s at most; "
                 f"faults: {faults}")
        self.say(f"N1: {len(self.writers.acknowledged)} acknowledged ({dict(statuses)}, refusals "
                 f"{dict(self.writers.codes)}), {tally['proven']} proofs of entries, "
                 f"{tally['parts']} parts found and {tally['withheld']} withheld, "
                 f"{tally['receipts']} receipts final, {tally['checks']} cairn check, "
                 f"{tally['audits']} cairn audit")
        self.say(f"N1: {len(self.drains)} ended by SIGTERM with 0, {drained:.1f} s at most; "
                 f"memory at most {max(n.peak_bytes for n in self.network) >> 20} MiB")
        self.say(f"D8: {tally['behind']} old backups, none signed; {tally['recovered']} had all "
                 f"entries again from their peers; then {tally['newer copies']} newer copies put "
                 f"back, {tally['new keys']} logs with a new key")
        self.say(f"P: {tally['lies']} lies named, {tally['split views']} split views; "
                 f"controls noticed: {tally['controls']}; {len(self.wrong)} wrong")


def tell(arguments, cairn, work, has_disks):
    """Runs it all; whether all held."""
    return Story(arguments, cairn, work, has_disks).tell()
