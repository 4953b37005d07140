package import MerkleTrees

/// What recomputing a whole ledger came to.
package struct LedgerReport: Hashable, Sendable {
    /// What does not hold; nothing for a sound ledger.
    package var findings: [CheckFinding]
    /// How many entries were recomputed: all, unless a finding ended the log before.
    package var size: UInt64
    /// The root over them.
    package var root: Hash256
    /// For each acknowledgement asked about, why the log does not hold it; nil where it does.
    package var objections: [String?]
    /// The mirrors that were checked beside it, by their directories' names.
    package var mirrors: [Mirror] = []

    /// What recomputing a mirror came to.
    package struct Mirror: Hashable, Sendable {
        /// The log.
        package var origin: String
        /// How many entries were recomputed.
        package var size: UInt64
        /// The root over them.
        package var root: Hash256
    }

    /// Whether nothing is wrong and nothing is missing.
    package var isSound: Bool { findings.isEmpty && objections.allSatisfy { $0 == nil } }

    /// Makes a report.
    package init(
        findings: [CheckFinding], size: UInt64, root: Hash256, objections: [String?] = []
    ) {
        self.findings = findings
        self.size = size
        self.root = root
        self.objections = objections
    }
}
