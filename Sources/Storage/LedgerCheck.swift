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
/// Signatures and hashes are computed on all cores, the rest in order on one. Memory grows with the
/// subjects of the log (about 250 bytes each) and its parts and statements (about 150 each).
package struct LedgerCheck {
    /// The most findings that are listed.
    package static let findingsLimit = 1_000

    let store: LedgerStore
    let genesis: GovernanceState
    private(set) var findings: [CheckFinding] = []
    let progress: (_ done: UInt64, _ all: UInt64) -> Void
    let rootSizes: Set<UInt64>
    var replay: LogReplay
    var tiles = TileWriter()
    var edges: [Int: TileWriter.Tile] = [:]
    var roots: [UInt64: Hash256] = [:]
    var parts = StoredParts()
    var expected = ExpectedRows()
    /// Up to which size the log may have come back from its mirrors.
    private(set) var lostSize: UInt64 = 0

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
            check.lostSize = try store.lostSize()
            try check.readParts()
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
        // A mirror may be of a log that an amendment names.
        if store.kind == .own, genesis.logKeys(origin: store.identity.origin) == nil,
            try store.size() == 0
        {
            add("log", store.log, "genesis knows no log \(store.identity.origin)")
        }
        let rows = try SQLStatement(store.database, "SELECT count(*) FROM log").first {
            $0.integer(0)
        }
        if rows != 1 { add("log", "*", "there are \(rows ?? 0) logs, not one") }
    }
}
