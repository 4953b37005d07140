import EPCIS
import GS1

/// Reads the values that credentials are made of and refuses all others with one code.
struct CredentialReader {
    /// The code of every refusal.
    let code: String

    func refusal(_ field: String, _ reason: String) -> Refusal {
        Refusal(code: code, field: field, reason: reason)
    }

    /// The canonical form of an identifier in any spelling.
    func identifier(_ text: String, _ field: String) throws(Refusal) -> String {
        try subject(text, field).uri
    }

    /// An identifier of one of these kinds, or of a kind that nothing is known of.
    func identifier(
        _ text: String, _ kinds: Set<SubjectKind>, _ field: String
    ) throws(Refusal) -> String {
        let subject = try subject(text, field)
        guard subject.kind == .other || kinds.contains(subject.kind) else {
            throw refusal(field, "\(subject.uri) is of another kind than is expected here")
        }
        return subject.uri
    }

    /// An identifier and what it identifies.
    func subject(_ text: String, _ field: String) throws(Refusal) -> CanonicalIdentifier {
        do {
            return try CanonicalIdentifier(text)
        } catch {
            throw refusal(field, "is no identifier: \(error.reason)")
        }
    }

    /// The day, in UTC, of `YYYY-MM-DD` or an RFC 3339 time with zone.
    func day(_ text: String, _ field: String) throws(Refusal) -> String {
        try day(try milliseconds(text, isEnd: false, field), field)
    }

    /// The instant of an RFC 3339 time with zone; of a day alone its first millisecond in UTC, or
    /// its last where it ends something.
    func milliseconds(_ text: String, isEnd: Bool, _ field: String) throws(Refusal) -> UInt64 {
        if let date = CivilDate(text) {
            return UInt64(date.startMilliseconds) + (isEnd ? 86_399_999 : 0)
        }
        guard let time = try? ZonedTime(text) else {
            throw refusal(field, "must be a day, YYYY-MM-DD, or a time, 2026-03-01T08:30:00Z")
        }
        return UInt64(time.milliseconds)
    }

    /// The first and the last day of a record, in UTC.
    func days(of record: Record) throws(Refusal) -> (from: String, until: String?) {
        guard let from = record.fromMilliseconds else {
            throw refusal("record.from", "is required")
        }
        let first = try day(from, "record.from")
        guard let until = record.untilMilliseconds else { return (first, nil) }
        return (first, try day(until, "record.until"))
    }

    private func day(_ milliseconds: UInt64, _ field: String) throws(Refusal) -> String {
        guard milliseconds <= UInt64(ZonedTime.latestMilliseconds) else {
            throw refusal(field, "lies after the year 9999")
        }
        return CivilDate(milliseconds: Int64(milliseconds), offsetMinutes: 0).text
    }
}

/// The pairs of a record's scope, by name.
struct CredentialPairs {
    private let reader: CredentialReader
    private var values: [String: [(field: String, text: String)]] = [:]

    /// Takes pairs of known names only, and no second one of those that stand once.
    init(
        _ scope: [ScopeItem], once: Set<String>, repeated: Set<String>, reader: CredentialReader
    ) throws(Refusal) {
        self.reader = reader
        for (index, item) in scope.enumerated() {
            let field = "record.scope[\(index)]"
            guard once.contains(item.name) || repeated.contains(item.name) else {
                let known = once.union(repeated).sorted().joined(separator: ", ")
                throw reader.refusal(field, "\(item.name) does not belong here; known are \(known)")
            }
            guard repeated.contains(item.name) || values[item.name] == nil else {
                throw reader.refusal(field, "\(item.name) stands twice")
            }
            guard !item.value.isEmpty else {
                throw reader.refusal(field, "\(item.name) is empty")
            }
            values[item.name, default: []].append((field, item.value))
        }
    }

    /// The only value of a name that stands once.
    func single(_ name: String) -> (field: String, text: String)? { values[name]?.first }

    /// Where the first pair of any of these names stands.
    func first(of names: Set<String>) -> (field: String, name: String)? {
        values.filter { names.contains($0.key) }
            .compactMap { entry in entry.value.first.map { ($0.field, entry.key) } }
            .min { $0.1 < $1.1 }
    }

    /// The canonical identifiers of a name.
    func identifiers(_ name: String) throws(Refusal) -> [String] {
        var found: [String] = []
        for value in values[name] ?? [] {
            found.append(try reader.identifier(value.text, value.field))
        }
        return found
    }

    /// The canonical identifiers of a name, which must be of these kinds or of an unknown one.
    func identifiers(_ name: String, _ kinds: Set<SubjectKind>) throws(Refusal) -> [String] {
        var found: [String] = []
        for value in values[name] ?? [] {
            found.append(try reader.identifier(value.text, kinds, value.field))
        }
        return found
    }
}
