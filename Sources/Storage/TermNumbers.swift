import Foundation
import GRDB
import MerkleTrees
import Records

/// The numbers of terms while a step of the views is filled, each looked up once.
struct TermNumbers {
    private struct Term: Hashable {
        var kind: TermKind
        var text: String
    }

    private var known: [Term: Int64] = [:]
    /// Terms kept at a time.
    private static let limit = 65_536

    /// The number of a term; a new one gets the next.
    mutating func number(_ kind: TermKind, _ text: String, in database: Database) throws -> Int64 {
        let term = Term(kind: kind, text: text)
        if let number = known[term] { return number }
        let insert = try database.cachedStatement(
            sql: "INSERT OR IGNORE INTO term(kind, text) VALUES(?, ?)")
        try insert.execute(arguments: [kind.rawValue, text])
        let select = try database.cachedStatement(
            sql: "SELECT number FROM term WHERE kind = ? AND text = ?")
        guard let number = try Int64.fetchOne(select, arguments: [kind.rawValue, text]) else {
            throw StorageError(
                code: "storage.corrupt", place: Views.fileName,
                reason: "a term is not there; run cairn rebuild")
        }
        if known.count >= Self.limit { known.removeAll(keepingCapacity: true) }
        known[term] = number
        return number
    }

    /// The number of those who may read: all, members, or the organisations of a list.
    mutating func readers(_ visibility: Visibility, in database: Database) throws -> Int64 {
        switch visibility {
        case .open: return try number(.readers, Self.everybody, in: database)
        case .network: return try number(.readers, Self.members, in: database)
        case .organisations(let listed):
            let text = Hash256.sha256(Array(listed.joined(separator: "\n").utf8)).hex
            if let number = known[Term(kind: .readers, text: text)] { return number }
            let number = try number(.readers, text, in: database)
            let insert = try database.cachedStatement(
                sql: "INSERT OR IGNORE INTO reading(organisation, term) VALUES(?, ?)")
            for organisation in listed { try insert.execute(arguments: [organisation, number]) }
            return number
        }
    }

    /// The text of the term for what is public.
    static let everybody = "public"
    /// The text of the term for what is of visibility network.
    static let members = "network"
}

/// What of an event's ID is indexed.
enum EventKey {
    /// The first 8 bytes of its SHA-256; of two IDs with one key, both are read.
    static func of(_ id: String) -> Int64 {
        let bytes = Hash256.sha256(Array(id.utf8)).bytes.prefix(8)
        return Int64(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }
}
