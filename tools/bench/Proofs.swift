import Foundation
import GRDBSQLite
import MerkleTrees
import Records
import Sequencing
import Storage

/// What proofs cost, each beside the bare reading of the rows it is made from.
struct Proofs {
    /// One kind of proof: median processor seconds of making it, and of only reading its rows.
    struct Figure: Codable {
        var seconds = 0.0
        var rowSeconds = 0.0
    }

    /// How often each is made.
    private static let rounds = 401

    private let directory: String
    private let network: BenchNetwork
    /// How many leaves of the log may be asked for.
    private let entries: Int
    private let depth: Int

    /// The proofs of a node's log.
    init(directory: String, network: BenchNetwork, entries: Int) {
        self.directory = directory
        self.network = network
        self.entries = entries
        depth = LogIdentity(origin: BenchNetwork.origin, network: network.id).indexDepth
    }

    /// Presence of an entry, absence of a subject, completeness of a chain of a hundred links.
    func measure() throws -> (presence: Figure, absence: Figure, completeness: Figure) {
        let ledger = try Ledger.inspect(directory: directory)
        defer { try? ledger.close() }
        let rows = try BareRows(path: directory + "/ledger.sqlite")
        let genesis = try network.file.verified()
        return try ledger.read { store in
            let state = try LogStart.state(
                of: store, genesis: genesis, origin: BenchNetwork.origin,
                indexDepth: depth)
            return (
                try presence(store, rows, size: state.size), try absence(store, rows, state.index),
                try completeness(store, rows, state.index)
            )
        }
    }

    /// An entry with its path to the root.
    private func presence(
        _ store: LedgerStore, _ rows: BareRows, size: UInt64
    ) throws -> Figure {
        let reader = TreeReader(tiles: store, size: size)
        return try compare { round in
            let index = UInt64(round &* 7_919 % entries)
            _ = try store.entry(at: index)
            _ = try reader.inclusionProof(of: index)
        } rows: { round in
            let index = UInt64(round &* 7_919 % entries)
            try rows.read("SELECT bytes FROM entry WHERE place = ?", Int64(index))
            for level in 0..<8 where size >> (8 * UInt64(level)) > 0 {
                let tile = index >> (8 * UInt64(level) + 8)
                try rows.read(
                    "SELECT nodes FROM tile WHERE place = ?", Int64(level) << 36 | Int64(tile))
            }
        }
    }

    /// A subject that the log does not know.
    private func absence(
        _ store: LedgerStore, _ rows: BareRows, _ index: SubjectIndex
    ) throws -> Figure {
        try compare { round in
            _ = try index.proof(for: [unknown(round)], leaves: store)
        } rows: { round in
            try readBucket(of: unknown(round), store, rows)
        }
    }

    /// All hundred links of a batch: index, back links, entries and manifests.
    private func completeness(
        _ store: LedgerStore, _ rows: BareRows, _ index: SubjectIndex
    ) throws -> Figure {
        let key = Subject(facet: .events, uri: network.chainBatch).key(in: network.id)
        let places = try store.links(of: key)
        guard places.count == 100 else {
            throw BenchError("the chain has \(places.count) links, not 100")
        }
        return try compare { _ in
            _ = try index.proof(for: [key], leaves: store)
            for place in try store.links(of: key) {
                _ = try store.entry(at: place.leafIndex)
                let manifest = try store.manifest(at: place.leafIndex).map(Manifest.decode)
                _ = manifest?.tree.inclusionProof(of: Int(place.row))
            }
        } rows: { _ in
            try readBucket(of: key, store, rows)
            for place in places {
                let leaf = Int64(place.leafIndex)
                try rows.read("SELECT before FROM link WHERE place = ?", leaf)
                try rows.read("SELECT bytes FROM entry WHERE place = ?", leaf)
                try rows.read("SELECT bytes FROM manifest WHERE place = ?", leaf)
            }
        }
    }

    private func unknown(_ round: Int) -> Hash256 { Hash256.sha256(Array("unknown \(round)".utf8)) }

    private func readBucket(of key: Hash256, _ store: LedgerStore, _ rows: BareRows) throws {
        let position = IndexLeaf(key: key, head: .empty).position
        let bucket = position.leadingWord >> UInt64(64 - depth)
        try rows.read("SELECT hash, leaves FROM bucket WHERE place = ?", Int64(bucket))
    }

    private func compare(
        _ proof: (Int) throws -> Void, rows: (Int) throws -> Void
    ) throws -> Figure {
        var times: (proof: [Double], rows: [Double]) = ([], [])
        for round in 0..<Self.rounds {
            // Whoever goes first warms the cache for the other.
            for step in 0..<2 {
                let start = Machine.cpuSeconds()
                if (round + step).isMultiple(of: 2) {
                    try proof(round)
                    times.proof.append(Machine.cpuSeconds() - start)
                } else {
                    try rows(round)
                    times.rows.append(Machine.cpuSeconds() - start)
                }
            }
        }
        return Figure(
            seconds: times.proof.percentile(0.5), rowSeconds: times.rows.percentile(0.5))
    }
}

/// SQLite by its own calls, prepared once for each text: what reading a row costs at least.
///
/// Safe: the handles live as long as the value, and every column is copied out.
@safe final class BareRows {
    private var database: OpaquePointer? = nil
    private var statements: [String: OpaquePointer]

    /// Opens a database for reading.
    init(path: String) throws {
        unsafe statements = [:]
        guard unsafe sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, nil) == SQLITE_OK,
            // All rows in one snapshot, as the proofs have theirs.
            unsafe sqlite3_exec(database, "BEGIN", nil, nil, nil) == SQLITE_OK
        else { throw BenchError("\(path) cannot be opened") }
    }

    deinit {
        unsafe statements.values.forEach { unsafe sqlite3_finalize($0) }
        unsafe sqlite3_close(database)
    }

    /// Reads the row of a key, if there is one, every column of it copied.
    func read(_ sql: String, _ key: Int64) throws {
        let statement = unsafe try statement(sql)
        unsafe sqlite3_bind_int64(statement, 1, key)
        defer { unsafe sqlite3_reset(statement) }
        guard unsafe sqlite3_step(statement) == SQLITE_ROW else { return }
        let columns = unsafe sqlite3_column_count(statement)
        for column in 0..<columns {
            guard let start = unsafe sqlite3_column_blob(statement, column) else { continue }
            let count = unsafe Int(sqlite3_column_bytes(statement, column))
            _ = unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
        }
    }

    private func statement(_ sql: String) throws -> OpaquePointer {
        if let known = unsafe statements[sql] { return unsafe known }
        var made: OpaquePointer?
        guard unsafe sqlite3_prepare_v2(database, sql, -1, &made, nil) == SQLITE_OK,
            let made = unsafe made
        else { throw BenchError("\(sql) cannot be prepared") }
        unsafe statements[sql] = made
        return unsafe made
    }
}
