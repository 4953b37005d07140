/// What kind of thing a subject chain holds, so that a proof is as small as its question
/// (SPEC §4.2).
package enum Facet: UInt8, Hashable, Sendable, CaseIterable {
    /// What happened to this batch, item, logistic unit, product class or process.
    case events = 0
    /// Credentials, revocations, recalls, disputes, delegations, grants, erasures, master data.
    case assertions = 1
    /// Movements of one material at one site in one month.
    case account = 2
}
