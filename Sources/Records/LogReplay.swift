import MerkleTrees

/// Recomputes a log from its entries, manifests and governance alone, and stops at the first breach
/// of SPEC §14.
///
/// ``LogRules`` with everything in memory: for `cairn check`, tests, and logs that fit.
package struct LogReplay: Sendable {
    /// An entry that holds.
    package typealias Step = LogRules.Step

    /// Where the log stands.
    package var state: LogState { rules.state }
    /// The heads of all chains as of the newest seal.
    package private(set) var heads = MemoryHeads()
    private var rules: LogRules
    private var ids: Set<Hash256> = []
    private let library: SignatureLibrary

    /// The replay of a network's log from its first entry.
    ///
    /// - Parameters:
    ///   - genesis: the governance after genesis.
    ///   - origin: the log's name.
    ///   - indexDepth: how many levels of the index to hold; more is faster for many subjects.
    ///   - library: which library checks the statements' signatures.
    package init(
        genesis: GovernanceState, origin: String, indexDepth: Int = 14,
        library: SignatureLibrary = .swiftCrypto
    ) {
        rules = LogRules(
            following: LogState(genesis: genesis, origin: origin, indexDepth: indexDepth),
            library: library)
        self.library = library
    }

    /// Takes the next entry.
    ///
    /// - Parameters:
    ///   - entry: the leaf's data.
    ///   - manifest: the manifest of a statement.
    ///   - governancePart: the part of a statement that carries governance.
    /// - Returns: what the entry is and settles.
    /// - Throws: the rule that the entry breaks.
    @discardableResult
    package mutating func append(
        entry: [UInt8], manifest: [UInt8]? = nil, governancePart: [UInt8]? = nil
    ) throws(LogBreach) -> Step {
        let prepared = PreparedEntry(
            entry, manifest: manifest, under: state.sealedGovernance, library: library)
        return try append(prepared, governancePart: governancePart)
    }

    /// Takes the next entry, prepared ahead.
    ///
    /// - Parameters:
    ///   - prepared: the entry with its manifest.
    ///   - governancePart: the part of a statement that carries governance.
    /// - Returns: what the entry is and settles.
    /// - Throws: the rule that the entry breaks.
    @discardableResult
    package mutating func append(
        _ prepared: PreparedEntry, governancePart: [UInt8]? = nil
    ) throws(LogBreach) -> Step {
        let step: Step
        do {
            step = try rules.append(
                prepared, governancePart: governancePart, heads: heads,
                isRegistered: { ids.contains($0) })
        } catch let error as LogBreach {
            throw error
        } catch {
            throw LogBreach(rule: 5, code: "log.seal", leafIndex: state.size, reason: "\(error)")
        }
        switch step {
        case .statement(_, let verified, _): ids.insert(verified.id)
        case .seal(let group): heads.update(group.changedHeads)
        }
        return step
    }

    /// Checks a checkpoint of the log as it stands: call it right after the seal it ends on.
    ///
    /// - Throws: a breach of rule 6.
    package func check(checkpoint bytes: [UInt8]) throws(LogBreach) {
        try rules.check(checkpoint: bytes)
    }
}
