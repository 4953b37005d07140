"""Deterministic keys and everything a signer makes: parts, manifests, statements."""

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from cairn_verify import cbor, records, statements
from cairn_verify.hashes import network_uri, subject_key
from cairn_verify.signatures import N256, thumbprint


@dataclass(frozen=True)
class Key:
    """A private key from a seed that is a hash of its name."""

    name: str
    kind: str = "ed25519"

    @property
    def secret(self) -> bytes:
        """The private key bytes: Ed25519 seed or P-256 scalar."""
        return hashlib.sha256(f"cairn vector key {self.name}".encode()).digest()

    @property
    def cose(self) -> dict:
        """The COSE_Key map."""
        if self.kind == "ed25519":
            private = ed25519.Ed25519PrivateKey.from_private_bytes(self.secret)
            raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            return {1: 1, -1: 6, -2: raw}
        numbers = self._p256().public_key().public_numbers()
        return {1: 2, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}

    @property
    def kid(self) -> bytes:
        """The thumbprint."""
        return thumbprint(self.cose)

    @property
    def algorithm(self) -> int:
        """What a signer emits with this key."""
        return -19 if self.kind == "ed25519" else -9

    def _p256(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(self.secret, "big"), ec.SECP256R1())

    def sign(self, message: bytes) -> bytes:
        """Ed25519, or RFC 6979 ECDSA with low s."""
        if self.kind == "ed25519":
            return ed25519.Ed25519PrivateKey.from_private_bytes(self.secret).sign(message)
        secret, digest = int.from_bytes(self.secret, "big"), hashlib.sha256(message).digest()
        nonce = _rfc6979(secret, digest)
        point = ec.derive_private_key(nonce, ec.SECP256R1()).public_key().public_numbers()
        r = point.x % N256
        s = pow(nonce, -1, N256) * (int.from_bytes(digest, "big") + r * secret) % N256
        return r.to_bytes(32, "big") + min(s, N256 - s).to_bytes(32, "big")


def _rfc6979(secret: int, digest: bytes) -> int:
    """The nonce of RFC 6979 §3.2 for P-256 and SHA-256."""
    seed = secret.to_bytes(32, "big") + (int.from_bytes(digest, "big") % N256).to_bytes(32, "big")
    key, value = bytes(32), b"\x01" * 32
    for mark in (b"\x00", b"\x01"):
        key = hmac.digest(key, value + mark + seed, "sha256")
        value = hmac.digest(key, value, "sha256")
    while True:
        value = hmac.digest(key, value, "sha256")
        nonce = int.from_bytes(value, "big")
        if 1 <= nonce < N256:
            return nonce
        key = hmac.digest(key, value + b"\x00", "sha256")
        value = hmac.digest(key, value, "sha256")


def salt(key: Key, network: bytes, content_type: str, visibility, content: bytes) -> bytes:
    """The salt of SPEC §5."""
    secret = hmac.digest(key.secret, b"cairn/salt-secret/v1\x00", "sha256")
    message = b"cairn/salt/v1\x00" + network + cbor.encode([content_type, visibility, content])
    return hmac.digest(secret, message, "sha256")[:16]


def make_part(key: Key, network: bytes, content_type: str, visibility, content: bytes) -> bytes:
    """A part with the salt its signer would give it."""
    made = salt(key, network, content_type, visibility, content)
    return cbor.encode([made, content_type, visibility, content])


def part_rows(network: bytes, raw: bytes) -> list[tuple[bytes, bytes, int]]:
    """The rows SPEC §8 asks of a part."""
    content = records.Content(records.read_part(raw), network)
    if content.error is not None or content.rows is None:
        raise ValueError(f"no rows: {content.error}")
    digest = records.part_digest(raw)
    return [(digest, key, role) for key, role in content.rows]


def sort_rows(rows: list[tuple[bytes, bytes, int]]) -> list[tuple[bytes, bytes, int]]:
    """Rows in the order of a manifest."""
    return sorted(set(rows), key=lambda row: statements.row_bytes(*row))


def manifest_bytes(rows: list[tuple[bytes, bytes, int]]) -> bytes:
    """The encoding of a sorted manifest."""
    return cbor.encode([list(row) for row in rows])


def make_statement(key: Key, issuer: str, network: bytes, rows: list, issued_at: int,
                   algorithm: int | None = None, **changes) -> bytes:
    """A signed statement over a sorted manifest; `changes` spoil it for tests."""
    algorithm = key.algorithm if algorithm is None else algorithm
    protected = cbor.encode({
        1: algorithm, 3: changes.get("content_type", statements.STATEMENT_TYPE), 4: key.kid,
        15: {1: issuer, 2: changes.get("network_uri", network_uri(network)), 6: issued_at}})
    payload = cbor.encode([
        network, changes.get("rules", 1), changes.get("parts", len({r[0] for r in rows})),
        changes.get("row_count", len(rows)), changes.get("root", statements.manifest_root(rows))])
    signature = key.sign(statements.sig_structure(protected, payload))
    if "signature" in changes:
        signature = changes["signature"]
    return cbor.encode(cbor.Tag(18, [protected, changes.get("unprotected", {}), payload,
                                     signature]))


def submission(statement: bytes, rows: list, parts: list[bytes]) -> bytes:
    """What a caller sends, SPEC §7."""
    ordered = sorted(parts, key=records.part_digest)
    return cbor.encode([statement, manifest_bytes(rows), ordered])


def governance_rows(network: bytes, raw: bytes) -> list[tuple[bytes, bytes, int]]:
    """The one row of a governance part."""
    key = subject_key(network, 1, network_uri(network))
    return [(records.part_digest(raw), key, 4)]


def governance_content(digest: bytes, body: bytes, governors: list[Key]) -> bytes:
    """A governance part's content, signed by these governors."""
    message = b"cairn/governance-signature/v1\x00" + digest
    signatures = sorted([key.kid, key.sign(message)] for key in governors)
    return cbor.encode([body, signatures])
