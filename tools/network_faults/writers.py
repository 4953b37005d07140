"""Those who hand records to the nodes all the time, and keep what was acknowledged."""

import base64
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

from cryptography.hazmat.primitives import serialization

from cairn_vectors import signing
from cairn_verify import cbor, notes, records
from cairn_verify.genesis import read_genesis
from cairn_verify.hashes import leaf_hash, root_from_path
from cairn_verify.signatures import thumbprint
from cairn_verify.statements import read_entry, read_statement

from .nodes import KEYS, NAMES, ORGANISATIONS, Failure, ask, origin_of

AUTHOR = "sandal"
FARM = ORGANISATIONS[AUTHOR]
SITE = "urn:epc:id:sgln:9521101.00101.0"
CONTEXT = ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]
# The records of one round are about so many lots, so that a few questions find them all.
LOTS_OF_ROUND = 3
# One record in so many may be seen by two organisations only.
KEPT_CLOSE = 6


class Key:
    """A private key from a file, as `cairn_vectors.signing` wants one."""

    algorithm = -19

    def __init__(self, path):
        text = path.read_bytes()
        self.private = serialization.load_pem_private_key(text[text.index(b"-----BEGIN"):], None)
        self.public = self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.secret = self.private.private_bytes(
            serialization.Encoding.Raw, serialization.PrivateFormat.Raw,
            serialization.NoEncryption())
        self.kid = thumbprint({1: 1, -1: 6, -2: self.public})

    def sign(self, message):
        return self.private.sign(message)


@dataclass(frozen=True)
class Acknowledged:
    """What a node gave its word for."""

    node: str
    lot: str
    location: str
    index: int
    entry: bytes
    part: bytes
    # The one node that must hold the part, beside the author's; nothing: all of them.
    seen_by: str | None

    @property
    def ident(self):
        return read_entry(self.entry).statement.ident


def read_receipt(text):
    """Entry, index and checkpoint of a tlog-proof, whose path must lead to the checkpoint."""
    proof, _, note = text.partition("\n\n")
    head, extra, index, *path = proof.split("\n")
    if head != "c2sp.org/tlog-proof@v1":
        raise Failure(f"no receipt: {text[:80]}")
    entry = base64.b64decode(extra.removeprefix("extra "))
    number = int(index.removeprefix("index "))
    checkpoint = notes.read_checkpoint(note)
    root = root_from_path(
        leaf_hash(entry), number, checkpoint.size, [base64.b64decode(line) for line in path])
    if root != checkpoint.root:
        raise Failure(f"the path of a receipt at {number} does not lead to its checkpoint")
    return entry, number, checkpoint


class Author:
    """Signs events as the farm."""

    def __init__(self, network, seed):
        self.network_id = read_genesis(network.genesis.read_bytes()).state.network
        self.key = Key(KEYS / "farm.pem")
        self.random = random.Random(seed)
        self.lock = threading.Lock()
        self.count = 0
        self.lots = []
        self.begin_round(0)

    def begin_round(self, number):
        """Other lots than before."""
        self.lots = [f"urn:epc:class:lgtin:9521101.000001.N{number}-{lot}"
                     for lot in range(LOTS_OF_ROUND)]

    def submission(self):
        """A submission, its lot, its part, and at which nodes the part may be."""
        with self.lock:
            self.count += 1
            number, lot = self.count, self.random.choice(self.lots)
            partner = self.random.choice([n for n in NAMES if n != AUTHOR])
        seen_by = partner if number % KEPT_CLOSE == 0 else None
        visibility = [ORGANISATIONS[partner]] if seen_by else 1
        event = {
            "@context": CONTEXT, "type": "ObjectEvent", "action": "OBSERVE",
            "eventTime": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(1_770_000_000 + number))
            + ".000Z", "eventTimeZoneOffset": "+00:00", "readPoint": {"id": SITE},
            "quantityList": [{"epcClass": lot, "quantity": number, "uom": "KGM"}]}
        content = json.dumps(event, separators=(",", ":")).encode()
        part = signing.make_part(
            self.key, self.network_id, records.EVENT_TYPE, visibility, content)
        rows = signing.sort_rows(signing.part_rows(self.network_id, part))
        statement = signing.make_statement(
            self.key, FARM, self.network_id, rows, int(time.time()))
        return (signing.submission(statement, rows, [part]), lot, records.part_digest(part),
                seen_by)


class Writers:
    """Some threads that submit to one node after the other."""

    def __init__(self, network, author, seed, threads=4, pause=0.1):
        self.network, self.author, self.pause = network, author, pause
        # All that each log has had.
        self.log_keys = {name: [] for name in NAMES}
        for name in NAMES:
            self.learn_key(name)
        self.acknowledged = []
        self.statuses = Counter()
        self.codes = Counter()
        self.wrong = []
        self.lock = threading.Lock()
        self.goes = threading.Event()
        self.has_ended = False
        self.idle = threading.Semaphore(0)
        self.threads = [threading.Thread(target=self.work, args=(random.Random(f"{seed} {n}"),),
                                         daemon=True) for n in range(threads)]
        self.in_hand = 0
        for thread in self.threads:
            thread.start()

    def work(self, draw):
        while not self.has_ended:
            if not self.goes.wait(0.2):
                continue
            with self.lock:
                self.in_hand += 1
            try:
                self.submit(self.network[draw.choice(NAMES)])
            except Exception as error:  # A thread that dies unseen would make the rest look good.
                with self.lock:
                    self.wrong.append(f"writer: {error!r}")
            finally:
                with self.lock:
                    self.in_hand -= 1
            time.sleep(self.pause * (0.5 + draw.random()))

    def submit(self, node):
        """Hands in one record; what was acknowledged, if it was."""
        if node.port is None or not node.runs:
            return None
        submission, lot, part, seen_by = self.author.submission()
        answer = ask(node.port, "POST", "/entries", submission)
        with self.lock:
            self.statuses[answer[0] if answer else "away"] += 1
        if answer is None or answer[0] not in (200, 201):
            if answer:
                with self.lock:
                    self.codes[json.loads(answer[2]).get("code", "?")] += 1
            return None
        entry, index, checkpoint = read_receipt(answer[2].decode())
        given = Acknowledged(node.name, lot, answer[1], index, entry, part, seen_by)
        if not self.is_signed(node.name, checkpoint):
            with self.lock:
                self.wrong.append(f"{node.name}: a receipt's checkpoint is not signed by its log")
        sent = read_statement(cbor.decode(submission)[0]).ident
        if given.ident != sent:
            with self.lock:
                self.wrong.append(f"{node.name}: a receipt is of another statement")
        with self.lock:
            self.acknowledged.append(given)
        return given

    def learn_key(self, name):
        """The newest key of a log signs its receipts."""
        self.log_keys[name].append(Key(self.network.key(name, "log")).public)

    def is_signed(self, name, checkpoint):
        origin = origin_of(name)
        return checkpoint.origin == origin and any(
            (line_name, key) == (origin, notes.key_id(origin, notes.LOG_TYPE, public))
            and notes.log_signature_holds(checkpoint, public, signature)
            for line_name, key, signature in checkpoint.lines for public in self.log_keys[name])

    def go(self):
        self.goes.set()

    def rest(self):
        """Returns once nothing is on its way."""
        self.goes.clear()
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with self.lock:
                if self.in_hand == 0:
                    return
            time.sleep(0.05)
        raise Failure("a submission is not answered in 60 s")

    def end(self):
        self.has_ended = True
        self.goes.set()
        for thread in self.threads:
            thread.join()

