import EPCIS
import Foundation
import GRDB
import Queries
import Records

/// An event as a search of the views finds it.
struct FoundEvent {
    /// Its place in the log.
    var number: Int64
    /// Its event time.
    var timeMilliseconds: Int64
    /// When it was registered.
    var registeredMilliseconds: Int64
    /// The digest of its part.
    var digest: [UInt8]
    /// Who signed it.
    var issuer: String
}

/// A search of the views for all events that a query may match, in the query's order.
///
/// What it finds includes all matches and little else; who searches judges each, by its bytes.
///
/// One key drives the search: that with the fewest events, if they are few enough to be put in
/// order. Else events are gone through in order, and the other keys are looked up for each: where
/// every key has many events, matches are not far apart. So the cost follows the answer, whatever
/// the size of the log.
struct EventSearch {
    /// Terms of one kind, one of which an event has.
    struct TermList {
        var kind: TermKind
        var texts: [String]
    }

    /// Terms of kinds; all lists hold together.
    var terms: [TermList] = []
    /// Things that events name; all lists hold together.
    var subjects: [[IndexKeys.Identifier]] = []
    /// Event IDs; nil for any.
    var eventIDs: [String]?
    /// Event times.
    var times = Int64.min..<Int64.max
    /// Record times.
    var recordTimes = Int64.min..<Int64.max
    /// Leaves below which events stand.
    var leafLimit: UInt64
    /// Who searches.
    var reader: Reader
    /// In what order.
    var isByEventTime = false
    /// Whether the newest come first.
    var isDescending = false
    /// Behind which place to begin: a time, if ordered by event time, and a number.
    var after: (milliseconds: Int64, number: Int64)?

    init(leafLimit: UInt64, reader: Reader) {
        self.leafLimit = leafLimit
        self.reader = reader
    }

    /// What of an event is read.
    private static let columns = "e.number, e.time, e.registered, e.digest, e.issuer"
    /// How many events of a key are put in order at most.
    static let sortedLimit = 8_192
    /// How many alternatives of a list are looked up for each event.
    private static let probedLimit = 16
    /// How many beginnings of identifiers one list may have and drive the search.
    private static let beginningsLimit = 64
}

// MARK: - Running

extension EventSearch {
    /// Gives what it finds, in order, until `body` answers false.
    func run(in database: Database, _ body: (FoundEvent) throws -> Bool) throws {
        guard !times.isEmpty, !recordTimes.isEmpty else { return }
        guard let keys = try keys(in: database) else { return }
        let filter = try filter(in: database)
        guard filter.numbers.lowerBound < filter.numbers.upperBound else { return }
        var sql = SQLText()
        if let driver = try driver(of: keys, filter, in: database) {
            sql += "SELECT \(Self.columns) FROM (SELECT DISTINCT n FROM ("
            sql += driver
            sql += ")) s CROSS JOIN event e ON e.number = s.n WHERE "
        } else {
            sql += "SELECT \(Self.columns) FROM event e "
            sql += isByEventTime ? "INDEXED BY event_time WHERE " : "NOT INDEXED WHERE "
        }
        sql += filter.sql(isByEventTime: isByEventTime, isDescending: isDescending, after: after)
        for key in keys where key.isProbed {
            sql += " AND "
            sql += key.probe
        }
        let direction = isDescending ? "DESC" : "ASC"
        sql +=
            isByEventTime
            ? " ORDER BY e.time \(direction), e.number \(direction)"
            : " ORDER BY e.number \(direction)"
        let rows = try GRDB::Row.fetchCursor(
            database, sql: sql.text, arguments: StatementArguments(sql.values))
        while let row = try rows.next() {
            guard try body(Self.found(row)) else { return }
        }
    }

    /// Whether its keys lead to few events.
    func isSelective(in database: Database) throws -> Bool {
        guard let keys = try keys(in: database) else { return true }
        return try driver(of: keys, try filter(in: database), in: database) != nil
    }

    private static func found(_ row: GRDB::Row) throws -> FoundEvent {
        guard let number = Int64.fromDatabaseValue(row[0]),
            let time = Int64.fromDatabaseValue(row[1]),
            let registered = Int64.fromDatabaseValue(row[2]),
            let digest = Data.fromDatabaseValue(row[3]),
            let issuer = String.fromDatabaseValue(row[4])
        else {
            throw StorageError(
                code: "storage.corrupt", place: Views.fileName,
                reason: "a row is not readable; run cairn rebuild")
        }
        return FoundEvent(
            number: number, timeMilliseconds: time, registeredMilliseconds: registered,
            digest: [UInt8](digest), issuer: issuer)
    }

    /// The key with the fewest events, if they are few; nil if all have many.
    private func driver(
        of keys: [SearchKey], _ filter: EventFilter, in database: Database
    ) throws -> SQLText? {
        var best: (count: Int, sql: SQLText)?
        var candidates = keys.compactMap(\.numbers)
        if isByEventTime, let window = filter.recordWindow { candidates.append(window) }
        if !isByEventTime, let window = filter.timeWindow { candidates.append(window) }
        for candidate in candidates {
            var count = SQLText("SELECT count(*) FROM (")
            count += candidate
            count += " LIMIT \(Self.sortedLimit))"
            let found = try Int.fetchOne(
                database, sql: count.text, arguments: StatementArguments(count.values))
            let known = found ?? 0
            if known < best?.count ?? Self.sortedLimit { best = (known, candidate) }
        }
        return best?.sql
    }
}

// MARK: - Keys

/// One condition that an index can look up.
private struct SearchKey {
    /// Selects the numbers, named `n`, of all events that hold to it; nil where that is too long.
    var numbers: SQLText?
    /// Whether one event is looked up by it.
    var isProbed: Bool
    /// The condition on one event `e`.
    var probe: SQLText
}

extension EventSearch {
    /// The conditions; nil if nothing can hold to one of them.
    private func keys(in database: Database) throws -> [SearchKey]? {
        var keys: [SearchKey] = []
        for list in terms {
            let numbers = try termNumbers(list, in: database)
            guard !numbers.isEmpty else { return nil }
            keys.append(Self.key(ofTerms: numbers))
        }
        let readable = try readableTerms(in: database)
        guard !readable.isEmpty else { return nil }
        var key = Self.key(ofTerms: readable)
        // The event's own row tells who may read it.
        key.isProbed = true
        key.probe = SQLText("e.readers IN (\(readable.map(String.init).joined(separator: ",")))")
        keys.append(key)
        keys += subjects.map(Self.key(ofSubjects:))
        if let eventIDs {
            let list = Self.json(eventIDs.map { String(EventKey.of($0)) })
            let numbers = SQLText(
                "SELECT number AS n FROM event INDEXED BY event_id WHERE id_key IN "
                    + "(SELECT value FROM json_each(?))", [list])
            let probe = SQLText("e.id_key IN (SELECT value FROM json_each(?))", [list])
            keys.append(SearchKey(numbers: numbers, isProbed: true, probe: probe))
        }
        return keys
    }

    private static func key(ofTerms numbers: [Int64]) -> SearchKey {
        let list = json(numbers.map(String.init))
        return SearchKey(
            numbers: SQLText(
                "SELECT event AS n FROM posting WHERE term IN (SELECT value FROM json_each(?))",
                [list]),
            isProbed: numbers.count <= probedLimit,
            probe: SQLText(
                "EXISTS(SELECT 1 FROM posting p WHERE p.event = e.number AND p.term IN "
                    + "(\(places(numbers.count))))", numbers))
    }

    private static func key(ofSubjects identifiers: [IndexKeys.Identifier]) -> SearchKey {
        var exact: [String] = []
        var beginnings: [String] = []
        for identifier in identifiers {
            switch identifier {
            case .exactly(let uri): exact.append(uri)
            case .beginning(let text): beginnings.append(text)
            }
        }
        let list = json(exact.map(quoted))
        var numbers = SQLText(
            "SELECT event AS n FROM flow WHERE subject IN (SELECT value FROM json_each(?))", [list])
        for beginning in beginnings.prefix(beginningsLimit) {
            // No URI has a byte above 0x7E: what begins so comes before it with such a one.
            numbers += SQLText(
                " UNION ALL SELECT event FROM flow WHERE subject >= ? AND subject < ?",
                [beginning, beginning + "\u{7F}"])
        }
        return SearchKey(
            numbers: beginnings.count <= beginningsLimit ? numbers : nil,
            isProbed: beginnings.isEmpty && exact.count <= probedLimit,
            probe: SQLText(
                "EXISTS(SELECT 1 FROM flow f WHERE f.subject IN (\(places(exact.count))) "
                    + "AND f.time = e.time AND f.event = e.number)", exact))
    }

    /// The numbers of terms; of texts that no event has there is none.
    private func termNumbers(_ list: TermList, in database: Database) throws -> [Int64] {
        try Int64.fetchAll(
            database,
            sql: "SELECT number FROM term WHERE kind = ? AND text IN "
                + "(SELECT value FROM json_each(?))",
            arguments: [list.kind.rawValue, Self.json(list.texts.map(Self.quoted))])
    }

    /// The terms of what the reader may see: for whom the ledger is no secret, all; for whom there
    /// are grants, those of all that their issuers may see, of which the ledger tells the rest.
    private func readableTerms(in database: Database) throws -> [Int64] {
        switch reader {
        case .nodeOperator:
            return try Int64.fetchAll(
                database, sql: "SELECT number FROM term WHERE kind = ?",
                arguments: [TermKind.readers.rawValue])
        case .anonymous:
            let texts = TermList(kind: .readers, texts: [TermNumbers.everybody])
            return try termNumbers(texts, in: database)
        case .member(let organisation):
            let texts = [TermNumbers.everybody, TermNumbers.members]
            return try termNumbers(TermList(kind: .readers, texts: texts), in: database)
                + Int64.fetchAll(
                    database,
                    sql: """
                        SELECT term FROM reading WHERE organisation = ?1
                        UNION SELECT r.term FROM (
                            SELECT DISTINCT issuer FROM opening WHERE organisation = ?1) o
                        JOIN reading r ON r.organisation = o.issuer
                        """,
                    arguments: [organisation])
        }
    }

    /// Places for so many parameters.
    private static func places(_ count: Int) -> String {
        Array(repeating: "?", count: count).joined(separator: ",")
    }

    private static func json(_ elements: [String]) -> String {
        "[" + elements.joined(separator: ",") + "]"
    }

    private static func quoted(_ text: String) -> String {
        String(decoding: JSONValue.string(text).serialized(), as: UTF8.self)
    }
}

// MARK: - Ranges

/// The ranges of number and time in which events are sought.
private struct EventFilter {
    var numbers: Range<Int64>
    var times: Range<Int64>
    /// Whether the record times were restricted.
    var isRecordTimed: Bool

    /// The numbers of events in the range of event times, if that is restricted.
    var timeWindow: SQLText? {
        guard times != Int64.min..<Int64.max else { return nil }
        return SQLText(
            "SELECT number AS n FROM event INDEXED BY event_time WHERE time >= ? AND time < ?",
            [times.lowerBound, times.upperBound])
    }

    /// The numbers of events in the range of record times, if that is restricted.
    var recordWindow: SQLText? {
        guard isRecordTimed else { return nil }
        return SQLText(
            "SELECT number AS n FROM event NOT INDEXED WHERE number >= ? AND number < ?",
            [numbers.lowerBound, numbers.upperBound])
    }

    /// The condition on an event `e`.
    func sql(
        isByEventTime: Bool, isDescending: Bool, after: (milliseconds: Int64, number: Int64)?
    ) -> SQLText {
        var (numbers, times) = (self.numbers, self.times)
        var behind = SQLText("")
        if let after, !isByEventTime {
            numbers =
                isDescending
                ? numbers.clamped(to: Int64.min..<after.number)
                : numbers.clamped(to: after.number + 1..<Int64.max)
        } else if let after {
            times =
                isDescending
                ? times.clamped(to: Int64.min..<after.milliseconds + 1)
                : times.clamped(to: after.milliseconds..<Int64.max)
            let sign = isDescending ? "<" : ">"
            behind = SQLText(
                " AND (e.time \(sign) ? OR e.number \(sign) ?)",
                [after.milliseconds, after.number])
        }
        var sql = SQLText(
            "e.number >= ? AND e.number < ? AND e.time >= ? AND e.time < ?",
            [numbers.lowerBound, numbers.upperBound, times.lowerBound, times.upperBound])
        sql += behind
        return sql
    }
}

extension EventSearch {
    private func filter(in database: Database) throws -> EventFilter {
        let isTimed = recordTimes != Int64.min..<Int64.max
        var numbers = Int64(0)..<EventNumber.first(ofLeaf: leafLimit)
        if isTimed {
            let first = try number(registeredFrom: recordTimes.lowerBound, in: database)
            let end = try number(registeredFrom: recordTimes.upperBound, in: database)
            numbers = numbers.clamped(to: first..<max(first, end))
        }
        return EventFilter(numbers: numbers, times: times, isRecordTimed: isTimed)
    }

    /// The number from which on events were registered at a time or later.
    ///
    /// Registration times never decrease along the log (SPEC §14), so that halving finds it.
    private func number(registeredFrom time: Int64, in database: Database) throws -> Int64 {
        let last = try Int64.fetchOne(database, sql: "SELECT max(number) FROM event") ?? -1
        var (low, high) = (Int64(0), last + 1)
        let next = try database.cachedStatement(
            sql: "SELECT registered FROM event WHERE number >= ? ORDER BY number LIMIT 1")
        while low < high {
            let middle = low + (high - low) / 2
            let registered = try Int64.fetchOne(next, arguments: [middle]) ?? Int64.max
            if registered < time { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// SQL with the values of its parameters.
struct SQLText {
    private(set) var text: String
    private(set) var values: [any DatabaseValueConvertible] = []

    init(_ text: String = "", _ values: [any DatabaseValueConvertible] = []) {
        self.text = text
        self.values = values
    }

    static func += (left: inout SQLText, right: SQLText) {
        left.text += right.text
        left.values += right.values
    }

    static func += (left: inout SQLText, right: String) { left.text += right }
}
