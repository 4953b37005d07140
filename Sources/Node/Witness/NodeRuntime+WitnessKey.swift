import Notes
package import Signatures
import Storage

extension NodeRuntime {
    /// Makes a key known to a node as its witness key, to be called with a new key only: from then
    /// on the node records what it cosigns with it (SPEC §25.7).
    ///
    /// The node must not be running.
    ///
    /// - Parameters:
    ///   - key: an Ed25519 key that has cosigned nothing.
    ///   - path: the node's directory.
    /// - Returns: the verifier key, as logs and their users are told it.
    /// - Throws: `node.witness-key` for another kind of key; `storage.locked` while the node runs;
    ///   what the disk failed with.
    package static func addWitnessKey(
        _ key: VerificationKey, directory path: String
    ) throws(NodeError) -> String {
        let origin = try NodeDirectory(path: path).configuration().origin
        let verifier = try Witness.verifier(origin: origin, key: key)
        try NodeError.mapping {
            let ledger = try Ledger.open(directory: path)
            defer { try? ledger.close() }
            let service = try ServiceState(directory: path, identity: ledger.identity)
            defer { try? service.close() }
            try service.addWitnessKey(key.thumbprint)
        }
        return verifier.vkey
    }
}
