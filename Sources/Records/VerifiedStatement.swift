package import MerkleTrees

/// A statement whose issuer, key and signature were checked under one governance head, for one time
/// of registration.
///
/// Only ``GovernanceState`` makes it; the bypass is called `init(unchecked:…)`.
package struct VerifiedStatement: Hashable, Sendable {
    /// What was checked.
    package let statement: UnverifiedStatement
    /// The time of registration it was checked for, in milliseconds since the epoch.
    package let registeredAtMilliseconds: UInt64
    /// The head of the governance it was checked under.
    package let governanceHead: Hash256

    /// Takes a statement as verified without checking anything.
    ///
    /// For ledgers read back after a check.
    package init(
        unchecked statement: UnverifiedStatement, registeredAtMilliseconds: UInt64,
        governanceHead: Hash256
    ) {
        self.statement = statement
        self.registeredAtMilliseconds = registeredAtMilliseconds
        self.governanceHead = governanceHead
    }

    /// The statement's id.
    package var id: Hash256 { statement.id }
}
