"""The genesis file, SPEC §18: the auditor's only anchor."""

from dataclasses import dataclass

from . import cbor, records, statements
from .epcis import ASSERT, ASSERTIONS
from .governance import State, read_content
from .hashes import network_uri, subject_key
from .refusal import need
from .signatures import accepts


@dataclass(frozen=True)
class Genesis:
    """A checked genesis file and the state it founds."""

    state: State
    statement: statements.Statement
    part: records.Part


def governance_body(part: records.Part) -> tuple[bytes, list]:
    """Body and signatures of a governance part, its frame checked (SPEC §9.3)."""
    good = part.content_type == records.GOVERNANCE_TYPE and part.visibility == records.PUBLIC
    need(good, "governance.format", "not a public governance part")
    return read_content(part.content)


def check_signer(state: State, entry: statements.Entry) -> None:
    """Log rule 2 of SPEC §14, but for uniqueness, under the governance of the entry's place."""
    statement, at = entry.statement, entry.registered_at
    need(statement.network == state.network, "statement.network", "another network")
    need(statement.rules_version == state.rules, "statement.rules-version",
         "rules version is not in force")
    issuer = state.organisations.get(statement.issuer)
    need(issuer is not None, "statement.issuer-unknown", statement.issuer)
    need(not issuer.suspended(at), "statement.issuer-suspended", statement.issuer)
    key = issuer.keys.get(statement.kid)
    need(key is not None, "statement.key-unknown", statement.kid.hex())
    need(key.purpose == "issuer", "statement.key-purpose", key.purpose)
    need(key.since <= at, "statement.key-not-yet-valid", "key is valid later")
    need(not key.fallen(at), "statement.key-revoked", "key is revoked")
    good = accepts(key.key, statement.to_sign, statement.signature, statement.algorithm)
    need(good, "statement.signature", "the signature does not verify")
    good = statement.issued_at * 1000 <= at + state.future * 1000
    need(good, "statement.from-the-future", "issued at is too far ahead")


def read_genesis(raw: bytes) -> Genesis:
    """Reads and checks a genesis file; raises Refused."""
    version, statement_raw, manifest_raw, part_raw = cbor.array(
        cbor.decode(raw), "genesis file", 4, "governance.format")
    need(version == "cairn-genesis-1", "governance.format", "version of the genesis file")
    for piece, what in ((statement_raw, "statement"), (manifest_raw, "manifest"),
                        (part_raw, "part")):
        cbor.blob(piece, what, None, "governance.format")
    part = records.read_part(part_raw)
    document, signatures = governance_body(part)
    state = State(document)
    state.check_signatures(state.network, signatures)
    statement = statements.read_statement(statement_raw)
    manifest = statements.read_manifest(manifest_raw)
    statements.agrees(statement, manifest)
    key = subject_key(state.network, ASSERTIONS, network_uri(state.network))
    need(manifest == [(part.digest, key, ASSERT)], "rows.unexpected", "row of genesis")
    # Genesis stands before any registration: its key is judged with the clock at its end.
    check_signer(state, statements.Entry((1 << 63) - 1, statement))
    return Genesis(state, statement, part)
