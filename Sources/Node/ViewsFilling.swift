import MerkleTrees
import Records
import Sequencing
import Storage
import Synchronization

/// Fills a node's views from its ledger, each part judged by what was in force and known before its
/// entry (SPEC §13).
final class ViewsFilling: Sendable {
    private struct Known {
        /// How many governance bodies the history below is of.
        var bodies: Int
        var history: GovernanceHistory
    }

    private let ledger: Ledger
    private let views: Views
    private let genesis: GovernanceState
    private let known: Mutex<Known>

    init(ledger: Ledger, views: Views, genesis: GovernanceState) {
        self.ledger = ledger
        self.views = views
        self.genesis = genesis
        known = Mutex(Known(bodies: 1, history: GovernanceHistory(genesis: genesis)))
    }

    /// Takes one step towards a size of the log and gives the size reached.
    ///
    /// The delegations are those registered in the log so far; of them, those before an entry
    /// count for it.
    ///
    /// - Throws: `storage.*`, ``SequencingError``.
    func step(to size: UInt64, delegations: RecordedDelegations) throws -> UInt64 {
        try ledger.read { store in
            let history = try history(of: store)
            return try views.fill(from: store, to: size) { index in
                let governance = history.state(at: index)
                let facts = SnapshotFacts(
                    store: store, delegations: delegations, governance: governance,
                    leafIndex: index)
                return (governance, facts)
            }
        }
    }

    /// The governance of the log up to a snapshot; read again only when a body has come.
    private func history(of store: LedgerStore) throws -> GovernanceHistory {
        let key = Subject.network(genesis.network).key(in: genesis.network)
        let bodies = Int(try store.head(of: key)?.count ?? 0)
        let before = known.withLock { $0 }
        if before.bodies == bodies { return before.history }
        let history = try GovernanceHistory(of: store, genesis: genesis)
        known.withLock { $0 = Known(bodies: bodies, history: history) }
        return history
    }
}
