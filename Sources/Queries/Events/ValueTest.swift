import EPCIS
package import GS1

/// How a value is compared with that of a parameter.
package enum Comparison: String, Hashable, Sendable, CaseIterable {
    /// Equal.
    case equal = "EQ"
    /// Greater.
    case greater = "GT"
    /// Greater or equal.
    case greaterOrEqual = "GE"
    /// Less.
    case less = "LT"
    /// Less or equal.
    case lessOrEqual = "LE"

    func holds<T: Comparable>(_ left: T, _ right: T) -> Bool {
        switch self {
        case .equal: left == right
        case .greater: left > right
        case .greaterOrEqual: left >= right
        case .less: left < right
        case .lessOrEqual: left <= right
        }
    }
}

/// What a condition asks of a value; the values of one parameter are alternatives.
package enum ValueTest: Hashable, Sendable {
    /// One of these texts, byte for byte.
    case texts([String])
    /// An identifier that one of the patterns accepts.
    case identifiers(IdentifierTest)
    /// A number that compares so with one of these.
    case numbers(Comparison, [ExactDecimal])
    /// A time that compares so with this one, milliseconds since the Unix epoch.
    case time(Comparison, Int64)
    /// This truth value.
    case flag(Bool)
    /// Any value at all.
    case exists
    /// A value of an extension field that compares so with one of these.
    case operands(Comparison, [ExtensionOperand])

    /// Whether a value satisfies the test; one of another kind never does.
    func accepts(_ value: FieldValue) -> Bool {
        switch (self, value) {
        case (.exists, _): true
        case (.texts(let texts), .text(let text)):
            texts.contains { $0.utf8.elementsEqual(text.utf8) }
        case (.identifiers(let test), .identifier(let identifier)): test.accepts(identifier)
        case (.numbers(let comparison, let numbers), .number(let number)):
            numbers.contains { comparison.holds(number, $0) }
        case (.time(let comparison, let limit), .time(let time)): comparison.holds(time, limit)
        case (.flag(let flag), .flag(let value)): flag == value
        case (.operands(let comparison, let operands), .json(let value)):
            operands.contains { $0.accepts(value, comparison) }
        default: false
        }
    }
}

/// Patterns, one of which an identifier must fit.
package struct IdentifierTest: Hashable, Sendable {
    /// The patterns in the order given.
    package let patterns: [IdentifierPattern]
    /// Those that are one identifier each, to be found at once.
    private let exact: Set<String>
    private let others: [IdentifierPattern]

    init(_ patterns: [IdentifierPattern]) {
        self.patterns = patterns
        exact = Set(patterns.compactMap(\.exactURI))
        others = patterns.filter { $0.exactURI == nil }
    }

    /// Whether an identifier fits one of the patterns.
    func accepts(_ identifier: CanonicalIdentifier) -> Bool {
        exact.contains(identifier.uri) || others.contains { $0.accepts(identifier) }
    }
}

/// A value that extension fields are compared with; what it is depends on what the field holds.
///
/// A query string tells no types. So the text is taken as number where the field holds a number
/// or a text that reads as one, as time where both read as times, and else as text, of which
/// there is only equality.
package struct ExtensionOperand: Hashable, Sendable {
    /// The text.
    package let text: String
    /// The text as number.
    package let number: ExactDecimal?
    /// The text as time, milliseconds since the Unix epoch.
    package let timeMilliseconds: Int64?

    init(_ text: String) {
        self.text = text
        number = ExactDecimal(text)
        timeMilliseconds = try? ZonedTime(text).milliseconds
    }

    func accepts(_ value: JSONValue, _ comparison: Comparison) -> Bool {
        switch value {
        case .number(let written):
            guard let number, let other = ExactDecimal(written.text) else { return false }
            return comparison.holds(other, number)
        case .string(let string):
            if let number, let other = ExactDecimal(string) {
                return comparison.holds(other, number)
            }
            if let timeMilliseconds, let other = try? ZonedTime(string).milliseconds {
                return comparison.holds(other, timeMilliseconds)
            }
            return comparison == .equal && string.utf8.elementsEqual(text.utf8)
        case .bool(let flag): return comparison == .equal && text == (flag ? "true" : "false")
        case .object:
            // A typed value of JSON-LD: {"@type": "xsd:date", "@value": "2026-03-01"}.
            guard let inner = value["@value"], inner.asObject == nil else { return false }
            return accepts(inner, comparison)
        case .array, .null: return false
        }
    }
}
