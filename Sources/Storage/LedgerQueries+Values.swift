import EPCIS
import GRDB
import Queries
import Records

/// A page of the values of a kind.
package struct FoundValues: Sendable {
    /// The values in the order of their bytes.
    package var values: [String] = []
    /// The last value that was looked at, if there may be more behind it.
    package var last: String?
}

extension LedgerQueries {
    /// Whether an event that the reader may see has a value.
    ///
    /// - Throws: ``WorkLimitReached``, ``StorageError``.
    package func hasEvent(
        _ kind: ValueKind, _ value: String, treeSize: UInt64
    ) throws -> Bool {
        try reading { database, reading in
            try hasEvent(kind, value, treeSize, database, reading)
        }
    }

    /// The values of a kind behind one, of events that the reader may see.
    ///
    /// A value counts only if such an event is read that has it: what is withheld, or erased, adds
    /// none.
    ///
    /// - Throws: ``WorkLimitReached`` if none was found in time, ``StorageError``.
    package func values(
        _ kind: ValueKind, after last: String?, limit count: Int, treeSize: UInt64
    ) throws -> FoundValues {
        try reading { database, reading in
            if kind == .epc {
                let search = EventSearch(leafLimit: treeSize, reader: reader)
                if try search.isSelective(in: database) {
                    return try values(of: search, kind, after: last, limit: count, database, reading)
                }
            }
            var found = FoundValues()
            var next = try candidate(kind, after: last, in: database)
            while let value = next, !limit.isReached {
                if try hasEvent(kind, value, treeSize, database, reading) {
                    guard found.values.count < count else { return found }
                    found.values.append(value)
                }
                found.last = value
                next = try candidate(kind, after: value, in: database)
            }
            if next == nil { found.last = nil }
            if next != nil, found.values.isEmpty { throw WorkLimitReached() }
            return found
        }
    }

    /// The next value that the views know, by its bytes.
    private func candidate(
        _ kind: ValueKind, after last: String?, in database: Database
    ) throws -> String? {
        if let term = kind.term {
            return try String.fetchOne(
                database.cachedStatement(
                    sql: "SELECT min(text) FROM term WHERE kind = ? AND text > ?"),
                arguments: [term.rawValue, last ?? ""])
        }
        return try String.fetchOne(
            database.cachedStatement(sql: "SELECT min(subject) FROM flow WHERE subject > ?"),
            arguments: [last ?? ""])
    }

    private func hasEvent(
        _ kind: ValueKind, _ value: String, _ treeSize: UInt64, _ database: Database,
        _ reading: LedgerReading
    ) throws -> Bool {
        var search = EventSearch(leafLimit: treeSize, reader: reader)
        if let term = kind.term {
            search.terms = [EventSearch.TermList(kind: term, texts: [value])]
        } else if try isNamedAsEPC(value, in: database) {
            search.subjects = [[.exactly(value)]]
        } else {
            return false
        }
        var isThere = false
        try search.run(in: database) { found in
            guard !limit.isReached else { throw WorkLimitReached() }
            guard let event = try event(of: found, reading) else { return true }
            isThere = kind.values(of: event.queryable.event).contains(value)
            return !isThere
        }
        return isThere
    }

    /// Whether a list of EPCs may name it: lots, sites and processes are gone by without a look at
    /// their events.
    private func isNamedAsEPC(_ value: String, in database: Database) throws -> Bool {
        let select = try database.cachedStatement(
            sql: """
                SELECT EXISTS(SELECT 1 FROM flow WHERE subject = ? AND quantity IS NULL
                AND place NOT IN ('quantityList', 'site', 'transformationID'))
                """)
        return try Bool.fetchOne(select, arguments: [value]) ?? false
    }

    /// The values of a search's events: for a reader who may see few of them.
    private func values(
        of search: EventSearch, _ kind: ValueKind, after last: String?, limit count: Int,
        _ database: Database, _ reading: LedgerReading
    ) throws -> FoundValues {
        var least: [String] = []
        try search.run(in: database) { found in
            guard !limit.isReached else { throw WorkLimitReached() }
            guard let event = try event(of: found, reading) else { return true }
            for value in kind.values(of: event.queryable.event) {
                if let last, !precedes(last, value) { continue }
                let place = least.firstIndex { !precedes($0, value) } ?? least.endIndex
                if place < least.endIndex, least[place].utf8.elementsEqual(value.utf8) { continue }
                guard place <= count else { continue }
                least.insert(value, at: place)
                if least.count > count + 1 { least.removeLast() }
            }
            return true
        }
        let values = Array(least.prefix(count))
        return FoundValues(values: values, last: least.count > count ? values.last : nil)
    }

    private func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
