import GRDB
import MerkleTrees
import Support
import Testing

@testable import Storage

/// What was written to the service state is promised to somebody; it has to outlive what a ledger
/// outlives.
@Suite(.serialized) struct `The service state on a disk that fails` {
    static let identity = LogIdentity(
        origin: DemoNetwork.origin, network: Hash256.sha256([1]), indexDepth: 8)
    static let schema = ServiceSchema(
        steps: ServiceSchema.current.steps + [
            "CREATE TABLE work(number INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT"
        ])
    static let acts = 1...12

    static func open(_ directory: String) throws -> ServiceState {
        try ServiceState(directory: directory, identity: identity, schema: schema)
    }

    static func add(_ number: Int, to state: ServiceState) throws {
        try state.write { database in
            try database.execute(
                sql: "INSERT INTO work(number, text) VALUES(?, ?)",
                arguments: [number, String(repeating: "\(number) ", count: 1_500)])
        }
    }

    static func count(_ state: ServiceState) throws -> Int {
        let numbers = try state.read {
            try Int.fetchAll($0, sql: "SELECT number FROM work ORDER BY number")
        }
        #expect(numbers == Array(1..<numbers.count + 1))
        return numbers.count
    }

    /// Writes until something fails; how much was acknowledged, and what failed.
    static func run(in directory: String) -> (acknowledged: Int, error: StorageError?) {
        var acknowledged = 0
        do {
            let state = try open(directory)
            defer { try? state.close() }
            for number in acts {
                try add(number, to: state)
                acknowledged = number
            }
            try state.close()
            return (acknowledged, nil)
        } catch {
            return (acknowledged, error as? StorageError)
        }
    }

    /// Starts again on what is left; nothing if all that was acknowledged is there.
    static func complaint(
        _ left: FaultyDisk, in directory: String, acknowledged: Int
    ) -> String? {
        left.mount(directory)
        defer { left.unmount() }
        do {
            let state = try open(directory)
            defer { try? state.close() }
            let found = try count(state)
            guard acknowledged...acknowledged + 1 ~= found else { return "\(found) are there" }
            try add(found + 1, to: state)
            return try count(state) == found + 1 ? nil : "it does not go on"
        } catch {
            return "\(error)"
        }
    }

    @Test func `loses nothing that was acknowledged to a power cut, whenever it comes`() throws {
        let directory = try TemporaryDirectory()
        let run = FaultyDisk()
        run.record()
        run.mount(directory.path)
        var acknowledged: [UInt64] = []
        let state = try Self.open(directory.path)
        for number in Self.acts {
            try Self.add(number, to: state)
            acknowledged.append(run.recorded)
        }
        try state.close()
        run.unmount()
        var cursor = Cursor(run)
        var (cuts, promised) = (0, 0)
        var lost: [String] = []
        for change in 0..<run.recorded {
            cursor.advance(into: change)
            let before = acknowledged.prefix { $0 <= change }.count
            for survival in [FaultyDisk.Survival.nothing, .everything, .some] {
                let seed = change &* 31 &+ UInt64(cuts)
                let left = cursor.disk.afterPowerCut(survival, seed: seed)
                cuts += 1
                promised += before
                if let complaint = Self.complaint(
                    left, in: directory.path, acknowledged: before)
                {
                    lost.append("change \(change), \(survival): \(complaint)")
                }
            }
        }
        #expect(lost == [])
        #expect(cuts > 100 && promised > cuts)
    }

    @Test func `acknowledges nothing after an error, and loses nothing`() throws {
        let directory = try TemporaryDirectory()
        var codes: [String: Int] = [:]
        for operation in 1...UInt64.max {
            let disk = FaultyDisk()
            disk.mount(directory.path)
            disk.count(.changes)
            disk.fail(at: operation, times: 1, seed: operation)
            let (acknowledged, error) = Self.run(in: directory.path)
            disk.unmount()
            guard disk.failures > 0 else { break }
            codes[error?.code ?? "none", default: 0] += 1
            let complaint = Self.complaint(
                disk.afterPowerCut(.some, seed: operation), in: directory.path,
                acknowledged: acknowledged)
            #expect(complaint == nil, "operation \(operation)")
        }
        #expect((codes["storage.io"] ?? 0) > 10, "\(codes)")
    }

    @Test func `is broken for writing after a failed sync, and is read`() throws {
        let directory = try TemporaryDirectory()
        let disk = FaultyDisk()
        disk.mount(directory.path)
        defer { disk.unmount() }
        let state = try Self.open(directory.path)
        try Self.add(1, to: state)
        disk.count(.syncs)
        disk.fail(at: 1, times: 1, seed: 1)
        #expect(throws: StorageError.self) { try Self.add(2, to: state) }
        let error = #expect(throws: StorageError.self) { try Self.add(2, to: state) }
        #expect(error?.code == "storage.broken")
        #expect(try Self.count(state) >= 1)
        try? state.close()
    }

    @Test func `refuses while there is no space, and goes on when there is`() throws {
        let directory = try TemporaryDirectory()
        let disk = FaultyDisk()
        disk.mount(directory.path)
        defer { disk.unmount() }
        let state = try Self.open(directory.path)
        try Self.add(1, to: state)
        disk.count(.changes)
        disk.fillUp(at: 1, allowsOverwriting: false)
        let error = #expect(throws: StorageError.self) { try Self.add(2, to: state) }
        #expect(error?.code == "storage.full")
        #expect(try Self.count(state) == 1)
        disk.makeRoom()
        try Self.add(2, to: state)
        #expect(try Self.count(state) == 2)
        try state.close()
    }
}
