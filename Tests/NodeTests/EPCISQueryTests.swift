import EPCIS
import Foundation
import HTTPAPI
import Queries
import Records
import Support
import Testing

@testable import Node

/// Queries of a live node over HTTP, against a plain reading of its ledger.
@Suite(.serialized) struct EPCISQueryTests {
    private static let extensions = try? JSONValue.parse(
        Array(#"{"ex":"https://example.org/ns/"}"#.utf8))

    /// Runs a test against the ledger's node, as one that faces strangers.
    private func serve(
        _ settings: NodeRuntime.Settings = .quiet,
        _ body: (EPCISLedger, [EPCISLedger.Entry], [(Reader, EPCISAsker)], NodeRuntime) async throws
            -> Void
    ) async throws {
        let ledger = try await EPCISLedger.shared()
        try await ledger.node.serve(settings, exposure: .proxied) { runtime, _ in
            let entries = try EPCISLedger.entries(of: runtime)
            let port = runtime.address.port
            let fields = ["gs1-extensions": "ex=https://example.org/ns/"]
            let askers: [(Reader, EPCISAsker)] =
                [(.anonymous, EPCISAsker(port: port, fields: fields))]
                + ledger.secrets.sorted { $0.key < $1.key }.map {
                    (
                        .member(organisation: $0.key),
                        EPCISAsker(port: port, credential: $0.value, fields: fields)
                    )
                }
            try await body(ledger, entries, askers, runtime)
        }
    }

    /// What the reference says: the events of the first page, and whether there is a next.
    private func reference(
        _ text: String, _ entries: [EPCISLedger.Entry], _ reader: Reader
    ) throws -> (events: [[UInt8]], hasNext: Bool) {
        let query = try EventQuery(queryString: text, context: Self.extensions)
        let seen = entries.filter { $0.visibility.permits(reader) }
        let bytes = Dictionary(uniqueKeysWithValues: seen.map { ($0.event.position, $0.bytes) })
        let page = try query.page(of: seen.map(\.event), treeSize: .max)
        return (page.events.compactMap { bytes[$0.position] }, page.nextPageToken != nil)
    }

    @Test func `every parameter finds what the reference finds, whoever asks`() async throws {
        try await serve { _, entries, askers, _ in
            #expect(entries.count > 10_000)
            var found = 0
            for (index, text) in EPCISQueryTexts.all.enumerated() {
                // Each parameter is asked by all, in one of the four orders.
                let order = ["", "&orderBy=eventTime", "&orderDirection=ASC", ""][index % 4]
                let asked = text + (index % 4 == 3 ? "&orderBy=eventTime&orderDirection=ASC" : order)
                for (reader, asker) in askers {
                    let wanted = try reference(asked, entries, reader)
                    let page = try await asker.page("/epcis/events?\(asked)")
                    #expect(page.events == wanted.events, "\(asked) as \(reader)")
                    #expect((page.next != nil) == wanted.hasNext, "\(asked) as \(reader)")
                    found += page.events.count
                }
            }
            #expect(found > 2_000)
        }
    }

    @Test func `conditions together find what the reference finds`() async throws {
        try await serve { _, entries, askers, _ in
            var generator = EventGenerator(seed: 5)
            for round in 0..<30 {
                var parts: [String: String] = [:]
                for _ in 0..<generator.number(1..<4) {
                    let text = generator.condition().text
                    parts[String(text.prefix { $0 != "=" })] = text
                }
                parts["o"] = round % 2 == 0 ? "orderBy=eventTime" : "orderDirection=ASC"
                parts["p"] = "perPage=\(generator.number(1..<120))"
                let text = parts.values.sorted().joined(separator: "&")
                let (reader, asker) = askers[round % askers.count]
                let wanted = try reference(text, entries, reader)
                let page = try await asker.page("/epcis/events?\(text)")
                #expect(page.events == wanted.events, "\(text)")
                #expect((page.next != nil) == wanted.hasNext, "\(text)")
            }
        }
    }
}
