"""Governance: genesis, amendments and the state they lead to, SPEC §9."""

import copy
from typing import Any

from . import cbor, gs1
from .hashes import domain
from .notes import ORIGIN
from .refusal import need
from .signatures import PURPOSES, accepts, is_ed25519, key_bytes, thumbprint

MAX_BODY = 512 * 1024
ROLES = ("supplier", "carrier", "wholesaler", "retailer", "certifier", "accreditor", "registrar")
FORMAT, CHANGE = "governance.format", "governance.change"
RULES_VERSION = 1


def network_id(document: bytes) -> bytes:
    """The id of the network a genesis document founds."""
    return domain("cairn/network/v1", document)


def amendment_digest(body: bytes) -> bytes:
    """The digest that the next amendment and the seals name."""
    return domain("cairn/amendment/v1", body)


def signed_message(digest: bytes) -> bytes:
    """What governors sign."""
    return b"cairn/governance-signature/v1\x00" + digest


class OrgKey:
    """A key of an organisation."""

    def __init__(self, item: Any):
        purpose, self.key, self.since = cbor.array(item, "org key", 3, FORMAT)
        need(purpose in PURPOSES, FORMAT, "key purpose")
        key_bytes(self.key)
        cbor.time(self.since, "key from", FORMAT)
        self.purpose = purpose
        self.revoked: int | None = None

    def usable(self, at: int) -> bool:
        """Whether it signs for what is registered at this time."""
        return self.since <= at and not self.fallen(at)

    def fallen(self, at: int) -> bool:
        """Whether it is revoked from a time not after this one."""
        return self.revoked is not None and self.revoked <= at


class Organisation:
    """A member and its keys."""

    def __init__(self, item: Any, with_keys: bool = True):
        need(type(item) is dict and set(item) == {0, 1, 2, 3, 4, 5}, FORMAT, "organisation")
        self.uri = uri_text(item[0], "organisation URI")
        self.name = cbor.text(item[1], "name", None, FORMAT)
        self.roles = _sorted_texts(item[2], "roles")
        need(all(r in ROLES for r in self.roles), FORMAT, "role")
        self.prefixes = _prefixes(item[3])
        self.sites = _sites(item[4])
        keys = cbor.array(item[5], "keys", None, FORMAT)
        need(with_keys or not keys, CHANGE, "describe lists keys")
        cbor.ascending([cbor.encode(k) for k in keys], "keys", FORMAT)
        self.keys = {}
        for item_key in keys:
            key = OrgKey(item_key)
            self.keys[thumbprint(key.key)] = key
        self.suspensions: list[tuple[int, bool]] = []

    def suspended(self, at: int) -> bool:
        """Whether it is suspended at this time: of the acts in force then, the last decides."""
        acts = [suspend for since, suspend in self.suspensions if since <= at]
        return bool(acts) and acts[-1]

    def owns(self, thing: gs1.Identifier) -> bool:
        """Whether a prefix or a site of it covers this."""
        return thing.uri in self.sites or any(thing.covered_by(p) for p in self.prefixes)


class LogNode:
    """A node: its log, with the keys it had and has."""

    def __init__(self, item: Any):
        need(type(item) is dict and set(item) == {0, 1, 2, 3, 4, 5}, FORMAT, "node")
        self.origin = origin_text(item[0])
        self.organisation = uri_text(item[1], "node organisation")
        self.log_key = item[2]
        self.cosigner_key, self.tls_key = item[3], item[4]
        for key in (self.log_key, self.cosigner_key, self.tls_key):
            if key is not None:
                key_bytes(key)
        need(self.log_key is not None and is_ed25519(self.log_key), FORMAT, "log key")
        good = self.cosigner_key is None or is_ed25519(self.cosigner_key)
        need(good, FORMAT, "cosigner key is not Ed25519")
        need(item[5] is None or type(item[5]) is str, FORMAT, "address")
        self.retired: list[tuple[int, dict]] = []

    def key_at(self, size: int) -> dict:
        """The log key for a checkpoint of this size."""
        for limit, key in self.retired:
            if size <= limit:
                return key
        return self.log_key


class Delegation:
    """A delegation of governance."""

    def __init__(self, item: Any):
        need(type(item) is dict and set(item) == {0, 1, 2, 3, 4, 5, 6}, FORMAT, "delegation")
        self.ident = uri_text(item[0], "delegation id")
        self.by, self.to = uri_text(item[1], "by"), uri_text(item[2], "to")
        self.prefixes, self.sites = _prefixes(item[3]), _sites(item[4])
        self.since = cbor.time(item[5], "from", FORMAT)
        self.until = item[6]
        if self.until is not None:
            cbor.time(self.until, "until", FORMAT)
        self.ended: int | None = None

    def in_force(self, at: int) -> bool:
        """Whether it holds at this time."""
        ends = [t for t in (self.until, self.ended) if t is not None]
        return self.since <= at and all(at < t for t in ends)


def uri_text(value: Any, what: str) -> str:
    cbor.text(value, what, gs1.MAX_BYTES, FORMAT)
    need(gs1.is_canonical(value), FORMAT, f"{what} is not a canonical URI")
    return value


def origin_text(value: Any) -> str:
    good = type(value) is str and ORIGIN.fullmatch(value) is not None
    need(good, FORMAT, "origin")
    return value


def _sorted_texts(value: Any, what: str) -> list[str]:
    cbor.array(value, what, None, FORMAT)
    for item in value:
        cbor.text(item, what, None, FORMAT)
    cbor.ascending([v.encode() for v in value], what, FORMAT)
    return value


def _prefixes(value: Any) -> list[str]:
    for prefix in _sorted_texts(value, "prefixes"):
        good = prefix.isascii() and prefix.isdigit() and 4 <= len(prefix) <= 12
        need(good, FORMAT, "prefix is not 4…12 digits")
    return value


def _sites(value: Any) -> list[str]:
    for site in _sorted_texts(value, "sites"):
        uri_text(site, "site")
    return value


class State:
    """The state of governance after genesis and some amendments."""

    def __init__(self, document: bytes):
        need(len(document) <= MAX_BODY, FORMAT, "genesis document is longer than 512 KiB")
        item = cbor.decode(document)
        need(type(item) is dict and set(item) == set(range(12)), FORMAT, "genesis members")
        need(item[0] == "cairn-genesis-1", FORMAT, "genesis version")
        self.network = network_id(document)
        self.head, self.seq = self.network, 0
        self.name = cbor.text(item[1], "name", 200, FORMAT)
        self.created = cbor.time(item[2], "created", FORMAT)
        self.owners: dict[bytes, tuple[str, str]] = {}
        self.rules = item[3]
        need(cbor.is_uint(self.rules) and self.rules == RULES_VERSION, FORMAT, "rules version")
        self.organisations = {}
        organisations = cbor.array(item[6], "organisations", None, FORMAT)
        need(1 <= len(organisations) <= 4096, FORMAT, "1…4,096 organisations")
        for each in map(Organisation, organisations):
            self._ascends(each.uri, self.organisations, "organisations")
            self.organisations[each.uri] = each
            for key in each.keys.values():
                self.claim(key.key, key.purpose, each.uri)
        self.set_governors(item[4], item[5])
        self._read_nodes(item[7])
        self.ordered: set[bytes] = set()
        self.delegations = {}
        for each in map(Delegation, cbor.array(item[8], "delegations", None, FORMAT)):
            self._ascends(each.ident, self.delegations, "delegations")
            self.known_pair(each, FORMAT)
            self.delegations[each.ident] = each
        self.schemes = {}
        for each in cbor.array(item[9], "schemes", None, FORMAT):
            ident, scheme = self.read_scheme(each)
            self._ascends(ident, self.schemes, "schemes")
            self.schemes[ident] = scheme
        self.set_anchors(item[10])
        self.set_policy(item[11])
        self.check()

    @staticmethod
    def _ascends(key: str, known: dict, what: str) -> None:
        last = next(reversed(known), None)
        need(last is None or last.encode() < key.encode(), FORMAT, f"{what}: not sorted")

    def _read_nodes(self, item: Any) -> None:
        self.nodes: dict[str, LogNode] = {}
        self.removed: set[str] = set()
        nodes = cbor.array(item, "nodes", None, FORMAT)
        need(len(nodes) <= 64, FORMAT, "more than 64 nodes")
        for each in map(LogNode, nodes):
            self._ascends(each.origin, self.nodes, "nodes")
            self.add_node(each)

    def add_node(self, node: LogNode) -> None:
        need(node.organisation in self.organisations, FORMAT, "node of an unknown organisation")
        self.nodes[node.origin] = node
        self.claim_node_keys(node)

    def claim_node_keys(self, node: LogNode) -> None:
        for key, purpose in ((node.log_key, "log"), (node.cosigner_key, "cosigner"),
                             (node.tls_key, "tls")):
            if key is not None:
                self.claim(key, purpose, node.organisation)

    def claim(self, key: dict, purpose: str, owner: str) -> None:
        """Notes what a key is for; refuses a second purpose or owner."""
        mark = thumbprint(key)
        known = self.owners.setdefault(mark, (purpose, owner))
        need(known == (purpose, owner), "governance.key-reused", f"key {mark.hex()}")

    def set_governors(self, item: Any, threshold: Any) -> None:
        governors = cbor.array(item, "governors", None, FORMAT)
        need(1 <= len(governors) <= 64, FORMAT, "1…64 governors")
        order = []
        self.governors: dict[bytes, dict] = {}
        for each in governors:
            uri, key = cbor.array(each, "governor", 2, FORMAT)
            need(uri_text(uri, "governor") in self.organisations, FORMAT, "governor is no member")
            key_bytes(key)
            order.append(cbor.encode(each))
            self.claim(key, "governor", uri)
            self.governors[thumbprint(key)] = key
        cbor.ascending(order, "governors", FORMAT)
        count = len(governors)
        need(len(self.governors) == count, FORMAT, "a governor's key stands twice")
        good = cbor.is_uint(threshold) and count < 2 * threshold and threshold <= count
        need(good, "governance.threshold", "not more than half of the governors, or above all")
        self.threshold = threshold

    def known_pair(self, each: Delegation, code: str) -> None:
        known = each.by in self.organisations and each.to in self.organisations
        need(known, code, "delegation of an unknown organisation")

    @staticmethod
    def read_scheme(item: Any) -> tuple[str, dict]:
        ident, scheme = cbor.array(item, "scheme", 2, FORMAT)
        cbor.text(ident, "scheme id", None, FORMAT)
        need(type(scheme) is dict, FORMAT, "scheme is not a map")
        return ident, scheme

    def set_anchors(self, item: Any) -> None:
        self.anchors = _sorted_texts(item, "anchors")
        known = all(uri in self.organisations for uri in self.anchors)
        need(known, FORMAT, "anchor is no member")

    def set_policy(self, item: Any) -> None:
        good = type(item) is dict and set(item) - {3} == {0, 1, 2}
        need(good, FORMAT, "policy")
        if 3 in item:
            self._check_duties(item[3])
        self.quorum = cbor.uint(item[0], "quorum", FORMAT)
        self.liars = cbor.uint(item[1], "tolerated liars", FORMAT)
        self.future = cbor.uint(item[2], "furthest future", FORMAT)

    @staticmethod
    def _check_duties(item: Any) -> None:
        """Duties of retention bind nodes, not logs: only their form is asked for."""
        duties = cbor.array(item, "duties", None, FORMAT)
        need(1 <= len(duties) <= 64, FORMAT, "1…64 duties of retention")
        names = []
        for each in duties:
            name, kinds, seconds = cbor.array(each, "duty", 3, FORMAT)
            names.append(cbor.text(name, "duty", 200, FORMAT).encode())
            kinds = _sorted_texts(kinds, "kinds")
            need(1 <= len(kinds) <= 32, FORMAT, "1…32 kinds")
            cbor.uint(seconds, "seconds", FORMAT)
        cbor.ascending(names, "duties", FORMAT)

    def check(self) -> None:
        """What must hold of every state: disjoint prefixes, a quorum that overlaps."""
        self.check_prefixes()
        cosigners = sum(n.cosigner_key is not None for n in self.nodes.values())
        good = self.quorum == 0 or (
            self.quorum <= cosigners and 2 * self.quorum > cosigners + self.liars)
        need(good, "governance.quorum", "q must be at most n, and 2q above n + f")

    def check_prefixes(self) -> None:
        """No prefix of one member begins with a prefix of another."""
        owned = {(p, o.uri) for o in self.organisations.values() for p in o.prefixes}
        owners: dict[str, set[str]] = {}
        for prefix, uri in owned:
            owners.setdefault(prefix, set()).add(uri)
        for prefix, uri in owned:
            for length in range(4, len(prefix) + 1):
                others = owners.get(prefix[:length], set()) - {uri}
                need(not others, "governance.prefix-taken", f"{prefix} of {uri}")

    def copied(self) -> "State":
        """A copy that further amendments do not change."""
        return copy.deepcopy(self)

    def check_signatures(self, digest: bytes, signatures: Any) -> None:
        """Refuses unless every signature is a governor's and they reach the threshold."""
        cbor.array(signatures, "signatures", None, FORMAT)
        marks = []
        for each in signatures:
            mark, signature = cbor.array(each, "signature", 2, FORMAT)
            marks.append(cbor.blob(mark, "thumbprint", 32, FORMAT))
            cbor.blob(signature, "signature", 64, FORMAT)
            key = self.governors.get(mark)
            need(key is not None, "governance.signature", "signed by no governor")
            good = accepts(key, signed_message(digest), signature)
            need(good, "governance.signature", f"signature of {mark.hex()}")
        cbor.ascending(marks, "signatures", FORMAT)
        need(len(marks) >= self.threshold, "governance.threshold", "too few governors signed")


def read_content(content: bytes) -> tuple[bytes, list]:
    """Body and signatures of a governance part's content."""
    body, signatures = cbor.array(cbor.decode(content), "governance content", 2, FORMAT)
    return cbor.blob(body, "body", None, FORMAT), signatures
