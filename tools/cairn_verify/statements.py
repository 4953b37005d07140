"""Statements, manifests, entries and seals: SPEC §6, §7, §10."""

from dataclasses import dataclass

from . import cbor, gs1
from .hashes import domain, network_uri, row_hash, tree_root
from .refusal import need
from .signatures import ED25519_ALGORITHMS, P256_ALGORITHMS

STATEMENT_TYPE = "application/vnd.cairn.statement+cbor"
MAX_STATEMENT = 4096
MAX_ENTRY = 65_535
MAX_ROWS = 32_768
MAX_PARTS = 4096
MAX_PEERS = 63
HEADER, PAYLOAD = "statement.header", "statement.payload"


@dataclass(frozen=True)
class Statement:
    """One signed statement, decoded; the signature is not yet checked."""

    raw: bytes
    ident: bytes
    to_sign: bytes
    signature: bytes
    algorithm: int
    kid: bytes
    issuer: str
    network: bytes
    issued_at: int
    rules_version: int
    part_count: int
    row_count: int
    root: bytes


def sig_structure(protected: bytes, payload: bytes) -> bytes:
    """What a COSE_Sign1 signature covers, RFC 9052 §4.4."""
    return cbor.encode(["Signature1", protected, b"", payload])


def read_statement(raw: bytes) -> Statement:
    """Decodes a statement and checks its header and payload; raises Refused."""
    need(len(raw) <= MAX_STATEMENT, "cose.format", "statement is longer than 4,096 bytes")
    outer = cbor.decode(raw)
    need(type(outer) is cbor.Tag and outer.number == 18, "cose.format", "not tagged COSE_Sign1")
    protected, unprotected, payload, signature = cbor.array(
        outer.value, "COSE_Sign1", 4, "cose.format")
    cbor.blob(protected, "protected header", None, "cose.format")
    cbor.blob(payload, "payload", None, "cose.format")
    cbor.blob(signature, "signature", 64, "cose.format")
    empty = type(unprotected) is dict and not unprotected
    need(empty, HEADER, "unprotected header is not empty")
    header = cbor.decode(protected)
    need(type(header) is dict and set(header) == {1, 3, 4, 15}, HEADER, "header members")
    need(header[1] in ED25519_ALGORITHMS + P256_ALGORITHMS, HEADER, "algorithm")
    need(header[3] == STATEMENT_TYPE, HEADER, "content type")
    kid = cbor.blob(header[4], "kid", 32, HEADER)
    claims = header[15]
    need(type(claims) is dict and set(claims) == {1, 2, 6}, HEADER, "claims")
    issuer = cbor.text(claims[1], "issuer", gs1.MAX_BYTES, HEADER)
    issued_at = cbor.time(claims[6], "issued at", HEADER)
    network, rules, parts, rows, root = cbor.array(cbor.decode(payload), "payload", 5, PAYLOAD)
    cbor.blob(network, "network id", 32, PAYLOAD)
    need(claims[2] == network_uri(network), HEADER, "network URI is not the payload's")
    cbor.uint(rules, "rules version", PAYLOAD)
    need(cbor.is_uint(parts) and 1 <= parts <= MAX_PARTS, PAYLOAD, "part count")
    need(cbor.is_uint(rows) and parts <= rows <= MAX_ROWS, PAYLOAD, "row count")
    cbor.blob(root, "manifest root", 32, PAYLOAD)
    to_sign = sig_structure(protected, payload)
    return Statement(raw, domain("cairn/statement/v1", to_sign), to_sign, signature, header[1],
                     kid, issuer, network, issued_at, rules, parts, rows, root)


def row_bytes(digest: bytes, key: bytes, role: int) -> bytes:
    """The encoding of a row."""
    return cbor.encode([digest, key, role])


def read_manifest(raw: bytes) -> list[tuple[bytes, bytes, int]]:
    """The rows of a manifest; raises Refused."""
    rows = cbor.array(cbor.decode(raw), "manifest", None, "manifest.format")
    need(1 <= len(rows) <= MAX_ROWS, "manifest.format", "1…32,768 rows")
    for row in rows:
        cbor.array(row, "row", 3, "manifest.format")
        cbor.blob(row[0], "part digest", 32, "manifest.format")
        cbor.blob(row[1], "subject key", 32, "manifest.format")
        need(cbor.is_uint(row[2]) and row[2] <= 5, "manifest.format", "role")
    cbor.ascending([row_bytes(*row) for row in rows], "manifest", "manifest.order")
    return [tuple(row) for row in rows]


def manifest_root(rows: list[tuple[bytes, bytes, int]]) -> bytes:
    """The root over the rows' hashes."""
    return tree_root([row_hash(row_bytes(*row)) for row in rows])


def agrees(statement: Statement, rows: list[tuple[bytes, bytes, int]]) -> None:
    """Refuses unless the manifest is the statement's."""
    need(len(rows) == statement.row_count, "manifest.count", "row count")
    parts = len({row[0] for row in rows})
    need(parts == statement.part_count, "manifest.count", "part count")
    need(manifest_root(rows) == statement.root, "manifest.root", "manifest root")


@dataclass(frozen=True)
class Entry:
    """A log entry that registers a statement."""

    registered_at: int
    statement: Statement


def read_entry(raw: bytes) -> Entry:
    """Decodes an entry of type 0."""
    need(len(raw) <= MAX_ENTRY, "entry.format", "entry is longer than 65,535 bytes")
    kind, registered_at, statement = cbor.array(cbor.decode(raw), "entry", 3, "entry.format")
    need(cbor.is_uint(kind) and kind == 0, "entry.format", "not a statement's entry")
    cbor.time(registered_at, "registered at", "entry.format")
    cbor.blob(statement, "statement", None, "entry.format")
    return Entry(registered_at, read_statement(statement))


@dataclass(frozen=True)
class Seal:
    """A seal, SPEC §10."""

    raw: bytes
    sealed_at: int
    previous: bytes
    governance_head: bytes
    index_root: bytes
    subjects: int


def read_seal(raw: bytes) -> Seal:
    """Decodes a seal."""
    need(len(raw) <= MAX_ENTRY, "seal.format", "seal is longer than 65,535 bytes")
    kind, at, previous, head, root, count, peers = cbor.array(
        cbor.decode(raw), "seal", 7, "seal.format")
    need(cbor.is_uint(kind) and kind == 1, "seal.format", "not a seal")
    cbor.time(at, "sealed at", "seal.format")
    for value, what in ((previous, "previous"), (head, "governance head"), (root, "index root")):
        cbor.blob(value, what, 32, "seal.format")
    cbor.uint(count, "subject count", "seal.format")
    need(len(cbor.array(peers, "peer heads", None, "seal.format")) <= MAX_PEERS, "seal.format",
         "more than 63 peer heads")
    for peer in peers:
        origin, size, peer_root = cbor.array(peer, "peer head", 3, "seal.format")
        cbor.blob(origin, "hash of the origin", 32, "seal.format")
        cbor.uint(size, "size", "seal.format")
        cbor.blob(peer_root, "root", 32, "seal.format")
    cbor.ascending([cbor.encode(peer) for peer in peers], "peer heads", "seal.format")
    return Seal(raw, at, previous, head, root, count)
