"""What must hold of the network once all is healed."""

import subprocess
import time
import urllib.parse
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from cairn_verify import notes
from cairn_verify.refusal import Rejected
from cairn_verify.steps import Verification

from .nodes import NAMES, QUORUM, Failure, ask, origin_of
from .writers import AUTHOR, Key, read_receipt

# Within which all must stand where all others stand, once all is healed. A node that was away is
# called again after at most 30 s, one that says nothing is cut off after 40 s (SPEC 25.2).
CONVERGENCE_SECONDS = 75.0
# Within which the parts are there too, that a node may see.
PARTS_SECONDS = 20.0
PART_LOST = ": its part is lost"


def lacking(network, names=NAMES):
    """Where the nodes do not stand together; nothing if they do."""
    found, heads = [], {}
    for name in names:
        answer = network[name].runs and ask(network[name].port, "GET", "/log/checkpoint")
        if not answer or answer[0] != 200:
            return [f"{name} does not answer"]
        heads[origin_of(name)] = notes.read_checkpoint(answer[2].decode())
    for name in names:
        report = network[name].peers()
        if report is None:
            return [f"{name} does not answer"]
        if report["status"] != "ok":
            found.append(f"{name}: status {report['status']}")
        if report["alarms"]:
            found.append(f"{name}: an alarm about {report['alarms'][0].get('origin')}")
        own = heads[origin_of(name)].size
        if report.get("cosignedSize") != own:
            found.append(f"{name}: final to {report.get('cosignedSize')} of {own}")
        for peer in report["peers"]:
            head = heads.get(peer["origin"])
            if head is None:
                continue
            what = f"{name} of {peer['origin']}"
            if not peer["connected"]:
                found.append(f"{what}: not connected")
            if "stopped" in peer:
                found.append(f"{what}: stopped, {peer['stopped']}")
            if (peer.get("lag"), peer.get("size")) != (0, head.size):
                found.append(f"{what}: {peer.get('size')} of {head.size}, lag {peer.get('lag')}")
            elif peer.get("root") != head.root.hex():
                found.append(f"{what}: another root at {head.size}")
            if len(peer.get("cosigners", [])) < QUORUM:
                found.append(f"{what}: cosigned by {len(peer.get('cosigners', []))}")
    return found


def converge(network, names=NAMES, within=CONVERGENCE_SECONDS):
    """Waits until all stand together; how long it took."""
    start = time.monotonic()
    while True:
        found = lacking(network, names)
        took = time.monotonic() - start
        if not found:
            return took
        if took > within:
            raise Failure(f"no convergence in {within:.0f} s: " + "; ".join(found[:6]))
        time.sleep(0.1)


def until(holds, seconds, what):
    """Waits for something; how long it took."""
    start = time.monotonic()
    while not holds():
        if time.monotonic() - start > seconds:
            raise Failure(f"not in {seconds:.0f} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - start


class Evidence:
    """What one node proves of one lot, verified from SPEC alone by `cairn_verify`."""

    def __init__(self, network, name, lot):
        path = f"/evidence/{urllib.parse.quote(lot, safe='')}?scope=subject"
        end = time.monotonic() + 30
        # The views may be a moment behind the log.
        while (answer := ask(network[name].port, "GET", path, timeout=60)) is None \
                or answer[0] != 200:
            if time.monotonic() > end:
                raise Failure(f"{name}: no evidence about {lot}: {answer}")
            time.sleep(0.2)
        self.raw = answer[2]
        try:
            self.evidence = Verification(
                self.raw, network.genesis.read_bytes()).run().evidence
        except Rejected as rejected:
            raise Failure(f"{name}: its evidence about {lot}: {rejected}") from None
        self.entries = {
            (log.origin, index): placed.raw for log in self.evidence.logs
            for index, placed in log.entries.items()}


def lost(network, acknowledged, tally, names=NAMES, within=PARTS_SECONDS):
    """What was acknowledged and is not proven everywhere, or is seen by whom it must not be."""
    wrong = []
    for lot in sorted({given.lot for given in acknowledged}):
        about = [given for given in acknowledged if given.lot == lot]
        for name in names:
            end = time.monotonic() + within
            while True:
                counts = Counter(evidence=1)
                evidence = Evidence(network, name, lot)
                found = [line for given in about for line in absent(
                    evidence, given, name, counts, given.part not in network.lost_parts)]
                # Entries are there once a log is known to its end; their parts follow.
                if not any(PART_LOST in line for line in found) or time.monotonic() > end:
                    break
                tally["waits for parts"] += 1
                time.sleep(0.5)
            tally.update(counts)
            wrong += found
    return wrong


def absent(evidence, given, name, tally, has_part):
    """What a node's evidence lacks of one record."""
    where = f"{name}: {given.node}'s entry {given.index}"
    if evidence.entries.get((origin_of(given.node), given.index)) != given.entry:
        return [f"{where} is lost"]
    tally["proven"] += 1
    if not has_part:
        return []
    if given.seen_by is None or name == given.seen_by:
        tally["parts"] += 1
        if given.part not in evidence.evidence.parts:
            return [f"{where}{PART_LOST}"]
    elif name != AUTHOR:
        # An issuer may see its own; but its node is given it by no other (SPEC 25.3).
        tally["withheld"] += 1
        if given.part in evidence.evidence.parts:
            return [f"{where}: its part is shown to whom it is not for"]
    return []


class Receipts:
    """Asks for receipts again: the same entry at the same place, cosigned by a quorum."""

    def __init__(self, network):
        self.network = network
        self.cosigners = {
            origin_of(name): Key(network.key(name, "cosigner")).public for name in NAMES}

    def wrong(self, acknowledged, tally, names=NAMES):
        wrong = []
        for given in acknowledged:
            if given.node not in names:
                continue
            answer = ask(self.network[given.node].port, "GET", given.location)
            if answer is None or answer[0] != 200:
                wrong.append(f"{given.node}: {given.location} is lost: {answer}")
                continue
            entry, index, checkpoint = read_receipt(answer[2].decode())
            if (entry, index) != (given.entry, given.index):
                wrong.append(f"{given.node}: {given.location} is another entry")
                continue
            tally["receipts"] += 1
            count = self.count(checkpoint)
            if count < QUORUM:
                wrong.append(f"{given.node}: {given.location}: {count} cosignatures")
        return wrong

    def count(self, checkpoint):
        """How many of the nodes have cosigned, by signatures that hold."""
        return len({
            name for name, mark, signature in checkpoint.lines
            if name in self.cosigners
            and mark == notes.key_id(name, notes.COSIGNATURE_TYPE, self.cosigners[name])
            and notes.cosignature_holds(checkpoint, self.cosigners[name], signature)})


def audit(network, raw, codes=(0, 1)):
    """`cairn audit` takes the file too."""
    file = network.work / "file.evidence"
    file.write_bytes(raw)
    return network.run("audit", file, "--genesis", network.genesis, codes=codes)


def check(network, node):
    """`cairn check` of a directory that no process uses."""
    done = subprocess.run([network.cairn, "check", str(node.directory)],
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{node.name}: cairn check: {(done.stdout + done.stderr)[-400:]}")


def check_all(network, nodes):
    with ThreadPoolExecutor(2) as two:
        list(two.map(lambda node: check(network, node), nodes))
