package import MerkleTrees
package import Records
package import Signatures

/// What it takes to keep a log of a network.
package struct LogKeeper: Sendable {
    /// The genesis statement.
    package var file: GenesisFile
    /// The governance after genesis.
    package var state: GovernanceState
    /// The log's origin.
    package var origin: String
    /// The log's private key.
    package var logKey: SigningKey

    /// A keeper of the log with this origin.
    package init(file: GenesisFile, state: GovernanceState, origin: String, logKey: SigningKey) {
        self.file = file
        self.state = state
        self.origin = origin
        self.logKey = logKey
    }
}

extension DemoNetwork {
    /// The keeper of the demo network's one log.
    package var keeper: LogKeeper {
        LogKeeper(file: file, state: state, origin: Self.origin, logKey: logKey)
    }
}

/// A log kept as a node keeps it: admission, then the log's state.
package struct KeptLog: Sendable {
    /// What was done, for making the log again.
    package private(set) var script = LogScript()
    /// Where the log stands.
    package private(set) var state: LogState
    /// The leaf of each named statement.
    package private(set) var leaves: [String: UInt64] = [:]
    /// The time of the next entry, in milliseconds.
    package private(set) var nowMilliseconds: UInt64

    private let keeper: LogKeeper
    private var facts = DemoFacts()
    private var heads = MemoryHeads()

    /// A log with the genesis statement and its seal.
    package init(of keeper: LogKeeper, fromMilliseconds start: UInt64) throws {
        self.keeper = keeper
        nowMilliseconds = start
        state = LogState(genesis: keeper.state, origin: keeper.origin, indexDepth: 8)
        try register(keeper.file.submission, "genesis")
        try seal()
    }

    /// Lets time pass until a moment; a moment that is over changes nothing.
    package mutating func wait(untilMilliseconds moment: UInt64) {
        nowMilliseconds = max(nowMilliseconds, moment)
    }

    /// The head of a subject's chain at the last seal.
    package func head(of key: Hash256) -> ChainHead { heads.head(of: key) ?? .empty }

    /// Admits a statement and gives it the next leaf.
    @discardableResult
    package mutating func register(_ submission: Submission, _ name: String) throws -> UInt64 {
        facts.governance = state.sealedGovernance
        let admission = Admission(governance: state.sealedGovernance, facts: facts)
        let admitted = try admission.admit(submission, nowMilliseconds: nowMilliseconds)
        let appended = try state.append(
            admitted.verified, manifest: admitted.manifest,
            governancePart: admitted.governance == nil ? nil : admitted.parts.first?.part)
        facts.add(admitted, leafIndex: appended.leafIndex)
        script.items.append(.statement(submission, registeredAtMilliseconds: nowMilliseconds))
        leaves[name] = appended.leafIndex
        nowMilliseconds += 1_000
        return appended.leafIndex
    }

    /// Seals what is pending.
    package mutating func seal() throws {
        let group = try state.seal(atMilliseconds: nowMilliseconds, heads: heads)
        heads.update(group.changedHeads)
        script.items.append(.seal(atMilliseconds: nowMilliseconds))
        nowMilliseconds += 1_000
    }

    /// Puts a statement into the script past admission, and seals it.
    ///
    /// It is what a node may do that does not keep the rules. Nothing can be registered afterwards.
    package mutating func force(_ submission: Submission) {
        script.items.append(.statement(submission, registeredAtMilliseconds: nowMilliseconds))
        script.items.append(.seal(atMilliseconds: nowMilliseconds + 1_000))
        nowMilliseconds += 2_000
    }

    /// Takes a part out of the store, as a node does once an erasure of it is registered.
    package mutating func erase(_ digest: Hash256) { script.erased.insert(digest) }

    /// The log whole.
    package func rendered() throws -> RenderedLog { try script.rendered(by: keeper) }
}

/// What a log so far says, for admission.
private struct DemoFacts: LedgerFacts {
    var governance: GovernanceState?
    private var records: [String: String] = [:]
    private var parts: [Hash256: (issuer: String, mustStayVisible: Bool)] = [:]
    private var delegations = RecordedDelegations()

    func firstIssuer(ofRecord id: String) -> FirstIssuer {
        records[id].map(FirstIssuer.organisation) ?? .nobody
    }
    func firstIssuer(ofPart digest: Hash256) -> FirstIssuer {
        parts[digest].map { .organisation($0.issuer) } ?? .nobody
    }
    func mustStayVisible(_ digest: Hash256) -> Bool { parts[digest]?.mustStayVisible ?? false }
    func delegations(to organisation: String) -> [Delegation] {
        governance.map { delegations.delegations(to: organisation, under: $0) } ?? []
    }

    mutating func add(_ admitted: AdmittedStatement, leafIndex: UInt64) {
        let statement = admitted.verified.statement
        for part in admitted.parts {
            if parts[part.part.digest] == nil {
                parts[part.part.digest] = (statement.issuer, part.content.mustStayVisible)
            }
            guard case .record(let record) = part.content else { continue }
            if let id = record.id, records[id] == nil { records[id] = statement.issuer }
            delegations.add(
                record,
                from: RecordedDelegations.Origin(
                    leafIndex: leafIndex, statement: statement,
                    registeredAtMilliseconds: admitted.verified.registeredAtMilliseconds))
        }
    }
}
