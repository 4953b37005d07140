"""Vectors of §12: receipts as tlog-proof and as COSE."""

import base64

from cairn_verify import cbor, hashes
from cairn_verify.statements import read_statement, sig_structure

from .ledger import Ledger
from .network import ALPHA, LOG_KEYS, Genesis, genesis_document
from .stories import tiny


def _at_first_seal(ledger: Ledger, leaf: int) -> Ledger:
    """The log as it was at the first seal after a leaf."""
    size = next(s for s in ledger.seals if s > leaf) + 1
    cut = Ledger(Genesis(genesis_document()))
    cut.entries = ledger.entries[:size]
    cut.seals = [s for s in ledger.seals if s < size]
    return cut


def proof_text(ledger: Ledger, leaf: int) -> str:
    """The C2SP tlog-proof of a statement."""
    cut = _at_first_seal(ledger, leaf)
    text = lambda raw: base64.b64encode(raw).decode()
    lines = ["c2sp.org/tlog-proof@v1", f"extra {text(ledger.entries[leaf])}", f"index {leaf}",
             *map(text, cut.path(leaf))]
    return "\n".join(lines) + "\n\n" + cut.note()


def cose_receipt(ledger: Ledger, leaf: int) -> bytes:
    """The RFC 9942 receipt of a statement."""
    cut = _at_first_seal(ledger, leaf)
    key, size = LOG_KEYS[ALPHA], len(cut.entries)
    protected = cbor.encode({
        1: -19, 4: key.kid, 15: {1: ALPHA, 2: hashes.network_uri(ledger.network)}, 395: 1,
        -65537: size})
    root = hashes.tree_root(cut.leaves())
    signature = key.sign(sig_structure(protected, root))
    inclusion = cbor.encode([size, leaf, cut.path(leaf)])
    unprotected = {396: {-1: [inclusion]}, -65538: ledger.entries[leaf]}
    return cbor.encode(cbor.Tag(18, [protected, unprotected, None, signature]))


def receipt_cases() -> list[dict]:
    """Receipts of every statement of the tiny log."""
    ledger = tiny()
    return [{
        "name": f"the statement at leaf {leaf}", "leafIndex": leaf,
        "id": read_statement(registered.statement).ident.hex(),
        "expect": {"tlogProof": proof_text(ledger, leaf),
                   "cose": cose_receipt(ledger, leaf).hex()}}
        for leaf, registered in ledger.registered.items()]


FILES = {"receipts": ("§12", "Receipts of the statements of log.json.", receipt_cases)}
