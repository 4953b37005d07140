package import MerkleTrees
package import Records
import Sequencing

/// What one snapshot of a ledger says of the time before a leaf, for judging again what was judged
/// at registration (SPEC §13).
///
/// It is used inside the read that gave the snapshot, on one thread, and nowhere else; that is why
/// it may call itself sendable. Where the snapshot cannot be read, the answer is the one that
/// refuses.
package struct SnapshotFacts: LedgerFacts, @unchecked Sendable {
    let store: LedgerStore
    let delegations: RecordedDelegations
    let governance: GovernanceState
    let leafIndex: UInt64

    /// Facts before a leaf, given the governance in force there and delegations among which those
    /// registered before count.
    package init(
        store: LedgerStore, delegations: RecordedDelegations, governance: GovernanceState,
        leafIndex: UInt64
    ) {
        self.store = store
        self.delegations = delegations
        self.governance = governance
        self.leafIndex = leafIndex
    }

    package func firstIssuer(ofRecord id: String) -> FirstIssuer {
        (try? store.firstIssuer(ofRecord: id, before: leafIndex)) ?? .organisation("")
    }

    package func firstIssuer(ofPart digest: Hash256) -> FirstIssuer {
        (try? store.firstIssuer(ofPart: digest, before: leafIndex)) ?? .nobody
    }

    package func mustStayVisible(_ digest: Hash256) -> Bool {
        (try? store.mustStayVisible(digest)) ?? true
    }

    package func delegations(to organisation: String) -> [Delegation] {
        delegations.delegations(to: organisation, before: leafIndex, under: governance)
    }
}

/// The facts of every leaf of one snapshot, with the governance in force there.
struct SnapshotHistory {
    let store: LedgerStore
    let governance: GovernanceHistory
    let delegations: RecordedDelegations

    init(_ store: LedgerStore, genesis: GovernanceState) throws {
        self.store = store
        governance = try GovernanceHistory(of: store, genesis: genesis)
        delegations = try LogStart.delegations(in: store)
    }

    func facts(before leafIndex: UInt64) -> (GovernanceState, any LedgerFacts) {
        let state = governance.state(at: leafIndex)
        let facts = SnapshotFacts(
            store: store, delegations: delegations, governance: state, leafIndex: leafIndex)
        return (state, facts)
    }
}
