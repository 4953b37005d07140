/// Why a key, a key file or a signing operation was refused.
///
/// Two errors are the same refusal when their codes agree; the reason is for a person.
package struct KeyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable name, such as `key.algorithm`.
    package let code: String
    /// What is wrong and what to do about it.
    package let reason: String

    /// A refusal with its stable code and a sentence for a person.
    package init(code: String, reason: String) {
        self.code = code
        self.reason = reason
    }

    /// The code and the reason on one line.
    package var description: String { "\(code): \(reason)" }
}

extension KeyError {
    static func length(_ what: String, is count: Int, not expected: Int) -> KeyError {
        KeyError(code: "key.length", reason: "\(what) is \(count) bytes long, not \(expected)")
    }

    static func algorithm(_ holder: String, holds what: String) -> KeyError {
        KeyError(
            code: "key.algorithm",
            reason: "this \(holder) holds \(what); Cairn uses Ed25519 or P-256")
    }

    static func libcrypto(_ step: String) -> KeyError {
        KeyError(code: "key.libcrypto", reason: "libcrypto could not \(step)")
    }
}
