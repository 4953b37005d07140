package import MerkleTrees
package import Records
package import Sequencing

/// What a node's ledger says to admission, as of the last commit (SPEC §13).
///
/// Where the ledger cannot be read, the answer is the one that refuses.
package struct AdmissionFacts: LedgerFacts {
    private let ledger: Ledger
    private let basis: AdmissionBasis
    private let end: UInt64

    /// Facts for statements admitted under a basis; with `before`, as they were before a leaf.
    package init(ledger: Ledger, basis: AdmissionBasis, before end: UInt64 = .max) {
        self.ledger = ledger
        self.basis = basis
        self.end = end
    }

    package func firstIssuer(ofRecord id: String) -> FirstIssuer {
        (try? ledger.read { try $0.firstIssuer(ofRecord: id, before: end) }) ?? .organisation("")
    }

    package func firstIssuer(ofPart digest: Hash256) -> FirstIssuer {
        (try? ledger.read { try $0.firstIssuer(ofPart: digest, before: end) }) ?? .nobody
    }

    package func mustStayVisible(_ digest: Hash256) -> Bool {
        (try? ledger.read { try $0.mustStayVisible(digest) }) ?? true
    }

    package func delegations(to organisation: String) -> [Delegation] {
        basis.delegations.delegations(
            to: organisation, before: end, under: basis.governance)
    }
}
