import Foundation
import GRDB
import MerkleTrees

/// Takes out of the views whatever follows from one part: an event or a record that was erased.
///
/// Afterwards they are what filling them anew from the ledger would make of it, where the part's
/// bytes are gone. `secure_delete` overwrites the rows.
struct ViewErasure {
    private enum Row {
        case event(Int64)
        case record(Int64)
    }

    private let database: Database
    private let row: Row

    /// The erasure of a part; nil where the views hold nothing of it.
    init?(_ digest: Hash256, in database: Database) throws {
        self.database = database
        let digest = Data(digest.bytes)
        if let number = try Int64.fetchOne(
            database, sql: "SELECT number FROM event WHERE digest = ?", arguments: [digest])
        {
            row = .event(number)
        } else if let number = try Int64.fetchOne(
            database, sql: "SELECT number FROM record WHERE digest = ?", arguments: [digest])
        {
            row = .record(number)
        } else {
            return nil
        }
    }

    /// Deletes its rows.
    func run() throws {
        switch row {
        case .event(let number):
            try StoredStory.erase(number, from: database)
            try erasePostings(of: number)
            try delete("event WHERE number = ?", [number])
        case .record(let number):
            try eraseNames(of: number)
            try delete("record WHERE number = ?", [number])
        }
    }

    /// Takes an event off the lists it is on, and away with the terms that no other event has.
    ///
    /// Which lists those are only the event's bytes would tell, so each is asked.
    private func erasePostings(of event: Int64) throws {
        let terms = try Int64.fetchAll(
            database,
            sql: """
                SELECT t.number FROM term t
                CROSS JOIN posting p ON p.term = t.number AND p.event = ?
                """, arguments: [event])
        for term in terms {
            try delete("posting WHERE term = ? AND event = ?", [term, event])
            let isUsed = try Bool.fetchOne(
                database, sql: "SELECT EXISTS(SELECT 1 FROM posting WHERE term = ?)",
                arguments: [term])
            guard isUsed == false else { continue }
            try delete("term WHERE number = ?", [term])
            try delete("reading WHERE term = ?", [term])
        }
    }

    /// Takes a record off the things it names.
    private func eraseNames(of record: Int64) throws {
        let names = try String.fetchAll(
            database, sql: "SELECT uri FROM about WHERE record = ?",
            arguments: [record])
        for name in names { try delete("about WHERE uri = ? AND record = ?", [name, record]) }
        try delete("inside WHERE record = ?", [record])
        try delete("opening WHERE record = ?", [record])
    }

    private func delete(_ rows: String, _ arguments: StatementArguments) throws {
        try database.execute(sql: "DELETE FROM \(rows)", arguments: arguments)
    }
}
