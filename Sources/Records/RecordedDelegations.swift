package import MerkleTrees

/// The delegations that stand as records in a log, with what took them away (SPEC §13, §16).
///
/// It is fed with records in the order of the log: by the node as it commits, by checks as they
/// replay. All ask it the same question.
package struct RecordedDelegations: Sendable {
    /// Where and by whom a record was registered.
    package struct Origin: Hashable, Sendable {
        /// The leaf of the statement.
        package var leafIndex: UInt64
        /// Its issuer.
        package var issuer: String
        /// The issuer's key.
        package var key: Hash256
        /// When it was registered.
        package var registeredAtMilliseconds: UInt64

        /// Names the statement that holds a record.
        package init(
            leafIndex: UInt64, statement: UnverifiedStatement, registeredAtMilliseconds: UInt64
        ) {
            self.leafIndex = leafIndex
            issuer = statement.issuer
            key = statement.keyThumbprint
            self.registeredAtMilliseconds = registeredAtMilliseconds
        }

        func counts(before end: UInt64, under governance: GovernanceState) -> Bool {
            guard leafIndex < end else { return false }
            let fall = governance.fall(
                ofIssuer: issuer, key: key, registeredAtMilliseconds: registeredAtMilliseconds)
            return fall == nil
        }
    }

    private var given: [String: [(origin: Origin, delegation: Delegation)]] = [:]
    private var ends: [String: [(origin: Origin, fromMilliseconds: UInt64)]] = [:]
    private var ids: Set<String> = []

    /// No delegations.
    package init() {}

    /// Whether a record bears on delegations: it is one, or it could revoke or suspend one.
    package static func concerns(_ record: Record) -> Bool {
        switch record.kind {
        case .delegation, .revocation, .suspension: true
        default: false
        }
    }

    /// Whether a record would change an answer given so far.
    package func isChanged(by record: Record) -> Bool {
        switch (record.kind, record.target) {
        case (.delegation, _): true
        case (.revocation, .record(let target)), (.suspension, .record(let target)):
            ids.contains(target)
        default: false
        }
    }

    /// Takes in the next record of a log.
    ///
    /// Records that do not concern delegations pass by.
    package mutating func add(_ record: Record, from origin: Origin) {
        switch (record.kind, record.target) {
        case (.delegation, _):
            if let id = record.id { ids.insert(id) }
            for organisation in record.to {
                guard let delegation = Delegation(record, to: organisation, issuer: origin.issuer)
                else { continue }
                given[organisation, default: []].append((origin, delegation))
            }
        case (.revocation, .record(let target)), (.suspension, .record(let target)):
            // What was registered before its end was known stands (SPEC §13.1).
            let from = max(record.fromMilliseconds ?? 0, origin.registeredAtMilliseconds)
            ends[target, default: []].append((origin, from))
        default: return
        }
    }

    /// The delegations to an organisation that were registered before a leaf, each until the first
    /// revocation or suspension of it by its giver, which holds from its registration at the
    /// earliest.
    ///
    /// What has fallen under the governance given does nothing.
    package func delegations(
        to organisation: String, before leafIndex: UInt64 = .max, under governance: GovernanceState
    ) -> [Delegation] {
        (given[organisation] ?? []).compactMap { item -> Delegation? in
            guard item.origin.counts(before: leafIndex, under: governance) else { return nil }
            let end = end(
                of: item.delegation.id, by: item.delegation.by, before: leafIndex,
                under: governance)
            return end.map(item.delegation.ending(atMilliseconds:)) ?? item.delegation
        }
    }

    /// When a record of any kind ends by a revocation or suspension of its own issuer's that was
    /// registered before a leaf; nil if it does not.
    package func end(
        of id: String, by issuer: String, before leafIndex: UInt64 = .max,
        under governance: GovernanceState
    ) -> UInt64? {
        (ends[id] ?? [])
            .filter {
                $0.origin.issuer == issuer
                    && $0.origin.counts(before: leafIndex, under: governance)
            }
            .map(\.fromMilliseconds).min()
    }
}
