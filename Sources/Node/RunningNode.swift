import EPCIS
import HTTPAPI
import Logging
import MerkleTrees
import Notes
import Records
import Sequencing
import Signatures
import Storage
import Synchronization
import Verdicts

/// The parts of a running node, wired together: what the HTTP interface speaks to.
///
/// It decides nothing that SPEC does not; admission, sequencing, storage, evidence and lineage are
/// each asked for their share. Every method may be called from anywhere at once.
final class RunningNode: Sendable {
    /// The most times a statement is admitted again because governance or delegations moved.
    static let admissionsLimit = 16

    let origin: String
    /// The organisation that runs the node.
    let organisation: String
    let network: Hash256
    let ledger: Ledger
    let published: PublishedLog
    let writer: LogWriter
    let room: WaitingRoom
    /// The thread that fills the views.
    let views: ViewsFollower
    /// The views themselves.
    let viewed: Views
    /// What the node remembers beside the ledger.
    let service: ServiceState
    /// The worker that captures, and with what it signs.
    let captureWork: CaptureWork
    /// What tells subscribers of events.
    let deliveries: Deliveries
    let threads = ReadingThreads()
    /// Threads for gathering evidence, which may take long: the others stay free.
    let evidenceThreads = ReadingThreads(count: 2)
    let receipts: Receipts
    let governance: KnownGovernance
    /// Counts, disk and readiness.
    let watch: NodeWatch
    /// How much each issuer may add today to the chains of others' things.
    let quota: Mutex<LinkQuota>
    /// The event IDs that are on their way into the log.
    let names = EventNames()
    /// What checks the evidence of this node before a claim is judged over it.
    let verifier: EvidenceVerifier
    /// What connects it with its peers; nil for a node that has none.
    let peers: PeerWork?
    /// What cosigns logs outside the network; nil for a node that is no witness.
    let witness: Witness?
    /// Verdicts that were given.
    let verdicts = VerdictCache()
    let nowMilliseconds: @Sendable () -> UInt64
    /// What decides who may read parts, at present.
    let readingBasis: @Sendable (LedgerStore) throws -> ReadingBasis
    /// Whether it goes on though its peers did not confirm where its log ends.
    let goesOnAlone: Bool
    let viewsPatience: Duration
    let evidencePatience: Duration
    let queryPatience: Duration
    let readyLagEntries: UInt64
    let logger: Logger
    private let stopping = Mutex(false)

    init(
        organisation: String, ledger: Ledger, published: PublishedLog, writer: LogWriter,
        room: WaitingRoom, views: ViewsFollower, viewed: Views, service: ServiceState,
        captureWork: CaptureWork, deliveries: Deliveries, receipts: Receipts,
        governance: KnownGovernance, watch: NodeWatch,
        verifier: EvidenceVerifier, peers: PeerWork?, witness: Witness?,
        settings: NodeRuntime.Settings
    ) {
        self.origin = receipts.origin
        self.organisation = organisation
        self.network = receipts.network
        self.ledger = ledger
        self.published = published
        self.writer = writer
        self.room = room
        self.views = views
        self.viewed = viewed
        self.service = service
        self.captureWork = captureWork
        self.deliveries = deliveries
        self.receipts = receipts
        self.governance = governance
        self.watch = watch
        self.verifier = verifier
        self.peers = peers
        self.witness = witness
        self.quota = Mutex(LinkQuota(limit: settings.foreignLinksPerDay))
        self.nowMilliseconds = settings.nowMilliseconds
        readingBasis = governance.readingBasis(published, now: settings.nowMilliseconds)
        self.goesOnAlone = settings.goesOnAlone
        self.viewsPatience = settings.viewsPatience
        self.evidencePatience = settings.evidencePatience
        self.queryPatience = settings.queryPatience
        self.readyLagEntries = settings.readyLagEntries
        self.logger = settings.logger
    }

    /// Takes no more submissions; what has been taken goes on.
    func beginStopping() {
        stopping.withLock { $0 = true }
        room.close()
    }

    var isStopping: Bool { stopping.withLock { $0 } }

    /// Reads one snapshot of the ledger on a thread for such work.
    func reading<Value: Sendable>(
        on threads: ReadingThreads? = nil,
        _ body: @escaping @Sendable (LedgerStore) throws -> Value
    ) async throws(Refusal) -> Value {
        do {
            return try await (threads ?? self.threads).run { [ledger] in try ledger.read(body) }
        } catch {
            throw refusal(for: error)
        }
    }

    /// Works on a thread for it with what the node remembers beside the ledger; what fails there is
    /// told as a refusal.
    func serving<Value: Sendable>(
        _ body: @escaping @Sendable (ServiceState) throws -> Value
    ) async throws(Refusal) -> Value {
        do {
            return try await threads.run { [service] in try body(service) }
        } catch let error as StorageError where error.code == "storage.full" {
            throw .full
        } catch {
            throw refusal(for: error)
        }
    }

    /// What a caller is told of an error: a refusal as it is, anything else only that the node
    /// failed.
    func refusal(for error: any Error) -> Refusal {
        if let refusal = error as? Refusal { return refusal }
        let error = NodeError(error)
        logger.error(
            "a request could not be answered",
            metadata: ["code": "\(error.code)", "reason": "\(error.reason)"])
        return Refusal(
            code: "node.failed", field: "",
            reason: "the node could not read its ledger; its log says why (\(error.code))")
    }
}
