import Foundation
import MerkleTrees
package import Records
import Sequencing
import Signatures
import Storage

extension NodeRuntime {
    /// Makes the directory of a new node: its files, and a log with the genesis statement at index
    /// 0 and a seal at index 1.
    ///
    /// What the log begins with is registered at the times at which it was signed, whenever this is
    /// called: a log that is begun a second time, since its directory is lost, begins with the same
    /// bytes. It is then behind, and forks nothing (SPEC §25.6).
    ///
    /// All is put together in a directory beside it, which takes its name when it is whole: after
    /// an error nothing is left behind.
    ///
    /// - Parameters:
    ///   - directory: must not exist, or be empty.
    ///   - genesis: the genesis file.
    ///   - origin: the log's origin; genesis must name a node with it.
    ///   - logKeyPEM: the log's private key, which is kept as given; genesis must name it.
    ///   - passphrase: the key's, if it is encrypted. It is not kept.
    ///   - amendments: submissions that register amendments, from the first on: the log begins with
    ///     them, for a node that genesis does not name.
    ///   - nowMilliseconds: the present, after which nothing may be signed.
    ///   - onDraft: told where that other directory will be, for whoever must end in the middle.
    /// - Throws: `node.directory-in-use`, `node.origin`, `node.key`, `node.io`; what refuses the
    ///   genesis file or the key file.
    package static func initialise(
        directory: String, genesis: [UInt8], origin: String, logKeyPEM: [UInt8],
        passphrase: [UInt8]?, amendments: [Submission] = [],
        nowMilliseconds: UInt64 = SystemClock.nowMilliseconds(),
        onDraft: (String) -> Void = { _ in }
    ) throws(NodeError) {
        let founding = try NodeError.mapping { try GenesisFile.decode(genesis) }
        let state = try NodeError.mapping { try founding.verified() }
        let key = try NodeDirectory.logKey(pem: logKeyPEM, passphrase: passphrase)
        if amendments.isEmpty { try checkKey(key, of: origin, in: state) }
        let target = URL(filePath: directory).standardizedFileURL.path
        try requireUnused(target)
        let parent = URL(filePath: target).deletingLastPathComponent().path
        let draft = NodeDirectory(path: "\(target).new-\(UUID().uuidString)")
        onDraft(draft.path)
        try makeDirectory(draft.path, parent: parent)
        do throws(NodeError) {
            try draft.write(genesis, to: NodeDirectory.genesisName, mode: 0o644)
            try draft.write(logKeyPEM, to: NodeDirectory.keyName, mode: 0o600)
            let configuration = NodeConfiguration(origin: origin, logKey: NodeDirectory.keyName)
            let json = try NodeError.mapping { try configuration.encoded() }
            try draft.write(json, to: NodeDirectory.configurationName, mode: 0o644)
            let governance = try register(
                [founding.submission] + amendments, state: state, key: key, origin: origin,
                in: draft.path, nowMilliseconds: nowMilliseconds)
            try checkKey(key, of: origin, in: governance)
            try NodeDirectory.synchronize(directory: draft.path)
            guard unsafe rename(draft.path, target) == 0 else {
                throw NodeDirectory.failure(target, "cannot be made")
            }
            try NodeDirectory.synchronize(directory: parent)
        } catch {
            try? FileManager.default.removeItem(atPath: draft.path)
            throw error
        }
    }

    private static func checkKey(
        _ key: SigningKey, of origin: String, in state: GovernanceState
    ) throws(NodeError) {
        guard let node = state.nodes[origin] else {
            let known = state.nodes.keys.sorted().joined(separator: ", ")
            throw .input(
                "node.origin",
                "the network has no node \(origin); it has \(known.isEmpty ? "none" : known)")
        }
        guard node.logKey == key.publicKey else {
            throw .input(
                "node.key",
                "the network names log key \(node.logKey.thumbprint.hex) for \(origin), this key "
                    + "is \(key.publicKey.thumbprint.hex)")
        }
    }

    static func requireUnused(_ path: String) throws(NodeError) {
        var isDirectory: ObjCBool = false
        guard unsafe FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            return
        }
        let content = try? FileManager.default.contentsOfDirectory(atPath: path)
        guard isDirectory.boolValue, content?.isEmpty ?? false else {
            throw .input(
                "node.directory-in-use", "\(path) exists and is not an empty directory")
        }
    }

    static func makeDirectory(_ path: String, parent: String) throws(NodeError) {
        do {
            try FileManager.default.createDirectory(
                atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw .failure("node.io", "\(parent) cannot be made: \(SystemWords.reason(error))")
        }
        // The ledger holds parts that are not for everybody on this machine.
        guard unsafe mkdir(path, 0o700) == 0 else {
            throw NodeDirectory.failure(path, "cannot be made")
        }
    }

    /// Genesis and amendments go the way of every statement: admission, sequencer, one durable
    /// group each, which more amendments behind it do not change.
    ///
    /// - Returns: the governance after them.
    private static func register(
        _ submissions: [Submission], state: GovernanceState, key: SigningKey, origin: String,
        in directory: String, nowMilliseconds: UInt64
    ) throws(NodeError) -> GovernanceState {
        let identity = LogIdentity(origin: origin, network: state.network)
        return try NodeError.mapping {
            let ledger = try Ledger.create(directory: directory, identity: identity)
            defer { try? ledger.close() }
            var sequencer = try ledger.write { store in
                try Sequencer(
                    resuming: store, genesis: state, origin: origin,
                    indexDepth: identity.indexDepth, logKey: key)
            }
            var time: UInt64 = 0
            for submission in submissions {
                let basis = sequencer.basis
                let facts = AdmissionFacts(ledger: ledger, basis: basis)
                let admitted = try Admission(governance: basis.governance, facts: facts)
                    .admit(submission, nowMilliseconds: nowMilliseconds)
                guard admitted.governance != nil else {
                    throw NodeError.input(
                        "node.amendments", "statement \(admitted.verified.id.hex) is no amendment")
                }
                time = max(time, admitted.verified.statement.issuedAtSeconds * 1_000)
                try ledger.write { store in
                    _ = try sequencer.stage(
                        admitted, admittedUnder: basis.version, nowMilliseconds: time, in: store)
                    try store.commit(try sequencer.seal(nowMilliseconds: time, in: store))
                }
                sequencer.committed()
            }
            return sequencer.basis.governance
        }
    }
}
