package import MerkleTrees
import Notes

/// The rules of SPEC §14, applied to the entries of a log one by one.
///
/// What replays, `cairn check` and mirrors share. Entries go through the same ``LogState`` that
/// wrote them; nothing that is stored beside entries, manifests and governance is believed. What it
/// needs to know of the log before is asked of its owner: the heads of chains as of the last seal,
/// and whether a statement's id stands in the log. After a breach it is over.
package struct LogRules: Sendable {
    /// An entry that holds.
    package enum Step: Sendable {
        /// A statement, with its place, its verification and its manifest.
        case statement(AppendedEntry, VerifiedStatement, Manifest)
        /// A seal, with everything it settles.
        case seal(SealedGroup)
    }

    /// Where the log stands.
    package private(set) var state: LogState
    private let library: SignatureLibrary

    /// The rules for what follows a state.
    ///
    /// - Parameters:
    ///   - state: the log so far, which ends on a seal or has no entry.
    ///   - library: which library checks the statements' signatures.
    package init(following state: LogState, library: SignatureLibrary = .swiftCrypto) {
        self.state = state
        self.library = library
    }

    /// Takes the next entry.
    ///
    /// - Parameters:
    ///   - prepared: the entry with its manifest.
    ///   - governancePart: the part of a statement that carries governance.
    ///   - heads: the heads of all chains as of the newest seal.
    ///   - isRegistered: whether a statement's id stands in the log before.
    /// - Returns: what the entry is and settles.
    /// - Throws: ``LogBreach`` for the rule that the entry breaks; what `heads` and `isRegistered`
    ///   throw.
    package mutating func append(
        _ prepared: PreparedEntry, governancePart: [UInt8]?, heads: some ChainHeads,
        isRegistered: (Hash256) throws -> Bool
    ) throws -> Step {
        switch try rule(1, prepared.decoded.get) {
        case .statement(let time, let bytes):
            return try append(
                bytes, registeredAtMilliseconds: time, prepared: prepared,
                governancePart: governancePart, isRegistered: isRegistered)
        case .seal(let seal): return .seal(try append(seal, heads: heads))
        }
    }

    /// Checks a checkpoint of the log as it stands: call it right after the seal it ends on.
    ///
    /// - Throws: a breach of rule 6.
    package func check(checkpoint bytes: [UInt8]) throws(LogBreach) {
        let checkpoint: Checkpoint
        do {
            let note = try SignedNote.parse(bytes)
            checkpoint = try Checkpoint(parsing: note.text)
            try checkSignature(of: note, checkpoint)
        } catch let error as NoteError {
            throw breach(6, error.code, error.reason)
        } catch let error as LogBreach {
            throw error
        } catch {
            throw breach(6, "log.checkpoint", "\(error)")
        }
        guard checkpoint.origin.utf8.elementsEqual(state.origin.utf8), checkpoint.extensions.isEmpty
        else {
            throw breach(6, "log.checkpoint", "the checkpoint is of \(checkpoint.origin)")
        }
        guard checkpoint.size == state.size, state.pendingCount == 0, state.size > 0 else {
            throw breach(
                6, "log.checkpoint",
                "the checkpoint's size \(checkpoint.size) does not end on the newest seal, "
                    + "\(state.lastSealSize)")
        }
        guard checkpoint.root == state.frontier.root else {
            throw breach(6, "log.checkpoint", "the checkpoint's root is not that of the entries")
        }
    }
}

extension LogRules {
    private mutating func append(
        _ bytes: [UInt8], registeredAtMilliseconds time: UInt64, prepared: PreparedEntry,
        governancePart: [UInt8]?, isRegistered: (Hash256) throws -> Bool
    ) throws -> Step {
        if state.size == 0, bytes != state.governance.genesisStatement {
            throw breach(1, "log.genesis", "a log begins with the genesis statement")
        }
        guard state.size != 1 else {
            throw breach(5, "log.seal", "the first seal stands at index 1")
        }
        guard time >= state.lastTimeMilliseconds else {
            throw breach(4, "log.time", "registered before the entry before it")
        }
        let verified = try rule(2) { () throws(Refusal) in
            if let verified = prepared.verified {
                return try state.sealedGovernance.confirm(verified, registeredAtMilliseconds: time)
            }
            return try state.sealedGovernance.verify(
                UnverifiedStatement.decode(bytes), registeredAtMilliseconds: time, library: library)
        }
        guard try !isRegistered(verified.id) else {
            throw breach(2, "log.duplicate", "statement \(verified.id.hex) stands in the log twice")
        }
        guard let manifest = prepared.read else {
            throw breach(3, "manifest.missing", "the manifest of this statement is not there")
        }
        let read = try rule(3, manifest.get)
        let part = try rule(3) { () throws(Refusal) in
            try governancePart.map { bytes throws(Refusal) in try Part.decode(bytes) }
        }
        let index = state.size
        do {
            let appended = try state.append(verified, manifest: read, governancePart: part)
            return .statement(appended, verified, read)
        } catch {
            throw LogBreach(error, rule: 3, leafIndex: index)
        }
    }

    private mutating func append(_ seal: Seal, heads: some ChainHeads) throws -> SealedGroup {
        let index = state.size
        guard state.pendingCount > 0 else {
            throw breach(5, "log.seal", "a seal follows at least one statement")
        }
        guard seal.sealedAtMilliseconds >= state.lastTimeMilliseconds else {
            throw breach(4, "log.time", "sealed before the entry before it")
        }
        let group: SealedGroup
        do {
            group = try state.seal(
                atMilliseconds: seal.sealedAtMilliseconds, peerHeads: seal.peerHeads, heads: heads)
        } catch let error as Refusal {
            throw LogBreach(rule: 5, code: "log.seal", leafIndex: index, reason: error.reason)
        }
        if let wrong = Self.difference(seal, group.seal) {
            throw LogBreach(
                rule: 5, code: "log.seal", leafIndex: index,
                reason: "the seal's \(wrong) is not what the entries give")
        }
        return group
    }

    /// The first member in which a seal differs from the recomputed one.
    private static func difference(_ found: Seal, _ computed: Seal) -> String? {
        if found.previous != computed.previous { return "previous hash" }
        if found.governanceHead != computed.governanceHead { return "governance head" }
        if found.indexRoot != computed.indexRoot { return "index root" }
        if found.subjectCount != computed.subjectCount { return "subject count" }
        return found == computed ? nil : "content"
    }

    private func checkSignature(of note: SignedNote, _ checkpoint: Checkpoint) throws {
        // A log may begin before governance lists it: the amendment that does stands in it.
        guard state.sealedGovernance.nodes[state.origin] != nil else { return }
        let verifier = state.sealedGovernance.logVerifier(
            origin: state.origin, size: checkpoint.size)
        guard let verifier else {
            throw breach(6, "log.checkpoint", "the network knows no log \(state.origin)")
        }
        _ = try note.verify(known: [verifier])
    }

    private func breach(_ rule: Int, _ code: String, _ reason: String) -> LogBreach {
        LogBreach(rule: rule, code: code, leafIndex: state.size, reason: reason)
    }

    private func rule<Value>(_ number: Int, _ body: () throws(Refusal) -> Value)
        throws(LogBreach) -> Value
    {
        do {
            return try body()
        } catch {
            throw LogBreach(error, rule: number, leafIndex: state.size)
        }
    }
}
