import MerkleTrees
import Records
import Sequencing
package import Storage

extension NodeRuntime {
    /// Recomputes a node's whole ledger from its bytes (SPEC §14), and its mirrors of other logs.
    ///
    /// The node may be running: one snapshot is checked. `progress` is told how many entries of how
    /// many of its own log have been checked.
    ///
    /// - Returns: what does not hold, what of the acknowledgements is missing, size and root.
    /// - Throws: if the directory or its files cannot be read at all.
    package static func check(
        directory path: String, acknowledged: [Acknowledgement] = [],
        progress: (_ done: UInt64, _ all: UInt64) -> Void
    ) throws(NodeError) -> LedgerReport {
        let directory = NodeDirectory(path: path)
        let genesis = try directory.genesis().state
        return try NodeError.mapping {
            let ledger = try Ledger.inspect(directory: path)
            defer { try? ledger.close() }
            var report = try withoutActuallyEscaping(progress) { progress in
                try ledger.read { store in
                    LedgerCheck.report(
                        on: store, genesis: genesis, acknowledged: acknowledged,
                        progress: progress)
                }
            }
            let replicas = Replicas.check(node: path, genesis: genesis)
            report.findings += replicas.findings
            report.mirrors = replicas.mirrors
            return report
        }
    }

    /// Makes a node's views again from its ledger.
    ///
    /// The node must not be running. `progress` is told how many entries of how many have been
    /// indexed.
    ///
    /// - Throws: `storage.locked` while the node runs; what the disk failed with.
    package static func rebuild(
        directory path: String, progress: (_ done: UInt64, _ all: UInt64) -> Void
    ) throws(NodeError) {
        let directory = NodeDirectory(path: path)
        let genesis = try directory.genesis().state
        try NodeError.mapping {
            let ledger = try Ledger.open(directory: path)
            defer { try? ledger.close() }
            try Views.delete(directory: path)
            let views = try Views(directory: path, identity: ledger.identity)
            defer { try? views.close() }
            try views.rebuild(from: ledger, genesis: genesis, progress: progress)
        }
    }
}
