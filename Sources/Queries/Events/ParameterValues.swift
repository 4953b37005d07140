import EPCIS
import GS1

/// Reads the values of one parameter; every refusal names the parameter and what is expected.
struct ParameterValues {
    private let name: String
    private let texts: [String]

    init(_ parameter: QueryParameter) {
        name = parameter.name
        texts = parameter.values
    }

    /// One value or more, none empty.
    func list() throws(QueryRefusal) -> [String] {
        guard !texts.isEmpty else { throw refusal("give a value") }
        guard !texts.contains(where: \.isEmpty) else {
            throw refusal("a value is empty: separate values by one |, with none before or after")
        }
        return texts
    }

    /// Exactly one value.
    func single() throws(QueryRefusal) -> String {
        let values = try list()
        guard values.count == 1 else { throw refusal("give one value, not \(values.count)") }
        return values[0]
    }

    func eventTypes() throws(QueryRefusal) -> [String] {
        try each { (text) throws(QueryRefusal) in
            guard EventType(rawValue: text) != nil else {
                let known = EventType.allCases.map(\.rawValue).joined(separator: ", ")
                throw refusal("\"\(QueryRefusal.shown(text))\" is none of \(known)")
            }
            return text
        }
    }

    func actions() throws(QueryRefusal) -> [String] {
        try each { (text) throws(QueryRefusal) in
            guard EventAction(rawValue: text) != nil else {
                throw refusal("an action is ADD, OBSERVE or DELETE")
            }
            return text
        }
    }

    func words(_ vocabulary: Vocabulary) throws(QueryRefusal) -> [String] {
        try each { (text) throws(QueryRefusal) in
            do throws(EPCISError) {
                return try vocabulary.read(.string(vocabulary.asked(text)))
            } catch {
                throw refusal(error.reason)
            }
        }
    }

    func identifiers() throws(QueryRefusal) -> [IdentifierPattern] {
        try each { (text) throws(QueryRefusal) in
            do throws(IdentifierError) {
                return try IdentifierPattern(exactly: text)
            } catch {
                throw refusal(error.reason)
            }
        }
    }

    func patterns() throws(QueryRefusal) -> [IdentifierPattern] {
        let patterns = try each { (text) throws(QueryRefusal) in
            do throws(IdentifierError) {
                return try IdentifierPattern(text)
            } catch {
                throw refusal(error.reason)
            }
        }
        let wide = patterns.filter { if case .fields = $0 { true } else { false } }
        guard wide.count <= QueryLimits.patternCount else {
            throw refusal(
                "at most \(QueryLimits.patternCount) patterns may leave open more than a serial")
        }
        return patterns
    }

    func time() throws(QueryRefusal) -> Int64 {
        do throws(EPCISError) {
            return try ZonedTime(try one()).milliseconds
        } catch {
            throw refusal(error.reason)
        }
    }

    /// Equality takes alternatives, the other comparisons one limit.
    func numbers(_ comparison: Comparison) throws(QueryRefusal) -> [ExactDecimal] {
        let texts = comparison == .equal ? try list() : [try single()]
        var numbers: [ExactDecimal] = []
        for text in texts {
            guard let number = ExactDecimal(text) else {
                throw refusal("a number is expected, such as 12.5, of at most 38 digits")
            }
            numbers.append(number)
        }
        return numbers
    }

    func flag() throws(QueryRefusal) -> Bool {
        switch try single() {
        case "true": return true
        case "false": return false
        default: throw refusal("true or false is expected")
        }
    }

    /// Of `EXISTS_…`: whether it asks for anything.
    func isDemanded() throws(QueryRefusal) -> Bool {
        switch texts {
        case [], [""], ["true"], ["1"]: return true
        case ["false"]: return false
        default: throw refusal("true is expected, or no value")
        }
    }

    /// Equality takes any text; of the others, a limit that is a number or a time.
    func operands(_ comparison: Comparison) throws(QueryRefusal) -> [ExtensionOperand] {
        guard comparison != .equal else {
            let texts = try list()
            guard texts.count <= QueryLimits.extensionValueCount else {
                throw refusal("at most \(QueryLimits.extensionValueCount) values are read here")
            }
            return texts.map(ExtensionOperand.init)
        }
        let operand = ExtensionOperand(try single())
        guard operand.number != nil || operand.timeMilliseconds != nil else {
            throw refusal("a number or a time is expected: 12.5, 2026-03-01T08:30:00.000+01:00")
        }
        return [operand]
    }

    /// A whole number of at least 1.
    func count() throws(QueryRefusal) -> Int {
        let text = try single()
        let isDigits = text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isDigits, let count = Int(text), count >= 1 else {
            throw refusal("a whole number of at least 1 is expected")
        }
        return count
    }

    func refusal(_ reason: String) -> QueryRefusal { QueryRefusal(name, reason) }

    /// The one value, with any other error than a missing one left to the reader of it.
    private func one() throws(EPCISError) -> String {
        guard texts.count == 1 else {
            throw EPCISError("epcis.time", "give one time, such as 2026-03-01T08:30:00.000+01:00")
        }
        return texts[0]
    }

    private func each<T>(
        _ read: (String) throws(QueryRefusal) -> T
    ) throws(QueryRefusal) -> [T] {
        var values: [T] = []
        for text in try list() { values.append(try read(text)) }
        return values
    }
}
