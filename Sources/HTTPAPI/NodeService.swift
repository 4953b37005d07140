package import Lineage
package import MerkleTrees
package import Records
package import Verdicts

/// What became of a submission that a node took.
package struct Registration: Hashable, Sendable {
    /// The statement's id.
    package var id: Hash256
    /// Where the statement stands in the node's log.
    package var leafIndex: UInt64
    /// False if the log held the statement before.
    package var isNew: Bool

    /// Makes the news of a registration.
    package init(id: Hash256, leafIndex: UInt64, isNew: Bool) {
        self.id = id
        self.leafIndex = leafIndex
        self.isNew = isNew
    }
}

/// The two ways in which a receipt is written (SPEC §12).
package enum ReceiptForm: Hashable, Sendable {
    /// C2SP tlog-proof text.
    case logProof
    /// RFC 9942 COSE receipt.
    case cose
}

/// The ways in which a lineage is written.
package enum TraceForm: Hashable, Sendable {
    /// JSON for programs.
    case json
    /// A table for people.
    case table
    /// A graph for Graphviz.
    case dot
}

/// What `GET /trace/{subject}` asks.
package struct TraceRequest: Hashable, Sendable {
    /// The subject in any spelling.
    package var subject: String
    /// Which way to walk.
    package var direction: TraceDirection
    /// The most things to list; nil for the node's own limit.
    package var limit: Int?
    /// How many steps to go at most; nil: as far as there are any.
    package var depth: Int?
    /// The event times of the start's own events that count, milliseconds.
    package var times: Range<Int64>
    /// How to write the answer.
    package var form: TraceForm

    /// Makes a question.
    package init(
        subject: String, direction: TraceDirection, limit: Int?, depth: Int? = nil,
        times: Range<Int64> = Int64.min..<Int64.max, form: TraceForm = .json
    ) {
        self.subject = subject
        self.direction = direction
        self.limit = limit
        self.depth = depth
        self.times = times
        self.form = form
    }
}

/// What a witness answers to a checkpoint (c2sp.org/tlog-witness).
package enum WitnessAnswer: Hashable, Sendable {
    /// Its cosignature, as the signature line of a note.
    case cosigned([UInt8])
    /// The log is known at another size than the caller believes.
    case conflict(UInt64)
}

/// How a node is.
package struct NodeHealth: Hashable, Sendable {
    /// Whether it takes submissions.
    package var isReady: Bool
    /// One word: `ok`, or why it does not: `stopping`, `failed`, `disk-low`, `views-behind`,
    /// `views-failed`, `unconfirmed`, `behind`, `convicted`,
    /// `peers-failed`.
    package var status: String
    /// The origin of its log.
    package var origin: String
    /// Entries in its newest checkpoint.
    package var size: UInt64
    /// How many alarms it knows of.
    package var alarms: Int
    /// The verifier key of what it cosigns as a witness; nil if it is none.
    package var witness: String?

    /// Makes a report.
    package init(
        isReady: Bool, status: String, origin: String, size: UInt64, alarms: Int = 0,
        witness: String? = nil
    ) {
        self.isReady = isReady
        self.status = status
        self.origin = origin
        self.size = size
        self.alarms = alarms
        self.witness = witness
    }
}

/// The node behind the HTTP interface: the port that the routes of SPEC §17 speak to.
///
/// Answers are whole bytes, because each is bounded by a limit of SPEC §19. Every refusal carries
/// a code of SPEC §20, from which the HTTP status follows. Implementations answer many calls at
/// once.
package protocol NodeService: Sendable {
    /// Takes the bytes of one submission; returns when it is durable and sealed.
    ///
    /// With `patiently` it waits for room in the queue instead of refusing with `node.busy`: for
    /// callers that hold back their own source meanwhile.
    func submit(_ submission: [UInt8], patiently: Bool) async throws(Refusal) -> Registration
    /// The receipt of a registered statement, if the reader may see entries; `entry.unknown`,
    /// `entry.withheld`. Whoever knows at which leaf it stands saves the search for it.
    func receipt(
        of id: Hash256, at leafIndex: UInt64?, form: ReceiptForm, for reader: Reader
    ) async throws(Refusal) -> [UInt8]
    /// The COSE Key Set of the log's keys.
    func keySet() async throws(Refusal) -> [UInt8]
    /// One of the log's keys as a COSE_Key; `request.path`.
    func key(thumbprint: Hash256) async throws(Refusal) -> [UInt8]
    /// The newest checkpoint, a signed note.
    func checkpoint() async throws(Refusal) -> [UInt8]
    /// A tile, or an entry bundle if the reader may see entries, by its path below `/log/`;
    /// `request.path`, `entry.withheld`.
    func tile(path: String, for reader: Reader) async throws(Refusal) -> [UInt8]
    /// The manifest of a statement by the leaf index of its entry, if the reader may see manifests;
    /// `entry.unknown`, `entry.withheld`.
    func manifest(at leafIndex: UInt64, for reader: Reader) async throws(Refusal) -> [UInt8]
    /// A part, if the reader may see it; `part.unknown`, `part.withheld`.
    func part(_ digest: Hash256, for reader: Reader) async throws(Refusal) -> [UInt8]
    /// The proof that the tree of the old size is a beginning of the new one's.
    func consistencyProof(from old: UInt64, to new: UInt64) async throws(Refusal) -> [Hash256]
    /// An evidence file, if the reader may see entries; `identifier.*`, `evidence.too-large`,
    /// `entry.withheld`. To be given on: with `onlyFor`, of the parts only those that this member
    /// may see too.
    func evidence(
        about subject: String, upstream: Bool, for reader: Reader, onlyFor other: String?
    ) async throws(Refusal) -> [UInt8]
    /// The verdict on a claim about a subject, as JSON, judged over what the reader may see
    /// (SPEC §24), if the reader may see entries; `identifier.*`, `claim.*`, `evidence.too-large`,
    /// `entry.withheld`.
    func verdict(
        about subject: String, _ request: ClaimRequest, for reader: Reader
    ) async throws(Refusal) -> [UInt8]
    /// What is claimed about a subject and its product and by whom, as JSON; likewise.
    func claims(about subject: String, for reader: Reader) async throws(Refusal) -> [UInt8]
    /// A lineage in the form asked for; `identifier.*`.
    func trace(_ request: TraceRequest, for reader: Reader) async throws(Refusal) -> [UInt8]
    /// The governance state as JSON, with the credentials of organisations that the reader may see.
    func organisations(for reader: Reader) async throws(Refusal) -> [UInt8]
    /// The other nodes, how far their logs are mirrored here, and the alarms, as JSON.
    func peers() async throws(Refusal) -> [UInt8]
    /// An alarm, as the file that proves it.
    func alarm(_ digest: Hash256) async throws(Refusal) -> [UInt8]
    /// Whether the node is a witness (SPEC §25.7).
    var isWitness: Bool { get }
    /// Answers what a log asks of a witness; `witness.*`, `node.busy`.
    func addCheckpoint(_ request: [UInt8]) async throws(Refusal) -> WitnessAnswer
    /// The last checkpoint that the witness cosigned of the log whose origin has a SHA-256;
    /// `witness.log`.
    func witnessed(_ originHash: Hash256) async throws(Refusal) -> [UInt8]
    /// How the node is. Never waits for the ledger's writer.
    func health() async -> NodeHealth
    /// What the node itself counts and measures, in the Prometheus text format.
    func metrics() async throws(Refusal) -> [UInt8]
}

extension NodeService {
    /// Nothing: for a node that keeps no metrics.
    package func metrics() async throws(Refusal) -> [UInt8] { [] }

    /// It is none.
    package var isWitness: Bool { false }

    /// Refused: for a node that is no witness.
    package func addCheckpoint(_ request: [UInt8]) async throws(Refusal) -> WitnessAnswer {
        throw .noWitness
    }

    /// Likewise.
    package func witnessed(_ originHash: Hash256) async throws(Refusal) -> [UInt8] {
        throw .noWitness
    }

    /// Refused: for a node that judges no claims.
    package func verdict(
        about subject: String, _ request: ClaimRequest, for reader: Reader
    ) async throws(Refusal) -> [UInt8] { throw Self.judgesNothing }

    /// Likewise.
    package func claims(
        about subject: String, for reader: Reader
    ) async throws(Refusal) -> [UInt8] { throw Self.judgesNothing }

    private static var judgesNothing: Refusal {
        Refusal(
            code: "request.unsupported", field: "path", reason: "this node judges no claims")
    }
}

extension Refusal {
    /// The answer of a node that is no witness.
    package static let noWitness = Refusal(
        code: "witness.none", field: "path", reason: "this node is no witness")
}
