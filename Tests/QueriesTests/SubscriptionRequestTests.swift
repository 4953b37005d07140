import EPCIS
import Queries
import Records
import Testing

/// Named queries and subscriptions as callers write them, and where events may be sent.
@Suite struct SubscriptionRequestTests {
    private static func json(_ text: String) throws -> JSONValue {
        try JSONValue.parse(Array(text.utf8))
    }

    @Test func `a named query is a name and a query`() throws {
        let body = try Self.json(
            #"{"name":"my.Query-1","query":{"eventType":["ObjectEvent"],"EQ_bizStep":"shipping"}}"#)
        let query = try NamedQuery(body: body)
        #expect(query.name == "my.Query-1")
        #expect(query.query.conditions.count == 2)
        #expect(query.document == body)
    }

    @Test(arguments: [
        (#"{"query":{}}"#, "query.definition"), (#"{"name":"a"}"#, "query.definition"),
        (#"{"name":5,"query":{}}"#, "query.definition"), ("[]", "query.definition"),
        (#"{"name":"a","query":{},"x":1}"#, "query.definition"),
        (#"{"name":"","query":{}}"#, "query.name"), (#"{"name":"a/b","query":{}}"#, "query.name"),
        (#"{"name":"..","query":{}}"#, "query.name"), (#"{"name":"ä","query":{}}"#, "query.name"),
        (#"{"name":"a","query":{"EQ_nothing":"x"}}"#, "query.parameter"),
        (#"{"name":"a","query":{"perPage":3}}"#, "query.parameter"),
        (#"{"name":"a","query":[]}"#, "query.parameter"),
    ])
    func `malformed named queries are refused`(_ body: String, _ code: String) throws {
        #expect { try NamedQuery(body: try Self.json(body)) } throws: { error in
            (error as? Refusal)?.code == code
        }
    }

    @Test func `a query that is cut off cannot be subscribed to`() throws {
        let query = try NamedQuery(name: "a", json: try Self.json(#"{"maxEventCount":5}"#))
        #expect(throws: Refusal.self) { try query.requireStanding() }
        try NamedQuery(name: "a", json: .object([])).requireStanding()
    }

    @Test func `subscriptions are read, kept and read again the same`() throws {
        for text in [
            #"{"dest":"https://a.example/x?y=1","stream":true}"#,
            #"{"dest":"https://a.example","signatureToken":"s","schedule":{"hour":"1"},"#
                + #""reportIfEmpty":true,"initialRecordTime":"2020-04-04T20:33:31.116-06:00"}"#,
            #"{"dest":"https://a.example","secret":"s","stream":false,"schedule":{"hour":3}}"#,
        ] {
            let request = try SubscriptionRequest(json: try Self.json(text))
            #expect(try SubscriptionRequest(json: request.json) == request)
        }
    }

    @Test(arguments: [
        #"{"dest":"https://a.example"}"#, #"{"dest":"https://a.example","stream":false}"#,
        #"{"dest":"https://a.example","stream":"true"}"#, #"{"stream":true}"#,
        #"{"dest":"https://a.example","stream":true,"schedule":{"hour":"1"}}"#,
        #"{"dest":"https://a.example","stream":true,"reportIfEmpty":true}"#,
        #"{"dest":"https://a.example","stream":true,"signatureToken":""}"#,
        #"{"dest":"https://a.example","stream":true,"signatureToken":"a","secret":"b"}"#,
        #"{"dest":"https://a.example","stream":true,"initialRecordTime":"yesterday"}"#,
        #"{"dest":"https://a.example","stream":true,"queryName":"x"}"#,
        #"{"dest":"ftp://a.example","stream":true}"#, "[]",
    ])
    func `malformed subscriptions are refused`(_ text: String) throws {
        #expect(throws: Refusal.self) { try SubscriptionRequest(json: try Self.json(text)) }
    }

    @Test(arguments: [
        "a.example/x", "https://", "https:///x", "https://u@a.example/", "https://u:p@a.example",
        "https://a.example/#f", "https://a.example:0/", "https://a.example:65536/",
        "https://a.example:/", "https://a.example:80:80/", "https://a b/", "https://ä.example/",
        "https://[::1/", "https://[fe80::1%25eth0]/", "https://[]/", "file:///etc/passwd",
        "https://a.example\\@b.example/", "https://a.example/\n", "javascript:alert(1)",
    ])
    func `a destination that can be read in two ways is refused`(_ url: String) {
        #expect(throws: Refusal.self) { try WebhookDestination(url) }
    }

    @Test func `host and port of a destination are told apart`() throws {
        let plain = try WebhookDestination("https://A.Example?x=/@")
        #expect(plain.host == "a.example" && plain.port == 443 && plain.isSecure)
        let address = try WebhookDestination("http://[2001:DB8::1]:8080/x")
        #expect(address.host == "2001:db8::1" && address.port == 8_080 && !address.isSecure)
    }

    @Test(
        arguments: [
            [127, 0, 0, 1], [10, 1, 2, 3], [172, 16, 0, 1], [172, 31, 255, 255], [192, 168, 1, 1],
            [169, 254, 169, 254], [100, 64, 0, 1], [0, 0, 0, 0], [224, 0, 0, 1],
            [255, 255, 255, 255],
            [198, 19, 0, 1], [192, 0, 2, 1], [],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 8, 8, 8, 8],
            [0xFE, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            [0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            [0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 0, 1],
            [0x20, 0x02, 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
            [0x20, 0x01, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1],
        ] as [[UInt8]])
    func `addresses that not everybody reaches are not public`(_ address: [UInt8]) {
        #expect(!PublicAddresses.contain(address))
    }

    @Test(
        arguments: [
            [8, 8, 8, 8], [172, 32, 0, 1], [172, 15, 0, 1], [100, 128, 0, 1], [192, 0, 1, 1],
            [0x26, 0x06, 0x47, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x11, 0x11],
            [0x20, 0x01, 0x48, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x88, 0x88],
        ] as [[UInt8]])
    func `addresses of the Internet are public`(_ address: [UInt8]) {
        #expect(PublicAddresses.contain(address))
    }

    @Test func `only what the operator names may be private or without TLS`() throws {
        let loopback: [UInt8] = [127, 0, 0, 1]
        let named = try WebhookPolicy("127.0.0.1:9000, Partner.internal,[::1]:8080,fd00::1")
        for url in [
            "http://127.0.0.1:9000/x", "http://partner.internal/", "https://PARTNER.internal:8443",
            "http://[::1]:8080", "http://[fd00::1]:99/",
        ] {
            let destination = try WebhookDestination(url)
            try named.check(destination)
            try named.check(destination, addresses: [loopback])
            #expect(throws: Refusal.self) {
                try WebhookPolicy.publicOnly.check(destination, addresses: [loopback])
            }
        }
        for url in ["http://127.0.0.1:9001/", "http://x.partner.internal/", "http://[::1]/"] {
            let destination = try WebhookDestination(url)
            #expect(throws: Refusal.self) { try named.check(destination) }
        }
        let mixed = try WebhookDestination("https://mixed.example/")
        try named.check(mixed, addresses: [[8, 8, 8, 8]])
        #expect(throws: Refusal.self) {
            try named.check(mixed, addresses: [[8, 8, 8, 8], loopback])
        }
        #expect(throws: Refusal.self) {
            try named.check(try WebhookDestination("https://a.localhost/"))
        }
        for host in ["127.1", "2130706433", "0x7f.1", "0", "0177.0.0.1", "10.0.0.0x1"] {
            let odd = try WebhookDestination("https://\(host)/")
            #expect(throws: Refusal.self, "\(host)") { try named.check(odd) }
        }
        for host in ["8.8.8.8", "1.example", "3com.example", "[2606:4700::1111]"] {
            try named.check(try WebhookDestination("https://\(host)/"))
        }
        for text in ["http://a", "a/b", "a:b", "a@b"] {
            #expect(throws: Refusal.self) { try WebhookPolicy(text) }
        }
    }
}
