import Foundation
import HTTPAPI
import Logging
import MerkleTrees
import Notes
import Records
import Signatures
import Storage
import Support
import Synchronization
import Testing
import Verdicts

@testable import Node

@Suite struct StressTests {
    @Test func `a commit that fails ends the node with its reason, and nothing is acknowledged`()
        async throws
    {
        let node = try TestNode()
        let runtime = try NodeRuntime(directory: node.directory, settings: .quiet)
        try await runtime.start()
        let caller = HTTPCaller(address: runtime.address)
        let running = Task { () async -> NodeError? in
            do throws(NodeError) { try await runtime.run() } catch { return error }
            return nil
        }
        // A closed database is the nearest thing to a dead disk that a process can bring about.
        try runtime.running?.ledger.close()
        let answer = try await caller.post(try node.commissioning("LOT1"))
        #expect(answer.status == 500)
        #expect(answer.code == "node.failed")
        let error = try #require(await running.value)
        #expect(!error.isInput)
        try await node.serve { _, caller in
            let log = try await PublicLog(caller, network: node.network)
            #expect(log.checkpoint.size == 2)
            #expect(try await caller.post(try node.commissioning("LOT1")).status == 201)
        }
    }

    @Test func `what was acknowledged before a stop is there after it, and nothing else is told`()
        async throws
    {
        let node = try TestNode()
        let submissions = try (0..<120).map { try node.commissioning("L\($0)").encoded() }
        let runtime = try NodeRuntime(directory: node.directory, settings: .quiet)
        try await runtime.start()
        let service = try #require(runtime.service)
        var acknowledged: [Hash256: UInt64] = [:]
        await withTaskGroup(of: Result<Registration, Refusal>.self) { group in
            for submission in submissions {
                group.addTask { await submit(submission, to: service) }
            }
            var answers = 0
            for await result in group {
                answers += 1
                if answers == 10 { group.addTask { await stop(runtime) } }
                switch result {
                case .success(let registration):
                    acknowledged[registration.id] = registration.leafIndex
                case .failure(let refusal):
                    #expect(refusal.code == "node.stopping")
                }
            }
        }
        #expect(acknowledged.count >= 10)
        let found = acknowledged
        try await node.serve { runtime, _ in
            let running = try #require(runtime.running)
            for (id, leafIndex) in found {
                let index = try await running.reading { try $0.leafIndex(ofStatement: id) }
                #expect(index == leafIndex)
            }
        }
        #expect(try node.findings() == [])
    }

    private func submit(
        _ submission: [UInt8], to service: any NodeService
    ) async -> Result<Registration, Refusal> {
        do throws(Refusal) {
            return .success(try await service.submit(submission, patiently: true))
        } catch {
            return .failure(error)
        }
    }

    private func stop(_ runtime: NodeRuntime) async -> Result<Registration, Refusal> {
        try? await runtime.stop()
        return .failure(.stopping)
    }

    @Test func `evidence verifies at whatever moment it is taken`() async throws {
        let node = try TestNode()
        let supplier = node.network.supplier
        let verifier = try EvidenceVerifier(genesis: node.network.file)
        try await node.serve { runtime, caller in
            let service = try #require(runtime.service)
            // All about one batch, so that its chain grows while it is asked for.
            let events = try (0..<60).map { minute in
                try node.network.submission(
                    event: DemoNetwork.objectEvent(
                        action: "OBSERVE", bizStep: "storing",
                        batches: [(supplier.batch("LOT1"), "1")], site: supplier.site,
                        time: "2026-01-05T08:\(minute < 10 ? "0" : "")\(minute):00Z"),
                    by: supplier
                ).encoded()
            }
            let isWriting = Mutex(true)
            async let writing: Void = {
                for event in events { _ = try await service.submit(event, patiently: false) }
                isWriting.withLock { $0 = false }
            }()
            var sizes: Set<UInt64> = []
            while isWriting.withLock({ $0 }) {
                let bytes = try await service.evidence(
                    about: supplier.batch("LOT1"), upstream: true,
                    for: .member(organisation: supplier.uri), onlyFor: nil)
                let verified = try verifier.verify(bytes)
                sizes.insert(try #require(verified.logs.first).checkpoint.size)
            }
            try await writing
            #expect(!sizes.isEmpty)
            #expect(try await PublicLog(caller, network: node.network).checkpoint.size == 122)
        }
    }

    @Test func `nothing secret is logged`() async throws {
        let node = try TestNode()
        let lines = Mutex("")
        let recorder = LineRecorder { line in lines.withLock { $0 += line + "\n" } }
        var settings = NodeRuntime.Settings.quiet
        settings.logger = Logger(label: "test") { _ in recorder }
        try await node.serve(settings) { _, caller in
            let answer = try await caller.post(try node.commissioning("SECRETLOT"))
            #expect(answer.status == 201)
        }
        let text = lines.withLock { $0 }
        #expect(text.contains("serving"))
        #expect(text.contains("stopped"))
        #expect(!text.contains("SECRETLOT"))
        #expect(!text.contains("PRIVATE"))
    }
}

/// Keeps what is logged, at every level.
private struct LineRecorder: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level = .trace
    var record: @Sendable (String) -> Void

    init(record: @escaping @Sendable (String) -> Void) { self.record = record }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        record("\(event.level) \(event.message) \(event.metadata ?? [:])")
    }
}
