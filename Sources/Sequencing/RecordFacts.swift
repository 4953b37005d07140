package import MerkleTrees
package import Records

/// What a ledger keeps beside a part because the part is a record.
///
/// Whoever writes these rows and whoever compares them read the record through this.
package struct RecordFacts: Hashable, Sendable {
    /// The URI that it has as its id.
    package var id: String?
    /// Whether it bears on delegations (``RecordedDelegations/concerns(_:)``).
    package var isAuthority: Bool
    /// The part that it erases.
    package var erases: Hash256?

    /// What a ledger keeps of a record.
    package init(_ record: Record) {
        id = record.id
        isAuthority = RecordedDelegations.concerns(record)
        erases = record.erasedPart
    }

    /// What a ledger keeps of a part; nil if it is no record.
    package init?(of part: Part) {
        guard part.contentType == PartContentType.record,
            let record = try? Record.read(part.content)
        else { return nil }
        self.init(record)
    }
}

extension LedgerReader {
    /// Whether a statement that erases a part may do so, for whoever does not trust the log's
    /// keeper (SPEC §13.1, `erase.own`): its issuer was the first of the part, before, and nobody's
    /// answers rest on the part.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package func mayErase(_ digest: Hash256, statementAt leafIndex: UInt64) throws -> Bool {
        guard
            case .organisation(let first) = try firstIssuer(ofPart: digest, before: leafIndex),
            try origin(at: leafIndex).issuer == first
        else { return false }
        return try !mustStayVisible(digest)
    }
}
