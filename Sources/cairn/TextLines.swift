import Foundation

/// Lines of a bounded width for people.
struct TextLines {
    /// The widest line, in characters.
    let width: Int
    private(set) var text = ""

    /// Between 80 and 100 characters, as the terminal has room for.
    init() {
        var size = winsize()
        let known = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        width = known ? min(100, max(80, Int(size.ws_col))) : 100
    }

    /// Adds words, with `first` before the first line and `rest` before the others; a word that is
    /// too long for any line has one of its own.
    mutating func add(_ words: String, first: String = "", rest: String = "") {
        var line = first
        var isEmpty = true
        for word in Self.printable(words).split(separator: " ") {
            if !isEmpty, line.count + 1 + word.count > width {
                text += line + "\n"
                line = rest
                isEmpty = true
            }
            line += (isEmpty ? "" : " ") + word
            isEmpty = false
        }
        text += line + "\n"
    }

    /// The text without characters that would steer the terminal: what a stranger's record says
    /// draws nothing but itself.
    static func printable(_ words: String) -> String {
        let steering: ClosedRange<UInt32> = 0x202A...0x202E
        let isolating: ClosedRange<UInt32> = 0x2066...0x2069
        var text = String.UnicodeScalarView()
        for scalar in words.unicodeScalars {
            let isControl =
                scalar.properties.generalCategory == .control
                || steering.contains(scalar.value) || isolating.contains(scalar.value)
            text.append(isControl ? "\u{FFFD}" : scalar)
        }
        return String(text)
    }

    /// Adds a row with a title of at most nine characters.
    mutating func add(title: String, _ words: String) {
        let space = String(repeating: " ", count: 10)
        add(words, first: title.padding(toLength: 10, withPad: " ", startingAt: 0), rest: space)
    }

    /// Adds an empty line.
    mutating func addGap() { text += "\n" }

    /// Adds a line as it is.
    mutating func add(line: String) { text += line + "\n" }
}
