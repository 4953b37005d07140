import MerkleTrees
import Notes
package import Records
import Sequencing

/// Recomputes one snapshot of a ledger from its bytes and compares every row of every table.
///
/// The log is replayed by the rules of SPEC §14 through the code that wrote it; nothing that is
/// stored beside entries, manifests and parts is believed. A row that differs, is missing or is too
/// many is a finding. Where the log itself breaks a rule the replay is over, and so is the check:
/// what follows cannot be recomputed.
///
/// Memory grows with the subjects of the log (about 150 bytes each), not with its entries.
package struct LedgerCheck {
    /// The most findings that are listed.
    package static let findingsLimit = 1_000

    let store: LedgerStore
    private let genesis: GovernanceState
    private let progress: (_ done: UInt64, _ all: UInt64) -> Void
    private(set) var findings: [CheckFinding] = []
    private(set) var replay: LogReplay
    private var tiles = TileWriter()
    private var edges: [Int: TileWriter.Tile] = [:]
    private(set) var expected = ExpectedRows()
    private let rootSizes: Set<UInt64>
    private var roots: [UInt64: Hash256] = [:]

    private init(
        _ store: LedgerStore, genesis: GovernanceState, rootSizes: Set<UInt64>,
        progress: @escaping (_ done: UInt64, _ all: UInt64) -> Void
    ) {
        self.store = store
        self.genesis = genesis
        self.progress = progress
        self.rootSizes = rootSizes
        replay = LogReplay(
            genesis: genesis, origin: store.identity.origin,
            indexDepth: min(16, store.identity.indexDepth))
    }

    /// Checks a snapshot.
    ///
    /// - Parameters:
    ///   - store: the snapshot.
    ///   - genesis: the governance of the genesis file.
    ///   - acknowledged: what the log must hold because it told others so.
    ///   - progress: told how many entries of how many have been replayed.
    /// - Returns: what does not hold, what is missing, and what the log is.
    package static func report(
        on store: LedgerStore, genesis: GovernanceState, acknowledged: [Acknowledgement] = [],
        progress: @escaping (_ done: UInt64, _ all: UInt64) -> Void = { _, _ in }
    ) -> LedgerReport {
        var check = LedgerCheck(
            store, genesis: genesis, rootSizes: Set(acknowledged.map(\.checkpoint.size)),
            progress: progress)
        do {
            try check.checkFile()
            try check.checkIdentity()
            if try check.replayLog() { try check.checkTables() }
        } catch let error as StorageError {
            check.add("database", error.place, "\(error.code): \(error.reason)")
        } catch {
            check.add("database", store.identity.origin, "\(error)")
        }
        let log = check.recomputed
        return LedgerReport(
            findings: check.findings, size: log.size, root: check.replay.state.frontier.root,
            objections: acknowledged.map(log.objection))
    }

    private var recomputed: RecomputedLog {
        RecomputedLog(
            origin: store.identity.origin, governance: replay.state.sealedGovernance,
            size: replay.state.size, roots: roots)
    }

    mutating func add(_ table: String, _ key: some CustomStringConvertible, _ reason: String) {
        guard findings.count < Self.findingsLimit else { return }
        findings.append(CheckFinding(table: table, key: "\(key)", reason: reason))
    }

    // MARK: The file

    private mutating func checkFile() throws(StorageError) {
        let messages = try SQLStatement(store.database, "PRAGMA integrity_check(100)").all {
            $0.text(0)
        }
        for message in messages where message != "ok" { add("database", "structure", message) }
        let (declared, known) = try StorageError.mapping("schema") {
            try (LedgerSchema.declarations(store.database), LedgerSchema.declarations())
        }
        for row in Set(declared).symmetricDifference(known) {
            add("database", row[1], "this \(row[0]) is missing, too many or declared otherwise")
        }
    }

    private mutating func checkIdentity() throws {
        let identity = try Ledger.readIdentity(store.database)
        if identity != store.identity {
            add("log", store.log, "it has changed since the ledger was opened")
        }
        if identity.network != genesis.network {
            add("log", store.log, "it is a log of another network")
        }
        if genesis.logKeys(origin: store.identity.origin) == nil,
            try store.size() == 0
        {
            add("log", store.log, "genesis knows no log \(store.identity.origin)")
        }
        let rows = try SQLStatement(store.database, "SELECT count(*) FROM log").first {
            $0.integer(0)
        }
        if rows != 1 { add("log", "*", "there are \(rows ?? 0) logs, not one") }
    }

    // MARK: The log

    /// Replays the log; false if a breach ended it.
    private mutating func replayLog() throws -> Bool {
        let size = try store.size()
        for index in 0..<size {
            guard let entry = try store.entry(at: index) else {
                add("entry", index, "the row is missing")
                return false
            }
            do {
                try replayEntry(entry, at: index)
            } catch let breach as LogBreach {
                add(Self.table(of: breach), breach.leafIndex, "\(breach)")
                return false
            }
            if index % 1_000 == 999 || index + 1 == size { progress(index + 1, size) }
        }
        for tile in edges.values { try compare(tile) }
        return true
    }

    private static func table(of breach: LogBreach) -> String {
        switch breach.rule {
        case 3: breach.code.hasPrefix("governance") ? "part" : "manifest"
        case 6: "seal"
        default: "entry"
        }
    }

    private mutating func replayEntry(_ entry: [UInt8], at index: UInt64) throws {
        let manifest = try store.manifest(at: index)
        let part = try manifest.flatMap { bytes in try governancePart(bytes) }
        switch try replay.append(entry: entry, manifest: manifest, governancePart: part) {
        case .statement(let appended, let verified, let manifest):
            try checkStatement(manifest, verified, at: appended.leafIndex)
        case .seal(let group):
            if manifest != nil { add("manifest", index, "a seal has none") }
            guard let checkpoint = try store.checkpoint(ofSeal: index) else {
                return add("seal", index, "the row is missing")
            }
            try replay.check(checkpoint: checkpoint)
            expected.seals += 1
            if rootSizes.contains(group.treeSize) { roots[group.treeSize] = group.root }
            for tile in tiles.append(group.leafHashes) {
                if tile.hashes.count < TilePath.fullWidth {
                    edges[tile.level] = tile
                } else {
                    edges[tile.level] = nil
                    try compare(tile)
                }
            }
        }
    }

    /// The part of a statement that is governance by its only row.
    private mutating func governancePart(_ manifest: [UInt8]) throws -> [UInt8]? {
        let key = Subject.network(genesis.network).key(in: genesis.network)
        guard let rows = try? Manifest.decode(manifest).rows, rows.count == 1, let row = rows.first,
            row.key == key
        else { return nil }
        let bytes = try store.storedPart(row.part)
        if let bytes, (try? Part.decode(bytes).digest) != row.part {
            add("part", row.part.hex, "its bytes have another digest")
        }
        return bytes
    }

    private mutating func compare(_ tile: TileWriter.Tile) throws {
        expected.tiles += 1
        let key = "\(tile.level)/\(tile.index)"
        guard let place = Place.tile(log: store.log, level: tile.level, index: tile.index),
            let bytes = try store.sql(.tile).first(.integer(place), read: { $0.bytes(0) })
        else { return add("tile", key, "the row is missing") }
        if bytes != tile.hashes.flatMap(\.bytes) { add("tile", key, "it is not what entries give") }
    }

    // MARK: Statements

    private mutating func checkStatement(
        _ manifest: Manifest, _ verified: VerifiedStatement, at index: UInt64
    ) throws {
        let place = Place.key(log: store.log, index)
        expected.statements += 1
        let ids = try store.sql(.statements).all(.integer(Place.prefix(verified.id))) {
            $0.integer(0)
        }
        if !ids.contains(place) { add("statement", verified.id.hex, "it is not found at \(index)") }
        let before = BackLinks.encode(manifest, at: index, last: &expected.lastLinks)
        if try store.sql(.links).first(.integer(place), read: { $0.bytes(0) }) != before {
            add("link", index, "the row is missing or not what entries give")
        }
        for digest in manifest.partDigests { try checkPart(digest, verified, at: index) }
    }

    private mutating func checkPart(
        _ digest: Hash256, _ verified: VerifiedStatement, at index: UInt64
    ) throws {
        let place = Place.key(log: store.log, index)
        expected.partUses += 1
        guard let number = try store.partNumber(digest) else {
            return add("part", digest.hex, "entry \(index) names it and it is not found")
        }
        let uses = try store.sql(.partUses).all(.integer(Place.prefix(digest))) {
            ($0.integer(0), $0.integer(1))
        }
        if uses.filter({ $0 == (place, number) }).count != 1 {
            add("part_use", digest.hex, "its use by entry \(index) is not listed")
        }
        guard let bytes = try store.storedPart(digest), let part = try? Part.decode(bytes),
            part.digest == digest, part.contentType == PartContentType.record,
            let record = try? Record.read(part.content)
        else { return }
        if let id = record.id {
            expected.records.insert(
                ExpectedRows.Record(id: id, place: place, number: number))
        }
        if RecordedDelegations.concerns(record) {
            expected.authorities.insert(ExpectedRows.Use(place: place, number: number))
        }
        if record.kind == .erasure, case .part(let target) = record.target {
            expected.erasures.insert(target)
        }
    }
}

/// What the entries say must be in the tables.
struct ExpectedRows {
    /// A row of the `record` table.
    struct Record: Hashable {
        var id: String
        var place: Int64
        var number: Int64
    }

    /// A row of the `authority` table.
    struct Use: Hashable {
        var place: Int64
        var number: Int64
    }

    var statements = 0
    var seals = 0
    var tiles = 0
    var partUses = 0
    var lastLinks: [Hash256: LinkPlace] = [:]
    var records: Set<Record> = []
    var authorities: Set<Use> = []
    var erasures: Set<Hash256> = []
}
