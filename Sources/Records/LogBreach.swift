/// A rule of SPEC §14 that a log breaks: proof against whoever keeps the log.
package struct LogBreach: Error, Hashable, Sendable, CustomStringConvertible {
    /// The number of the rule, 1…6.
    package let rule: Int
    /// The code of the refusal behind it, such as `statement.signature`.
    package let code: String
    /// The entry that breaks it; for a checkpoint, the size it names.
    package let leafIndex: UInt64
    /// What is wrong.
    package let reason: String

    /// A breach of a rule.
    package init(rule: Int, code: String, leafIndex: UInt64, reason: String) {
        self.rule = rule
        self.code = code
        self.leafIndex = leafIndex
        self.reason = reason
    }

    init(_ refusal: Refusal, rule: Int, leafIndex: UInt64) {
        let place = refusal.field.isEmpty ? "" : "\(refusal.field): "
        self.init(
            rule: rule, code: refusal.code, leafIndex: leafIndex, reason: place + refusal.reason)
    }

    /// The rule, the entry, the code and the reason on one line.
    package var description: String { "rule \(rule) at entry \(leafIndex): \(code): \(reason)" }
}
