import Foundation
import GRDB
import MerkleTrees
import Support
import Testing

@testable import Storage

@Suite struct `The service state` {
    private let directory: TemporaryDirectory
    private let identity = LogIdentity(
        origin: DemoNetwork.origin, network: Hash256.sha256([1]), indexDepth: 8)
    private static let schema = ServiceSchema(
        steps: ServiceSchema.current.steps + [
            "CREATE TABLE work(number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"
        ])

    init() throws { directory = try TemporaryDirectory() }

    private var path: String { directory.path + "/" + ServiceState.fileName }

    private static func files(_ directory: TemporaryDirectory) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: directory.path)
    }

    private func open(
        _ identity: LogIdentity? = nil, _ schema: ServiceSchema = Self.schema
    ) throws -> ServiceState {
        try ServiceState(
            directory: directory.path, identity: identity ?? self.identity, schema: schema)
    }

    private func add(_ text: String, to state: ServiceState) throws {
        try state.write { database in
            try database.execute(sql: "INSERT INTO work(text) VALUES(?)", arguments: [text])
        }
    }

    private func texts(_ state: ServiceState) throws -> [String] {
        try state.read { try String.fetchAll($0, sql: "SELECT text FROM work ORDER BY number") }
    }

    @Test func `keeps what was written, durably, for its owner only`() throws {
        let state = try open()
        try add("first", to: state)
        let settings = try state.write { database in
            try ["synchronous", "secure_delete", "journal_mode"].map {
                try Ledger.pragma($0, database)
            }
        }
        #expect(settings == ["2", "1", "wal"])
        try state.close()
        #expect(try Self.files(directory) == [ServiceState.fileName])
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        let again = try open()
        #expect(try texts(again) == ["first"])
        try again.close()
    }

    @Test func `takes the steps it has not taken, and keeps what is there`() throws {
        try open(nil, .current).close()
        let state = try open()
        try add("kept", to: state)
        try state.close()
        let later = ServiceSchema(
            steps: Self.schema.steps + ["ALTER TABLE work ADD COLUMN more TEXT"])
        let grown = try open(nil, later)
        #expect(try texts(grown) == ["kept"])
        #expect(try grown.read { try Ledger.userVersion($0) } == later.version)
        try grown.close()
    }

    @Test func `of a newer program is refused and left as it is`() throws {
        let state = try open()
        try add("theirs", to: state)
        try state.close()
        let error = #expect(throws: StorageError.self) { try open(nil, .current) }
        #expect(error?.code == "storage.schema")
        #expect(error?.reason.contains("use the program that wrote it") == true)
        let checked = #expect(throws: StorageError.self) {
            try ServiceState.check(directory: directory.path, identity: identity)
        }
        #expect(checked?.code == "storage.schema")
        let same = try open()
        #expect(try texts(same) == ["theirs"])
        try same.close()
    }

    @Test func `of another log is refused`() throws {
        try open().close()
        let others = [
            LogIdentity(origin: "other.example/log", network: identity.network, indexDepth: 8),
            LogIdentity(
                origin: identity.origin, network: Hash256.sha256([2]), indexDepth: 8),
        ]
        for other in others {
            let error = #expect(throws: StorageError.self) { try open(other) }
            #expect(error?.code == "storage.mismatch")
        }
        try open().close()
    }

    @Test func `that is no database is refused`() throws {
        try Data("no database, but long enough to be taken for the head of one".utf8)
            .write(to: URL(filePath: path))
        let error = #expect(throws: StorageError.self) { try open() }
        #expect(error?.code == "storage.corrupt")
    }

    @Test func `writes nothing of what fails, and goes on`() throws {
        let state = try open()
        struct Changed: Error {}
        let error = #expect(throws: StorageError.self) {
            try state.write { database in
                try database.execute(sql: "INSERT INTO work(text) VALUES('half')")
                throw StorageError(code: "storage.full", place: "here", reason: "in the middle")
            }
        }
        #expect(error?.code == "storage.full")
        try add("whole", to: state)
        #expect(try texts(state) == ["whole"])
        try state.close()
    }

    @Test func `is copied as it is at one moment while it is written`() throws {
        let state = try open(nil, .current)
        let copies = try TemporaryDirectory()
        let copy = copies.path + "/" + ServiceState.fileName
        #expect(try ServiceState.writeSnapshot(directory: directory.path, to: copy))
        try ServiceState.check(directory: copies.path, identity: identity)
        let error = #expect(throws: StorageError.self) {
            try ServiceState.check(
                directory: copies.path,
                identity: LogIdentity(
                    origin: "other.example/log", network: identity.network, indexDepth: 8))
        }
        #expect(error?.code == "storage.mismatch")
        try state.close()
        let empty = try TemporaryDirectory()
        #expect(try !ServiceState.writeSnapshot(directory: empty.path, to: copy + ".none"))
        #expect(try Self.files(empty) == [])
    }
}
