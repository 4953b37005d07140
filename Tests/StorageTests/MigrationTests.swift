import Foundation
import GRDB
import Records
import Support
import Synchronization
import Testing

@testable import Storage

/// Two later schemas are invented here; that of this edition is reached in `SchemaTests`.
@Suite struct `A migration` {
    private struct Interruption: Error {}

    private static let last: Int64 = LedgerSchema.version + 2
    private static let steps: [Int64: @Sendable (Database) throws -> Void] = [
        LedgerSchema.version: {
            try $0.execute(
                sql: "CREATE TABLE later(place INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
                    + "INSERT INTO later SELECT place, bytes FROM entry")
        },
        LedgerSchema.version + 1: {
            try $0.execute(sql: "ALTER TABLE later ADD COLUMN more INTEGER")
        },
    ]

    private let rig: StorageRig
    private var path: String { rig.directory.path + "/" + Ledger.fileName }
    private var copy: String { path + ".schema-\(LedgerSchema.version)" }

    init() throws { rig = try StorageRig() }

    private func migration(
        _ reached: @escaping @Sendable (LedgerMigration.Point) throws -> Void = { _ in }
    ) -> LedgerMigration {
        LedgerMigration(version: Self.last, steps: Self.steps, reached: reached)
    }

    private func open(_ migration: LedgerMigration) throws -> Ledger {
        try Ledger.open(directory: rig.directory.path, migration: migration)
    }

    private func expectMigrated(_ entries: [[UInt8]]) throws {
        let ledger = try open(migration())
        let (version, found, rows) = try ledger.read { store in
            let rows = try Int.fetchOne(
                store.database, sql: "SELECT count(*) FROM later WHERE more IS NULL")
            return (
                try Ledger.userVersion(store.database), try store.entries(0..<store.size()), rows
            )
        }
        #expect(version == Self.last)
        #expect(found == entries)
        #expect(rows == entries.count)
        try ledger.close()
        let kept = try DatabaseQueue(path: copy)
        let (old, count, integrity) = try kept.read { database in
            (
                try Ledger.userVersion(database),
                try Int.fetchOne(database, sql: "SELECT count(*) FROM entry"),
                try String.fetchOne(database, sql: "PRAGMA integrity_check")
            )
        }
        #expect(old == LedgerSchema.version)
        #expect(count == entries.count)
        #expect(integrity == "ok")
        try kept.close()
    }

    private func entries() throws -> [[UInt8]] {
        let ledger = try rig.filled()
        let entries = try ledger.read { try $0.entries(0..<$0.size()) }
        try ledger.close()
        return entries
    }

    @Test func `keeps a copy, takes each step once, and changes no entry`() throws {
        let entries = try entries()
        let points = Mutex<[LedgerMigration.Point]>([])
        try open(migration { point in points.withLock { $0.append(point) } }).close()
        let (second, third) = (Self.last - 1, Self.last)
        #expect(
            points.withLock { $0 } == [
                .copied, .kept, .staged(second), .committed(second), .staged(third),
                .committed(third),
            ])
        try expectMigrated(entries)
        points.withLock { $0 = [] }
        try open(migration { point in points.withLock { $0.append(point) } }).close()
        #expect(points.withLock { $0 } == [])
    }

    @Test(arguments: 0..<6)
    func `that is interrupted anywhere goes on at the next start`(at place: Int) throws {
        let entries = try entries()
        let count = Mutex(0)
        let interrupted = migration { _ in
            let number = count.withLock { count in
                defer { count += 1 }
                return count
            }
            if number == place { throw Interruption() }
        }
        #expect(throws: StorageError.self) { try open(interrupted) }
        try expectMigrated(entries)
    }

    /// What is on the disk at a point is copied as a crash would leave it, and opened there.
    @Test(arguments: 0..<6)
    func `that a crash ends anywhere goes on from what is on the disk`(at place: Int) throws {
        let entries = try entries()
        let count = Mutex(0)
        let image = try TemporaryDirectory()
        let directory = rig.directory.path
        let crashing = migration { _ in
            let number = count.withLock { count in
                defer { count += 1 }
                return count
            }
            guard number == place else { return }
            for name in try FileManager.default.contentsOfDirectory(atPath: directory)
            where name != "lock" && !name.hasSuffix("-shm") {
                try FileManager.default.copyItem(
                    atPath: directory + "/" + name, toPath: image.path + "/" + name)
            }
        }
        try open(crashing).close()
        let ledger = try Ledger.open(directory: image.path, migration: migration())
        #expect(try ledger.read { try $0.entries(0..<$0.size()) } == entries)
        #expect(try ledger.read { try Ledger.userVersion($0.database) } == Self.last)
        try ledger.close()
    }

    @Test func `to an older edition is refused in words, and nothing is changed`() throws {
        let entries = try entries()
        try open(migration()).close()
        for opening in [
            { try Ledger.open(directory: rig.directory.path) },
            { try Ledger.inspect(directory: rig.directory.path) },
        ] {
            let error = #expect(throws: StorageError.self) { try opening() }
            #expect(error?.code == "storage.schema")
            #expect(error?.reason.contains("newer program wrote it") == true)
        }
        try expectMigrated(entries)
    }

    @Test func `without a step for it is refused before anything is copied`() throws {
        _ = try entries()
        let gap = LedgerMigration(
            version: Self.last, steps: Self.steps.filter { $0.key == Self.last - 1 })
        let error = #expect(throws: StorageError.self) { try open(gap) }
        #expect(error?.code == "storage.schema")
        #expect(!FileManager.default.fileExists(atPath: copy))
    }

    @Test func `of this edition has a step for every schema before it`() {
        let current = LedgerMigration.current
        #expect(Set(current.steps.keys) == Set(1..<current.version))
    }
}
