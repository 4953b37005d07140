"""Alarms: proofs that a log or the governors said two things, SPEC §25.5."""

from dataclasses import dataclass
from typing import Any

from . import cbor, notes, statements
from .amendments import amend
from .governance import State, amendment_digest, origin_text, read_content
from .genesis import check_signer
from .hashes import domain, leaf_hash, node_hash, root_from_path
from .refusal import Refused, need

CODE = "alarm.format"
PROOF = "alarm.unproven"
FORK, AMENDMENTS, ENTRIES, ENTRY = range(4)
KINDS = ("fork", "amendments", "entries", "entry")
MAX_PATH = 64


@dataclass(frozen=True)
class Alarm:
    """An alarm that holds: what it proves, of which log, by which checkpoints."""

    digest: bytes
    kind: str
    origin: str | None
    checkpoints: tuple[tuple[int, bytes], ...]

    def json(self) -> dict:
        """As the answer of SPEC §16 writes it."""
        found: dict = {"digest": self.digest.hex(), "kind": self.kind}
        if self.origin is not None:
            found["origin"] = self.origin
            found["checkpoints"] = [{"size": size, "root": root.hex()}
                                    for size, root in self.checkpoints]
        return found


def alarm_digest(raw: bytes) -> bytes:
    """The digest that alarms are sorted and told by."""
    return domain("cairn/alarm/v1", raw)


def read(raw: bytes, genesis: State, newest: State | None = None) -> Alarm:
    """An alarm, once it proves what it says under the newest governance known; raises Refused."""
    version, network, contents, kind = cbor.array(cbor.decode(raw), "alarm", 4, CODE)
    need(version == "cairn-alarm-1", CODE, "version")
    need(network == genesis.network, "alarm.network", "it is about another network")
    state = genesis
    for content in cbor.array(contents, "amendments", None, CODE):
        state = amend(state, *read_content(cbor.blob(content, "amendment", None, CODE)))
    sides = newest if newest is not None and newest.seq > state.seq else state
    number, said = cbor.array(kind, "kind", 2, CODE)
    need(cbor.is_uint(number) and number <= ENTRY, CODE, "kind")
    if number == ENTRY:
        origin, checkpoints = _entry(said, sides, state)
    else:
        under = state if number == AMENDMENTS else sides
        origin, checkpoints = (_fork, _amendments, _entries)[number](said, under)
    return Alarm(alarm_digest(raw), KINDS[number], origin,
                 tuple((each.size, each.root) for each in checkpoints))


def _fork(said: Any, state: State) -> tuple[str, list[notes.Checkpoint]]:
    origin, size, sides = cbor.array(said, "fork", 3, CODE)
    first, second = (_side(each, origin, size, state)
                     for each in cbor.array(sides, "sides", 2, CODE))
    need(first[1] < second[1], PROOF, "the roots do not differ, or are not sorted")
    return origin, [first[0], second[0]]


def _amendments(said: Any, state: State) -> tuple[None, list]:
    digests = set()
    for content in cbor.array(said, "amendments", 2, CODE):
        body, signatures = read_content(cbor.blob(content, "amendment", None, CODE))
        amend(state, body, signatures)
        digests.add(amendment_digest(body))
    need(len(digests) == 2, PROOF, "both amendments are one")
    return None, []


def _entries(said: Any, state: State) -> tuple[str, list[notes.Checkpoint]]:
    origin, size, side, proven = cbor.array(said, "entries", 4, CODE)
    checkpoint, root = _side(side, origin, size, state)
    (low, before), (high, after) = (_proven(each, size, root)
                                    for each in cbor.array(proven, "entries", 2, CODE))
    need(low < high, PROOF, "the entries are not in order")
    same = before[1] is not None and before[1] == after[1]
    need(before[0] > after[0] or same, PROOF, "the entries do not exclude each other")
    return origin, [checkpoint]


def _entry(said: Any, sides: State, before: State) -> tuple[str, list[notes.Checkpoint]]:
    """An entry that cannot be read, or whose statement governance refused where it stands."""
    origin, size, side, proven, around = cbor.array(said, "entry", 5, CODE)
    checkpoint, root = _side(side, origin, size, sides)
    place, raw = _included(proven, size, root)
    seals = [_included(each, size, root) for each in cbor.array(around, "seals", None, CODE)]
    need(len(seals) in (0, 2), CODE, "there are two seals or none")
    entry = _statement(raw)
    if entry is None:
        return origin, [checkpoint]
    need(len(seals) == 2 and seals[0][0] < place < seals[1][0], PROOF, "no seals around it")
    try:
        first, after = (statements.read_seal(raw) for _, raw in seals)
    except Refused as refused:
        raise Refused(PROOF, "what stands around it are no seals") from refused
    need(after.previous == leaf_hash(first.raw), PROOF, "another seal stands between them")
    need(first.governance_head == before.head, PROOF, "governance of another place")
    try:
        check_signer(before, entry)
    except Refused:
        return origin, [checkpoint]
    raise Refused(PROOF, "governance allows the statement")


def _statement(raw: bytes) -> statements.Entry | None:
    """The statement of an entry; none if it cannot be read, nor as a seal."""
    try:
        return statements.read_entry(raw)
    except Refused:
        pass
    try:
        statements.read_seal(raw)
    except Refused:
        return None
    raise Refused(PROOF, "a seal can be read")


def _side(said: Any, origin: Any, size: Any, state: State) -> tuple[notes.Checkpoint, bytes]:
    """A checkpoint of the log, and the root that its tree had at a size."""
    note, root, proof = cbor.array(said, "side", 3, CODE)
    node = state.nodes.get(origin_text(origin))
    need(node is not None, PROOF, "origin is unknown")
    try:
        text = cbor.blob(note, "note", None, CODE).decode("utf-8")
    except UnicodeDecodeError:
        need(False, CODE, "note is not UTF-8")
    checkpoint = notes.read_checkpoint(text)
    need(checkpoint.origin == origin, PROOF, "checkpoint of another log")
    public = node.key_at(checkpoint.size)[-2]
    mark = notes.key_id(origin, notes.LOG_TYPE, public)
    signed = [signature for name, key, signature in checkpoint.lines
              if (name, key) == (origin, mark)]
    good = bool(signed) and notes.log_signature_holds(checkpoint, public, signed[0])
    need(good, PROOF, "the log did not sign the checkpoint")
    cbor.blob(root, "root", 32, CODE)
    good = cbor.is_uint(size) and 1 <= size <= checkpoint.size
    need(good and is_consistent(size, root, checkpoint, _path(proof)), PROOF,
         "the checkpoint's tree did not have this root")
    return checkpoint, root


def _path(value: Any) -> list[bytes]:
    path = [cbor.blob(each, "hash", 32, CODE) for each in cbor.array(value, "proof", None, CODE)]
    need(len(path) <= 2 * MAX_PATH, CODE, "proof is too long")
    return path


def _proven(said: Any, size: int, root: bytes) -> tuple[int, tuple[int, bytes | None]]:
    """An entry's index, time, and the id of its statement if it registers one."""
    index, raw = _included(said, size, root)
    decoded = cbor.decode(raw)
    need(type(decoded) is list and bool(decoded), CODE, "entry")
    if decoded[0] == 1:
        return index, (statements.read_seal(raw).sealed_at, None)
    entry = statements.read_entry(raw)
    return index, (entry.registered_at, entry.statement.ident)


def _included(said: Any, size: int, root: bytes) -> tuple[int, bytes]:
    """An entry of the tree: its index and its bytes."""
    index, raw, path = cbor.array(said, "entry", 3, CODE)
    cbor.uint(index, "index", CODE)
    leaf = leaf_hash(cbor.blob(raw, "entry", None, CODE))
    need(root_from_path(leaf, index, size, _path(path)) == root, PROOF, "entry is not in the tree")
    return index, raw


def is_consistent(size: int, root: bytes, later: notes.Checkpoint, proof: list[bytes]) -> bool:
    """Whether a tree of this size and root grew to the checkpoint's, RFC 9162 §2.1.4.2."""
    if size == later.size:
        return not proof and root == later.root
    path = proof if size & (size - 1) else [root, *proof]
    if not path:
        return False
    position, last = size - 1, later.size - 1
    while position & 1:
        position >>= 1
        last >>= 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if position & 1 or position == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            new = node_hash(new, sibling)
        position >>= 1
        last >>= 1
    return last == 0 and old == root and new == later.root
