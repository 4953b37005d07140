import Foundation
import Verdicts

/// Which form a reading command prints.
enum OutputFormat: String, CaseIterable {
    case table, json
}

/// The terminal: answers to standard output, everything else to standard error.
///
/// An answer that cannot be written ends the program: with 141, without a word, if whoever read it
/// has gone (as a program that SIGPIPE ends), else with 3 and the reason.
enum Console {
    /// Prints an error line.
    static func error(_ text: String) {
        note(text.hasPrefix("Error: ") ? text : "Error: " + text)
    }

    /// Prints a line that is no answer.
    static func note(_ text: String) {
        _ = failure(writing: Array((text + "\n").utf8), to: STDERR_FILENO)
    }

    /// Prints bytes as they are.
    static func output(_ bytes: [UInt8]) {
        switch failure(writing: bytes, to: STDOUT_FILENO) {
        case 0: return
        case EPIPE: Foundation.exit(readerGone)
        case let code:
            error("standard output: cannot be written: \(unsafe String(cString: strerror(code)))")
            Foundation.exit(CommandExit.unreachable.rawValue)
        }
    }

    /// Prints text as it is.
    static func output(_ text: String) { output(Array(text.utf8)) }

    /// Prints a line.
    static func line(_ text: String) { output(text + "\n") }

    /// Whether a person watches standard error.
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Whether a person reads standard output.
    static var answersToTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// A text in the colour of an outcome, on a terminal.
    static func coloured(_ text: String, _ outcome: Outcome) -> String {
        guard answersToTerminal else { return text }
        let colour =
            switch outcome {
            case .verified: "32"
            case .invalid, .contradicted, .revoked: "31"
            default: "33"
            }
        return "\u{1B}[\(colour)m\(text)\u{1B}[0m"
    }

    /// Overwrites one line on a terminal; says nothing elsewhere.
    static func progress(_ text: String) {
        guard isTerminal else { return }
        _ = failure(writing: Array("\r\u{1B}[2K\(text)".utf8), to: STDERR_FILENO)
    }

    /// Ends a line of progress.
    static func endProgress() { progress("") }

    /// The exit code of a program whose output nobody reads any more: 128 and SIGPIPE's number.
    private static let readerGone: Int32 = 141

    /// Writes everything; 0, or the `errno` of what kept it from that.
    private static func failure(writing bytes: [UInt8], to descriptor: Int32) -> Int32 {
        var rest = bytes[...]
        while !rest.isEmpty {
            let (count, code) = unsafe rest.withUnsafeBytes { buffer in
                let count = unsafe write(descriptor, buffer.baseAddress, buffer.count)
                return (count, count < 0 ? errno : 0)
            }
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else if code == EAGAIN {
                var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = unsafe poll(&waiting, 1, -1)
            } else if code != EINTR {
                return code
            }
        }
        return 0
    }
}
