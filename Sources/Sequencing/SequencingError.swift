/// A ledger that cannot be taken up: what it stores does not add up to its last seal.
///
/// Fatal: nothing can be appended to such a log. `cairn check` names what is wrong in it.
package struct SequencingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable code: `log.damaged`, or `log.key` for a key that is not the log's.
    package var code: String
    /// What does not hold, and what to do.
    package var reason: String

    /// Makes an error.
    package init(code: String, reason: String) {
        self.code = code
        self.reason = reason
    }

    /// `code: reason`.
    package var description: String { "\(code): \(reason)" }

    static func damaged(_ reason: String) -> SequencingError {
        SequencingError(code: "log.damaged", reason: reason + "; run cairn check")
    }
}
