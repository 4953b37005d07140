import HTTPAPI
import Logging
import MerkleTrees
import Notes
import Records
import Signatures
import Storage
import Synchronization

/// Cosigns checkpoints of logs outside the network (c2sp.org/tlog-witness, SPEC §25.7).
///
/// A cosignature is given only once the checkpoint it is on is durably recorded, and recording
/// compares with what is recorded: of two requests at once only one counts. Nobody makes it write
/// without a checkpoint that a known log has signed and that goes on from the last.
final class Witness: Sendable {
    /// How often a second a log may go on, and how often at once after a rest.
    static let stepsPerSecond = 10.0
    static let stepsAtOnce = 100.0

    /// What its cosignatures are checked with.
    let verifier: NoteVerifier
    let logs: WitnessLogs
    private let key: SigningKey
    private let thumbprint: Hash256
    private let service: ServiceState
    private let nowMilliseconds: @Sendable () -> UInt64
    private let logger: Logger
    private let paces = Mutex<[[UInt8]: Pace]>([:])
    /// The logs of whose forks the operator was told.
    private let told = Mutex<Set<[UInt8]>>([])

    /// How many steps a log has left.
    private struct Pace {
        var left = Witness.stepsAtOnce
        var atMilliseconds: UInt64
    }

    /// The witness of a node.
    ///
    /// - Throws: `node.witness-key` for a key that is no Ed25519 key, or that this node does not
    ///   know to be new or its own; what the disk fails with.
    init(
        _ settings: WitnessSettings, origin: String, service: ServiceState,
        nowMilliseconds: @escaping @Sendable () -> UInt64, logger: Logger
    ) throws {
        logs = settings.logs
        key = settings.key
        verifier = try Self.verifier(origin: origin, key: settings.key.publicKey)
        thumbprint = settings.key.publicKey.thumbprint
        self.service = service
        self.nowMilliseconds = nowMilliseconds
        self.logger = logger
        switch try service.standing(ofWitnessKey: thumbprint) {
        case .inUse: break
        case .unknown:
            throw NodeError.input(
                "node.witness-key",
                "witnessKey: this node has no record of what the key has cosigned; make one that "
                    + "has cosigned nothing with cairn witness")
        case .givenUp:
            throw NodeError.input(
                "node.witness-key",
                "witnessKey: this node was restored from a backup, and what the key has cosigned "
                    + "since is not known; make another with cairn witness")
        }
    }

    /// The verifier key of the witness of a log's node: its name is the origin and `/witness`.
    ///
    /// - Throws: `node.witness-key` for a key that is no Ed25519 key.
    static func verifier(origin: String, key: VerificationKey) throws(NodeError) -> NoteVerifier {
        do throws(NoteError) {
            return try NoteVerifier(name: origin + "/witness", key: key, kind: .cosignature)
        } catch {
            throw .input("node.witness-key", "witnessKey: \(error.reason)")
        }
    }

    /// Answers a request: the cosignature, or at which size the log is known.
    ///
    /// - Throws: ``Refusal`` with `witness.*` or `node.busy`; ``StorageError``.
    func answer(_ bytes: [UInt8]) throws -> WitnessAnswer {
        do {
            let request = try CheckpointRequest(parsing: bytes)
            guard let known = logs.keys(of: request.origin) else {
                throw WitnessObjection.unknownLog
            }
            return .cosigned(try cosign(request, try request.verify(signedBy: known)))
        } catch WitnessObjection.conflict(let size) {
            return .conflict(size)
        } catch let objection as WitnessObjection {
            throw objection.refusal
        }
    }

    private func cosign(_ request: CheckpointRequest, _ note: SignedNote) throws -> [UInt8] {
        let origin = request.origin
        let last = try service.witnessed(origin, by: thumbprint)
        let checkpoint: Checkpoint
        do throws(WitnessObjection) {
            checkpoint = try request.checkpoint(after: last.map { ($0.size, $0.root) })
        } catch {
            tellOfFork(request, note, last, error)
            throw error
        }
        let line = try Cosignature.sign(
            checkpointText: note.text, timestampSeconds: max(1, nowMilliseconds() / 1_000),
            name: verifier.name, key: key)
        // What is recorded already stays as it is, and of nothing there is nothing to record.
        if checkpoint.size > last?.size ?? 0 {
            guard takeStep(origin) else { throw Refusal.busy }
            let next = WitnessedHead(
                size: checkpoint.size, root: checkpoint.root,
                note: recorded(note, of: origin, with: line))
            guard
                try service.recordWitnessed(next, of: origin, after: last, by: thumbprint)
            else {
                let size = try service.witnessed(origin, by: thumbprint)?.size ?? 0
                throw WitnessObjection.conflict(size)
            }
        }
        return Array(line.line.utf8)
    }

    /// The checkpoint with the signatures of its log that were checked, and the cosignature.
    private func recorded(
        _ note: SignedNote, of origin: String, with line: NoteSignature
    ) -> [UInt8] {
        let known = logs.keys(of: origin) ?? []
        var seen: Set<NoteSignature> = []
        let own = note.signatures.filter { signature in
            known.contains { key in
                key.keyID == signature.keyID
                    && key.name.utf8.elementsEqual(signature.name.utf8)
            }
                && seen.insert(signature).inserted
        }
        return Array(note.text.utf8)
            + Array(("\n" + (own + [line]).map(\.line).joined()).utf8)
    }

    /// The last checkpoint cosigned of the log whose origin has a SHA-256.
    ///
    /// - Throws: ``Refusal`` `witness.log`; ``StorageError``.
    func newest(_ hash: Hash256) throws -> [UInt8] {
        guard let origin = logs.origin(hashed: hash),
            let head = try service.witnessed(origin, by: thumbprint)
        else { throw WitnessObjection.unknownLog.refusal }
        return head.note
    }

    /// Tells the operator of two trees of one size that a log has signed both.
    private func tellOfFork(
        _ request: CheckpointRequest, _ note: SignedNote, _ last: WitnessedHead?,
        _ objection: WitnessObjection
    ) {
        guard case .inconsistent = objection, let last, request.isFork(at: last.size, last.root),
            told.withLock({ $0.insert(Array(request.origin.utf8)).inserted })
        else { return }
        logger.error(
            "a log has signed two trees of one size; the second was not cosigned",
            metadata: [
                "code": "witness.fork", "log": "\(request.origin)",
                "size": .stringConvertible(last.size),
                "note": "\(Base64.standard.encode(note.serialized()))",
                "cosigned": "\(Base64.standard.encode(last.note))",
            ])
    }

    /// Whether a log may go on now.
    private func takeStep(_ origin: String) -> Bool {
        let now = nowMilliseconds()
        return paces.withLock { paces in
            let name = Array(origin.utf8)
            var pace = paces[name] ?? Pace(atMilliseconds: now)
            let passed = now > pace.atMilliseconds ? now - pace.atMilliseconds : 0
            pace.left = min(
                Self.stepsAtOnce, pace.left + Double(passed) / 1_000 * Self.stepsPerSecond)
            pace.atMilliseconds = now
            guard pace.left >= 1 else { return false }
            pace.left -= 1
            paces[name] = pace
            return true
        }
    }
}

extension WitnessObjection {
    /// What the caller is told.
    var refusal: Refusal {
        switch self {
        case .malformed(let reason):
            Refusal(code: "witness.request", field: "", reason: reason)
        case .unknownLog:
            Refusal(
                code: "witness.log", field: "origin",
                reason: "this witness does not know the log, or has cosigned nothing of it")
        case .unsigned(let reason):
            Refusal(code: "witness.signature", field: "checkpoint", reason: reason)
        case .conflict(let size):
            Refusal(code: "witness.request", field: "old", reason: "the old size is \(size)")
        case .inconsistent(let reason):
            Refusal(code: "witness.proof", field: "", reason: reason)
        }
    }
}
