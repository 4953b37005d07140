/// A JSON document as it was written: member order and the text of numbers are kept (RFC 8259).
///
/// Values come from `parse(_:limits:)`, which bounds depth, size and count before it allocates,
/// so walking one recursively is safe. Two values are equal when their structure, member order,
/// number texts and strings are; strings compare as Swift strings do.
package enum JSONValue: Hashable, Sendable {
    /// The literal `null`.
    case null
    /// The literal `true` or `false`.
    case bool(Bool)
    /// A number, kept as its source text.
    case number(JSONNumber)
    /// A string with its escapes resolved; always well-formed Unicode.
    case string(String)
    /// An array.
    case array([JSONValue])
    /// An object: members in source order, names unique byte for byte.
    case object([JSONMember])
}

/// One name and value of a JSON object.
package struct JSONMember: Hashable, Sendable {
    /// The member's name, escapes resolved.
    package var name: String
    /// The member's value.
    package var value: JSONValue

    /// Makes a member.
    package init(_ name: String, _ value: JSONValue) {
        self.name = name
        self.value = value
    }
}

/// A JSON number as its source text, so that no digit is lost to binary floating point.
package struct JSONNumber: Hashable, Sendable {
    /// The number as written, valid by RFC 8259 §6: `-0.50`, `1E3`.
    package let text: String

    /// Takes a text that the reader has already checked.
    init(unchecked text: String) {
        self.text = text
    }

    /// The number of a whole value.
    package init(_ value: some BinaryInteger) {
        text = String(value)
    }

    /// Reads a number's text; nil unless it is exactly one RFC 8259 number.
    package init?(_ text: String) {
        guard case .number(let number) = try? JSONValue.parse([UInt8](text.utf8)),
            number.text.utf8.count == text.utf8.count
        else { return nil }
        self = number
    }
}

extension JSONValue {
    /// The string, if this is one.
    package var asString: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The number, if this is one.
    package var asNumber: JSONNumber? {
        guard case .number(let number) = self else { return nil }
        return number
    }

    /// The truth value, if this is one.
    package var asBool: Bool? {
        guard case .bool(let flag) = self else { return nil }
        return flag
    }

    /// The elements, if this is an array.
    package var asArray: [JSONValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members, if this is an object.
    package var asObject: [JSONMember]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// Whether this is `null`.
    package var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }

    /// The value of a member, found by its exact bytes; nil if absent or if this is no object.
    package subscript(_ name: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name && $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// What kind of value this is, for messages: "a string", "an object".
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
