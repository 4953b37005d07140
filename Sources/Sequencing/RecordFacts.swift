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
    /// keeper (SPEC §13.1, `erase.own`): its issuer was the first of the part, before, or governors
    /// ordered it in this log, before; and nobody's answers rest on the part.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package func mayErase(_ digest: Hash256, statementAt leafIndex: UInt64) throws -> Bool {
        guard case .organisation(let first) = try firstIssuer(ofPart: digest, before: leafIndex)
        else { return false }
        let isOwn = try origin(at: leafIndex).issuer == first
        guard try isOwn || isErasureOrdered(of: digest, before: leafIndex) else { return false }
        return try !mustStayVisible(digest)
    }

    /// Whether an amendment in the log before a leaf orders that a part be erased.
    private func isErasureOrdered(of digest: Hash256, before end: UInt64) throws -> Bool {
        guard let first = try entry(at: 0),
            case .statement(_, let encoded) = try? LogEntry.decode(first),
            let network = try? UnverifiedStatement.decode(encoded).network
        else { return false }
        let key = Subject.network(network).key(in: network)
        for link in try links(of: key).dropFirst() where link.leafIndex < end {
            let body = try LogStart.governanceBody(at: link, in: self)
            guard case .amendment(let amendment) = body.kind else { continue }
            let isOrdered = amendment.changes.contains { change in
                if case .erase(let part, _) = change { part == digest } else { false }
            }
            if isOrdered { return true }
        }
        return false
    }
}
