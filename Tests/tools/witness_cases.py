"""A log that asks a witness for cosignatures, written from C2SP alone: every case of tlog-witness.

    witness_cases.py keys            prints the log's line of the witness's list
    witness_cases.py cases URL VKEY  asks the witness at URL, whose verifier key is VKEY
    witness_cases.py again URL VKEY  asks it once more after its restart

It shares no code with Cairn, nor with tools/cairn_verify. It ends with 0, or prints what differed.
"""

import base64
import hashlib
import struct
import sys
import time
import urllib.error
import urllib.request

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ORIGIN = "Interoperability log \N{LATIN SMALL LETTER E WITH ACUTE}"
NAME = "interoperability.example/key"
SIZES = 33


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


LEAVES = [sha256(b"\x00" + struct.pack(">Q", n)) for n in range(SIZES + 1)]


def tree(leaves: list) -> bytes:
    """MTH of RFC 6962 section 2.1, over leaf hashes."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + tree(leaves[:k]) + tree(leaves[k:]))


def subproof(m: int, leaves: list, whole: bool) -> list:
    """SUBPROOF of RFC 6962 section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [tree(leaves)]
    k = 1 << (len(leaves) - 1).bit_length() - 1
    if m <= k:
        return [*subproof(m, leaves[:k], whole), tree(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), tree(leaves[:k])]


def consistency(old: int, size: int) -> list:
    return subproof(old, LEAVES[:size], True) if 0 < old < size else []


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def key_id(name: str, kind: int, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public)[:4]


class Log:
    """A log with a key, and a name of the key that is not the log's."""

    def __init__(self, seed: bytes, origin: str = ORIGIN):
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.origin = origin

    @property
    def vkey(self) -> str:
        number = key_id(NAME, 1, self.public).hex()
        return f"{NAME}+{number}+{b64(bytes([1]) + self.public)}"

    def text(self, size: int, root: bytes | None = None) -> str:
        root = tree(LEAVES[:size]) if root is None else root
        return f"{self.origin}\n{size}\n{b64(root)}\n"

    def signed(self, text: str, over: str | None = None, extra: str = "") -> str:
        blob = key_id(NAME, 1, self.public) + self.key.sign((over or text).encode())
        return f"{text}\n{extra}\u2014 {NAME} {b64(blob)}\n"

    def request(self, old: int, size: int, proof: list | None = None, note: str | None = None) -> str:
        proof = consistency(old, size) if proof is None else proof
        lines = "".join(b64(h) + "\n" for h in proof)
        return f"old {old}\n{lines}\n{note or self.signed(self.text(size))}"


def ask(url: str, body: str) -> tuple:
    """Status, media type and body of an answer."""
    request = urllib.request.Request(url + "/add-checkpoint", body.encode(), method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.headers.get("content-type", ""), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("content-type", ""), error.read().decode()


def check_cosignature(lines: str, text: str, vkey: str) -> None:
    """Lines of an answer: one is the witness's, over the text, of now."""
    name, number, material = vkey.split("+", 2)
    raw = base64.b64decode(material)
    assert raw[0] == 4 and key_id(name, 4, raw[1:]).hex() == number, "the verifier key"
    assert lines.endswith("\n") and all(line.startswith("\u2014 ") for line in lines.splitlines())
    for line in lines.splitlines():
        _, signer, blob = line.split(" ")
        data = base64.b64decode(blob)
        if signer != name or data[:4].hex() != number:
            continue
        seconds = struct.unpack(">Q", data[4:12])[0]
        assert abs(seconds - time.time()) < 300, f"time {seconds}"
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        Ed25519PublicKey.from_public_bytes(raw[1:]).verify(data[12:], message)
        return
    raise AssertionError("no cosignature of the witness")


def expect(url: str, what: str, body: str, status: int, size: int | None = None) -> str:
    answer = ask(url, body)
    assert answer[0] == status, f"{what}: {answer}, expected {status}"
    if size is not None:
        assert answer[1] == "text/x.tlog.size", f"{what}: {answer}"
        assert answer[2] == f"{size}\n", f"{what}: {answer}"
    return answer[2]


def newest(url: str, origin: str) -> str:
    name = sha256(origin.encode()).hex()
    with urllib.request.urlopen(f"{url}/witness/{name}/checkpoint", timeout=60) as answer:
        return answer.read().decode()


def cases(log: Log, url: str, vkey: str) -> None:
    other = Log(sha256(b"other"))
    junk = [sha256(b"junk")]
    text5 = log.text(5)
    # 400: not a request.
    good = log.request(0, 5)
    for what, body in {
        "empty": "", "no old line": good[6:], "leading zero": good.replace("old 0", "old 00"),
        "sign": good.replace("old 0", "old +0"), "tab": good.replace("old 0", "old\t0"),
        "64 hashes": log.request(5, 9, proof=junk * 64), "31 bytes": good.replace("\n", "\nAAAA\n", 1),
        "CRLF": good.replace("\n", "\r\n"), "no checkpoint": "old 0\n\n", "two lines": "old 0\n\na\n1\n",
        "old beyond": log.request(6, 5, proof=[]),
    }.items():
        expect(url, what, body, 400)
    # 404 and 403.
    expect(url, "unknown origin", Log(sha256(b"other"), "elsewhere").request(0, 5), 404)
    expect(url, "another's key", other.request(0, 5), 403)
    expect(url, "over another text", log.request(0, 5, note=log.signed(text5, over=log.text(6))), 403)
    bad = b64(key_id(NAME, 1, log.public) + bytes(64))
    spoilt = log.signed(text5, extra=f"\u2014 {NAME} {bad}\n")
    expect(url, "a bad line beside the good one", log.request(0, 5, note=spoilt), 403)
    # The first checkpoint.
    expect(url, "not cosigned yet", log.request(3, 5), 409, 0)
    expect(url, "an empty tree with another root",
           log.request(0, 0, note=log.signed(log.text(0, bytes(32)))), 422)
    check_cosignature(expect(url, "an empty tree", log.request(0, 0), 200), log.text(0), vkey)
    expect(url, "a proof from 0", log.request(0, 5, proof=junk), 422)
    stranger = f"\u2014 stranger.example {b64(bytes(2600))}\n"
    note = log.signed(text5, extra=stranger * 15)
    check_cosignature(expect(url, "16 signatures", log.request(0, 5, note=note), 200), text5, vkey)
    # Again, and another root.
    check_cosignature(expect(url, "again", log.request(5, 5), 200), text5, vkey)
    expect(url, "another root", log.request(5, 5, note=log.signed(log.text(5, bytes(32)))), 422)
    expect(url, "a proof of the same", log.request(5, 5, proof=junk), 422)
    # Onwards, by every size to every other.
    expect(url, "no proof", log.request(5, 9, proof=[]), 422)
    expect(url, "a hash too many", log.request(5, 9, proof=consistency(5, 9) + junk), 422)
    expect(url, "another tree", log.request(5, 9, note=log.signed(log.text(9, bytes(32)))), 422)
    last = 5
    for size in [6, 8, 9, 16, 17, 31, SIZES - 1]:
        expect(url, "behind", log.request(0, size), 409, last)
        body = expect(url, f"{last} to {size}", log.request(last, size), 200)
        check_cosignature(body, log.text(size), vkey)
        expect(url, "the step again", log.request(last, size), 409, size)
        last = size
    expect(url, "back", log.request(last - 1, last - 1), 409, last)
    # Extension lines are signed too.
    longer = log.text(SIZES) + "an extension line\n"
    body = expect(url, "extension", log.request(last, SIZES, note=log.signed(longer)), 200)
    check_cosignature(body, longer, vkey)
    shown = newest(url, log.origin)
    assert shown.startswith(longer + "\n"), shown
    check_cosignature(shown.split("\n\n")[1].splitlines(True)[-1], longer, vkey)


def main(words: list) -> None:
    log = Log(sha256(b"log"))
    if words[0] == "keys":
        sys.stdout.buffer.write(f"{log.vkey} {ORIGIN}\n".encode())
    elif words[0] == "cases":
        cases(log, *words[1:])
    else:
        expect(words[1], "after a restart", log.request(0, 5), 409, SIZES)
        body = expect(words[1], "the same again", log.request(SIZES, SIZES), 200)
        check_cosignature(body, log.text(SIZES), words[2])


main(sys.argv[1:])
