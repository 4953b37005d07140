"""C2SP signed notes and checkpoints, as far as SPEC §10 and §15.3 need them."""

import base64
import binascii
import re
from dataclasses import dataclass

from .hashes import sha256, u64
from .refusal import Refused, need
from .signatures import ed25519_accepts

MAX_NOTE = 1 << 20
MAX_SIGNATURES = 64
LOG_TYPE, COSIGNATURE_TYPE = 1, 4
ORIGIN = re.compile(r"[a-z0-9.\-/_]{1,255}", re.ASCII)


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """The key ID of signed-note: the first four bytes of a hash over name, type and key."""
    return sha256(name.encode() + b"\n" + bytes([kind]) + public)[:4]


def _base64(value: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(value.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise Refused("note.format", f"{what} is not base64") from None
    need(base64.b64encode(raw).decode() == value, "note.format", f"{what} is not canonical base64")
    return raw


@dataclass(frozen=True)
class Checkpoint:
    """A parsed checkpoint and its signature lines (name, key ID, signature)."""

    text: str
    origin: str
    size: int
    root: bytes
    lines: list[tuple[str, bytes, bytes]]


def read_checkpoint(note: str) -> Checkpoint:
    """Parses a note that is a checkpoint without extension lines; raises Refused."""
    need(len(note.encode()) <= MAX_NOTE, "note.too-large", "note is longer than 1 MiB")
    bad = any(ord(c) < 32 and c != "\n" for c in note)
    need(not bad, "note.format", "control character")
    at = note.rfind("\n\n")
    need(at >= 0 and note.endswith("\n"), "note.format", "no signatures")
    text, tail = note[:at + 1], note[at + 2:]
    body = text.split("\n")
    need(len(body) == 4 and body[3] == "", "note.format", "a checkpoint has exactly three lines")
    need(ORIGIN.fullmatch(body[0]) is not None, "note.format", "origin")
    need(re.fullmatch(r"0|[1-9]\d{0,18}", body[1], re.ASCII) is not None, "note.format", "size")
    root = _base64(body[2], "root")
    need(len(root) == 32, "note.format", "root is not 32 bytes")
    lines = []
    for line in tail.removesuffix("\n").split("\n"):
        match = re.fullmatch(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)", line)
        need(match is not None, "note.format", "signature line")
        blob = _base64(match[2], "signature")
        need(len(blob) > 4, "note.format", "signature is too short")
        lines.append((match[1], blob[:4], blob[4:]))
    need(len(lines) <= MAX_SIGNATURES, "note.format", "more than 64 signatures")
    return Checkpoint(text, body[0], int(body[1]), root, lines)


def log_signature_holds(checkpoint: Checkpoint, public: bytes, signature: bytes) -> bool:
    """A log's signature covers the text."""
    return ed25519_accepts(public, checkpoint.text.encode(), signature)


def cosignature_holds(checkpoint: Checkpoint, public: bytes, signature: bytes) -> bool:
    """A cosignature (type 0x04) covers its own time and the text."""
    if len(signature) != 72:
        return False
    at = int.from_bytes(signature[:8], "big")
    if at >= 1 << 63 or u64(at) != signature[:8]:
        return False
    message = f"cosignature/v1\ntime {at}\n{checkpoint.text}".encode()
    return ed25519_accepts(public, message, signature[8:])
