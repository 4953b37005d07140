import Foundation
import MerkleTrees
import Records
import Sequencing
import Support
import Synchronization
import Testing

@testable import Storage

/// Tries to open the ledger and, when it is free, registers one statement of this writer.
///
/// - Returns: how often it was refused.
func writeInTurns(as name: String, in directory: String, rounds: Int) throws -> Int {
    let network = try DemoNetwork()
    var (won, refused) = (0, 0)
    while won < rounds {
        guard let ledger = try openIfFree(directory) else {
            refused += 1
            Thread.sleep(forTimeInterval: 0.001)
            continue
        }
        var rig = try SequencerRig(network: network, ledger: ledger)
        let lot = network.supplier.batch("\(name)-\(won)")
        let made = try network.attachment(name, mentioning: [lot], by: network.supplier)
        try rig.register([made])
        try ledger.close()
        won += 1
    }
    return refused
}

/// The ledger, or nothing while another holds it.
private func openIfFree(_ directory: String) throws -> Ledger? {
    do {
        return try Ledger.open(directory: directory)
    } catch {
        guard error.code == "storage.locked", error.place.hasSuffix("/lock"),
            error.reason.contains("process")
        else { throw error }
        return nil
    }
}

@Suite(.serialized) struct LockTests {
    static let rounds = 100

    private static func make(_ network: DemoNetwork) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let ledger = try Ledger.create(
            directory: directory.path,
            identity: LogIdentity(origin: DemoNetwork.origin, network: network.id, indexDepth: 8))
        _ = try SequencerRig(network: network, ledger: ledger)
        try ledger.close()
        return directory
    }

    private static func check(_ directory: String, _ network: DemoNetwork, statements: UInt64)
        throws
    {
        let ledger = try Ledger.inspect(directory: directory)
        #expect(
            try ledger.read { LedgerCheck.report(on: $0, genesis: network.state).findings } == [])
        #expect(try ledger.read { try $0.size() } == 2 + 2 * statements)
    }

    @Test func `is one process's at a time`() async throws {
        let start = ContinuousClock.now
        let network = try DemoNetwork()
        let directory = try Self.make(network)
        let path = directory.path
        let mine = OnThread {
            // The other process takes its time to start; then both want the directory.
            for _ in 0..<6_000 where !FileManager.default.fileExists(atPath: path + "/child") {
                usleep(10_000)
            }
            // Held until the other process was refused: they meet, however slow the machine.
            var held = try openIfFree(path)
            for _ in 0..<6_000 where held == nil {
                usleep(10_000)
                held = try openIfFree(path)
            }
            for _ in 0..<6_000 where !FileManager.default.fileExists(atPath: path + "/refused") {
                usleep(10_000)
            }
            try held?.close()
            return try writeInTurns(as: "parent", in: path, rounds: 100)
        }
        await #expect(processExitsWith: .success) { [path = path as String] in
            try Data().write(to: URL(filePath: path + "/child"))
            for _ in 0..<6_000 {
                guard let free = try openIfFree(path) else {
                    try Data().write(to: URL(filePath: path + "/refused"))
                    break
                }
                try free.close()
                usleep(10_000)
            }
            let refused = try writeInTurns(as: "child", in: path, rounds: 100)
            try Data("\(refused)".utf8).write(to: URL(filePath: path + "/child"))
        }
        let told = String(decoding: try directory.read("child"), as: UTF8.self)
        let refused = try await mine.value() + (Int(told) ?? 0)
        #expect(throws: Never.self, "the two never met") { try directory.read("refused") }
        try Self.check(path, network, statements: 2 * UInt64(Self.rounds))
        report(
            "D9",
            "\(2 * Self.rounds) openings by two processes won, \(refused) refused, "
                + "one log", since: start)
    }

    @Test func `is one ledger's in a process at a time`() throws {
        let network = try DemoNetwork()
        let directory = try Self.make(network)
        for _ in 0..<Self.rounds {
            let first = try Ledger.open(directory: directory.path)
            let error = #expect(throws: StorageError.self) {
                try Ledger.open(directory: directory.path)
            }
            #expect(error?.code == "storage.locked")
            try first.close()
        }
    }

    /// Without the lock two writers sign different logs of one size, though the second cannot be
    /// kept.
    @Test func `is two logs if the lock is taken away`() throws {
        let network = try DemoNetwork()
        var forks = 0
        for round in 0..<10 {
            let directory = try Self.make(network)
            let first = try Ledger.open(directory: directory.path)
            // Another file by that name: the first writer's lock is on the one before.
            try FileManager.default.removeItem(atPath: directory.path + "/lock")
            let second = try Ledger.open(directory: directory.path)
            var groups: [GroupToCommit] = []
            for ledger in [first, second] {
                var rig = try SequencerRig(network: network, ledger: ledger)
                let made = try network.attachment(
                    "writer \(groups.count)", mentioning: ["urn:x:\(round)"],
                    by: network.supplier)
                _ = try rig.stage(try rig.admit(made))
                let now = rig.nowMilliseconds
                let group = try ledger.write { store in
                    try rig.sequencer.seal(nowMilliseconds: now, in: store)
                }
                groups.append(group)
            }
            if groups[0].size == groups[1].size, groups[0].checkpoint != groups[1].checkpoint {
                forks += 1
            }
            try first.write { try $0.commit(groups[0]) }
            let error = #expect(throws: StorageError.self) {
                try second.write { try $0.commit(groups[1]) }
            }
            #expect(error?.code == "storage.mismatch")
        }
        #expect(forks == 10)
        print("D9 control: \(forks) of 10 pairs of writers sign two logs of one size")
    }
}

/// Work on a thread of its own: other tests may keep every thread of tasks busy for minutes.
private final class OnThread: Sendable {
    private let result = Mutex<Result<Int, any Error>?>(nil)

    init(_ body: @escaping @Sendable () throws -> Int) {
        Thread.detachNewThread { [self] in
            let found = Result { try body() }
            result.withLock { $0 = found }
        }
    }

    /// What the work came to, once it has ended.
    func value() async throws -> Int {
        while true {
            if let found = result.withLock({ $0 }) { return try found.get() }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}
