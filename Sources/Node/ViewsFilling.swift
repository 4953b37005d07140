import Records
import Sequencing
import Storage

/// Fills a node's views from its ledger, each part judged by what was in force and known before its
/// entry (SPEC §13).
final class ViewsFilling: Sendable {
    private let ledger: Ledger
    private let views: Views
    private let governance: KnownGovernance

    init(ledger: Ledger, views: Views, governance: KnownGovernance) {
        self.ledger = ledger
        self.views = views
        self.governance = governance
    }

    /// Takes one step towards a size of the log and gives the size reached.
    ///
    /// The delegations are those registered in the log so far; of them, those before an entry
    /// count for it.
    ///
    /// - Throws: `storage.*`, ``SequencingError``.
    func step(to size: UInt64, delegations: RecordedDelegations) throws -> UInt64 {
        try ledger.read { store in
            let history = try governance.history(of: store)
            return try views.fill(from: store, to: size) { index in
                let governance = history.state(at: index)
                let facts = SnapshotFacts(
                    store: store, delegations: delegations, governance: governance,
                    leafIndex: index)
                return (governance, facts)
            }
        }
    }
}
