import Foundation
import HTTPAPI
import MerkleTrees
import Records
import Signatures
import Support
import Testing

@testable import Node

/// A number in a part that not everybody may see is looked for in every answer of every route, to
/// every role.
struct MarkerTests {
    private static let marker = "918273.645"
    private static let eventID = "urn:uuid:2f1c7d64-58a0-4c5e-8a35-9b7c2f0f6a11"

    private static func item(_ member: DemoNetwork.Member) -> String { member.product + "/21/7" }

    private struct Planted {
        var submission: Submission
        var digest: Hash256
        var subject: String
    }

    private static func plant(_ node: TestNode, _ visibility: Visibility) throws -> Planted {
        let supplier = node.network.supplier
        let event = DemoNetwork.event(
            "ObjectEvent", time: "2026-01-05T08:00:00Z",
            """
            "eventID":"\(eventID)","action":"ADD","bizStep":"commissioning",\
            "disposition":"active","readPoint":{"id":"\(supplier.site)"},\
            "bizLocation":{"id":"\(supplier.site)"},"epcList":["\(item(supplier))"],\
            "quantityList":[\(DemoNetwork.quantities([(supplier.batch("PLANTED"), marker)]))]
            """)
        let submission = try node.network.submission(
            event: event, by: supplier, visibility: visibility)
        let part = try #require(submission.parts.first)
        return Planted(
            submission: submission, digest: try Part.decode(part).digest,
            subject: node.network.supplier.batch("PLANTED"))
    }

    /// The roles, each with a secret, and the organisation it stands for.
    private static func callers(_ node: TestNode) throws -> [String: String?] {
        let file = TokenFile(directory: node.directory)
        let now = SystemClock.nowMilliseconds()
        var callers: [String: String?] = ["stranger": nil as String?]
        let network = node.network
        let named = [("supplier", network.supplier), ("carrier", network.carrier)]
        for (name, member) in named {
            for role in [AccessRole.reader, .submitter] {
                callers["\(name) \(role.rawValue)"] = try file.add(
                    name: "\(name)-\(role.rawValue)", role: role, organisation: member.uri,
                    expiresMilliseconds: now + 86_400_000, nowMilliseconds: now)
            }
        }
        callers["operator"] = try file.add(
            name: "operator", role: .nodeOperator, organisation: network.wholesaler.uri,
            expiresMilliseconds: now + 86_400_000, nowMilliseconds: now)
        return callers
    }

    /// Every path that a row of the router can be asked with here; a row whose names this does not
    /// know fails the test.
    private static func targets(_ row: RouteRow, _ planted: Planted, _ node: TestNode) -> [String] {
        let network = node.network
        let subjects = [
            planted.subject, network.supplier.product, network.supplier.site, network.supplier.uri,
            Subject.networkURI(network.id),
        ].map(HTTPCaller.segment)
        let id = (try? UnverifiedStatement.decode(planted.submission.statement))?.id.hex ?? ""
        let values: [String: [String]] = [
            "{id}": [id], "{digest}": [planted.digest.hex],
            "{originHash}": [planted.digest.hex], "{old}": ["1"], "{new}": ["2"],
            "{kid}": [Base64.url.encode(network.logKey.publicKey.thumbprint.bytes)],
            "{bundle…}": ["000.p/2", "000.p/3", "000.p/4"], "{level}": ["0"],
            "{tile…}": ["000.p/2", "000.p/4"],
            "{leaf index}": ["0", "2"],
            "{path…}": ["events"], "{eventID}": [HTTPCaller.segment(eventID)], "{token}": ["x"],
            "{captureID}": ["x"], "{delivery}": ["1"],
            // What is deleted is another's query, so that the asked one stays.
            "{name}": [row.method == "DELETE" ? "gone" : "q"],
            "{eventType}": ["ObjectEvent"], "{bizStep}": ["commissioning"],
            "{disposition}": ["active"], "{epc}": [HTTPCaller.segment(item(network.supplier))],
            "{readPoint}": [HTTPCaller.segment(network.supplier.site)],
            "{bizLocation}": [HTTPCaller.segment(network.supplier.site)],
            "{subject…}": row.pattern.hasPrefix("/trace")
                ? subjects.map { $0 + "?direction=both" }
                : subjects + subjects.map { $0 + "?scope=subject" },
        ]
        var targets = [""]
        for segment in row.pattern.split(separator: "/").map(String.init) {
            let choices = segment.hasPrefix("{") ? values[segment] : [segment]
            guard let choices else {
                Issue.record("\(row.pattern): the test does not know \(segment)")
                return []
            }
            targets = targets.flatMap { start in choices.map { start + "/" + $0 } }
        }
        // What is asked in the query string.
        if row.pattern == "/claims" { return subjects.map { "/claims?subject=\($0)" } }
        if row.pattern == "/verdicts", row.method == "GET" {
            return subjects.map { "/verdicts?subject=\($0)&claim=urn:test:scheme" }
        }
        return targets
    }

    /// Which callers see the marker, in which routes.
    private static func seen(
        _ visibility: Visibility, _ exposure: NodeRuntime.Exposure = .proxied
    ) async throws -> [String: Set<String>] {
        let node = try TestNode()
        let planted = try plant(node, visibility)
        let callers = try callers(node)
        return try await node.serve(exposure: exposure) { runtime, _ in
            let asker = Asker(port: runtime.address.port)
            let body = planted.submission.encoded()
            let first = try await asker.as(callers["supplier submitter"] ?? nil)
                .ask("POST", "/entries", body: body)
            #expect(first.status == 201, "\(first.text)")
            let query = Array(#"{"name":"q","query":{"eventType":["ObjectEvent"]}}"#.utf8)
            for case let (_, credential?) in callers {
                let made = try await asker.as(credential).ask(
                    "POST", "/epcis/queries", type: "application/json", body: query)
                #expect([201, 409].contains(made.status), "\(made.text)")
            }
            var seen: [String: Set<String>] = [:]
            for row in Route.table {
                for target in targets(row, planted, node) {
                    for (name, credential) in callers {
                        for accept in [nil, "text/plain", "text/vnd.graphviz"] {
                            let answer = try await asker.as(credential).ask(
                                row.method, target, accept: accept,
                                body: row.method == "POST" ? body : nil)
                            guard answer.body.firstRange(of: Array(marker.utf8)) != nil else {
                                continue
                            }
                            seen[name, default: []].insert("\(row.method) \(row.pattern)")
                        }
                    }
                }
            }
            return seen
        }
    }

    /// Where strangers see what is public.
    private static let open: Set<String> = [
        "GET /log/part/{digest}", "GET /trace/{subject…}", "GET /epcis/events",
        "GET /epcis/events/{eventID}", "GET /epcis/eventTypes/{eventType}/events",
        "GET /epcis/epcs/{epc}/events", "GET /epcis/bizSteps/{bizStep}/events",
        "GET /epcis/dispositions/{disposition}/events",
        "GET /epcis/readPoints/{readPoint}/events",
        "GET /epcis/bizLocations/{bizLocation}/events",
    ]

    /// Where members see what is for them.
    private static let shown = open.union([
        "GET /evidence/{subject…}", "GET /epcis/queries/{name}/events",
    ])

    @Test func `a part for one organisation is seen by it alone, whatever is asked`() async throws {
        let supplier = try DemoNetwork().supplier.uri
        let seen = try await Self.seen(.only([supplier]))
        #expect(
            seen == ["supplier reader": Self.shown, "supplier submitter": Self.shown], "\(seen)")
    }

    @Test func `a part for the network is seen by every member and by no stranger`() async throws {
        let seen = try await Self.seen(.network)
        #expect(
            Set(seen.keys) == [
                "supplier reader", "supplier submitter", "carrier reader", "carrier submitter",
                "operator",
            ])
        #expect(seen.values.allSatisfy { $0 == Self.shown })
    }

    @Test func `a public part is seen by strangers, but not who else says what`() async throws {
        let seen = try await Self.seen(.open)
        #expect(seen["stranger"] == Self.open)
    }

    @Test func `on loopback a caller without token sees what the node's organisation may see`()
        async throws
    {
        let supplier = try DemoNetwork().supplier.uri
        let wholesaler = try DemoNetwork().wholesaler.uri
        #expect(try await Self.seen(.only([supplier]), .machine)["stranger"] == nil)
        #expect(try await Self.seen(.only([wholesaler]), .machine)["stranger"] == Self.shown)
    }
}
