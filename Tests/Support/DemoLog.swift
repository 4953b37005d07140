package import MerkleTrees
package import Records

/// A log of the demo network kept as a node keeps it: admission, then the log's state.
package struct DemoLog: Sendable {
    /// The network.
    package let network: DemoNetwork
    /// What was done, for making the log again.
    package private(set) var script = LogScript()
    /// Where the log stands.
    package private(set) var state: LogState
    /// The leaf of each named statement.
    package private(set) var leaves: [String: UInt64] = [:]

    private var facts = DemoFacts()
    private var heads = MemoryHeads()
    private var now = DemoNetwork.startMilliseconds

    /// A log with the genesis statement and its seal.
    package init(network: DemoNetwork) throws {
        self.network = network
        state = LogState(genesis: network.state, origin: DemoNetwork.origin, indexDepth: 8)
        try register(network.file.submission, "genesis")
        try seal()
    }

    /// The time of the next entry, in milliseconds.
    package var nowMilliseconds: UInt64 { now }

    /// Lets time pass.
    package mutating func wait(milliseconds: UInt64) { now += milliseconds }

    /// Admits a statement and gives it the next leaf.
    @discardableResult
    package mutating func register(_ submission: Submission, _ name: String) throws -> UInt64 {
        facts.governance = state.sealedGovernance
        let admission = Admission(governance: state.sealedGovernance, facts: facts)
        let admitted = try admission.admit(submission, nowMilliseconds: now)
        let appended = try state.append(
            admitted.verified, manifest: admitted.manifest,
            governancePart: admitted.governance == nil ? nil : admitted.parts.first?.part)
        facts.add(admitted, leafIndex: appended.leafIndex)
        script.items.append(.statement(submission, registeredAtMilliseconds: now))
        leaves[name] = appended.leafIndex
        now += 1_000
        return appended.leafIndex
    }

    /// Registers an amendment signed by all governors, and seals it.
    package mutating func amend(_ changes: [Change], _ name: String) throws {
        let body = try network.amendment(changes, after: state.governance)
        try register(network.submission(body, issuedAtSeconds: now / 1_000), name)
        try seal()
    }

    /// Seals what is pending.
    package mutating func seal() throws {
        let group = try state.seal(atMilliseconds: now, heads: heads)
        heads.update(group.changedHeads)
        script.items.append(.seal(atMilliseconds: now))
        now += 1_000
    }

    /// Puts a statement into the script past admission, and seals it.
    ///
    /// It is what a node may do that does not keep the rules. Nothing can be registered afterwards.
    package mutating func force(_ submission: Submission) {
        script.items.append(.statement(submission, registeredAtMilliseconds: now))
        script.items.append(.seal(atMilliseconds: now + 1_000))
        now += 2_000
    }

    /// Takes a part out of the store, as a node does once an erasure of it is registered.
    package mutating func erase(_ digest: Hash256) { script.erased.insert(digest) }

    /// The log whole.
    package func rendered() throws -> RenderedLog { try script.rendered(network: network) }
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
