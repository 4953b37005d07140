import Records
import Verdicts

/// How a command ends (SPEC §16).
enum CommandExit: Int32 {
    /// Yes, or verified.
    case verified = 0
    /// A valid answer that is not "verified".
    case otherAnswer = 1
    /// Bad input or bad proof.
    case badInput = 2
    /// Cannot reach or store.
    case unreachable = 3
}

/// Why a command ends without doing what it was asked, in words for whoever must act.
struct CommandFailure: Error {
    var code: CommandExit
    var message: String

    init(_ code: CommandExit, _ message: String) {
        self.code = code
        self.message = message
    }

    /// A refusal about some input.
    init(_ refusal: Refusal, about subject: String) {
        self.init(.badInput, "\(subject): \(refusal.sentence)")
    }
}

extension Refusal {
    /// Field, if there is one, reason and code.
    var sentence: String {
        (field.isEmpty ? "" : "\(field): ") + "\(reason) (\(code))"
    }
}

/// A number and its noun, in the plural unless it is one.
func counted(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
}
