"""Peers that hold a real node's keys and do not keep to the protocol (SPEC §25)."""

import base64
import datetime
import random
import socket
import ssl
import threading
import time

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.x509.oid import NameOID

from cairn_verify import cbor, notes

from .nodes import KEYS, Failure, origin_of
from .writers import Key

FRAME_BYTES = 1 << 20
HELLO, HEADS, ASK, ANSWER, PING, PONG, BYE = range(7)


def certificate(network, name):
    """A certificate of a node's TLS key, and the key, in one file."""
    pem = network.key(name, "tls").read_bytes()
    private = serialization.load_pem_private_key(pem[pem.index(b"-----BEGIN"):], None)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "liar")])
    now = datetime.datetime.utcnow()
    made = (x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
            .public_key(private.public_key()).serial_number(1)
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1)).sign(private, None))
    file = network.work / f"{name}-liar.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return file


class Liar:
    """A node's keys, without its honesty."""

    def __init__(self, network, name, author):
        self.network, self.name, self.origin = network, name, origin_of(name)
        self.network_id = author.network_id
        self.log = Key(network.key(name, "log"))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(certificate(network, name))
        self.context.set_alpn_protocols(["cairn/1"])

    def note(self, size, root, key=None, origin=None, name=None):
        """A checkpoint as the log signs it."""
        key, origin = key or self.log, origin or self.origin
        name = name or self.origin
        text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        mark = notes.key_id(name, notes.LOG_TYPE, key.public)
        line = base64.b64encode(mark + key.sign(text.encode())).decode()
        return f"{text}\n\u2014 {name} {line}\n".encode()

    def call(self, node, greets=True, buffer=None):
        """A connection with a node, the hellos exchanged."""
        peer = Peer(self, node, buffer)
        if greets:
            peer.send([HELLO, 1, self.network_id, self.origin])
            peer.until(HELLO)
        return peer


class Peer:
    """One connection of a liar's."""

    def __init__(self, liar, node, buffer=None):
        raw = socket.socket()
        if buffer:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        raw.settimeout(10)
        raw.connect(("127.0.0.1", node.peer_port))
        self.socket = liar.context.wrap_socket(raw)
        self.pending = b""
        if self.socket.selected_alpn_protocol() != "cairn/1":
            raise Failure("the node speaks no cairn/1")

    def send(self, message):
        self.frame(cbor.encode(message))

    def frame(self, payload):
        self.raw(len(payload).to_bytes(4, "big") + payload)

    def raw(self, data):
        self.socket.sendall(data)

    def receive(self, timeout=10.0):
        """The next message; nothing once the connection is over."""
        end = time.monotonic() + timeout
        while True:
            length = int.from_bytes(self.pending[:4], "big") + 4
            if len(self.pending) >= max(length, 5):
                body, self.pending = self.pending[4:length], self.pending[length:]
                return cbor.decode(body)
            left = end - time.monotonic()
            if left <= 0:
                raise TimeoutError("nothing comes from the node")
            self.socket.settimeout(left)
            more = self.socket.recv(1 << 18)
            if not more:
                return None
            self.pending += more

    def drop_what_came(self):
        """Reads without waiting, and forgets; whether the connection stands."""
        self.socket.setblocking(False)
        try:
            while self.socket.recv(1 << 18):
                pass
            return False
        except (ssl.SSLWantReadError, BlockingIOError):
            return True
        finally:
            self.socket.settimeout(10)

    def until(self, *kinds, timeout=10.0):
        """The next message of a kind; it answers pings meanwhile."""
        end = time.monotonic() + timeout
        while message := self.receive(end - time.monotonic()):
            if message[0] in kinds:
                return message
            if message[0] == PING:
                self.send([PONG, message[1]])
        raise ConnectionError("the node has closed")

    def is_over(self, timeout=5.0):
        """Whether the node ends the connection in time."""
        end = time.monotonic() + timeout
        try:
            while self.receive(max(0.01, end - time.monotonic())):
                pass
            return True
        except TimeoutError:
            return False
        except (OSError, ValueError):
            return True

    def close(self):
        try:
            self.socket.close()
        except OSError:
            pass


class Attack:
    """One way not to keep to the protocol, and what it must be called."""

    def __init__(self, name, code, run, within=5.0, is_asked=False, reason=""):
        self.name, self.code, self.run, self.within = name, code, run, within
        # Of what the reason must speak, where other lies have the same code at the same time.
        self.reason = reason
        # Whether it waits for a question about entries: none comes while another is open.
        self.is_asked = is_asked


class Attacks:
    """What the liar does; each function takes a fresh connection or makes its own."""

    def __init__(self, liar, size, seed):
        self.liar, self.size = liar, size
        self.random = random.Random(seed)

    def quick(self):
        """Those that are found out at once."""
        def after_hello(act):
            def run(node):
                peer = self.liar.call(node)
                act(peer)
                return peer
            return run

        def first(message):
            def run(node):
                peer = self.liar.call(node, greets=False)
                peer.send(message)
                return peer
            return run

        origin, network = self.liar.origin, self.liar.network_id
        garbage = self.random.randbytes(300)
        deep = b"\x81" * 4_000 + b"\x00"
        huge = cbor.encode([HEADS, [[origin, bytes(FRAME_BYTES - 200)]], []])
        yield Attack("random bytes", "peer.message", after_hello(lambda p: p.frame(garbage)))
        yield Attack("arrays in arrays", "peer.message", after_hello(lambda p: p.frame(deep)))
        yield Attack("a frame of no bytes", "peer.frame-length",
                     after_hello(lambda p: p.raw(bytes(4))))
        yield Attack("a frame too long by one", "peer.frame-length",
                     after_hello(lambda p: p.raw((FRAME_BYTES + 1).to_bytes(4, "big"))))
        yield Attack("a frame of 4 GiB", "peer.frame-length",
                     after_hello(lambda p: p.raw(b"\xff" * 4 + bytes(100_000))))
        yield Attack("a note of 1 MiB", "peer.checkpoint", after_hello(lambda p: p.frame(huge)))
        yield Attack("an end inside a frame", "peer.broken peer.truncated",
                     after_hello(self.end_inside))
        yield Attack("no hello first", "peer.message", first([HEADS, [], []]))
        yield Attack("two hellos", "peer.message",
                     after_hello(lambda p: p.send([HELLO, 1, network, origin])))
        yield Attack("another version", "peer.version", first([HELLO, 2, network, origin]))
        yield Attack("another network", "peer.network", first([HELLO, 1, bytes(32), origin]))
        yield Attack("another's name", "peer.origin",
                     first([HELLO, 1, network, origin_of("harbour")]))
        yield Attack("an answer to nothing", "peer.message",
                     after_hello(lambda p: p.send([ANSWER, 7, True, b""])))
        yield Attack("a checkpoint whose signature is wrong", "peer.checkpoint",
                     after_hello(self.wrong_signature))
        yield Attack("a checkpoint of another's log", "peer.checkpoint",
                     after_hello(self.others_log))
        yield Attack("random bytes for entries", "peer.message peer.proof",
                     after_hello(lambda p: self.serve(p, [garbage])), is_asked=True)
        yield Attack("entries that are not the checkpoint's", "peer.proof",
                     after_hello(lambda p: self.serve(p, [self.package()])), is_asked=True)
        yield Attack("an answer without end", "peer.message",
                     after_hello(lambda p: self.serve(p, [bytes(FRAME_BYTES - 2_000)] * 14)),
                     is_asked=True)
        yield Attack("an alarm that proves nothing", "peer.alarm", after_hello(self.false_alarm))
        yield Attack("a farewell that looks like the log's", "peer.bye",
                     after_hello(lambda p: p.send([BYE, "x\nlog.alarm", "\x1b[2J"])))

    def end_inside(self, peer):
        peer.raw((1_000).to_bytes(4, "big") + bytes(10))
        peer.close()

    def wrong_signature(self, peer):
        note = self.liar.note(self.size + 1, bytes(32), key=Key(KEYS / "farm.pem"))
        # The right key's mark before a wrong signature.
        good = self.liar.note(self.size + 1, bytes(32))
        head, tail = good.rsplit(b" ", 1)
        mark = base64.b64decode(tail)[:4]
        forged = base64.b64encode(mark + base64.b64decode(note.rsplit(b" ", 1)[1])[4:])
        peer.send([HEADS, [[self.liar.origin, head + b" " + forged + b"\n"]], []])

    def others_log(self, peer):
        other = origin_of("harbour")
        peer.send([HEADS, [[other, self.liar.note(9_999, bytes(32), origin=other)]], []])

    def boast(self, peer, ahead=1):
        """A checkpoint with the log's signature, of entries that there are not."""
        peer.send([HEADS, [[self.liar.origin, self.liar.note(self.size + ahead, bytes(32))]], []])

    def serve(self, peer, pieces):
        self.boast(peer)
        while True:
            question = peer.until(ASK)
            if question[2][0] == 0 and question[2][1] == self.liar.origin:
                break
            peer.send([ANSWER, question[1], True, b"" if question[2][0] != 1 else b"\x80"])
        for number, piece in enumerate(pieces):
            peer.send([ANSWER, question[1], number == len(pieces) - 1, piece])

    def package(self):
        """What looks like entries."""
        entry = cbor.encode([1, 1, bytes(32), bytes(32), bytes(32), 1, []])
        return cbor.encode([self.size, bytes(32), [bytes(32)] * 3, [[entry, None, None]],
                            [bytes(32)]])

    def false_alarm(self, peer):
        digest = self.random.randbytes(32)
        peer.send([HEADS, [], [digest]])
        while True:
            question = peer.until(ASK)
            if question[2][0] == 2:
                break
        peer.send([ANSWER, question[1], True, self.random.randbytes(500)])

    # Those that take their time.

    def silent(self, node):
        """Says not even who it is."""
        return self.liar.call(node, greets=False)

    def mute(self, node):
        """Says who it is, and never anything again."""
        return self.liar.call(node)

    def trickle(self, node):
        """A frame of 1 MiB, a byte at a time."""
        peer = self.liar.call(node)
        peer.raw(FRAME_BYTES.to_bytes(4, "big"))

        def drip():
            try:
                while True:
                    peer.raw(b"\x00")
                    time.sleep(0.4)
            except OSError:
                pass

        threading.Thread(target=drip, daemon=True).start()
        return peer

    def unread(self, node):
        """Asks, and reads no answer."""
        peer = self.liar.call(node, buffer=4_096)
        origin = origin_of(node.name)
        size = node.peers()["size"]

        def asking():
            try:
                peer.socket.settimeout(60)
                for number in range(20_000):
                    peer.send([ASK, number, [0, origin, 0, size]])
            except OSError:
                pass

        threading.Thread(target=asking, daemon=True).start()
        return peer

    def boasting(self, node):
        """Tells of entries that it has not, and leaves questions unanswered."""
        peer = self.liar.call(node)
        self.boast(peer, ahead=2)
        return peer

    def slow(self):
        """Those that are found out by a deadline, with it and what the node may be late."""
        yield Attack("no hello", "peer.silent", self.silent, 10 + 8,
                     reason="who it is in time")
        yield Attack("a frame that drips", "peer.slow", self.trickle, 30 + 8)
        yield Attack("questions without reading", "peer.unread", self.unread, 30 + 30)
        yield Attack("a checkpoint it cannot serve", "peer.silent", self.boasting, 30 + 8,
                     is_asked=True, reason="answer in time")
        yield Attack("silence", "peer.silent", self.mute, 40 + 8,
                     reason="nothing comes")


class Witness:
    """A peer with the liar's key that keeps to the protocol: it must not be cut off."""

    def __init__(self, liar, node):
        self.peer = liar.call(node)
        self.is_wanted = True
        self.end = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while self.is_wanted:
                try:
                    message = self.peer.receive(1.0)
                except TimeoutError:
                    continue
                if message is None or message[0] == BYE:
                    self.end = f"it was told {message}"
                    return
                if message[0] == PING:
                    self.peer.send([PONG, message[1]])
                elif message[0] == ASK:
                    empty = b"\x80" if message[2][0] == 1 else b""
                    self.peer.send([ANSWER, message[1], True, empty])
        except OSError as error:
            self.end = f"{error!r}"

    def leave(self):
        self.is_wanted = False
        self.thread.join()
        self.peer.close()
        return self.end


class Hasty:
    """Passes on the newest checkpoints of one node before the node itself can, and serves none."""

    def __init__(self, liar, source, victim):
        self.liar, self.source, self.victim = liar, source, victim
        self.is_wanted = True
        self.passed = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.is_wanted:
            try:
                self.pass_on()
            except (OSError, ValueError):
                time.sleep(0.05)

    def pass_on(self):
        source, victim = self.liar.call(self.source), self.liar.call(self.victim)
        origin = origin_of(self.source.name)
        told = None
        try:
            while self.is_wanted and victim.drop_what_came():
                try:
                    message = source.receive(0.2)
                except TimeoutError:
                    continue
                if message is None:
                    return
                if message[0] == PING:
                    source.send([PONG, message[1]])
                if message[0] != HEADS:
                    continue
                note = dict(message[1]).get(origin)
                if note and note != told:
                    told = note
                    victim.send([HEADS, [[origin, note]], []])
                    self.passed += 1
        finally:
            source.close()
            victim.close()

    def leave(self):
        self.is_wanted = False
        self.thread.join(5)
