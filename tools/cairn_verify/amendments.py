"""Amendments: what each change of SPEC §9.2 does to the state."""

from typing import Any

from . import cbor
from .governance import (CHANGE, FORMAT, MAX_BODY, RULES_VERSION, Delegation, LogNode, OrgKey,
                         Organisation, State, origin_text, uri_text, amendment_digest)
from .refusal import need
from .signatures import is_ed25519, key_bytes, thumbprint


def amend(state: State, body: bytes, signatures: Any) -> State:
    """The state after a signed amendment; raises Refused unless it counts."""
    need(len(body) <= MAX_BODY, FORMAT, "amendment is longer than 512 KiB")
    network, seq, previous, changes = cbor.array(cbor.decode(body), "amendment", 4, FORMAT)
    need(network == state.network, FORMAT, "amendment of another network")
    good = cbor.is_uint(seq) and seq == state.seq + 1
    need(good, "governance.seq", f"seq {seq} after {state.seq}")
    need(previous == state.head, "governance.previous", "previous digest is not the head")
    cbor.array(changes, "changes", None, FORMAT)
    need(1 <= len(changes) <= 256, FORMAT, "1…256 changes")
    digest = amendment_digest(body)
    state.check_signatures(digest, signatures)
    after = state.copied()
    for change in changes:
        _apply(after, change)
        after.check_prefixes()
    after.check()
    after.seq, after.head = seq, digest
    return after


def _apply(state: State, change: Any) -> None:
    cbor.array(change, "change", None, FORMAT)
    need(bool(change) and type(change[0]) is str, FORMAT, "change without a name")
    known = CHANGES.get(change[0])
    need(known is not None, CHANGE, f"unknown change {change[0]!r}")
    action, arity = known
    need(len(change) == arity + 1, FORMAT, f"members of {change[0]}")
    action(state, *change[1:])


def _member(state: State, uri: Any) -> Organisation:
    need(type(uri) is str and uri in state.organisations, CHANGE, "organisation is unknown")
    return state.organisations[uri]


def _admit(state: State, item: Any) -> None:
    new = Organisation(item)
    need(new.uri not in state.organisations, CHANGE, "organisation is a member already")
    state.organisations[new.uri] = new
    for key in new.keys.values():
        state.claim(key.key, key.purpose, new.uri)


def _describe(state: State, item: Any) -> None:
    new = Organisation(item, with_keys=False)
    old = _member(state, new.uri)
    old.name, old.roles, old.prefixes, old.sites = new.name, new.roles, new.prefixes, new.sites


def _suspend(state: State, uri: Any, since: Any) -> None:
    _member(state, uri).suspensions.append((cbor.time(since, "from", FORMAT), True))


def _reinstate(state: State, uri: Any, since: Any) -> None:
    _member(state, uri).suspensions.append((cbor.time(since, "from", FORMAT), False))


def _add_key(state: State, uri: Any, item: Any) -> None:
    owner, new = _member(state, uri), OrgKey(item)
    mark = thumbprint(new.key)
    need(mark not in owner.keys, CHANGE, "the key stands already")
    state.claim(new.key, new.purpose, owner.uri)
    owner.keys[mark] = new


def _revoke_key(state: State, mark: Any, since: Any) -> None:
    cbor.blob(mark, "thumbprint", 32, FORMAT)
    cbor.time(since, "from", FORMAT)
    holders = [o.keys[mark] for o in state.organisations.values() if mark in o.keys]
    need(len(holders) == 1, CHANGE, "key is unknown")
    key = holders[0]
    key.revoked = since if key.revoked is None else min(since, key.revoked)


def _node(state: State, item: Any) -> None:
    new = LogNode(item)
    old = state.nodes.get(new.origin)
    if old is None:
        need(len(state.nodes) < 64, CHANGE, "more than 64 nodes")
        need(new.origin not in state.removed, CHANGE, "a node of this origin was removed")
        state.add_node(new)
        return
    same = old.log_key == new.log_key and old.organisation == new.organisation
    need(same, CHANGE, "log key or organisation of a known node changes")
    old.cosigner_key, old.tls_key = new.cosigner_key, new.tls_key
    state.claim_node_keys(old)


def _rotate(state: State, origin: Any, key: Any, size: Any, root: Any) -> None:
    node = state.nodes.get(origin_text(origin))
    need(node is not None, CHANGE, "origin is unknown")
    key_bytes(key)
    need(is_ed25519(key), FORMAT, "log key is not Ed25519")
    cbor.uint(size, "size", FORMAT)
    cbor.blob(root, "root", 32, FORMAT)
    good = not node.retired or node.retired[-1][0] <= size
    need(good, CHANGE, "size is below an earlier rotation's")
    is_known = thumbprint(key) in state.owners
    state.claim(key, "log", node.organisation)
    need(not is_known, CHANGE, "the new key was listed before")
    node.retired.append((size, node.log_key))
    node.log_key = key


def _remove_node(state: State, origin: Any) -> None:
    need(state.nodes.pop(origin_text(origin), None) is not None, CHANGE, "origin is unknown")
    state.removed.add(origin)


def _delegate(state: State, item: Any) -> None:
    new = Delegation(item)
    need(new.ident not in state.delegations, CHANGE, "delegation id is taken")
    state.known_pair(new, CHANGE)
    state.delegations[new.ident] = new


def _end_delegation(state: State, ident: Any, since: Any) -> None:
    known = type(ident) is str and ident in state.delegations
    need(known, CHANGE, "delegation is unknown")
    each = state.delegations[ident]
    cbor.time(since, "from", FORMAT)
    each.ended = since if each.ended is None else min(since, each.ended)


def _replace_scheme(state: State, item: Any) -> None:
    ident, scheme = state.read_scheme(item)
    state.schemes[ident] = scheme


def _rules(state: State, version: Any) -> None:
    good = cbor.is_uint(version) and version == RULES_VERSION
    need(good, CHANGE, f"rules version {version} is not known to this verifier")
    state.rules = version


def _erase(state: State, digest: Any, reason: Any) -> None:
    cbor.blob(digest, "part", 32, FORMAT)
    cbor.text(reason, "reason", 4096, FORMAT)
    need(digest not in state.ordered, CHANGE, "the erasure of this part is ordered already")
    state.ordered.add(digest)


CHANGES = {
    "admit": (_admit, 1), "describe": (_describe, 1), "suspend": (_suspend, 2),
    "reinstate": (_reinstate, 2), "add-key": (_add_key, 2), "revoke-key": (_revoke_key, 2),
    "node": (_node, 1), "rotate-log-key": (_rotate, 4),
    "remove-node": (_remove_node, 1), "delegate": (_delegate, 1),
    "end-delegation": (_end_delegation, 2), "governors": (State.set_governors, 2),
    "scheme": (_replace_scheme, 1), "anchors": (State.set_anchors, 1),
    "policy": (State.set_policy, 1), "rules": (_rules, 1), "erase": (_erase, 2),
}
