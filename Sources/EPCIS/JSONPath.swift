/// The way from a document's top to a value, for error messages only.
struct JSONPath {
    /// One step down.
    enum Step {
        case name(String)
        case index(Int)
    }

    /// The steps, outermost first.
    var steps: [Step] = []

    /// Bytes of one name shown in a path; longer names are cut, for they come from outside.
    static let nameBytesShown = 80

    /// The path as text: `epcisBody.eventList[3].action`.
    var text: String {
        steps.reduce(into: "") { text, step in
            switch step {
            case .name(let name): text = Self.join(text, Self.shown(name))
            case .index(let index): text += "[\(index)]"
            }
        }
    }

    /// A path extended by a member name or by something that begins with an index.
    static func join(_ outer: String, _ inner: String) -> String {
        if outer.isEmpty || inner.isEmpty || inner.utf8.first == UInt8(ascii: "[") {
            return outer + inner
        }
        return "\(outer).\(inner)"
    }

    /// A text from outside cut to a length fit for a message, control characters replaced.
    static func shown(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if result.utf8.count >= nameBytesShown { return result + "…" }
            let isControl = scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
            result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
        }
        return result
    }
}
