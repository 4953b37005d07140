import EPCIS
import Foundation
import HTTPAPI
import MerkleTrees
import Queries
import Records
import Storage
import Support
import Synchronization
import Testing

@testable import Node

/// A node over more than ten thousand events of several visibilities, filled once for all tests of
/// a suite, and what a plain reading of its ledger says of each.
struct EPCISLedger: Sendable {
    /// An event as the ledger has it.
    struct Entry: Sendable {
        var event: QueryableEvent
        var visibility: Visibility
        var bytes: [UInt8]
    }

    let node: TestNode
    let secrets: [String: String]

    private static let made = Task { try await make() }
    /// Generated events.
    private static let generatedCount = 10_000
    /// What was read of the ledger, and how many of its leaves.
    private static let known = Mutex<(leaves: UInt64, entries: [Entry])>((0, []))

    /// The one ledger.
    static func shared() async throws -> EPCISLedger { try await made.value }

    private static func make() async throws -> EPCISLedger {
        let node = try TestNode()
        var generator = EventGenerator(seed: 23)
        var events: [[UInt8]] = []
        while events.count < generatedCount {
            let json = generator.json(generator.event(at: events.count))
            if (try? EPCISEvent.read(json, by: .schema)) == nil { continue }
            events.append(json.serialized())
        }
        let special = [
            QueriedEvents.a, QueriedEvents.b, QueriedEvents.c, QueriedEvents.d, QueriedEvents.e,
            QueriedEvents.f,
        ].map { Array($0.utf8) }
        let (supplier, carrier) = (node.network.supplier, node.network.carrier)
        let visibilities: [Visibility] = [
            .open, .network, .only([supplier.uri, carrier.uri]), .only([carrier.uri]),
        ]
        var groups = stride(from: 0, to: events.count, by: 100).map { start in
            (Array(events[start..<start + 100]), visibilities[start / 100 % 4])
        }
        // Each special event stands where everybody sees it, and once where few do.
        groups.insert((special, .only([carrier.uri])), at: 0)
        groups.append((Array(special.reversed()), .open))
        try await node.serve { _, caller in
            for (index, group) in groups.enumerated() {
                let list =
                    "["
                    + group.0.map { String(decoding: $0, as: UTF8.self) }
                    .joined(separator: ",") + "]"
                for submission in try node.network.submissions(
                    epcisDocument: Array(list.utf8), by: supplier, visibility: group.1,
                    issuedAtSeconds: DemoNetwork.startSeconds + UInt64(index))
                {
                    let answer = try await caller.post(submission)
                    #expect(answer.status == 201, "\(answer.text)")
                }
            }
        }
        let now = SystemClock.nowMilliseconds()
        var secrets: [String: String] = [:]
        for member in [carrier, node.network.wholesaler] {
            secrets[member.uri] = try TokenFile(directory: node.directory).add(
                name: "reader-\(secrets.count)", role: .reader, organisation: member.uri,
                expiresMilliseconds: now + 86_400_000, nowMilliseconds: now)
        }
        return EPCISLedger(node: node, secrets: secrets)
    }

    /// Every event of a running node's ledger, read entry by entry.
    static func entries(of runtime: NodeRuntime) throws -> [Entry] {
        guard let running = runtime.running else { return [] }
        return try running.ledger.read { store in
            let size = try store.size()
            var (first, entries) = known.withLock { $0 }
            defer { known.withLock { $0 = (first, entries) } }
            while first < size {
                let leaf = first
                first += 1
                guard let bytes = try store.entry(at: leaf),
                    let manifest = try store.manifest(at: leaf),
                    case .statement(let time, _) = try LogEntry.decode(bytes)
                else { continue }
                for (index, digest) in try Manifest.decode(manifest).partDigests.enumerated() {
                    guard let bytes = try store.part(digest) else { continue }
                    let part = try Part.decode(bytes)
                    guard part.contentType == PartContentType.event else { continue }
                    let event = try QueryableEvent(
                        JSONValue.parse(part.content), recordTimeMilliseconds: Int64(time),
                        position: EventPosition(leafIndex: leaf, part: UInt32(index)))
                    entries.append(
                        Entry(event: event, visibility: part.visibility, bytes: part.content))
                }
            }
            return entries
        }
    }
}

/// Somebody who asks for events.
struct EPCISAsker: Sendable {
    var port: Int
    var credential: String?
    var fields: [String: String] = [:]

    func ask(_ target: String, _ method: String = "GET") async throws -> RawAnswer {
        var fields = fields
        fields["authorization"] = credential.map { "Bearer \($0)" }
        return try await RawAnswer.ask(port, method, target, fields: fields)
    }

    /// The events of a page, as they were signed, and the target of the next page.
    func page(_ target: String) async throws -> (events: [[UInt8]], next: String?) {
        let answer = try await ask(target)
        #expect(answer.status == 200, "\(target) \(answer.text.prefix(300))")
        return (try Self.events(answer.text), Self.next(answer))
    }

    static func events(_ text: String) throws -> [[UInt8]] {
        let document = try JSONValue.parse(Array(text.utf8))
        let results = document["epcisBody"]?["queryResults"]?["resultsBody"]
        return try #require(results?["eventList"]?.asArray).map { event in
            guard case .object(let members) = event else { return event.serialized() }
            let added = ToldEvent.addedNames
            #expect(members.prefix(added.count).map(\.name) == added)
            return JSONValue.object(Array(members.dropFirst(added.count))).serialized()
        }
    }

    /// The members of a collection.
    static func members(_ text: String) throws -> [String] {
        let collection = try JSONValue.parse(Array(text.utf8))
        return try #require(collection["member"]?.asArray).compactMap(\.asString)
    }

    static func next(_ answer: RawAnswer) -> String? {
        answer.fields["link"].map { String($0.dropFirst().prefix { $0 != ">" }) }
    }
}
