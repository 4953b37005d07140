package import MerkleTrees
package import Records

/// How many links a day one organisation may add to the chain of a thing that is not its own, or
/// of itself (SPEC §17).
///
/// Whoever asks about a thing is given its whole chain, so nobody may make another's longer than
/// that can bear. A rule of the node and none of the log: what is counted is forgotten at midnight,
/// UTC, and with the process. Counts stand in a table of fixed size under two hashes that nobody
/// outside the process can foresee; the smaller of the two counts, so that one is refused too early
/// only where both were filled by others.
package struct LinkQuota: Sendable {
    private static let cellBits = 16
    private static let dayMilliseconds: UInt64 = 86_400_000

    private let limit: UInt32
    private var day: UInt64 = 0
    private var cells = [UInt32](repeating: 0, count: 2 << cellBits)

    /// Nothing counted yet; so many links of one issuer to one chain a day.
    package init(limit: UInt32) {
        self.limit = limit
    }

    /// Counts the links of a statement.
    ///
    /// `isOwn` tells whether a URI is the issuer's own, or its owner lets it speak for it; it is
    /// asked only where there are too many links.
    ///
    /// - Throws: `quota.links`.
    package mutating func count(
        _ admitted: AdmittedStatement, network: Hash256, atMilliseconds time: UInt64,
        isOwn: (String) -> Bool
    ) throws(Refusal) {
        if time / Self.dayMilliseconds != day {
            day = time / Self.dayMilliseconds
            cells = [UInt32](repeating: 0, count: cells.count)
        }
        let issuer = admitted.verified.statement.issuer
        for row in admitted.manifest.rows {
            let places = places(issuer, row.key)
            guard min(cells[places.0], cells[places.1]) >= limit else {
                cells[places.0] += 1
                cells[places.1] += 1
                continue
            }
            let subject = Self.subject(of: row, in: admitted, network: network)
            if let subject, subject.uri != issuer, isOwn(subject.ownedURI) {
                // So that it is not asked again for as many links.
                (cells[places.0], cells[places.1]) = (0, 0)
                continue
            }
            throw Refusal(
                code: "quota.links", field: subject?.uri ?? "manifest",
                reason: "\(issuer) has registered \(limit) records about \(subject?.uri ?? "this") "
                    + "today: go on tomorrow, or ask its owner for a delegation")
        }
    }

    private func places(_ issuer: String, _ key: Hash256) -> (Int, Int) {
        var hasher = Hasher()
        hasher.combine(issuer)
        hasher.combine(key)
        let hash = UInt64(bitPattern: Int64(hasher.finalize()))
        let mask: UInt64 = 1 << Self.cellBits - 1
        return (Int(hash & mask), Int(hash >> 32 & mask) + 1 << Self.cellBits)
    }

    private static func subject(
        of row: Row, in admitted: AdmittedStatement, network: Hash256
    ) -> Subject? {
        guard let part = admitted.parts.first(where: { $0.part.digest == row.part }) else {
            return nil
        }
        let rows = RowRules.rows(of: part.content, in: network) ?? []
        return rows.first { $0.key == row.key && $0.role == row.role }?.subject
    }
}
