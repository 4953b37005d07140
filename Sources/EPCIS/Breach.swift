/// One place at which a document breaks GS1's schema, the standard's text or a limit.
package struct Breach: Hashable, Sendable {
    /// The stable code, of `EPCISError`, `JSONError` or `IdentifierError`.
    package let code: String
    /// The place in the document, as JSON Pointer (RFC 6901); empty for the whole document.
    package let pointer: String
    /// The place in the event, or in the document for what no event holds: `readPoint.id`.
    package let field: String
    /// What is wrong and what is expected, for a person.
    package let reason: String
}

/// The place of a value in a document, known by both its names.
struct DocumentPlace {
    /// The steps from the document's top to the event.
    let base: [JSONPath.Step]
    /// The steps from there.
    var steps: [JSONPath.Step] = []

    /// The place as JSON Pointer.
    var pointer: String {
        (base + steps).reduce(into: "") { text, step in
            switch step {
            case .name(let name):
                text += "/" + Self.escaped(name)
            case .index(let index): text += "/\(index)"
            }
        }
    }

    /// The place in the event as messages name it.
    var field: String { JSONPath(steps: steps).text }

    /// `~` and `/` as RFC 6901 §3 writes them.
    private static func escaped(_ name: String) -> String {
        var output: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "~"): output += "~0".utf8
            case UInt8(ascii: "/"): output += "~1".utf8
            default: output.append(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}
