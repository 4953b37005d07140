package import MerkleTrees
package import Records
package import Sequencing

/// A ledger that the conformance suite and the sequencer's tests can be run on.
package protocol LedgerUnderTest: Sendable {
    /// What reads and writes inside one access.
    associatedtype Store: LedgerReader & LedgerWriter
    /// The depth of the subject index whose buckets it keeps.
    var indexDepth: Int { get }
    /// One access as the writer.
    func write<Value>(_ body: (Store) throws -> Value) throws -> Value
    /// One read of a snapshot.
    func read<Value>(_ body: (Store) throws -> Value) throws -> Value
}

extension MemoryLedger: LedgerUnderTest {
    package typealias Store = MemoryLedger
    package var indexDepth: Int { 8 }
    package func write<Value>(_ body: (MemoryLedger) throws -> Value) throws -> Value {
        try body(self)
    }
    package func read<Value>(_ body: (MemoryLedger) throws -> Value) throws -> Value {
        try body(self)
    }
}

/// Facts for admission, read from a ledger under test.
package struct FactsUnderTest<Ledger: LedgerUnderTest>: LedgerFacts {
    /// Where records and parts are looked up.
    package let ledger: Ledger
    /// The delegations and the governance.
    package let basis: AdmissionBasis

    /// Facts of a ledger under a basis.
    package init(ledger: Ledger, basis: AdmissionBasis) {
        self.ledger = ledger
        self.basis = basis
    }

    package func firstIssuer(ofRecord id: String) -> FirstIssuer {
        (try? ledger.read { try $0.firstIssuer(ofRecord: id) }) ?? .organisation("")
    }

    package func firstIssuer(ofPart digest: Hash256) -> FirstIssuer {
        (try? ledger.read { try $0.firstIssuer(ofPart: digest) }) ?? .nobody
    }

    package func mustStayVisible(_ digest: Hash256) -> Bool {
        (try? ledger.read { try $0.mustStayVisible(digest) }) ?? true
    }

    package func delegations(to organisation: String) -> [Delegation] {
        basis.delegations.delegations(to: organisation, under: basis.governance)
    }
}

/// A sequencer over a ledger under test, with the demo network's genesis registered.
package struct SequencerRig<Ledger: LedgerUnderTest> {
    /// The network.
    package let network: DemoNetwork
    /// The ledger.
    package let ledger: Ledger
    /// The sequencer.
    package var sequencer: Sequencer
    /// The clock: moved by the test alone.
    package var nowMilliseconds = DemoNetwork.startMilliseconds + 60_000

    /// Takes up a ledger; an empty one gets the genesis statement and its seal.
    package init(network: DemoNetwork, ledger: Ledger) throws {
        self.network = network
        self.ledger = ledger
        sequencer = try ledger.read { store in
            try Sequencer(
                resuming: store, genesis: network.state, origin: DemoNetwork.origin,
                indexDepth: ledger.indexDepth, logKey: network.logKey)
        }
        if sequencer.state.size == 0 { try register([network.file.submission]) }
    }

    /// Judges a submission under the sequencer's present basis.
    package func admit(_ submission: Submission) throws -> AdmittedStatement {
        let basis = sequencer.basis
        let admission = Admission(
            governance: basis.governance, facts: FactsUnderTest(ledger: ledger, basis: basis))
        return try admission.admit(submission, nowMilliseconds: nowMilliseconds)
    }

    /// Stages one admitted statement.
    package mutating func stage(_ admitted: AdmittedStatement) throws -> StagingOutcome {
        let version = sequencer.basis.version
        let now = nowMilliseconds
        return try ledger.write { store in
            try sequencer.stage(
                admitted, admittedUnder: version, nowMilliseconds: now, in: store)
        }
    }

    /// Seals and commits what is staged.
    @discardableResult
    package mutating func commit() throws -> GroupToCommit {
        let now = nowMilliseconds
        let group = try ledger.write { store in
            let group = try sequencer.seal(nowMilliseconds: now, in: store)
            try store.commit(group)
            return group
        }
        sequencer.committed()
        return group
    }

    /// Admits, stages and commits submissions as a node does; the leaf of each.
    @discardableResult
    package mutating func register(_ submissions: [Submission]) throws -> [UInt64] {
        var leaves: [UInt64] = []
        for submission in submissions {
            var next: UInt64?
            while next == nil {
                switch try stage(try admit(submission)) {
                case .staged(let leaf), .alreadyStaged(let leaf), .alreadyRegistered(let leaf):
                    next = leaf
                case .sealFirst: try commit()
                case .admitAgain: continue
                }
            }
            if let next { leaves.append(next) }
        }
        if sequencer.stagedCount > 0 { try commit() }
        return leaves
    }
}
