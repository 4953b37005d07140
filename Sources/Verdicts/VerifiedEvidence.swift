package import MerkleTrees
package import Notes
package import Records

/// A statement in a log, proven to be there and to have been its issuer's to sign.
///
/// It is looked up for each link that stands in it, and never copied.
package final class VerifiedEntry: Sendable {
    /// Where it stands.
    package let leafIndex: UInt64
    /// Its leaf hash.
    package let leafHash: Hash256
    /// The statement, its signature checked under the governance of its place.
    package let statement: VerifiedStatement
    /// The governance it was registered under.
    package let governance: GovernanceState

    init(
        leafIndex: UInt64, leafHash: Hash256, statement: VerifiedStatement,
        governance: GovernanceState
    ) {
        self.leafIndex = leafIndex
        self.leafHash = leafHash
        self.statement = statement
        self.governance = governance
    }

    /// Whose statement it is.
    var issuer: String { statement.statement.issuer }
}

/// One log's share of evidence, every byte of it bound to the log's checkpoint.
package struct VerifiedLog: Sendable {
    /// The log's origin.
    package var origin: String
    /// Its checkpoint.
    package var checkpoint: Checkpoint
    /// The seal that is the checkpoint's last leaf.
    package var seal: Seal
    /// The log's governance at that seal.
    package var governance: GovernanceState
    /// How many cosigners' signatures the checkpoint carries.
    package var cosignatures: Int
    /// Entries by leaf index.
    package var entries: [UInt64: VerifiedEntry]
    /// The chains of the asked subjects that are present.
    package var chains: [Subject: [EvidenceLink]]
}

/// Evidence that passed every step of SPEC §15.3: only `EvidenceVerifier` makes one.
package struct VerifiedEvidence: Sendable {
    /// The question it answers.
    package let question: EvidenceQuestion
    /// The network.
    package let network: Hash256
    /// The newest governance that any log in the file shows.
    package let governance: GovernanceState
    /// Every state of governance up to the newest, and since when.
    let history: [DatedGovernance]
    /// The asked subjects by key.
    package let asked: [Hash256: Subject]
    /// The logs.
    package let logs: [VerifiedLog]
    /// The parts that are open.
    package let parts: [Hash256: OpenedPart]
    /// The digests of those that are not.
    package let stubs: Set<Hash256>
    /// The alarms in the file, each proven.
    package let alarms: [ProvenAlarm]
    /// Whose word counts about each asked subject (SPEC §13.2).
    package internal(set) var related: [Subject: Set<String>] = [:]
    /// The owners of what was asked, in any state of governance.
    package internal(set) var owners: Set<String> = []
    /// What an answer for an earlier time would rest on besides what was asked: led to by what had
    /// fallen when the evidence was gathered, and not then.
    var unasked: Set<Subject> = []
    /// Who has owned what, in any state of governance.
    var ownership: Ownership { Ownership(history.map(\.state)) }

    init(
        question: EvidenceQuestion, network: Hash256, governance: GovernanceState,
        history: [DatedGovernance], asked: [Hash256: Subject], logs: [VerifiedLog],
        parts: [Hash256: OpenedPart], stubs: Set<Hash256>, alarms: [ProvenAlarm]
    ) {
        self.question = question
        self.network = network
        self.governance = governance
        self.history = history
        self.asked = asked
        self.logs = logs
        self.parts = parts
        self.stubs = stubs
        self.alarms = alarms
    }
}

/// A part whose digest is proven, and what its content says, if it can be read.
///
/// It is passed from hand to hand for each link that names it, and never copied.
package final class OpenedPart: Sendable {
    /// The part.
    package let part: Part
    /// Its content, or why it cannot be read.
    package let content: Result<Content, Refusal>
    /// The things of an event.
    let things: EventThings?

    init(_ part: Part) {
        self.part = part
        do {
            let read = try Content.read(part)
            content = .success(read)
            if case .event(let event) = read { things = EventThings(event) } else { things = nil }
        } catch {
            content = .failure(error)
            things = nil
        }
    }

    /// The content if it can be read.
    package var readable: Content? {
        try? content.get()
    }
}

/// What was read of evidence while it was built, for who checks it in the same place: what bytes
/// say does not depend on who reads them.
package struct EvidenceReadings: Sendable {
    /// Parts that were opened from their own bytes, by digest.
    let parts: [Hash256: OpenedPart]
    /// Statements by origin and leaf index; each has its own bytes.
    let statements: [String: [UInt64: UnverifiedStatement]]

    /// Parts and statements; without arguments nothing was read.
    package init(
        parts: [Hash256: OpenedPart] = [:],
        statements: [String: [UInt64: UnverifiedStatement]] = [:]
    ) {
        self.parts = parts
        self.statements = statements
    }

    /// Whether a reader may see every part, whatever grants there are.
    package func areOpen(to reader: Reader) -> Bool {
        parts.values.allSatisfy { $0.part.visibility.permits(reader) }
    }
}
