"""Vectors of §9 to §12: genesis, amendments, chains, the index, entries, seals, checkpoints."""

from typing import Any

from cairn_verify import cbor, governance, hashes, index, notes, statements
from cairn_verify.amendments import amend
from cairn_verify.genesis import read_genesis
from cairn_verify.governance import State, amendment_digest
from cairn_verify.refusal import Refused

from . import signing
from .formats import refusal
from .ledger import index_hash, index_proof, index_tree
from .network import (ALPHA, BETA, CARRIER, CERTIFIER, FARM, GOVERNOR_KEYS, GOVERNORS, LATECOMER,
                      LOG_KEYS, MEMBERS, REGISTRAR, SHOP, T0, Genesis, amendment,
                      genesis_document, node)
from .signing import Key, governance_content
from .stories import tiny


def _changed_member(number: int, **changes) -> list:
    items = sorted((m.item() for m in MEMBERS), key=lambda o: o[0].encode())
    items[number] = {**items[number], **{int(k[1:]): v for k, v in changes.items()}}
    return items


def _bad_documents() -> dict[str, dict]:
    first, second = (m.item() for m in sorted(MEMBERS, key=lambda m: m.uri.encode())[:2])
    two_nodes = [node(ALPHA, REGISTRAR), node(BETA, SHOP)]
    governor = next(iter(GOVERNORS.values()))
    return {
        "threshold is half": genesis_document(
            m4=sorted(([u, k.cose] for u, k in list(GOVERNORS.items())[:2]), key=cbor.encode),
            m5=1),
        "threshold above the governors": genesis_document(m5=4),
        "no governor": genesis_document(m4=[], m5=0),
        "governors out of order": genesis_document(
            m4=sorted(([u, k.cose] for u, k in GOVERNORS.items()), key=cbor.encode)[::-1]),
        "a governor that is no member": genesis_document(
            m4=[["https://id.gs1.org/417/9521007000004", governor.cose]], m5=1),
        "organisations out of order": genesis_document(m6=_changed_member(0)[::-1]),
        "a prefix under another's": genesis_document(
            m6=_changed_member(1, k3=[first[3][0] + "0"])),
        "a prefix of three digits": genesis_document(m6=_changed_member(0, k3=["952"])),
        "prefixes out of order": genesis_document(m6=_changed_member(0, k3=["96", "9521001"])),
        "an unknown role": genesis_document(m6=_changed_member(0, k2=["king"])),
        "a key of two owners": genesis_document(m6=_changed_member(0, k5=second[5])),
        "a key for two purposes": genesis_document(
            m6=_changed_member(0, k5=[["issuer", governor.cose, T0]])),
        "organisation URI not canonical": genesis_document(
            m6=_changed_member(0, k0="urn:epc:id:pgln:9521001.00000")),
        "rules version 2": genesis_document(m3=2),
        "a quorum that two halves reach": genesis_document(m11={0: 1, 1: 0, 2: 300}),
        "a quorum of more than all cosigners": genesis_document(m11={0: 3, 1: 0, 2: 300}),
        "a quorum without any cosigner": genesis_document(m7=[], m11={0: 5, 1: 0, 2: 300}),
        "nodes out of order": genesis_document(m7=two_nodes[::-1]),
        "an origin in upper case": genesis_document(m7=[{**two_nodes[0], 0: "LOG/a"}]),
        "an anchor that is no member": genesis_document(m10=[LATECOMER.uri]),
        "created above 2^53 - 1": genesis_document(m2=cbor.MAX_TIME + 1),
        "a key from above 2^53 - 1": genesis_document(m6=_changed_member(0, k5=[
            [purpose, key, cbor.MAX_TIME + 1] for purpose, key, _ in first[5]])),
        "a member too many": {**genesis_document(), 12: 0},
        "another version": genesis_document(m0="cairn-genesis-2"),
    }


def genesis_cases() -> list[dict]:
    """Genesis documents with ids and files; documents and files that are refused."""
    good = {
        "three governors of which two sign": (genesis_document(), GOVERNOR_KEYS[:2]),
        "three governors who all sign": (genesis_document(), GOVERNOR_KEYS),
        "no node, one governor": (genesis_document(
            m4=[[u, k.cose] for u, k in list(GOVERNORS.items())[:1]], m5=1, m7=[]),
            GOVERNOR_KEYS[:1]),
        "a quorum of two cosigners": (genesis_document(m11={0: 2, 1: 1, 2: 60}), GOVERNOR_KEYS),
    }
    cases = []
    for name, (document, governors) in good.items():
        made = Genesis(document, governors)
        read_genesis(made.file)
        cases.append({"name": name, "expect": {
            "document": made.document.hex(), "networkID": made.network.hex(),
            "networkURI": hashes.network_uri(made.network), "file": made.file.hex()}})
    for name, document in _bad_documents().items():
        raw = cbor.encode(document)
        cases.append({"name": name, "document": raw.hex(), "error": refusal(State, raw)})
    for name, made in _bad_files().items():
        cases.append({"name": name, "file": made.hex(), "error": refusal(read_genesis, made)})
    return cases


def _bad_files() -> dict[str, bytes]:
    document = genesis_document()
    good = Genesis(document)
    pieces = cbor.decode(good.file)
    other = Genesis(genesis_document(m1="another network"))
    stranger = Key("a stranger")
    return {
        "one governor of three signed": Genesis(document, GOVERNOR_KEYS[:1]).file,
        "a stranger signed too": Genesis(document, [*GOVERNOR_KEYS, stranger]).file,
        "issued by no member": Genesis(document, None, LATECOMER).file,
        "part of another network": cbor.encode([*pieces[:3], other.part]),
        "without its part": cbor.encode(pieces[:3]),
    }


def amendment_cases() -> dict:
    """A chain of two amendments, single changes, and bodies that are refused."""
    genesis = State(cbor.encode(genesis_document()))
    network = genesis.network
    first = amendment(network, 1, network, [["admit", LATECOMER.item()]])
    second = amendment(network, 2, amendment_digest(first), [
        ["revoke-key", CERTIFIER.key.kid, T0], ["suspend", CARRIER.uri, T0 + 5],
        ["governors", sorted(([u, k.cose] for u, k in list(GOVERNORS.items())[:2]),
                             key=cbor.encode), 2]])
    chain = []
    for body in (first, second):
        digest = amendment_digest(body)
        content = governance_content(digest, body, GOVERNOR_KEYS[:2])
        chain.append({"body": body.hex(), "digest": digest.hex(),
                      "signed": governance.signed_message(digest).hex(),
                      "content": content.hex()})
    cases: list[dict[str, Any]] = [{
        "name": "a chain of two",
        "expect": {"networkID": network.hex(), "amendments": chain}}]
    for name, changes in _changes().items():
        cases.append(_one(genesis, name, amendment(network, 1, network, changes),
                          GOVERNOR_KEYS[:2]))
    admit = [["admit", LATECOMER.item()]]
    odd = {
        "seq 2 first": (amendment(network, 2, network, admit), GOVERNOR_KEYS),
        "previous digest of nothing": (amendment(network, 1, bytes(32), admit), GOVERNOR_KEYS),
        "of another network": (amendment(bytes(32), 1, network, admit), GOVERNOR_KEYS),
        "no change": (amendment(network, 1, network, []), GOVERNOR_KEYS),
        "257 changes": (amendment(network, 1, network, [["suspend", FARM.uri, T0]] * 257),
                        GOVERNOR_KEYS),
        "signed by one": (amendment(network, 1, network, admit), GOVERNOR_KEYS[:1]),
        "signed by a stranger too": (amendment(network, 1, network, admit),
                                     [*GOVERNOR_KEYS, Key("a stranger")]),
    }
    for name, (body, governors) in odd.items():
        cases.append(_one(genesis, name, body, governors))
    return {"genesis": cbor.encode(genesis_document()).hex(), "cases": cases}


def _one(genesis: State, name: str, body: bytes, governors: list[Key]) -> dict:
    digest = amendment_digest(body)
    content = governance_content(digest, body, governors)
    case: dict[str, Any] = {"name": name, "content": content.hex()}
    try:
        after = amend(genesis, *governance.read_content(content))
        case["expect"] = {"seq": after.seq, "head": after.head.hex()}
    except Refused as refused:
        case["error"] = refused.code
    return case


def _changes() -> dict[str, list]:
    press = next(m for m in MEMBERS if m.name == "Valley Press")
    new, rotated = Key("new key"), Key("alpha log 2")
    org_key = lambda key, purpose="issuer": [purpose, key.cose, T0]
    delegation = {0: "urn:example:delegation:g", 1: FARM.uri, 2: CARRIER.uri, 3: ["95210010"],
                  4: [], 5: T0, 6: None}
    describe = lambda member, **c: {**member.item(), 5: [], **{int(k[1:]): v for k, v in c.items()}}
    rotate = ["rotate-log-key", ALPHA, rotated.cose, 8, bytes(32)]
    return {
        "describe": [["describe", describe(FARM, k1="Sunnier Farm", k3=["9521001", "9521008"])]],
        "describe with keys": [["describe", FARM.item()]],
        "describe of a stranger": [["describe", describe(LATECOMER)]],
        "describe that takes a prefix": [["describe", describe(FARM, k3=[press.prefix + "1"])]],
        "admit of a member": [["admit", FARM.item()]],
        "suspend and reinstate": [["suspend", FARM.uri, T0], ["reinstate", FARM.uri, T0 + 9]],
        "suspend from 2^53 - 1": [["suspend", FARM.uri, cbor.MAX_TIME]],
        "suspend from above 2^53 - 1": [["suspend", FARM.uri, cbor.MAX_TIME + 1]],
        "delegate until above 2^53 - 1": [["delegate", {**delegation, 6: cbor.MAX_TIME + 1}]],
        "suspend of a stranger": [["suspend", LATECOMER.uri, T0]],
        "add-key": [["add-key", FARM.uri, org_key(new)]],
        "add-key of another's key": [["add-key", FARM.uri, org_key(SHOP.key)]],
        "add-key of a governor's key": [["add-key", FARM.uri, org_key(GOVERNOR_KEYS[0])]],
        "revoke-key": [["revoke-key", FARM.key.kid, T0]],
        "revoke-key of an unknown key": [["revoke-key", new.kid, T0]],
        "a new node": [["node", {**node(ALPHA, REGISTRAR), 0: "log.example/gamma",
                                 2: new.cose, 3: None}]],
        "a node's new address": [["node", {**node(ALPHA, REGISTRAR), 5: "10.0.0.1:4300"}]],
        "a node with another log key": [["node", {**node(ALPHA, REGISTRAR), 2: new.cose}]],
        "rotate-log-key": [rotate],
        "rotate-log-key of an unknown origin": [["rotate-log-key", "log.example/z",
                                                 rotated.cose, 8, bytes(32)]],
        "remove-node": [["remove-node", ALPHA], ["policy", {0: 1, 1: 0, 2: 60}]],
        "remove-node that leaves no quorum": [["remove-node", ALPHA]],
        "remove-node of an unknown origin": [["remove-node", "log.example/z"]],
        "a node comes back under its origin": [
            ["remove-node", ALPHA], ["policy", {0: 1, 1: 0, 2: 60}],
            ["node", {**node(ALPHA, REGISTRAR), 2: new.cose, 3: None, 4: None}]],
        "delegate": [["delegate", delegation]],
        "delegate and end": [["delegate", delegation],
                             ["end-delegation", "urn:example:delegation:g", T0 + 1]],
        "end of an unknown delegation": [["end-delegation", "urn:example:delegation:g", T0]],
        "scheme": [["scheme", ["urn:example:scheme:fair", {0: "fair"}]]],
        "anchors": [["anchors", sorted([CERTIFIER.uri, REGISTRAR.uri])]],
        "policy": [["policy", {0: 2, 1: 0, 2: 60}]],
        "policy whose quorum two halves reach": [["policy", {0: 1, 1: 0, 2: 60}]],
        "policy whose quorum is more than all cosigners": [["policy", {0: 3, 1: 0, 2: 60}]],
        "policy with duties of retention": [
            ["policy", {0: 2, 1: 0, 2: 60, 3: [["law A", ["event"], 60],
                                               ["law B", ["attachment", "certificate"], 0]]}]],
        "policy with duties out of order": [
            ["policy", {0: 2, 1: 0, 2: 60, 3: [["b", ["event"], 1], ["a", ["event"], 1]]}]],
        "policy with a duty for nothing": [["policy", {0: 2, 1: 0, 2: 60, 3: [["a", [], 1]]}]],
        "policy with no duties listed": [["policy", {0: 2, 1: 0, 2: 60, 3: []}]],
        "erase": [["erase", bytes(range(32)), "names a person"]],
        "erase twice": [["erase", bytes(32), "a"], ["erase", bytes(32), "b"]],
        "erase of a short digest": [["erase", bytes(31), "a"]],
        "erase without reason": [["erase", bytes(32), ""]],
        "rules 1": [["rules", 1]],
        "rules 2": [["rules", 2]],
        "unknown change": [["crown", FARM.uri]],
        "a change with a member too many": [["revoke-key", FARM.key.kid, T0, 0]],
    }


def chain_cases() -> list[dict]:
    """Heads of a chain, link by link."""
    head, links = hashes.ZERO, []
    for n in range(4):
        leaf = hashes.leaf_hash(b"entry %d" % (n // 2))
        row = hashes.row_hash(statements.row_bytes(hashes.sha256(b"part"), hashes.sha256(b"key"),
                                                   n))
        head = hashes.chain_head(head, n // 2 + 7, leaf, n, row)
        links.append({"leafIndex": n // 2 + 7, "leafHash": leaf.hex(), "rowNumber": n,
                      "rowHash": row.hex(), "head": head.hex()})
    return [{"name": "four links in two statements", "expect": links}]


def index_cases() -> list[dict]:
    """Roots and proofs for indexes of several sizes, and proofs that are refused."""
    cases = []
    trees = {}
    for count in (0, 1, 2, 3, 20):
        keys = [hashes.sha256(b"subject %d" % i) for i in range(count)]
        chains = {k: (i + 1, hashes.sha256(b"head %d" % i)) for i, k in enumerate(keys)}
        tree = trees[count] = index_tree(chains)
        absent = [hashes.sha256(b"absent %d" % i) for i in range(2)]
        asked = {"one present": keys[:1], "one absent": absent[:1],
                 "two present and two absent": keys[1:3] + absent, "all": keys}
        for label, wanted in asked.items():
            if wanted:
                cases.append(_proof_case(f"{count} subjects, {label}", chains, tree, wanted))
    chains = {hashes.sha256(b"subject %d" % i): (i + 1, hashes.sha256(b"head %d" % i))
              for i in range(20)}
    asked = [hashes.sha256(b"subject 3"), hashes.sha256(b"absent 0")]
    root = index_hash(trees[20])
    for name, proof in _bad_proofs(index_proof(trees[20], asked), trees[20], chains).items():
        cases.append({"name": name, "root": root.hex(), "asked": [k.hex() for k in asked],
                      "proof": cbor.encode(proof).hex(),
                      "error": refusal(index.verify, proof, root, asked)})
    return cases


def _proof_case(name: str, chains: dict, tree: Any, wanted: list[bytes]) -> dict:
    proof, root = index_proof(tree, wanted), index_hash(tree)
    found = index.verify(proof, root, wanted)
    return {
        "name": name,
        "chains": [[k.hex(), n, head.hex()] for k, (n, head) in sorted(chains.items())],
        "asked": [k.hex() for k in wanted],
        "expect": {"root": root.hex(), "proof": cbor.encode(proof).hex(),
                   "answers": [[found[k][0], found[k][1].hex()] if k in found else None
                               for k in wanted]}}


def _bad_proofs(good: list, tree: Any, chains: dict) -> dict[str, list]:
    cut = next(i for i, item in enumerate(good) if type(item) is bytes)
    leaf = next(i for i, item in enumerate(good) if type(item) is list)
    key, count, head = good[leaf]
    put = lambda at, item: good[:at] + [item] + good[at + 1:]
    return {
        "a cut subtree changed": put(cut, bytes(32)),
        "a leaf's count changed": put(leaf, [key, count + 1, head]),
        "a leaf's head changed": put(leaf, [key, count, bytes(32)]),
        "a leaf's key changed": put(leaf, [bytes(32), count, head]),
        "a leaf cut where a walk goes": put(leaf, index.leaf(key, count, head)),
        "a bit changed": [good[0] + 1, *good[1:]],
        "cut short": good[:-1],
        "something left over": good + [bytes(32)],
        "nothing asked is walked: the root alone": [index_hash(tree)],
        "opened beyond the walks": index_proof(tree, sorted(chains)),
        "empty for an index that is not": [],
        "a negative bit": [-1, *good[1:]],
        "bit 256": [256, *good[1:]],
    }


def entry_cases() -> list[dict]:
    """Entries and seals of the tiny log, with hashes."""
    ledger = tiny()
    cases = []
    for leaf, raw in enumerate(ledger.entries):
        value = cbor.decode(raw)
        expect: dict[str, Any] = {"bytes": raw.hex(), "leafHash": hashes.leaf_hash(raw).hex()}
        if value[0] == 0:
            expect |= {"registeredAt": value[1], "statement": value[2].hex(),
                       "id": statements.read_statement(value[2]).ident.hex()}
        else:
            expect |= {"sealedAt": value[1], "previous": value[2].hex(), "head": value[3].hex(),
                       "indexRoot": value[4].hex(), "subjects": value[5]}
        kind = "seal" if value[0] else "entry"
        cases.append({"name": f"{kind} at leaf {leaf}", "expect": expect})
    bad = {"type 2": [2, 0, b""], "entry without its time": [0, b""],
           "seal with a short root": [1, 0, bytes(32), bytes(32), bytes(31), 0, []],
           "seal with a peer head of two members": [1, 0, *[bytes(32)] * 3, 0, [[bytes(32), 1]]],
           "seal with a peer head twice": [1, 0, *[bytes(32)] * 3, 0,
                                           [[bytes(32), 1, bytes(32)]] * 2]}
    for name, value in bad.items():
        raw = cbor.encode(value)
        reader = statements.read_seal if value[0] == 1 else statements.read_entry
        cases.append({"name": name, "bytes": raw.hex(), "error": refusal(reader, raw)})
    return cases


def log_case() -> dict:
    """The tiny log whole: genesis file, submissions, entries, checkpoint."""
    ledger = tiny()
    key = LOG_KEYS[ALPHA]
    leaves = ledger.leaves()
    return {
        "network": ledger.network.hex(), "genesis": ledger.genesis.file.hex(),
        "origin": ALPHA, "logKey": cbor.encode(key.cose).hex(),
        "noteKeyID": notes.key_id(ALPHA, 1, key.cose[-2]).hex(),
        "cases": [{
            "name": "the tiny log",
            "submissions": [signing.submission(r.statement, r.rows, r.parts).hex()
                            for r in ledger.registered.values()],
            "registeredAt": [cbor.decode(ledger.entries[leaf])[1] for leaf in ledger.registered],
            "sealedAt": [cbor.decode(ledger.entries[leaf])[1] for leaf in ledger.seals],
            "expect": {
                "entries": [raw.hex() for raw in ledger.entries],
                "sealLeaves": ledger.seals,
                "leafHashes": [leaf.hex() for leaf in leaves],
                "roots": [hashes.tree_root(leaves[:n]).hex() for n in range(1, len(leaves) + 1)],
                "chains": [[k.hex(), n, head.hex()]
                           for k, (n, head) in sorted(ledger.heads.items())],
                "checkpoint": ledger.note(),
                "cosigned": ledger.note(cosigners=(BETA,))}}]}


FILES = {
    "genesis": ("§9.1", "Genesis documents, ids and files; `document` or `file` is refused.",
                genesis_cases),
    "amendments": ("§9.2", "Amendments by content of their parts after the genesis document.",
                   amendment_cases),
    "chains": ("§11", "Heads of a subject chain.", chain_cases),
    "index": ("§11", "Index roots and proofs; `answers` in the order asked, null where absent.",
              index_cases),
    "entries": ("§10", "Entries and seals of the tiny log.", entry_cases),
    "log": ("§10", "One tiny log whole.", log_case),
}
