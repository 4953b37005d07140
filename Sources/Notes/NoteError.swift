/// Why a note, a checkpoint, a verifier key or a proof was refused.
package struct NoteError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable name, such as `note.signature`.
    package let code: String
    /// What is wrong and what would be right.
    package let reason: String

    /// A refusal with its stable code and a sentence for a person.
    package init(code: String, reason: String) {
        self.code = code
        self.reason = reason
    }

    /// The code and the reason on one line.
    package var description: String { "\(code): \(reason)" }
}

extension NoteError {
    static func malformed(_ reason: String) -> NoteError {
        NoteError(code: "note.malformed", reason: reason)
    }

    static func checkpoint(_ reason: String) -> NoteError {
        NoteError(code: "note.checkpoint", reason: reason)
    }

    static func proof(_ reason: String) -> NoteError {
        NoteError(code: "note.proof", reason: reason)
    }
}
