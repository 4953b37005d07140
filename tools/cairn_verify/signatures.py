"""Keys, thumbprints and the acceptance rule of SPEC §3."""

from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, utils
from cryptography.hazmat.primitives.hashes import SHA256

from . import cbor
from .hashes import sha256
from .refusal import need

PURPOSES = ("issuer", "governor", "log", "cosigner", "tls", "reader")
ED25519_ALGORITHMS = (-19, -8)
P256_ALGORITHMS = (-9, -7)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_MINUS_ONE = pow(2, (P - 1) // 4, P)
N256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def key_bytes(key: Any) -> bytes:
    """The encoding of a decoded COSE_Key, once it is exactly one of the two of SPEC §3."""
    need(type(key) is dict, "key.format", "key is not a map")
    if set(key) == {1, -1, -2}:
        need(key[1] == 1 and key[-1] == 6, "key.format", "not an Ed25519 key")
        cbor.blob(key[-2], "x", 32, "key.format")
    else:
        need(set(key) == {1, -1, -2, -3}, "key.format", "members of the key")
        need(key[1] == 2 and key[-1] == 1, "key.format", "not a P-256 key")
        cbor.blob(key[-2], "x", 32, "key.format")
        cbor.blob(key[-3], "y", 32, "key.format")
        try:
            _p256(key)
        except ValueError:
            need(False, "key.format", "not a point of P-256")
    return cbor.encode(key)


def thumbprint(key: dict) -> bytes:
    """RFC 9679 with SHA-256: the kid."""
    return sha256(cbor.encode(key))


def is_ed25519(key: dict) -> bool:
    """Whether a checked key is an Ed25519 key."""
    return key[1] == 1


def _p256(key: dict) -> ec.EllipticCurvePublicKey:
    x, y = (int.from_bytes(key[i], "big") for i in (-2, -3))
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def _decompress(encoded: bytes) -> tuple[int, int] | None:
    """The point of a canonical encoding (RFC 8032 §5.1.3), else None."""
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P == (-u) % P:
        x = x * SQRT_MINUS_ONE % P
    if v * x * x % P != u:
        return None
    if x == 0 and sign:
        return None
    return (P - x if x & 1 != sign else x), y


def _double(point: tuple[int, int]) -> tuple[int, int]:
    x, y = point
    t = D * x * x * y * y % P
    return (2 * x * y * pow(1 + t, P - 2, P) % P,
            (y * y + x * x) * pow(1 - t, P - 2, P) % P)


@lru_cache(maxsize=4096)
def _acceptable_point(encoded: bytes) -> bool:
    point = _decompress(encoded)
    if point is None:
        return False
    for _ in range(3):
        point = _double(point)
    return point != (0, 1)


def ed25519_accepts(public: bytes, message: bytes, signature: bytes) -> bool:
    """The Ed25519 rule: canonical, no small order, no cofactor."""
    if len(public) != 32 or len(signature) != 64:
        return False
    if int.from_bytes(signature[32:], "little") >= L:
        return False
    if not (_acceptable_point(public) and _acceptable_point(signature[:32])):
        return False
    try:
        # OpenSSL recomputes R and compares bytes: the equation without cofactor.
        ed25519.Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def p256_accepts(key: dict, message: bytes, signature: bytes) -> bool:
    """The P-256 rule: fixed length, ranges, low s."""
    if len(signature) != 64:
        return False
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (1 <= r < N256 and 1 <= s <= N256 // 2):
        return False
    try:
        encoded = utils.encode_dss_signature(r, s)
        _p256(key).verify(encoded, message, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def accepts(key: dict, message: bytes, signature: bytes, algorithm: int | None = None) -> bool:
    """Whether the signature stands, by the key's rule; the algorithm must fit the key."""
    if is_ed25519(key):
        fits = algorithm is None or algorithm in ED25519_ALGORITHMS
        return fits and ed25519_accepts(key[-2], message, signature)
    fits = algorithm is None or algorithm in P256_ALGORITHMS
    return fits and p256_accepts(key, message, signature)
