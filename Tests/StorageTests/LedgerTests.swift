import Foundation
import GRDB
import MerkleTrees
import Records
import Sequencing
import Support
import Testing

@testable import Storage

struct `The ledger` {
    private let rig: StorageRig

    init() throws { rig = try StorageRig() }

    @Test func `does what a ledger must`() throws {
        let complaints = try LedgerConformance.complaints(
            network: rig.network, ledger: try rig.create())
        #expect(complaints == [])
    }

    @Test func `gives the same answers after it was opened again`() throws {
        let ledger = try rig.filled()
        let before = try ledger.read { try $0.entries(0..<$0.size()) }
        try ledger.close()
        let again = try open()
        #expect(try again.read { try $0.entries(0..<$0.size()) } == before)
        var resumed = try SequencerRig(network: rig.network, ledger: again)
        try resumed.register(try rig.network.trade(batches: 1, name: "later"))
        #expect(try again.read { try $0.size() } == UInt64(before.count) + 4)
    }

    /// Lets the directory's lock go with the value before.
    private func open() throws -> Ledger { try Ledger.open(directory: rig.directory.path) }

    @Test func `a chain longer than a limit is not walked`() throws {
        let ledger = try rig.filled()
        try ledger.read { store in
            let events = Subject(facet: .events, uri: rig.network.supplier.batch("lot-1"))
            let key = events.key(in: rig.network.id)
            let links = try store.links(of: key)
            try #require(!links.isEmpty)
            let count = UInt64(links.count)
            #expect(try store.links(of: key, atMost: count) == links)
            #expect(try store.links(of: key, atMost: count - 1) == nil)
        }
    }

    // MARK: Opening

    @Test func `the writer syncs every commit, erases what it deletes, and says so`() throws {
        let ledger = try rig.create()
        let settings = try ledger.write { store in
            try ["synchronous", "secure_delete", "journal_mode", "wal_autocheckpoint"].map {
                try Ledger.pragma($0, store.database)
            }
        }
        #expect(settings == ["2", "1", "wal", "0"])
    }

    @Test func `a second opening is refused and names the lock and its holder`() throws {
        let ledger = try rig.create()
        let error = #expect(throws: StorageError.self) { try open() }
        #expect(error?.code == "storage.locked")
        #expect(error?.place == rig.directory.path + "/lock")
        #expect(
            error?.reason.contains("process \(ProcessInfo.processInfo.processIdentifier)") == true)
        withExtendedLifetime(ledger) {}
    }

    @Test func `a directory without a ledger is refused`() {
        #expect(throws: StorageError.self) { try open() }
    }

    @Test func `a ledger is not made over another`() throws {
        do { _ = try rig.create() }
        let error = #expect(throws: StorageError.self) { try rig.create() }
        #expect(error?.code == "storage.mismatch")
    }

    @Test func `a ledger of a newer program is refused`() throws {
        do {
            let ledger = try rig.create()
            try ledger.write {
                try $0.database.execute(sql: "PRAGMA user_version = \(LedgerSchema.version + 1)")
            }
        }
        let error = #expect(throws: StorageError.self) { try open() }
        #expect(error?.code == "storage.schema")
    }

    @Test func `a file that is no database is refused`() throws {
        try rig.directory.write([UInt8](repeating: 0x2a, count: 8_192), to: Ledger.fileName)
        let error = #expect(throws: StorageError.self) { try open() }
        #expect(error?.code == "storage.corrupt")
    }

    @Test func `a ledger can be read beside the node that has it`() throws {
        let ledger = try rig.filled()
        let beside = try Ledger.inspect(directory: rig.directory.path)
        let sizes = try (ledger.read { try $0.size() }, beside.read { try $0.size() })
        #expect(sizes.0 == sizes.1)
        #expect(throws: (any Error).self) {
            try beside.write { try $0.commit(rig.anyGroup(after: 0)) }
        }
    }

    // MARK: Groups

    @Test func `a reader keeps its snapshot while the writer goes on`() throws {
        let ledger = try rig.filled()
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let more = try rig.network.trade(batches: 1, name: "more")
        try ledger.read { snapshot in
            let before = try snapshot.size()
            try sequencer.register(more)
            #expect(try snapshot.size() == before)
            #expect(try snapshot.entry(at: before) == nil)
            #expect(try snapshot.seal(atOrAfter: before) == nil)
        }
        #expect(try ledger.read { try $0.size() } == sequencer.sequencer.state.size)
    }

    @Test func `a snapshot cannot be written to`() throws {
        let ledger = try rig.filled()
        let error = #expect(throws: StorageError.self) {
            try ledger.read { try $0.commit(rig.anyGroup(after: $0.size())) }
        }
        #expect(error?.code == "storage.read-only")
    }

    @Test func `a full disk refuses the group whole, and takes it when there is room`() throws {
        let ledger = try rig.filled()
        let size = try ledger.read { try $0.size() }
        try ledger.write { store in
            let pages = try Int.fetchOne(store.database, sql: "PRAGMA page_count") ?? 0
            try store.database.execute(sql: "PRAGMA max_page_count = \(pages)")
        }
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let more = try rig.network.trade(batches: 60, name: "more")
        let full = #expect(throws: StorageError.self) { try sequencer.register(more) }
        #expect(full?.code == "storage.full")
        #expect(try ledger.read { try $0.size() } == size)
        try ledger.write {
            try $0.database.execute(sql: "PRAGMA max_page_count = 1000000")
        }
        var again = try SequencerRig(network: rig.network, ledger: ledger)
        try again.register(more)
        #expect(try ledger.read { try $0.size() } == size + 63)
        let genesis = rig.network.state
        #expect(try ledger.read { LedgerCheck.report(on: $0, genesis: genesis).findings } == [])
    }

    @Test func `the WAL is copied back once it is long`() throws {
        do { try rig.create().close() }
        let ledger = try Ledger.open(directory: rig.directory.path, checkpointPages: 40)
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let wal = Ledger.fileName + "-wal"
        var sizes: [Int] = []
        for number in 0..<12 {
            try sequencer.register(try rig.network.trade(batches: 1, name: "w\(number)"))
            sizes.append(try rig.directory.read(wal).count)
        }
        #expect(try #require(sizes.max()) < 100 * 4_120, "\(sizes)")
    }

    @Test func `a part sent in two statements is kept once and knows both`() throws {
        let ledger = try rig.filled()
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let supplier = rig.network.supplier
        let part = try rig.network.note("hello", by: supplier)
        let rows = [rig.network.row(part, .events, supplier.batch("lot-0"), .mention)]
        let first = try rig.network.submission([part], rows: rows, by: supplier)
        let second = try rig.network.submission([part], rows: rows, by: rig.network.carrier)
        let leaves = try sequencer.register([first, second])
        let uses = try ledger.read { try $0.uses(of: part.digest) }
        #expect(uses == leaves)
        #expect(Set(leaves).count == 2)
        let owner = try ledger.read { try $0.firstIssuer(ofPart: part.digest) }
        #expect(owner == .organisation(supplier.uri))
        let count = try ledger.read {
            try Int.fetchOne(
                $0.database, sql: "SELECT count(*) FROM part WHERE digest = ?",
                arguments: [Data(part.digest.bytes)])
        }
        #expect(count == 1)
    }
}

/// What is left in the ledger's file of parts that were erased.
struct `An erased part` {
    private let rig: StorageRig

    init() throws { rig = try StorageRig() }

    @Test func `is gone in the very state of the ledger that has its erasure`() throws {
        let ledger = try rig.create()
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let supplier = rig.network.supplier
        let part = try rig.network.note("secret", by: supplier)
        let rows = [rig.network.row(part, .assertions, supplier.product, .mention)]
        let submission = try rig.network.submission([part], rows: rows, by: supplier)
        try sequencer.register([submission])
        #expect(try ledger.read { try $0.part(part.digest) } != nil)
        var record = Record(kind: .erasure)
        record.target = .part(part.digest)
        record.keys = rows.map(\.key)
        record.reason = "asked for"
        try sequencer.register([try rig.submission(record, by: supplier)])
        #expect(try ledger.read { try $0.part(part.digest) } == nil)
        #expect(try ledger.read { try $0.uses(of: part.digest).count } == 1)
    }

    /// Registers notes of many lengths, erases every third in an order of its own, and gives those
    /// of them that the file still holds.
    private func remains(secureDelete: String) throws -> [Int] {
        let ledger = try rig.create()
        var sequencer = try SequencerRig(network: rig.network, ledger: ledger)
        let supplier = rig.network.supplier
        var random = SplitMix64(seed: 7)
        var notes: [(number: Int, digest: Hash256)] = []
        for number in 0..<300 {
            let length = [3, 40, 900, 4_000, 9_000][number % 5]
            let text = "note-\(number)-" + String(repeating: "x", count: length)
            let part = try rig.network.note(text, by: supplier)
            let rows = [rig.network.row(part, .assertions, supplier.product, .mention)]
            try sequencer.register([try rig.network.submission([part], rows: rows, by: supplier)])
            notes.append((number, part.digest))
        }
        try ledger.write {
            try $0.database.execute(sql: "PRAGMA secure_delete = \(secureDelete)")
        }
        let gone = notes.shuffled(using: &random).prefix(200)
        for note in gone { try ledger.write { try $0.erase([note.digest]) } }
        #expect(try ledger.emptyWAL())
        try ledger.close()
        let file = Data(try rig.directory.read("ledger.sqlite"))
        return gone.map(\.number).filter { file.range(of: Data("note-\($0)-x".utf8)) != nil }
    }

    @Test func `leaves no byte in the file, whatever is erased around it`() throws {
        #expect(try remains(secureDelete: "ON") == [])
    }

    @Test func `would be found again if it were not overwritten`() throws {
        #expect(try !remains(secureDelete: "OFF").isEmpty)
    }
}
