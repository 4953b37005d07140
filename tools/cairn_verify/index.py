"""The subject index, SPEC §11: positions, hashes and the check of a multi-key proof."""

from .hashes import ZERO, domain, u16, u64
from .refusal import need

CODE = "index.proof"


def position(key: bytes) -> bytes:
    """Where a subject key stands in the trie."""
    return domain("cairn/index-position/v1", key)


def leaf(key: bytes, count: int, head: bytes) -> bytes:
    """The hash of the leaf of one subject chain."""
    return domain("cairn/index-leaf/v1", key, u64(count), head)


def branch(bit: int, left: bytes, right: bytes) -> bytes:
    """The hash of a branch at this bit."""
    return domain("cairn/index-branch/v1", u16(bit), left, right)


def bit_of(place: bytes, bit: int) -> int:
    """Bit number `bit` of a position, 0 the most significant of the first byte."""
    return place[bit >> 3] >> (7 - (bit & 7)) & 1


class _Branch:
    """A branch whose subtrees are still being read."""

    def __init__(self, bit: int, keys: list[bytes], directions: list):
        self.bit, self.keys, self.directions = bit, keys, directions
        self.done: list[bytes] = []
        self.cut = 0

    def side(self) -> tuple[list[bytes], list]:
        """The asked keys and the directions of the subtree that comes next."""
        side = len(self.done)
        keys = [k for k in self.keys if bit_of(position(k), self.bit) == side]
        return keys, self.directions + [(self.bit, side)]


def _leaf_item(item: list, keys: list[bytes], directions: list, found: dict) -> bytes:
    need(len(item) == 3, CODE, "a leaf has three members")
    key, count, head = item
    need(type(key) is bytes and len(key) == 32, CODE, "leaf key is not 32 bytes")
    need(type(head) is bytes and len(head) == 32, CODE, "chain head is not 32 bytes")
    need(type(count) is int and count >= 1, CODE, "chain count is not positive")
    place = position(key)
    agrees = all(bit_of(place, bit) == side for bit, side in directions)
    need(agrees, CODE, "a leaf stands where its position does not lead")
    need(bool(keys), CODE, "a leaf ends no asked walk")
    if key in keys:
        found[key] = (count, head)
    return leaf(key, count, head)


def verify(proof: list, root: bytes, asked: list[bytes]) -> dict[bytes, tuple[int, bytes]]:
    """The chains (count, head) of the asked keys that are present; the others are proven absent.

    Reads the trie in pre-order without recursion; raises Refused where SPEC §11 does.
    """
    if not proof:
        need(root == ZERO, CODE, "empty proof for an index that is not empty")
        return {}
    found: dict[bytes, tuple[int, bytes]] = {}
    stack: list[_Branch] = []
    result = None
    for item in proof:
        need(result is None, CODE, "something is left over")
        keys, directions = stack[-1].side() if stack else (list(asked), [])
        if type(item) is int:
            need(0 <= item < 256, CODE, "bit number out of range")
            need(not stack or item > stack[-1].bit, CODE, "bits do not increase downwards")
            stack.append(_Branch(item, keys, directions))
            continue
        if type(item) is bytes:
            need(len(item) == 32, CODE, "cut subtree is not 32 bytes")
            need(not keys, CODE, "cut where an asked walk goes")
            done, cut = item, True
        else:
            need(type(item) is list, CODE, "item of unknown form")
            done, cut = _leaf_item(item, keys, directions, found), False
        result = _close(stack, done, cut)
    need(result == root, CODE, "the root does not agree")
    return found


def _close(stack: list[_Branch], done: bytes, cut: bool) -> bytes | None:
    """Hands a finished subtree upwards; the root's hash once nothing is open."""
    while stack:
        top = stack[-1]
        top.done.append(done)
        top.cut += cut
        if len(top.done) < 2:
            return None
        need(top.cut < 2, CODE, "a branch has two cut subtrees")
        done, cut = branch(top.bit, *top.done), False
        stack.pop()
    return done
