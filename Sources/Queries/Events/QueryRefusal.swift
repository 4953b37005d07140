/// Why an EPCIS query is not answered (EPCIS 2.0 §8.2.3, SPEC §17.2).
///
/// - `query.parameter`: a parameter is unknown, malformed or contradicts another; GS1's
///   `QueryParameterException`.
/// - `query.token`: a page token is malformed or of another query; the same.
/// - `query.too-large`: more events match than `maxEventCount` allows; GS1's
///   `QueryTooLargeException`.
package struct QueryRefusal: Error, Hashable, Sendable {
    /// The stable code.
    package let code: String
    /// The name of the parameter, as it was given but for length; empty for the query as a whole.
    package let parameter: String
    /// What is wrong and what to do, for a person.
    package let reason: String

    init(code: String = "query.parameter", _ parameter: String, _ reason: String) {
        self.code = code
        self.parameter = Self.shown(parameter)
        self.reason = reason
    }

    /// A text from outside, cut for a message, control characters replaced.
    static func shown(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if result.utf8.count >= 80 { return result + "…" }
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            result.unicodeScalars.append(isControl ? "\u{FFFD}" : scalar)
        }
        return result
    }
}

/// Limits of a query, told in SPEC §17.2.
package enum QueryLimits {
    /// Bytes of a query string.
    package static let queryStringByteCount = 16_384
    /// Bytes of a query in JSON.
    package static let jsonByteCount = 65_536
    /// Parameters of one query.
    package static let parameterCount = 128
    /// Bytes of a parameter's name.
    package static let nameByteCount = 512
    /// Values of all parameters together.
    package static let valueCount = 4_096
    /// Values of one extension field: each is compared with every value of the event's field.
    package static let extensionValueCount = 64
    /// Patterns of one parameter with a wildcard for more than a serial, and ways to part the name
    /// of an attribute: each is tried on all that an event names.
    package static let patternCount = 16
    /// Events of a page, if the query does not say.
    package static let eventsPerPage = 30
    /// Events of a page at most; who asks for more gets this many.
    package static let eventsPerPageCeiling = 1_000
}
