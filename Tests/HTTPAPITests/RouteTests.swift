import HTTPAPI
import Lineage
import MerkleTrees
import Records
import Testing

struct RouteTests {
    private static let id = String(repeating: "0a", count: 32)

    @Test(arguments: [
        ("POST", "/entries", Route.submit),
        ("GET", "/.well-known/scitt-keys", .keySet),
        ("GET", "/log/checkpoint", .checkpoint),
        ("HEAD", "/log/checkpoint", .checkpoint),
        ("GET", "/log/tile/0/x001/234.p/5", .tile("tile/0/x001/234.p/5")),
        ("GET", "/log/tile/entries/000", .tile("tile/entries/000")),
        ("GET", "/log/manifest/18446744073709551615", .manifest(.max)),
        ("GET", "/log/consistency/3/7", .consistency(3, 7)),
        ("GET", "/organisations", .organisations),
        ("GET", "/healthz", .health(readiness: false)),
        ("GET", "/readyz", .health(readiness: true)),
        ("GET", "/evidence/urn%3Ax%3Ay", .evidence(subject: "urn:x:y", upstream: true)),
        (
            "GET", "/evidence/https%3A%2F%2Fa%2Fb?scope=subject",
            .evidence(subject: "https://a/b", upstream: false)
        ),
        (
            "GET", "/trace/https://a/b%20c?direction=down&limit=5",
            .trace(TraceRequest(subject: "https://a/b c", direction: .down, limit: 5))
        ),
    ])
    func `a request is read as its route`(method: String, target: String, route: Route) throws {
        #expect(try Route(method: method, target: target) == route)
    }

    @Test func `ids and digests are lower-case hexadecimal`() throws {
        let hash = try #require(Hash256(hex: Self.id))
        #expect(try Route(method: "GET", target: "/entries/\(Self.id)") == .receipt(hash))
        #expect(try Route(method: "GET", target: "/log/part/\(Self.id)") == .part(hash))
        let kid = "CgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgoKCgo"
        let target = "/.well-known/scitt-keys/\(kid)"
        #expect(try Route(method: "GET", target: target) == .key(hash))
    }

    @Test(arguments: [
        ("GET", "/", "request.path"),
        ("GET", "", "request.path"),
        ("GET", "*", "request.path"),
        ("GET", "/log", "request.path"),
        ("GET", "/log/checkpoint/x", "request.path"),
        ("GET", "/entries", "request.method"),
        ("POST", "/log/checkpoint", "request.method"),
        ("DELETE", "/healthz", "request.method"),
        ("GET", "/entries/zz", "request.parameter"),
        ("GET", "/entries/" + String(repeating: "0A", count: 32), "request.parameter"),
        ("GET", "/log/manifest/01", "request.parameter"),
        ("GET", "/log/manifest/-1", "request.parameter"),
        ("GET", "/evidence/", "request.parameter"),
        ("GET", "/evidence/%zz", "request.parameter"),
        ("GET", "/evidence/%ff", "request.parameter"),
        ("GET", "/evidence/x?scope=all", "request.parameter"),
        ("GET", "/evidence/x?scope=subject&scope=subject", "request.parameter"),
        ("GET", "/trace/x?limit=0", "request.parameter"),
        ("GET", "/trace/x?limit=50001", "request.parameter"),
        ("GET", "/trace/x?deep=1", "request.parameter"),
        ("GET", "/.well-known/scitt-keys/AA", "request.parameter"),
    ])
    func `a request that means nothing is refused`(
        method: String, target: String, code: String
    ) {
        #expect { try Route(method: method, target: target) } throws: {
            ($0 as? Refusal)?.code == code
        }
    }
}

struct NegotiationTests {
    private static let offers = ["text/plain", "application/json"]

    @Test(
        arguments: [
            (nil, "text/plain"), ("", "text/plain"), ("*/*", "text/plain"),
            ("application/json", "application/json"), ("application/*", "application/json"),
            ("text/plain;q=0.1, application/json;q=0.2", "application/json"),
            ("Application/JSON; charset=utf-8", "application/json"),
            ("text/plain;q=0, */*", "application/json"),
            ("image/png", nil), ("text/plain;q=0", nil), ("application/json;q=x", nil),
        ] as [(String?, String?)])
    func `the type that is liked best is chosen`(accept: String?, chosen: String?) {
        #expect(Negotiation.choose(accept, from: Self.offers) == chosen)
    }
}

struct ListenAddressTests {
    @Test(arguments: ["127.0.0.1:80", "127.1.2.3:0", "localhost:65535", "[::1]:8080", "::1:8080"])
    func `loopback addresses are taken`(text: String) throws {
        _ = try ListenAddress(text)
    }

    @Test(arguments: [
        "0.0.0.0:80", "192.168.0.1:80", "[::]:80", "example.org:80", "127.0.0.1", "127.0.0.1:x",
        "127.0.0.1:65536", "127.0.0.1.example.org:80", ":80", "",
    ])
    func `other addresses are refused with a reason`(text: String) {
        #expect(throws: ListenError.self) { try ListenAddress(text) }
    }

    @Test(arguments: [
        ("localhost", true), ("LOCALHOST:80", true), ("127.0.0.1:8080", true), ("[::1]", true),
        ("[::1]:80", true), ("evil.example", false), ("127.0.0.1.evil.example:80", false),
        ("localhost.evil.example", false), ("localhost:", true), ("[::2]:80", false),
    ])
    func `a request's host is loopback or not`(authority: String, expected: Bool) {
        #expect(Authority(authority)?.isLoopback == expected)
    }

    @Test(arguments: [
        "", ":80", "localhost:evil.com", "localhost:80:80", "localhost:65536", "localhost:+80",
        "[::1]evil.com", "[::1]:evil", "[::1", "[]", "::1", "user@localhost", "localhost/",
        "localhost, localhost", "local host",
    ])
    func `what is no host with a port is no authority`(text: String) {
        #expect(Authority(text) == nil)
    }
}
