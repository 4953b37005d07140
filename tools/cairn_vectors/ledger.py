"""A log in memory: entries, seals, subject chains, index, checkpoints and evidence."""

import base64
from dataclasses import dataclass, field
from typing import Any

from cairn_verify import cbor, hashes, index, notes, records, statements
from cairn_verify.amendments import amend
from cairn_verify.closure import Closure
from cairn_verify.evidence import Link
from cairn_verify.genesis import governance_body
from cairn_verify.governance import State
from cairn_verify.hashes import ZERO, leaf_hash, subject_key
from cairn_verify.records import Content
from cairn_verify.refusal import Refused
from cairn_verify.steps import fallen

from .network import ALPHA, COSIGNERS, LOG_KEYS, T0, Genesis
from .signing import Key, make_part, make_statement, part_rows, sort_rows


def index_tree(chains: dict[bytes, tuple[int, bytes]]):
    """The trie as nested tuples: ('leaf', key, n, head) or ('branch', bit, left, right)."""
    def build(keys: list[bytes], bit: int):
        if len(keys) == 1:
            return ("leaf", keys[0], *chains[keys[0]])
        while True:
            sides: list[list[bytes]] = [[], []]
            for key in keys:
                sides[index.bit_of(index.position(key), bit)].append(key)
            if sides[0] and sides[1]:
                return ("branch", bit, build(sides[0], bit + 1), build(sides[1], bit + 1))
            bit += 1
    return build(sorted(chains), 0) if chains else None


def index_hash(node) -> bytes:
    """The hash of a subtree."""
    if node is None:
        return ZERO
    if node[0] == "leaf":
        return index.leaf(*node[1:])
    return index.branch(node[1], index_hash(node[2]), index_hash(node[3]))


def index_proof(node, asked: list[bytes]) -> list:
    """The trie cut where no asked walk goes, in pre-order."""
    if node is None:
        return []
    if not asked:
        return [index_hash(node)]
    if node[0] == "leaf":
        return [list(node[1:])]
    sides = [[k for k in asked if index.bit_of(index.position(k), node[1]) == side]
             for side in (0, 1)]
    return [node[1], *index_proof(node[2], sides[0]), *index_proof(node[3], sides[1])]


@dataclass
class Registered:
    """One statement of a log with its manifest."""

    leaf: int
    statement: bytes
    rows: list
    parts: list[bytes]


@dataclass
class Ledger:
    """One node's log. Nothing is checked: a ledger may lie, for the vectors that need it."""

    genesis: Genesis
    origin: str = ALPHA
    now: int = T0
    entries: list[bytes] = field(default_factory=list)
    registered: dict[int, Registered] = field(default_factory=dict)
    seals: list[int] = field(default_factory=list)
    chains: dict[bytes, list[tuple[int, int, bytes, int]]] = field(default_factory=dict)
    heads: dict[bytes, tuple[int, bytes]] = field(default_factory=dict)
    governance: list[bytes] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    states: list[State] = field(default_factory=list)
    parts: dict[bytes, bytes] = field(default_factory=dict)

    def __post_init__(self):
        self.governance = [self.genesis.network]
        document, _ = governance_body(records.read_part(self.genesis.part))
        self.states = [State(document)]
        self.register(self.genesis.statement, self.genesis.rows, [self.genesis.part])
        self.seal()

    @property
    def network(self) -> bytes:
        """The network's id."""
        return self.genesis.network

    def register(self, statement: bytes, rows: list, parts: list[bytes],
                 at: int | None = None) -> int:
        """Appends an entry and its links; the leaf index."""
        leaf = len(self.entries)
        self.entries.append(cbor.encode([0, self.now if at is None else at, statement]))
        self.registered[leaf] = Registered(leaf, statement, rows, parts)
        self.parts |= {records.part_digest(p): p for p in parts}
        whole = leaf_hash(self.entries[leaf])
        for number, (digest, key, role) in enumerate(rows):
            self.chains.setdefault(key, []).append((leaf, number, digest, role))
            count, head = self.heads.get(key, (0, ZERO))
            row = hashes.row_hash(statements.row_bytes(digest, key, role))
            self.heads[key] = (count + 1, hashes.chain_head(head, leaf, whole, number, row))
        self.now += 1000
        return leaf

    def seal(self, **changes) -> int:
        """Appends a seal; `changes` spoil its members."""
        before = leaf_hash(self.entries[self.seals[-1]]) if self.seals else ZERO
        self.seals.append(len(self.entries))
        self.entries.append(cbor.encode([
            1, self.now, changes.get("previous", before), changes.get("head", self.governance[-1]),
            changes.get("root", index_hash(index_tree(self.heads))), len(self.heads), []]))
        self.now += 1000
        return self.seals[-1]

    def say(self, key: Key, issuer: str, contents: list[tuple[str, Any, bytes]],
            **changes) -> int:
        """Signs parts (content type, visibility, content) as one statement and registers it."""
        made = [make_part(key, self.network, *content) for content in contents]
        rows = changes.pop("manifest", None)
        if rows is None:
            rows = sort_rows([row for part in made for row in part_rows(self.network, part)])
        at = changes.pop("at", None)
        issued = changes.pop("issued_at", (self.now if at is None else at) // 1000)
        statement = make_statement(key, issuer, self.network, rows, issued, **changes)
        return self.register(statement, rows, made, at)

    def governed(self, part: bytes, body: bytes, digest: bytes, key: Key, issuer: str) -> int:
        """Registers an amendment's part."""
        rows = [(records.part_digest(part),
                 subject_key(self.network, 1, hashes.network_uri(self.network)), 4)]
        statement = make_statement(key, issuer, self.network, rows, self.now // 1000)
        leaf = self.register(statement, rows, [part])
        try:
            read = governance_body(records.read_part(part))
            self.states.append(amend(self.states[-1], *read))
        except Refused:
            pass  # a ledger may lie
        self.governance.append(digest)
        self.bodies.append(body)
        return leaf

    def leaves(self) -> list[bytes]:
        """Leaf hashes of the whole log."""
        return [leaf_hash(entry) for entry in self.entries]

    def path(self, leaf: int) -> list[bytes]:
        """The inclusion path of a leaf in the whole log."""
        return hashes.inclusion_path(self.leaves(), leaf)

    def checkpoint_text(self) -> str:
        """The text of the checkpoint of the whole log."""
        root = base64.b64encode(hashes.tree_root(self.leaves())).decode()
        return f"{self.origin}\n{len(self.entries)}\n{root}\n"

    def note(self, key: Key | None = None, cosigners: tuple[str, ...] = (),
             text: str | None = None) -> str:
        """The signed checkpoint, cosigned by the nodes named."""
        text = self.checkpoint_text() if text is None else text
        key = LOG_KEYS[self.origin] if key is None else key
        note = text + "\n" + signature_line(self.origin, 1, key, key.sign(text.encode()))
        for origin in cosigners:
            at = self.now // 1000
            signer = COSIGNERS[origin]
            message = f"cosignature/v1\ntime {at}\n{text}".encode()
            blob = hashes.u64(at) + signer.sign(message)
            note += signature_line(origin, 4, signer, blob)
        return note

    def transitions(self) -> list:
        """Pairs of seals around each change of the governance head."""
        found = []
        for before, after in zip(self.seals, self.seals[1:]):
            heads = [cbor.decode(self.entries[i])[3] for i in (before, after)]
            if heads[0] != heads[1]:
                found.append([[i, self.entries[i], self.path(i)] for i in (before, after)])
        return found


def signature_line(name: str, kind: int, key: Key, signature: bytes) -> str:
    """One signature line of a note."""
    blob = notes.key_id(name, kind, key.cose[-2]) + signature
    return f"\u2014 {name} {base64.b64encode(blob).decode()}\n"


class _Log:
    """What the closure reads of a log, before there is evidence."""

    def __init__(self, ledger: Ledger, asked: list[tuple[int, str]]):
        self.file = self
        self.chains = {}
        for number, (facet, uri) in enumerate(asked):
            links = ledger.chains.get(subject_key(ledger.network, facet, uri), [])
            self.chains[number] = [Link(*link, []) for link in links]
        self.origin = ledger.origin
        self.entries = {leaf: statements.read_entry(ledger.entries[leaf])
                        for leaf in ledger.registered}


class _Question:
    def __init__(self, ledgers: list[Ledger], subject: str, scope: int, asked: list,
                 hidden: set[bytes]):
        self.evidence = self
        self.network, self.subject, self.scope, self.asked = (
            ledgers[0].network, subject, scope, asked)
        self.states = max((ledger.states for ledger in ledgers), key=len)
        self.logs = [_Log(ledger, asked) for ledger in ledgers]
        self.contents = {d: Content(records.read_part(p), self.network)
                         for ledger in ledgers for d, p in ledger.parts.items()
                         if d not in hidden}

    def fallen(self, entry: statements.Entry) -> list:
        """What the newest governance took back of an entry; a stranger's stands."""
        known = self.states[-1].organisations.get(entry.statement.issuer)
        usable = known is not None and entry.statement.kid in known.keys
        return fallen(self.states[-1], entry) if usable else []


def asked_set(ledgers: list[Ledger], subject: str, scope: int,
              hidden: set[bytes]) -> list[tuple[int, str]]:
    """The closure over these logs, in the order of a file."""
    asked: list[tuple[int, str]] = []
    while True:
        wanted = Closure(_Question(ledgers, subject, scope, asked, hidden)).asked
        ordered = sorted(wanted, key=lambda pair: cbor.encode(list(pair)))
        if ordered == asked:
            return asked
        asked = ordered


def evidence(ledgers: list[Ledger], subject: str, scope: int = 1, hidden: set[bytes] = frozenset(),
             asked: list | None = None, **options) -> list:
    """Evidence as a decoded CBOR value; encode it, or spoil it first."""
    ledgers = sorted(ledgers, key=lambda each: each.origin.encode())
    if asked is None:
        asked = asked_set(ledgers, subject, scope, hidden)
    named: set[bytes] = set()
    logs = [_log_value(ledger, asked, named, options) for ledger in ledgers]
    known = {d: p for ledger in ledgers for d, p in ledger.parts.items()}
    opened = [known[d] for d in sorted(named) if d not in hidden]
    return ["cairn-evidence-1", ledgers[0].network, [subject, scope],
            [list(pair) for pair in asked], logs, opened, sorted(named & set(hidden))]


def _log_value(ledger: Ledger, asked: list, named: set[bytes], options: dict) -> list:
    keys = [subject_key(ledger.network, facet, uri) for facet, uri in asked]
    chains, wanted = [], set()
    for number, key in enumerate(keys):
        links = ledger.chains.get(key, [])
        if links:
            chains.append([number, [_link_value(ledger, link) for link in links]])
            wanted |= {link[0] for link in links}
            named |= {link[2] for link in links}
    last = len(ledger.entries) - 1
    note = ledger.note(options.get("log_key"), options.get("cosigners", ()))
    return [ledger.origin, note, [ledger.entries[last], ledger.path(last)],
            index_proof(index_tree(ledger.heads), keys), ledger.transitions(),
            [[leaf, ledger.entries[leaf], ledger.path(leaf)] for leaf in sorted(wanted)], chains]


def _link_value(ledger: Ledger, link: tuple[int, int, bytes, int]) -> list:
    leaf, number, digest, role = link
    rows = [hashes.row_hash(statements.row_bytes(*row)) for row in ledger.registered[leaf].rows]
    path = hashes.inclusion_path(rows, number) if number < len(rows) else []
    return [leaf, number, digest, role, path]
