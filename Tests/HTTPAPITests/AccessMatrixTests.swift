import Foundation
import HTTPAPI
import MerkleTrees
import Records
import Support
import Testing

/// Every route × method × role × {own, other's}: what is answered must be what this table says, and
/// this table must name the rows that the router is made of.
struct AccessMatrixTests {
    /// A row as a person would write it down, with a request that falls under it.
    struct Expected: Sendable {
        var method: String
        var pattern: String
        var role: AccessRole
        var target: String
    }

    private static let hash = String(repeating: "0a", count: 32)

    static let expected: [Expected] = single + collections + queries

    private static let single: [Expected] = [
        Expected(method: "POST", pattern: "/entries", role: .submitter, target: "/entries"),
        Expected(
            method: "GET", pattern: "/entries/{id}", role: .reader, target: "/entries/\(hash)"),
        Expected(
            method: "GET", pattern: "/.well-known/scitt-keys", role: .open,
            target: "/.well-known/scitt-keys"),
        Expected(
            method: "GET", pattern: "/.well-known/scitt-keys/{kid}", role: .open,
            target: "/.well-known/scitt-keys/CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo"),
        Expected(
            method: "GET", pattern: "/log/checkpoint", role: .open, target: "/log/checkpoint"),
        Expected(
            method: "GET", pattern: "/log/tile/entries/{bundle…}", role: .reader,
            target: "/log/tile/entries/000.p/2"),
        Expected(
            method: "GET", pattern: "/log/tile/{level}/{tile…}", role: .open,
            target: "/log/tile/0/000.p/2"),
        Expected(
            method: "GET", pattern: "/log/manifest/{leaf index}", role: .reader,
            target: "/log/manifest/2"),
        Expected(
            method: "GET", pattern: "/log/part/{digest}", role: .open,
            target: "/log/part/\(hash)"),
        Expected(
            method: "GET", pattern: "/log/consistency/{old}/{new}", role: .open,
            target: "/log/consistency/1/2"),
        Expected(
            method: "GET", pattern: "/evidence/{subject…}", role: .reader,
            target: "/evidence/urn:x:y"),
        Expected(
            method: "GET", pattern: "/verdicts", role: .reader,
            target: "/verdicts?subject=urn:x:y&claim=urn:x:z"),
        Expected(method: "POST", pattern: "/verdicts", role: .reader, target: "/verdicts"),
        Expected(
            method: "GET", pattern: "/claims", role: .reader, target: "/claims?subject=urn:x:y"),
        Expected(
            method: "GET", pattern: "/trace/{subject…}", role: .open, target: "/trace/urn:x:y"),
        Expected(method: "GET", pattern: "/organisations", role: .open, target: "/organisations"),
        Expected(method: "GET", pattern: "/peers", role: .open, target: "/peers"),
        Expected(
            method: "GET", pattern: "/alarms/{digest}", role: .open,
            target: "/alarms/" + String(repeating: "00", count: 32)),
        Expected(
            method: "POST", pattern: "/add-checkpoint", role: .open, target: "/add-checkpoint"),
        Expected(
            method: "GET", pattern: "/witness/{originHash}/checkpoint", role: .open,
            target: "/witness/\(hash)/checkpoint"),
        Expected(
            method: "GET", pattern: "/openapi.json", role: .open, target: "/openapi.json"),
        Expected(method: "GET", pattern: "/healthz", role: .open, target: "/healthz"),
        Expected(method: "GET", pattern: "/readyz", role: .open, target: "/readyz"),
        Expected(method: "GET", pattern: "/metrics", role: .nodeOperator, target: "/metrics"),
        Expected(method: "GET", pattern: "/epcis", role: .open, target: "/epcis"),
        Expected(method: "GET", pattern: "/epcis/", role: .open, target: "/epcis/"),
        Expected(method: "OPTIONS", pattern: "/epcis", role: .open, target: "/epcis"),
        Expected(
            method: "OPTIONS", pattern: "/epcis/{path…}", role: .open, target: "/epcis/events"),
        Expected(method: "GET", pattern: "/epcis/events", role: .open, target: "/epcis/events"),
        Expected(
            method: "GET", pattern: "/epcis/events/{eventID}", role: .open,
            target: "/epcis/events/urn%3Ax%3Ay"),
        Expected(
            method: "POST", pattern: "/epcis/events", role: .submitter, target: "/epcis/events"),
        Expected(
            method: "POST", pattern: "/epcis/capture", role: .submitter,
            target: "/epcis/capture"),
        Expected(
            method: "GET", pattern: "/epcis/capture", role: .submitter, target: "/epcis/capture"),
        Expected(
            method: "GET", pattern: "/epcis/capture/{captureID}", role: .submitter,
            target: "/epcis/capture/0a"),
        Expected(
            method: "DELETE", pattern: "/epcis/nextPageToken/{token}", role: .open,
            target: "/epcis/nextPageToken/abc"),
    ]

    private static let collections = [
        "eventType", "epc", "bizStep", "bizLocation", "readPoint", "disposition",
    ].flatMap { name in
        [
            Expected(
                method: "GET", pattern: "/epcis/\(name)s", role: .open,
                target: "/epcis/\(name)s"),
            Expected(
                method: "GET", pattern: "/epcis/\(name)s/{\(name)}", role: .open,
                target: "/epcis/\(name)s/urn%3Ax%3Ay"),
            Expected(
                method: "GET", pattern: "/epcis/\(name)s/{\(name)}/events", role: .open,
                target: "/epcis/\(name)s/urn%3Ax%3Ay/events"),
        ]
    }

    private static let queries = [
        ("GET", "", ""), ("POST", "", ""), ("GET", "/{name}", "/q"), ("DELETE", "/{name}", "/q"),
        ("GET", "/{name}/events", "/q/events"),
        ("GET", "/{name}/subscriptions", "/q/subscriptions"),
        ("POST", "/{name}/subscriptions", "/q/subscriptions"),
        ("GET", "/{name}/subscriptions/{id}", "/q/subscriptions/s"),
        ("DELETE", "/{name}/subscriptions/{id}", "/q/subscriptions/s"),
        ("GET", "/{name}/subscriptions/{id}/deadLetters", "/q/subscriptions/s/deadLetters"),
        (
            "POST", "/{name}/subscriptions/{id}/deadLetters/{delivery}",
            "/q/subscriptions/s/deadLetters/1"
        ),
        (
            "DELETE", "/{name}/subscriptions/{id}/deadLetters/{delivery}",
            "/q/subscriptions/s/deadLetters/1"
        ),
    ].map { method, pattern, target in
        Expected(
            method: method, pattern: "/epcis/queries" + pattern, role: .reader,
            target: "/epcis/queries" + target)
    }

    private static let methods = [
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND",
        "CONNECT", "FETCH",
    ]
    private static let organisations = ["urn:test:us", "urn:test:them"]

    /// Takes a credential at its word: `<role>@<organisation>`.
    struct WordAccess: AccessControl {
        func caller(
            bearing credential: String, method: String, path: String, age: Duration
        ) async throws(Refusal) -> Caller {
            let halves = credential.split(separator: "@")
            guard let role = AccessRole(rawValue: String(halves[0])) else {
                throw Refusal(code: "access.token", field: "authorization", reason: "unknown")
            }
            return Caller(role: role, reader: .member(organisation: String(halves[1])))
        }
    }

    @Test func `the router is made of the rows of this table and no others`() {
        let router = Route.table.map { "\($0.method) \($0.pattern) \($0.access.rawValue)" }
        let table = Self.expected.map { "\($0.method) \($0.pattern) \($0.role.rawValue)" }
        #expect(router.sorted() == table.sorted())
    }

    @Test func `SPEC has a row for each`() throws {
        let file = CairnProcess.root.appending(path: "SPEC.md")
        let text = String(decoding: try Data(contentsOf: file), as: UTF8.self)
        for row in Self.expected {
            let line = "| `\(row.method) \(row.pattern)` | \(row.role.rawValue) |"
            #expect(text.contains(line), "SPEC §17 lacks: \(line)")
        }
    }

    @Test func `each cell of the matrix is as the table says`() async throws {
        let node = ScriptedNode()
        try await withListener(node, callers: .anywhere(access: WordAccess())) { port in
            for row in Self.expected {
                for method in Self.methods {
                    for (role, organisation) in Self.callers {
                        let status = try await Self.ask(port, row, method, role, organisation)
                        let wanted = Self.wanted(row, method, role)
                        #expect(
                            wanted.contains(status),
                            "\(method) \(row.target) as \(role) of \(organisation ?? "nobody")")
                    }
                }
            }
        }
    }

    private static var callers: [(AccessRole, String?)] {
        [(.open, nil)]
            + [.reader, .submitter, .nodeOperator].flatMap { role in
                organisations.map { (role, $0) }
            }
    }

    private static func ask(
        _ port: Int, _ row: Expected, _ method: String, _ role: AccessRole, _ organisation: String?
    ) async throws -> Int {
        let isJSON = row.pattern.hasPrefix("/epcis")
        var fields = [
            "content-type": isJSON ? "application/json" : "application/vnd.cairn.submission+cbor"
        ]
        if let organisation {
            fields["authorization"] = "Bearer \(role.rawValue)@\(organisation)"
        }
        var body: [UInt8] = [0x40]
        if row.pattern == "/verdicts" {
            fields["content-type"] = "application/json"
            body = Array(#"{"claim":"urn:x:z","subjects":["urn:x:y"]}"#.utf8)
        }
        // Where methods of one path are asked in different ways, each is asked in its own.
        let target = methods(on: row.target)[method]?.target ?? row.target
        let answer = try await RawAnswer.ask(
            port, method, target, fields: fields, body: method == "POST" ? body : nil)
        if answer.status == 405 {
            let allowed = answer.fields["allow"]?.components(separatedBy: ", ") ?? []
            #expect(Set(allowed) == Set(methods(on: row.target).keys))
        }
        if answer.status == 401 { #expect(answer.fields["www-authenticate"] != nil) }
        // What is handed out as one reader's must be that reader's.
        if answer.status == 200, method == "GET", row.pattern.hasPrefix("/log/part") {
            #expect(answer.text == (organisation.map { "part for \($0)" } ?? ""))
        }
        return answer.status
    }

    /// The methods that a path takes, each with the row that it falls under.
    private static func methods(on target: String) -> [String: Expected] {
        var methods: [String: Expected] = [:]
        for row in expected where path(row.target) == path(target) {
            methods[row.method] = row
            if row.method == "GET" { methods["HEAD"] = row }
        }
        if target.hasPrefix("/epcis") { methods["OPTIONS"] = options }
        return methods
    }

    private static func path(_ target: String) -> Substring { target.prefix { $0 != "?" } }

    private static let options = Expected(
        method: "OPTIONS", pattern: "/epcis/{path…}", role: .open, target: "/epcis/events")

    private static func wanted(_ asked: Expected, _ method: String, _ role: AccessRole) -> [Int] {
        // A word that is no method at all is the HTTP parser's to refuse.
        guard let row = methods(on: asked.target)[method] else {
            return method == "FETCH" ? [400] : [405]
        }
        guard role >= row.role else { return role == .open ? [401] : [403] }
        if let exact = statuses["\(row.method) \(row.pattern)"] { return [exact] }
        return row.method == "POST" ? [201] : [200]
    }

    /// What rows answer that do not answer as their method does elsewhere.
    private static let statuses = [
        "GET /readyz": 503, "OPTIONS /epcis/{path…}": 204,
        "DELETE /epcis/nextPageToken/{token}": 501, "DELETE /epcis/queries/{name}": 204,
        "DELETE /epcis/queries/{name}/subscriptions/{id}": 204,
        "DELETE /epcis/queries/{name}/subscriptions/{id}/deadLetters/{delivery}": 204,
        "POST /epcis/queries/{name}/subscriptions/{id}/deadLetters/{delivery}": 202,
        "POST /epcis/capture": 202, "POST /verdicts": 200,
        "POST /add-checkpoint": 200,
    ]

    @Test func `a credential that does not count is refused, also where none is needed`()
        async throws
    {
        try await withListener(callers: .anywhere(access: WordAccess())) { port in
            for shown in ["Bearer nobody@x", "Basic YTpi", "Bearer", "Bearer a b", ""] {
                let answer = try await RawAnswer.ask(
                    port, "GET", "/healthz", fields: ["authorization": shown])
                #expect(answer.status == 401, "\(shown)")
                #expect(answer.text.contains("access.token"))
            }
        }
    }

    @Test func `what came through a proxy is a stranger's`() async throws {
        try await withListener { port in
            #expect(try await RawAnswer.ask(port, "GET", "/metrics").status == 200)
            for name in ["via", "forwarded", "x-forwarded-for", "x-real-ip", "x-forwarded-host"] {
                let answer = try await RawAnswer.ask(port, "GET", "/metrics", fields: [name: "a"])
                #expect(answer.status == 401, "\(name)")
            }
        }
    }

    @Test func `beyond this machine any host is answered, with less`() async throws {
        try await withListener(callers: .anywhere(access: WordAccess())) { port in
            let fields = ["host": "ledger.example"]
            let health = try await RawAnswer.ask(port, "GET", "/healthz", fields: fields)
            #expect(health.status == 200)
            let metrics = try await RawAnswer.ask(port, "GET", "/metrics", fields: fields)
            #expect(metrics.status == 401)
        }
    }

    @Test func `metrics count answers by route and status, whatever is asked`() async throws {
        try await withListener { port in
            for path in ["/healthz", "/nowhere", "/nowhere/else?x=1", "/evidence/%zz"] {
                _ = try await RawAnswer.ask(port, "GET", path)
            }
            let text = try await RawAnswer.ask(port, "GET", "/metrics").text
            #expect(text.contains(#"{route="GET /healthz",status="200"} 1"#))
            #expect(text.contains(#"{route="none",status="404"} 2"#))
            #expect(text.contains("cairn_submission_streams 0\n"))
            #expect(!text.contains("nowhere"))
        }
    }
}
