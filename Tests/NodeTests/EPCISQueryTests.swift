import EPCIS
import Foundation
import GS1
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
        _ settings: NodeRuntime.Settings = .patient,
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
        let page = try query.page(of: seen.map(\.event), treeSize: 1 << 40)
        return (page.events.compactMap { bytes[$0.position] }, page.nextPageToken != nil)
    }

    @Test func `every parameter finds what the reference finds, whoever asks`() async throws {
        try await serve { _, entries, askers, _ in
            #expect(entries.count > 10_000)
            var found = 0
            for (index, text) in EPCISQueryTexts.all.enumerated() {
                // In one of the four orders.
                // Within hours that hold the events which the texts are about.
                let isBounded = text.contains("LT_eventTime")
                let window = isBounded ? "" : "&LT_eventTime=2026-03-01T06:10:00Z"
                let order = ["", "&orderBy=eventTime", "&orderDirection=ASC", ""][index % 4]
                let asked =
                    text + window
                    + (index % 4 == 3 ? "&orderBy=eventTime&orderDirection=ASC" : order)
                // In turn by one or by all.
                for (number, (reader, asker)) in askers.enumerated()
                where index % 8 == 0 || number == 0 {
                    let wanted = try reference(asked, entries, reader)
                    let page = try await asker.page("/epcis/events?\(asked)")
                    let isEqual = page.events == wanted.events
                    #expect(isEqual, "\(asked) as \(reader)")
                    #expect((page.next != nil) == wanted.hasNext, "\(asked) as \(reader)")
                    found += page.events.count
                }
            }
            #expect(found > 100)
        }
    }

    @Test func `conditions together find what the reference finds`() async throws {
        try await serve { _, entries, askers, _ in
            var generator = EventGenerator(seed: 5)
            for round in 0..<9 {
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
                let isEqual = page.events == wanted.events
                #expect(isEqual, "\(text)")
                #expect((page.next != nil) == wanted.hasNext, "\(text)")
            }
        }
    }

    @Test func `all pages together are the answer that was, while the log grows`() async throws {
        try await serve { ledger, entries, askers, runtime in
            let late = DemoNetwork.objectEvent(
                action: "ADD", bizStep: "commissioning",
                batches: [(ledger.node.network.supplier.batch("late"), "1")],
                site: ledger.node.network.supplier.site, time: "2026-03-01T10:00:00Z")
            let service = try #require(runtime.service)
            for (number, text) in [
                "EQ_action=ADD&perPage=200", "orderBy=eventTime&EQ_action=ADD&perPage=150",
                "orderBy=eventTime&orderDirection=ASC&eventCountLimit=330&perPage=100",
            ].enumerated() {
                let (reader, asker) = askers[number % 3]
                let whole = text.replacing(/perPage=\d+/, with: "perPage=1000")
                var wanted = try reference(whole, entries, reader).events
                var query = try EventQuery(queryString: whole, context: Self.extensions)
                let seen = entries.filter { $0.visibility.permits(reader) }
                while let next = try query.page(of: seen.map(\.event), treeSize: 1 << 40)
                    .nextPageToken
                {
                    let rest = "\(whole)&nextPageToken=\(next)"
                    wanted += try reference(rest, entries, reader).events
                    query = try EventQuery(queryString: rest, context: Self.extensions)
                }
                var paged: [[UInt8]] = []
                var target: String? = "/epcis/events?\(text)"
                var pages: UInt64 = 0
                while let asked = target {
                    let page = try await asker.page(asked)
                    paged += page.events
                    target = page.next
                    pages += 1
                    let submission = try ledger.node.network.submission(
                        event: late, by: ledger.node.network.supplier,
                        visibility: .only([ledger.node.network.supplier.uri]),
                        issuedAtSeconds: DemoNetwork.startSeconds + 10_000 * UInt64(number)
                            + pages)
                    _ = try await service.submit(submission.encoded(), patiently: true)
                }
                let isEqual = paged == wanted
                #expect(isEqual, "\(text): \(paged.count) of \(wanted.count)")
                #expect(pages > 2)
            }
        }
    }

    @Test func `values are those of the events a caller may see`() async throws {
        try await serve { _, entries, askers, _ in
            for (reader, asker) in askers {
                let seen = entries.filter { $0.visibility.permits(reader) }.map(\.event.event)
                let wanted: [(String, [String])] = [
                    (
                        "epcs",
                        seen.flatMap { event in
                            let epcs = event.epcList + event.childEPCs + event.inputEPCList
                            let all = epcs + event.outputEPCList
                            return (all + [event.parentID].compactMap(\.self)).map(\.uri)
                        }
                    ),
                    ("readPoints", seen.compactMap(\.readPoint?.uri)),
                    ("bizLocations", seen.compactMap(\.bizLocation?.uri)),
                    (
                        "bizSteps",
                        seen.compactMap { $0.bizStep.map(Vocabulary.businessStep.bare) }
                    ),
                    (
                        "dispositions",
                        seen.compactMap { $0.disposition.map(Vocabulary.disposition.bare) }
                    ),
                ]
                for (list, values) in wanted {
                    var found: [String] = []
                    var target: String? = "/epcis/\(list)?perPage=70"
                    while let asked = target {
                        let answer = try await asker.ask(asked)
                        #expect(answer.status == 200)
                        found += try EPCISAsker.members(answer.text)
                        target = EPCISAsker.next(answer)
                    }
                    #expect(found.count == Set(found).count)
                    #expect(Set(found) == Set(values), "\(list) as \(reader)")
                }
            }
            let types = try await askers[0].1.ask("/epcis/eventTypes")
            #expect(try EPCISAsker.members(types.text).count == 5)
        }
    }

    @Test func `what is withheld is as if it were not`() async throws {
        let ledger = try await EPCISLedger.shared()
        let (supplier, carrier) = (ledger.node.network.supplier, ledger.node.network.carrier)
        let targets = [
            "/epcis/events?perPage=200&orderBy=eventTime",
            "/epcis/events?LT_eventTime=2026-03-01T01:30:00Z&maxEventCount=20000",
            "/epcis/epcs?perPage=100", "/epcis/bizSteps", "/epcis/readPoints",
            "/epcis/bizLocations", "/epcis/dispositions", "/epcis/events/urn:uuid:hidden",
            "/epcis/bizSteps/killing", "/epcis/bizSteps/killing/events",
            "/epcis/epcs/urn%3Aepc%3Aid%3Asgtin%3A9521141.112345.H1",
        ]
        func answers(_ asker: EPCISAsker) async throws -> [String] {
            var texts: [String] = []
            for target in targets {
                let answer = try await asker.ask(target)
                let body = answer.text.replacing(/"creationDate":"[^"]*"/, with: "")
                // A token tells the size of the log, as the checkpoint does.
                texts.append("\(answer.status) \(EPCISAsker.next(answer) != nil) \(body)")
            }
            return texts
        }
        let hidden = DemoNetwork.event(
            "ObjectEvent", time: "2026-03-02T10:00:00Z",
            """
            "eventID":"urn:uuid:hidden","action":"OBSERVE","bizStep":"killing",\
            "disposition":"destroyed","readPoint":{"id":"urn:epc:id:sgln:9521141.00001.77"},\
            "epcList":["urn:epc:id:sgtin:9521141.112345.H1"]
            """)
        try await serve { _, _, askers, runtime in
            let (stranger, member) = (askers[0].1, askers[2].1)
            let before = (try await answers(stranger), try await answers(member))
            #expect(before.0[7].hasPrefix("404"))
            let submission = try ledger.node.network.submission(
                event: hidden, by: supplier, visibility: .only([supplier.uri, carrier.uri]))
            let service = try #require(runtime.service)
            _ = try await service.submit(submission.encoded(), patiently: true)
            for (asker, known) in [(stranger, before.0), (member, before.1)] {
                for (target, (old, new)) in zip(targets, zip(known, try await answers(asker))) {
                    let isEqual = old == new
                    #expect(isEqual, "\(target)")
                }
            }
            let told = try await answers(askers[1].1)
            #expect(told[7].hasPrefix("200"))
            #expect(told[3].contains("killing"))
            #expect(told[9].contains("urn:uuid:hidden"))
            #expect(told[10].hasPrefix("200"))
        }
    }

    @Test func `an event is found by its ID, with the declaration that it is wrong`() async throws {
        try await serve { _, _, askers, _ in
            let answer = try await askers[0].1.ask("/epcis/events/urn%3Auuid%3Aa")
            let events = try EPCISAsker.events(answer.text)
            #expect(Set(events) == [Array(QueriedEvents.a.utf8), Array(QueriedEvents.e.utf8)])
            let split = try EPCISDocument.split(Array(answer.text.utf8))
            #expect(split.count == 2)
            #expect(try await askers[0].1.ask("/epcis/events/urn%3Auuid%3Az").status == 404)
        }
    }

    @Test func `identifiers are written as the caller asks`() async throws {
        try await serve { _, _, askers, _ in
            var asker = askers[0].1
            let target = "/epcis/events?MATCH_parentID=urn:epc:id:sscc:9520123.0456789123"
            asker.fields["gs1-epc-format"] = "Always_GS1_Digital_Link"
            let links = try await asker.ask(target)
            #expect(links.text.contains("\"https://id.gs1.org/00/"))
            #expect(!links.text.contains("urn:epc:"))
            asker.fields["gs1-epc-format"] = "Always_EPC_URN"
            let refused = try await asker.ask(target)
            #expect(refused.status == 406)
            #expect(refused.text.contains("epcisException:NotAcceptableException"))
            #expect(refused.text.contains("https://id.gs1.org/01/09520123456788"))
        }
    }

    @Test func `a query that takes too long is refused with what to do`() async throws {
        var settings = NodeRuntime.Settings.patient
        settings.queryPatience = .zero
        try await serve(settings) { _, _, askers, _ in
            let answer = try await askers[0].1.ask("/epcis/events?EQ_errorReason=incorrect_data")
            #expect(answer.status == 413)
            #expect(answer.text.contains("epcisException:QueryTooComplexException"))
            #expect(answer.text.contains("shorter time"))
        }
    }
}

extension NodeRuntime.Settings {
    /// The quiet settings, with time for queries on a machine that has other things to do.
    fileprivate static var patient: NodeRuntime.Settings {
        var settings = NodeRuntime.Settings.quiet
        settings.queryPatience = .seconds(600)
        return settings
    }
}
