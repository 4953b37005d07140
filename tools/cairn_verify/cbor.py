"""Deterministic CBOR, SPEC §2: one encoder, and a decoder that takes nothing else."""

from dataclasses import dataclass
from typing import Any

from .refusal import Refused, need

MAX_DEPTH = 32
MAX_TIME = (1 << 53) - 1


@dataclass(frozen=True)
class Tag:
    """A tagged value (major type 6)."""

    number: int
    value: Any


def _head(major: int, argument: int) -> bytes:
    if argument < 24:
        return bytes([major << 5 | argument])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < 1 << (8 * size):
            return bytes([major << 5 | code]) + argument.to_bytes(size, "big")
    raise ValueError("integer past 64 bits")


def encode(value: Any) -> bytes:
    """The deterministic encoding of ints, bytes, texts, lists, dicts, tags, booleans and None."""
    if value is None:
        return b"\xf6"
    if value is True:
        return b"\xf5"
    if value is False:
        return b"\xf4"
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, (bytes, bytearray)):
        return _head(2, len(value)) + bytes(value)
    if isinstance(value, str):
        raw = value.encode()
        return _head(3, len(raw)) + raw
    if isinstance(value, (list, tuple)):
        return _head(4, len(value)) + b"".join(map(encode, value))
    if isinstance(value, dict):
        pairs = sorted((encode(k), encode(v)) for k, v in value.items())
        return _head(5, len(pairs)) + b"".join(k + v for k, v in pairs)
    if isinstance(value, Tag):
        return _head(6, value.number) + encode(value.value)
    raise TypeError(type(value).__name__)


class _Reader:
    def __init__(self, data: bytes):
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        end = self.at + count
        need(end <= len(self.data), "cbor.truncated", f"ends inside a value at byte {self.at}")
        piece = self.data[self.at:end]
        self.at = end
        return piece

    def argument(self, info: int) -> int:
        if info < 24:
            return info
        need(info < 28, "cbor.non-deterministic", "indefinite length or reserved value")
        size = 1 << (info - 24)
        value = int.from_bytes(self.take(size), "big")
        floor = 24 if size == 1 else 1 << (4 * size)
        need(value >= floor, "cbor.non-deterministic", "integer or length is not shortest")
        return value

    def value(self, depth: int) -> Any:
        first = self.take(1)[0]
        major, info = first >> 5, first & 31
        need(depth <= MAX_DEPTH or major not in (4, 5, 6), "cbor.depth", "nested too deeply")
        if major == 7:
            need(info in (20, 21, 22), "cbor.unsupported", "float or simple value")
            return {20: False, 21: True, 22: None}[info]
        argument = self.argument(info)
        if major == 0:
            return argument
        if major == 1:
            return -1 - argument
        if major == 2:
            return self.take(argument)
        if major == 3:
            try:
                return self.take(argument).decode("utf-8")
            except UnicodeDecodeError:
                raise Refused("cbor.unsupported", "text is not UTF-8") from None
        if major == 4:
            self.room(argument)
            return [self.value(depth + 1) for _ in range(argument)]
        if major == 5:
            return self.map(argument, depth)
        return Tag(argument, self.value(depth + 1))

    def room(self, items: int) -> None:
        need(items <= len(self.data) - self.at, "cbor.truncated", "more items than bytes")

    def map(self, count: int, depth: int) -> dict:
        self.room(count)
        result: dict = {}
        previous = b""
        for _ in range(count):
            start = self.at
            key = self.value(depth + 1)
            raw = self.data[start:self.at]
            need(previous < raw, "cbor.non-deterministic", "map keys are not in order")
            need(type(key) in (int, str, bytes), "cbor.unsupported", "map key of this type")
            previous = raw
            result[key] = self.value(depth + 1)
        return result


def decode(data: bytes) -> Any:
    """The one value these bytes hold; raises Refused for anything but deterministic CBOR."""
    reader = _Reader(bytes(data))
    value = reader.value(1)
    need(reader.at == len(reader.data), "cbor.trailing-bytes", "bytes follow the value")
    return value


def sequence(data: bytes) -> list[Any]:
    """The values that these bytes hold one after another (RFC 8742); raises Refused likewise."""
    reader = _Reader(bytes(data))
    values = []
    while reader.at < len(reader.data):
        values.append(reader.value(1))
    return values


# Shape checks. `what` names the field for the reason.


def is_uint(value: Any) -> bool:
    """Whether this is an unsigned 64-bit integer (and not a boolean)."""
    return type(value) is int and 0 <= value < 1 << 64


def uint(value: Any, what: str, code: str = "cbor.field") -> int:
    """An unsigned integer, or a refusal."""
    need(is_uint(value), code, f"{what} is not an unsigned integer")
    return value


def time(value: Any, what: str, code: str = "cbor.field") -> int:
    """A time, in milliseconds or, where the field says so, seconds; or a refusal."""
    need(uint(value, what, code) <= MAX_TIME, code, f"{what} is above 2^53 - 1")
    return value


def blob(value: Any, what: str, size: int | None = None, code: str = "cbor.field") -> bytes:
    """A byte string, of the given size if there is one."""
    need(type(value) is bytes, code, f"{what} is not a byte string")
    need(size is None or len(value) == size, code, f"{what} is not {size} bytes")
    return value


def text(value: Any, what: str, limit: int | None = None, code: str = "cbor.field") -> str:
    """A non-empty text of at most `limit` bytes."""
    need(type(value) is str and value != "", code, f"{what} is not a text")
    need(limit is None or len(value.encode()) <= limit, code, f"{what} is too long")
    return value


def array(value: Any, what: str, size: int | None = None, code: str = "cbor.field") -> list:
    """An array, of the given number of items if there is one."""
    need(type(value) is list, code, f"{what} is not an array")
    need(size is None or len(value) == size, code, f"{what} does not have {size} items")
    return value


def ascending(keys: list, what: str, code: str = "cbor.field") -> None:
    """Refuses unless the keys strictly ascend, which makes them sorted and unique."""
    for before, after in zip(keys, keys[1:]):
        need(before < after, code, f"{what} is not sorted and unique")
