"""Hashes, domains and Merkle trees: SPEC §2, §6, §10, §11."""

import hashlib

ZERO = bytes(32)


def sha256(data: bytes) -> bytes:
    """H of SPEC §2."""
    return hashlib.sha256(data).digest()


def domain(constant: str, *pieces: bytes) -> bytes:
    """H(constant 0x00 ‖ pieces), the form of every hash with a domain."""
    return sha256(constant.encode() + b"\x00" + b"".join(pieces))


def u16(value: int) -> bytes:
    """Two bytes, big-endian."""
    return value.to_bytes(2, "big")


def u32(value: int) -> bytes:
    """Four bytes, big-endian."""
    return value.to_bytes(4, "big")


def u64(value: int) -> bytes:
    """Eight bytes, big-endian."""
    return value.to_bytes(8, "big")


def leaf_hash(entry: bytes) -> bytes:
    """The RFC 6962 leaf hash of a log entry."""
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """The RFC 6962 node hash."""
    return sha256(b"\x01" + left + right)


def row_hash(row: bytes) -> bytes:
    """A row's hash, a leaf of its manifest's tree (SPEC §6)."""
    return sha256(b"\x00" + b"cairn/row/v1\x00" + row)


def tree_root(leaves: list[bytes]) -> bytes:
    """The RFC 6962 root over leaf hashes."""
    if not leaves:
        return sha256(b"")
    level = list(leaves)
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
    return level[0]


def inclusion_path(leaves: list[bytes], index: int) -> list[bytes]:
    """The RFC 6962 inclusion path of one leaf."""
    path, level = [], list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            path.append(level[sibling])
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + ([level[-1]] if len(level) % 2 else [])
        index //= 2
    return path


def root_from_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root a path leads to (RFC 9162 §2.1.3.2), or None where the path has a wrong length."""
    if index >= size:
        return None
    position, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if position & 1 or position == last:
            result = node_hash(sibling, result)
            while not position & 1 and position:
                position >>= 1
                last >>= 1
        else:
            result = node_hash(result, sibling)
        position >>= 1
        last >>= 1
    return result if last == 0 else None


def subject_key(network: bytes, facet: int, uri: str) -> bytes:
    """The key of a facet of a subject (SPEC §4.2)."""
    return domain("cairn/subject/v1", network, bytes([facet]), uri.encode())


def chain_head(before: bytes, index: int, leaf: bytes, number: int, row: bytes) -> bytes:
    """headₙ of SPEC §11 from headₙ₋₁, leaf index, leaf hash, row number and row hash."""
    return domain("cairn/chain/v1", before, u64(index), leaf, u32(number), row)


def network_uri(network: bytes) -> str:
    """The subject that is the network itself (SPEC §4.2)."""
    return "urn:cairn:network:" + network.hex()
