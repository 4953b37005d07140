"""What the protocol allows, and as much of it as will go; in a process of its own.

The wires are in the process that watches: it must not be slowed by whoever floods.
"""

import json
import os
import pathlib
import ssl
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

from .liars import ANSWER, ASK, HEADS, PING, PONG, Liar
from .nodes import ROOT, origin_of

KINDS = ("pings", "checkpoints", "calls", "questions")


class Flood:
    """What the protocol allows, but as much of it as will go, for some seconds."""

    def __init__(self, liar, size):
        self.liar, self.size = liar, size
        self.count = 0

    def during(self, nodes, kind, seconds):
        """How many it came to, together."""
        end = time.monotonic() + seconds
        threads = [threading.Thread(target=self.guarded, args=(getattr(self, kind), node, end))
                   for node in nodes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self.count

    def guarded(self, act, node, end):
        while time.monotonic() < end:
            try:
                act(node, end)
            except (OSError, ValueError):
                time.sleep(0.01)

    def pings(self, node, end):
        """Pings, and reads each pong."""
        peer = self.liar.call(node)
        try:
            number = 0
            while time.monotonic() < end:
                for _ in range(20):
                    number += 1
                    peer.send([PING, number])
                for _ in range(20):
                    peer.until(PONG)
                self.count += 20
        finally:
            peer.close()

    def checkpoints(self, node, end):
        """A new checkpoint all the time, each farther, none of which it can serve."""
        peer = self.liar.call(node)
        try:
            ahead = 3
            while time.monotonic() < end:
                ahead += 1
                peer.send([HEADS, [[self.liar.origin, self.liar.note(
                    self.size + ahead, bytes(32))]], []])
                self.count += 1
                if not peer.drop_what_came():
                    return
        finally:
            peer.close()

    def calls(self, node, end):
        """Calls, breaks the protocol, and calls again."""
        peer = self.liar.call(node, greets=False)
        try:
            peer.frame(b"\xff")
            peer.is_over(5)
            self.count += 1
        finally:
            peer.close()

    def questions(self, node, end):
        """Asks for a whole log again and again, and reads it."""
        peer = self.liar.call(node)
        try:
            origin, number = origin_of(node.name), 0
            while time.monotonic() < end:
                number += 1
                peer.send([ASK, number, [0, origin, 0, node.size]])
                while not peer.until(ANSWER)[2]:
                    pass
                self.count += 1
        finally:
            peer.close()


def flood(kind, liar, size, nodes, seconds):
    """Floods nodes, from another process; how many it came to."""
    told = {"kind": kind, "work": str(liar.network.work), "name": liar.name,
            "network": liar.network_id.hex(), "size": size, "seconds": seconds,
            "nodes": [{"name": node.name, "peer_port": node.peer_port,
                       "size": node.peers()["size"]} for node in nodes]}
    done = subprocess.run(
        [sys.executable, "-m", "network_faults.floods", json.dumps(told)], capture_output=True,
        text=True, env=os.environ | {"PYTHONPATH": str(ROOT / "tools")})
    return int(done.stdout) if done.returncode == 0 else 0


def main():
    told = json.loads(sys.argv[1])
    work = pathlib.Path(told["work"])
    network = SimpleNamespace(
        work=work, key=lambda name, purpose: work / f"{name}-{purpose}.pem")
    liar = Liar(network, told["name"], SimpleNamespace(network_id=bytes.fromhex(told["network"])))
    nodes = [SimpleNamespace(**node) for node in told["nodes"]]
    print(Flood(liar, told["size"]).during(nodes, told["kind"], told["seconds"]))


if __name__ == "__main__":
    main()
