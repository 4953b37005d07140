import Foundation

/// Which form a reading command prints.
enum OutputFormat: String, CaseIterable {
    case table, json
}

/// The terminal: answers to standard output, everything else to standard error.
enum Console {
    /// Prints an error line.
    static func error(_ text: String) {
        let line = text.hasPrefix("Error: ") ? text : "Error: " + text
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }

    /// Prints a line that is no answer.
    static func note(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    /// Prints bytes as they are.
    static func output(_ bytes: [UInt8]) {
        FileHandle.standardOutput.write(Data(bytes))
    }

    /// Whether a person watches standard error.
    static var isTerminal: Bool { isatty(2) == 1 }

    /// Whether a person reads standard output.
    static var answersToTerminal: Bool { isatty(1) == 1 }

    /// Overwrites one line on a terminal; says nothing elsewhere.
    static func progress(_ text: String) {
        guard isTerminal else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[2K\(text)".utf8))
    }

    /// Ends a line of progress.
    static func endProgress() {
        guard isTerminal else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[2K".utf8))
    }
}
