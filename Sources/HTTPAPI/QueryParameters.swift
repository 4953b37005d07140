import EPCIS
import Records

/// The parameters of a request's query, each allowed once and all to be known.
struct QueryParameters {
    private var values: [String: String] = [:]

    /// Reads a query string without its question mark.
    init(_ query: String) throws(Refusal) {
        for pair in query.split(separator: "&") {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentCoding.decode(halves[0]),
                let value = PercentCoding.decode(halves.count > 1 ? halves[1] : "")
            else { throw Self.refusal(String(pair), "is not percent-encoded UTF-8") }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Self.refusal(name, "is given twice")
            }
        }
    }

    /// Takes the value of a parameter that is one of a few words.
    mutating func choice(_ name: String, of words: [String]) throws(Refusal) -> String? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        guard words.contains(value) else {
            throw Self.refusal(name, "is one of \(words.joined(separator: ", "))")
        }
        return value
    }

    /// Takes the value of a parameter that is a number.
    mutating func number(_ name: String, in range: ClosedRange<Int>) throws(Refusal) -> Int? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        guard let number = Int(value), range.contains(number) else {
            throw Self.refusal(
                name, "is a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// Takes the value of a parameter that is a time with its zone; milliseconds.
    mutating func time(_ name: String) throws(Refusal) -> Int64? {
        guard let value = values.removeValue(forKey: name) else { return nil }
        guard let time = try? ZonedTime(value) else {
            throw Self.refusal(name, "is a time such as 2026-03-01T00:00:00Z")
        }
        return time.milliseconds
    }

    /// Takes the value of a parameter that is any text.
    mutating func text(_ name: String) throws(Refusal) -> String? {
        values.removeValue(forKey: name)
    }

    /// All that were not taken, by name.
    var all: [String: String] { values }

    /// Refuses what nobody asked for, so that a mistyped name is not silently ignored.
    func finish() throws(Refusal) {
        if let name = values.keys.min() { throw Self.refusal(name, "is not a parameter here") }
    }

    private static func refusal(_ name: String, _ reason: String) -> Refusal {
        Refusal(code: "request.parameter", field: name, reason: "\(name) \(reason)")
    }
}
