import DeterministicCBOR
package import MerkleTrees
package import Records

/// Takes up a log from what a ledger stores (SPEC §10).
///
/// Start-up believes the ledger no further than its last seal: the tree, the subject index and the
/// governance are put together from tiles, buckets and parts, and must come out at the root of the
/// checkpoint and at what the seal says. The state then goes on through the same functions that
/// wrote it.
package enum LogStart {
    /// The state of a log after its last seal; of an empty log, that of genesis.
    ///
    /// The index has the depth whose buckets the ledger keeps.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package static func state(
        of ledger: some LedgerReader, genesis: GovernanceState, origin: String, indexDepth: Int
    ) throws -> LogState {
        let size = try ledger.size()
        guard size > 0 else {
            return LogState(genesis: genesis, origin: origin, indexDepth: indexDepth)
        }
        guard let bytes = try ledger.entry(at: size - 1),
            case .seal(let seal) = try? LogEntry.decode(bytes)
        else { throw SequencingError.damaged("the last entry is not a seal") }
        let governance = try GovernanceHistory(of: ledger, genesis: genesis).newest
        guard governance.head == seal.governanceHead else {
            throw SequencingError.damaged(
                "governance ends at \(governance.head.hex), the last seal names "
                    + seal.governanceHead.hex)
        }
        let index = SubjectIndex(depth: indexDepth, bucketHashes: try ledger.bucketHashes())
        guard index.root == seal.indexRoot else {
            throw SequencingError.damaged("the subject index is not that of the last seal")
        }
        let frontier = try TreeReader(tiles: ledger, size: size).frontier()
        let leaf = try TreeReader(tiles: ledger, size: size).leaves(size - 1..<size)
        guard leaf == [TreeHash.leaf(bytes)] else {
            throw SequencingError.damaged("the tiles do not hold the last entry")
        }
        return LogState(
            resuming: LogSnapshot(
                origin: origin, governance: governance, frontier: frontier, index: index,
                subjectCount: seal.subjectCount, sealHash: TreeHash.leaf(bytes),
                sealedAtMilliseconds: seal.sealedAtMilliseconds))
    }

    /// The governance after all bodies at leaves before one.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package static func governance(
        of ledger: some LedgerReader, genesis: GovernanceState, before end: UInt64
    ) throws -> GovernanceState {
        try GovernanceHistory(of: ledger, genesis: genesis, before: end).newest
    }

    /// The governance body that a link of the network's chain carries.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package static func governanceBody(
        at link: LinkPlace, in ledger: some LedgerReader
    ) throws -> GovernanceBody {
        guard let bytes = try ledger.manifest(at: link.leafIndex),
            let manifest = try? Manifest.decode(bytes), Int(link.row) < manifest.rows.count,
            let encoded = try ledger.part(manifest.rows[Int(link.row)].part),
            let part = try? Part.decode(encoded),
            let body = try? GovernanceBody.decode(governancePart: part)
        else {
            throw SequencingError.damaged(
                "the governance body at entry \(link.leafIndex) is missing")
        }
        return body
    }

    /// The delegations that stand as records in a ledger; an erased one is none.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package static func delegations(
        in ledger: some LedgerReader
    ) throws -> RecordedDelegations {
        var delegations = RecordedDelegations()
        for use in try ledger.authorityRecords() {
            guard let bytes = try ledger.part(use.part), let part = try? Part.decode(bytes),
                let record = try? Record.read(part.content)
            else { continue }
            delegations.add(record, from: try ledger.origin(at: use.leafIndex))
        }
        return delegations
    }
}

extension LedgerReader {
    /// Who made the statement at a leaf, and when it was registered.
    ///
    /// - Throws: ``SequencingError`` if no statement stands there; what the ledger throws.
    package func origin(at leafIndex: UInt64) throws -> RecordedDelegations.Origin {
        guard let bytes = try entry(at: leafIndex),
            case .statement(let time, let encoded) = try? LogEntry.decode(bytes),
            let statement = try? UnverifiedStatement.decode(encoded)
        else { throw SequencingError.damaged("entry \(leafIndex) is no statement") }
        return RecordedDelegations.Origin(
            leafIndex: leafIndex, statement: statement, registeredAtMilliseconds: time)
    }

    /// Who issued the first record with this URI.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package func firstIssuer(
        ofRecord id: String, before end: UInt64 = .max
    ) throws -> FirstIssuer {
        try firstIssuer(at: records(named: id).map(\.leafIndex).min(), before: end)
    }

    /// Who signed the first statement that covers this part.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package func firstIssuer(
        ofPart digest: Hash256, before end: UInt64 = .max
    ) throws -> FirstIssuer {
        try firstIssuer(at: uses(of: digest).min(), before: end)
    }

    /// Whether a part is here and must stay so.
    ///
    /// - Throws: what the ledger throws.
    package func mustStayVisible(_ digest: Hash256) throws -> Bool {
        guard let bytes = try part(digest), let part = try? Part.decode(bytes) else {
            return false
        }
        return (try? Content.read(part))?.mustStayVisible ?? false
    }

    /// What a part that is here says, and when it was first registered; nil if it is not here or
    /// cannot be read.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package func registered(_ digest: Hash256) throws -> (Content, UInt64)? {
        guard let bytes = try part(digest), let part = try? Part.decode(bytes),
            let content = try? Content.read(part), let leaf = try uses(of: digest).min()
        else { return nil }
        return (content, try origin(at: leaf).registeredAtMilliseconds)
    }

    private func firstIssuer(at leaf: UInt64?, before end: UInt64) throws -> FirstIssuer {
        guard let leaf, leaf < end else { return .nobody }
        return .organisation(try origin(at: leaf).issuer)
    }
}
