package import Records

/// What statements are admitted under: it changes with some seals, never between them.
///
/// Admission runs beside the sequencer, on many threads. Each admitted statement comes with the
/// version of the basis it was judged under; the sequencer takes it only if that is still the one
/// in force, so that what stands in the log was judged as SPEC §13 says.
package struct AdmissionBasis: Sendable {
    /// Counts the changes since the sequencer started.
    package var version: UInt64
    /// The governance of the last seal.
    package var governance: GovernanceState
    /// The delegations registered before, as records.
    package var delegations: RecordedDelegations

    /// Gathers a basis.
    package init(
        version: UInt64, governance: GovernanceState, delegations: RecordedDelegations
    ) {
        self.version = version
        self.governance = governance
        self.delegations = delegations
    }
}

/// What became of a statement handed to the sequencer.
package enum StagingOutcome: Hashable, Sendable {
    /// It has its leaf and waits for the seal.
    case staged(leafIndex: UInt64)
    /// It waits for the seal since before.
    case alreadyStaged(leafIndex: UInt64)
    /// It stands in the log since before.
    case alreadyRegistered(leafIndex: UInt64)
    /// The basis it was admitted under is gone: admit it again under the newest, then stage it.
    case admitAgain
    /// The group takes no more: seal and commit it, then stage this one.
    case sealFirst
}
