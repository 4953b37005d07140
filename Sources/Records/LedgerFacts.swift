package import MerkleTrees

/// Who registered something first, as far as whoever asks can tell.
package enum FirstIssuer: Hashable, Sendable {
    /// It is not registered.
    case nobody
    /// This organisation.
    case organisation(String)
    /// It may be registered, in a part that whoever asks is not shown.
    case undisclosed
}

/// What the ledger so far says, as far as deciding who may say what needs it (SPEC §13.1).
///
/// A node answers from its log, an auditor from the evidence at hand. Answers must be those
/// before the statement that is being judged.
package protocol LedgerFacts: Sendable {
    /// Who issued the first record with this URI: it owns the URI.
    func firstIssuer(ofRecord id: String) -> FirstIssuer
    /// Who signed the first statement that covers this part: the part is its own.
    func firstIssuer(ofPart digest: Hash256) -> FirstIssuer
    /// Whether a part is known as one that cannot be erased.
    func mustStayVisible(_ digest: Hash256) -> Bool
    /// Delegations to an organisation that stand as records, each until it was revoked.
    func delegations(to organisation: String) -> [Delegation]
}
