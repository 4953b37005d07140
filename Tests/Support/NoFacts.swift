package import MerkleTrees
package import Records

/// A ledger in which nothing stands yet.
package struct NoFacts: LedgerFacts {
    /// The facts of an empty log.
    package init() {}

    package func firstIssuer(ofRecord id: String) -> FirstIssuer { .nobody }
    package func firstIssuer(ofPart digest: Hash256) -> FirstIssuer { .nobody }
    package func mustStayVisible(_ digest: Hash256) -> Bool { false }
    package func delegations(to organisation: String) -> [Delegation] { [] }
}
