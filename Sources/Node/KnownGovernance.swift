import MerkleTrees
import Records
import Sequencing
import Storage
import Synchronization

/// The governance history of a node's log, read from the ledger again only when a body has come.
final class KnownGovernance: Sendable {
    private struct Known {
        /// How many governance bodies the history is of.
        var bodies: Int
        var history: GovernanceHistory
    }

    private let genesis: GovernanceState
    private let known: Mutex<Known>

    init(genesis: GovernanceState) {
        self.genesis = genesis
        known = Mutex(Known(bodies: 1, history: GovernanceHistory(genesis: genesis)))
    }

    /// What decides who may read parts, with what was revoked by now.
    func readingBasis(
        _ published: PublishedLog, now: @escaping @Sendable () -> UInt64
    ) -> @Sendable (LedgerStore) throws -> ReadingBasis {
        { [self] store in
            ReadingBasis(
                history: try history(of: store),
                delegations: published.newest.basis.delegations, nowMilliseconds: now())
        }
    }

    /// The history of the log up to a snapshot.
    func history(of store: LedgerStore) throws -> GovernanceHistory {
        let key = Subject.network(genesis.network).key(in: genesis.network)
        let bodies = Int(try store.head(of: key)?.count ?? 0)
        let before = known.withLock { $0 }
        if before.bodies == bodies { return before.history }
        let history = try GovernanceHistory(of: store, genesis: genesis)
        known.withLock { $0 = Known(bodies: bodies, history: history) }
        return history
    }
}
