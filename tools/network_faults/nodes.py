"""Five nodes of one network: their keys, their genesis, their processes."""

import http.client
import json
import os
import pathlib
import re
import resource
import select
import shutil
import signal
import socket
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEMO = ROOT / "genesis/demo"
KEYS = DEMO / "keys"
ORGANISATIONS = {
    "harbour": "https://id.gs1.org/417/9521107000003",
    "hearth": "https://id.gs1.org/417/9521108000002",
    "lantern": "https://id.gs1.org/417/9521105000005",
    "meridian": "https://id.gs1.org/417/9521109000001",
    "sandal": "https://id.gs1.org/417/9521101000009",
}
NAMES = sorted(ORGANISATIONS)
# Of the five one may be away, and one may lie: 2 x 4 > 5 + 1 (SPEC 9.1).
QUORUM, LIARS = 4, 1
DISK_BYTES = 96 << 20
# Of the nodes with a disk of their own, these refuse before it is full, the others once it is.
RESERVE_BYTES = {"harbour": 4 << 20, "hearth": 4 << 20}
# How long a node may take to say that it serves, on a machine that does much else.
PATIENCE = 90.0
# SPEC 18.1, drainSeconds; and what closing the databases may take after that.
DRAIN_SECONDS, CLOSING_SECONDS = 10.0, 5.0


class Failure(Exception):
    """What must hold does not."""


def origin_of(name):
    return f"ledger.{name}.example/cairn"


def free_ports(count):
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for each in sockets:
        each.close()
    return ports


def ask(port, method, path, body=None, timeout=20.0):
    """Status, Location and body; nothing if the node is away."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        headers = {"Content-Type": "application/vnd.cairn.submission+cbor"} if body else {}
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.getheader("Location"), answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class Node:
    """One node's directory, and its process while it runs."""

    def __init__(self, network, name, peer_port):
        self.network, self.name, self.peer_port = network, name, peer_port
        self.directory = network.work / name / "node"
        self.log = network.work / f"{name}.log"
        self.process = self.port = None
        self.is_stopped = False
        self.peak_bytes = 0
        # Whom it calls.
        self.reaches = [other for other in NAMES if other != name]

    def command(self, *options):
        # Where nobody listens, for those whom it does not call: governance names an address too.
        addresses = ",".join(
            f"{origin_of(called)}=127.0.0.1:"
            f"{self.network.wires.links[self.name, called].port if called in self.reaches else 9}"
            for called in NAMES if called != self.name)
        return [
            self.network.cairn, "serve", str(self.directory), "--http", "127.0.0.1:0",
            "--peer-listen", f"127.0.0.1:{self.peer_port}",
            "--peer-key", str(self.network.key(self.name, "tls")),
            "--cosigner-key", str(self.network.key(self.name, "cosigner")),
            "--peer-addresses", addresses, "--log-format", "json", *options]

    def start(self, *options):
        """Runs it until it says where it serves."""
        environment = os.environ | {
            "CAIRN_DISK_RESERVE_BYTES": str(RESERVE_BYTES.get(self.name, 0))}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(*options), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=log, env=environment, start_new_session=True)
        text, end = b"", time.monotonic() + PATIENCE
        while time.monotonic() < end and not text.endswith(b"\n"):
            if select.select([self.process.stdout], [], [], 0.2)[0]:
                more = os.read(self.process.stdout.fileno(), 4096)
                if not more:
                    break
                text += more
        port = re.search(rb"http://127\.0\.0\.1:(\d+)", text)
        if not port:
            raise Failure(f"{self.name} does not start: {self.last_lines()}")
        self.port = int(port[1])

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def last_lines(self):
        return self.log.read_text(errors="replace")[-600:].strip()

    @property
    def runs(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.is_stopped = False

    def terminate(self):
        """Asks it to stop; how long it took. It must end with 0, in its time."""
        start = time.monotonic()
        self.process.terminate()
        try:
            code = self.process.wait(DRAIN_SECONDS + CLOSING_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failure(f"{self.name}: SIGTERM has not ended it in "
                          f"{DRAIN_SECONDS + CLOSING_SECONDS:.0f} s") from None
        if code != 0:
            raise Failure(f"{self.name}: SIGTERM ended it with {code}: {self.last_lines()}")
        return time.monotonic() - start

    def pause(self):
        """Stops it in mid-step; its sockets stay open."""
        self.process.send_signal(signal.SIGSTOP)
        self.is_stopped = True

    def go_on(self):
        if self.runs:
            self.process.send_signal(signal.SIGCONT)
        self.is_stopped = False

    def peers(self):
        """What it says of its peers; nothing if it is away."""
        answer = self.port and self.runs and ask(self.port, "GET", "/peers", timeout=5)
        return json.loads(answer[2]) if answer and answer[0] == 200 else None

    def memory(self):
        """Bytes resident, and the highest that was seen."""
        try:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            return 0
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        used = int(found[1]) << 10 if found else 0
        self.peak_bytes = max(self.peak_bytes, used)
        return used

    def processor_seconds(self):
        """How long it has computed since it started."""
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def disk(self):
        """Bytes of its directory."""
        total = 0
        for path in self.directory.rglob("*"):
            try:
                total += path.stat().st_blocks * 512
            except OSError:
                pass
        return total

    def fill_disk(self):
        """Leaves no byte free on its disk."""
        file = os.open(self.directory.parent / "filler", os.O_WRONLY | os.O_CREAT)
        try:
            for step in (1 << 20, 4096, 1):
                try:
                    while True:
                        os.write(file, bytes(step))
                except OSError:
                    pass
        finally:
            os.close(file)

    def free_disk(self):
        (self.directory.parent / "filler").unlink(missing_ok=True)


class Network:
    """The nodes, their genesis, and the wires between them."""

    def __init__(self, cairn, work, wires, has_disks):
        self.cairn, self.work, self.wires = str(cairn), pathlib.Path(work), wires
        self.has_disks = has_disks
        self.genesis = self.work / "network.genesis"
        ports = dict(zip(NAMES, free_ports(len(NAMES))))
        # Parts that only a node had that has lost them: no peer may give them back (SPEC §25.6).
        self.lost_parts = set()
        # How many keys each log has had.
        self.log_keys = {name: 1 for name in NAMES}
        self.nodes = {name: Node(self, name, ports[name]) for name in NAMES}
        for caller in NAMES:
            for called in NAMES:
                if caller != called:
                    wires.add(caller, called, ports[called])

    def __iter__(self):
        return iter(self.nodes.values())

    def __getitem__(self, name):
        return self.nodes[name]

    def key(self, name, purpose):
        """Where a node's key is; of its log's keys the newest."""
        number = self.log_keys[name] if purpose == "log" else 1
        return self.work / (f"{name}-{purpose}.pem" if number == 1 else
                            f"{name}-{purpose}-{number}.pem")

    def run(self, *arguments, codes=(0,)):
        """Runs a command; what it printed."""
        done = subprocess.run([self.cairn, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode not in codes:
            raise Failure(f"cairn {' '.join(map(str, arguments[:2]))}: exit {done.returncode}: "
                          f"{(done.stdout + done.stderr)[-400:]}")
        return done.stdout

    def found(self):
        """Makes keys, genesis and directories."""
        for name in NAMES:
            for purpose in ("log", "cosigner", "tls"):
                self.run("key", "new", "-o", self.key(name, purpose))
        description = json.loads((DEMO / "network.json").read_text())
        for listed in [description["governors"]["members"],
                       *(o["keys"] for o in description["organisations"])]:
            for key in listed:
                key["key"] = str(DEMO / key["key"])
        description["schemes"] = []
        description["nodes"] = [
            {"origin": origin_of(name), "organisation": ORGANISATIONS[name],
             "address": f"127.0.0.1:{self[name].peer_port}"}
            | {f"{purpose}Key": str(self.key(name, purpose))
               for purpose in ("log", "cosigner", "tls")} for name in NAMES]
        description["policy"] |= {"quorum": QUORUM, "toleratedLiars": LIARS}
        (self.work / "network.json").write_text(json.dumps(description))
        self.run("network", "new", "--from", self.work / "network.json",
                 "--governor-key", KEYS / "governor-1.pem",
                 "--governor-key", KEYS / "governor-2.pem", "--issuer", ORGANISATIONS["harbour"],
                 "--issuer-key", KEYS / "wholesaler.pem", "-o", self.genesis)
        for node in self:
            node.directory.parent.mkdir()
            if self.has_disks:
                subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "none",
                                node.directory.parent], check=True)
            self.run("init", node.directory, "--genesis", self.genesis, "--origin",
                     origin_of(node.name), "--log-key", self.key(node.name, "log"))

    def end(self):
        """Kills what runs, and gives the disks back."""
        for node in self:
            if node.runs:
                node.go_on()
                node.kill()
            if self.has_disks:
                subprocess.run(["umount", "-l", node.directory.parent], capture_output=True)

    def copy(self, node, target):
        """Another directory with what a node that is stopped holds."""
        shutil.copytree(node.directory, target)


def raise_descriptors():
    """This process holds both ends of twenty wires' connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
