import Foundation
import Support
import Testing

/// A node as a process of its own, flooded in every way at once: it answers by the table of
/// SPEC §20, keeps within its memory, and serves an honest caller when the flood is over.
@Suite(.serialized) struct `A flooded node` {
    /// What a node takes at most while no evidence is asked for (SPEC §19), kibibytes.
    private static let budgetKiB = 512 << 10

    private static func residentKiB(_ process: Int32) throws -> Int {
        let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") })
        return try #require(Int(line.split(whereSeparator: \.isWhitespace)[1]))
    }

    @Test func `keeps within its memory and comes back`() async throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { _ = node.stop() }
        let port = try #require(Int(node.url.split(separator: ":")[2]))

        let idle = try Crowd(400, port: port)
        let statuses = try await Self.flood(port)
        let answered: Set = [400, 413, 431, 503]
        #expect(statuses.isSubset(of: answered), "\(statuses)")
        #expect(statuses.isSuperset(of: [400, 413, 431]), "\(statuses)")
        idle.drop()

        let health = try await RawAnswer.ask(port, "GET", "/readyz")
        #expect(health.status == 200)
        let sent = try CairnProcess.run([
            "submit", "genesis/demo/documents/01-farm.json", "--key", DemoPlace.key("farm"),
            "--issuer", "https://id.gs1.org/417/9521101000009", "--genesis",
            DemoPlace.genesis.path(), "--node", node.url,
        ])
        #expect(sent.code == 0, "\(sent.errors)")
        let peak = try Self.residentKiB(node.processIdentifier)
        #expect(peak < Self.budgetKiB, "\(peak) KiB")
    }

    /// A hundred bodies of 2 MiB, bodies past the limit, heads with 256 fields, and deep CBOR; the
    /// statuses that came.
    private static func flood(_ port: Int) async throws -> Set<Int> {
        let junk = [UInt8](repeating: 0x41, count: 2 << 20)
        let huge = [UInt8](repeating: 0x41, count: 9 << 20)
        let deep = [UInt8](repeating: 0x81, count: 1 << 20)
        let type = ["content-type": "application/vnd.cairn.submission+cbor"]
        let many = Dictionary(uniqueKeysWithValues: (0..<256).map { ("x-\($0)", "y") })
        return try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<100 {
                group.addTask {
                    switch number % 10 {
                    case 0:
                        try await RawAnswer.ask(port, "GET", "/healthz", fields: many).status
                    case 1:
                        try await RawAnswer.ask(
                            port, "POST", "/entries", fields: type, body: huge
                        ).status
                    case 2:
                        try await RawAnswer.ask(
                            port, "POST", "/entries", fields: type, body: deep
                        ).status
                    default:
                        try await RawAnswer.ask(
                            port, "POST", "/entries", fields: type, body: junk
                        ).status
                    }
                }
            }
            var statuses: Set<Int> = []
            for try await status in group { statuses.insert(status) }
            return statuses
        }
    }
}
