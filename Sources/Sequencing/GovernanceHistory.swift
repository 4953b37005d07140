package import Records

/// The governance under which each statement of a log was judged: that of the last seal before it.
package struct GovernanceHistory: Sendable {
    private var steps: [(sealLeaf: UInt64, state: GovernanceState)]

    /// Who has owned what in any of its states.
    package private(set) var ownership: Ownership

    /// A history that begins with genesis, in force from the first leaf.
    package init(genesis: GovernanceState) {
        steps = [(0, genesis)]
        ownership = Ownership([genesis])
    }

    /// The history that a ledger holds, of bodies at leaves before one.
    ///
    /// - Throws: ``SequencingError``, and what the ledger throws.
    package init(
        of ledger: some LedgerReader, genesis: GovernanceState, before end: UInt64 = .max
    ) throws {
        self.init(genesis: genesis)
        let key = Subject.network(genesis.network).key(in: genesis.network)
        for link in try ledger.links(of: key).dropFirst() where link.leafIndex < end {
            guard let seal = try ledger.seal(atOrAfter: link.leafIndex) else { return }
            let body = try LogStart.governanceBody(at: link, in: ledger)
            try append(body, sealLeaf: seal)
        }
    }

    /// The newest state.
    package var newest: GovernanceState { steps[steps.count - 1].state }

    /// The state in force for a statement at a leaf.
    package func state(at leafIndex: UInt64) -> GovernanceState {
        (steps.last { $0.sealLeaf < leafIndex } ?? steps[0]).state
    }

    private mutating func append(_ body: GovernanceBody, sealLeaf: UInt64) throws {
        do {
            steps.append((sealLeaf, try newest.applying(body)))
            ownership.add(newest)
        } catch {
            throw SequencingError.damaged("an amendment before seal \(sealLeaf) fails: \(error)")
        }
    }
}
