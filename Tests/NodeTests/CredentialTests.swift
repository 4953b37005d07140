import EPCIS
import MerkleTrees
import Records
import Support
import Testing

@testable import Node

/// The credentials that `GET /organisations` shows of each member (SPEC §17.8).
struct CredentialTests {
    private static let scheme = "urn:example:scheme"

    private static func record(
        _ kind: RecordKind, _ name: String, about uri: String, until: UInt64? = nil
    ) -> Record {
        var record = Record(kind: kind)
        record.id = "urn:example:\(name)"
        record.about = [uri]
        record.fromMilliseconds = 0
        record.untilMilliseconds = until
        record.scope = [
            ScopeItem("criterion", "urn:example:criterion"), ScopeItem("scheme", scheme),
        ]
        if kind == .certificate {
            record.body = RecordBody(contentType: "text/plain", bytes: [1])
        }
        return record
    }

    private static func end(_ kind: RecordKind, of name: String, until: UInt64? = nil) -> Record {
        var record = Record(kind: kind)
        record.target = .record("urn:example:\(name)")
        record.fromMilliseconds = 0
        record.untilMilliseconds = until
        record.reason = "why"
        return record
    }

    /// Of a member: the state of each credential by the end of its URI.
    private static func states(_ answer: JSONValue, _ uri: String) -> [String: String] {
        let all = answer["organisations"]?.asArray ?? []
        let own = all.first { $0["uri"]?.asString == uri }?["credentials"]?.asArray ?? []
        return Dictionary(
            own.map { one in
                let name = one["id"]?.asString?.split(separator: ":").last ?? ""
                return (String(name), one["state"]?.asString ?? "")
            }, uniquingKeysWith: { first, _ in first })
    }

    @Test func `credentials are shown where they belong, as they stand now, to who may see them`()
        async throws
    {
        let node = try TestNode()
        let network = node.network
        let (carrier, supplier) = (network.carrier, network.supplier)
        try await node.serve { runtime, caller in
            let running = try #require(runtime.running)
            let day: UInt64 = 86_400_000
            let records: [(Record, DemoNetwork.Member, Visibility)] = [
                (Self.record(.certificate, "good", about: carrier.uri), supplier, .open),
                (Self.record(.certificate, "site", about: carrier.site), supplier, .network),
                (Self.record(.certificate, "old", about: carrier.uri, until: day), supplier, .open),
                (Self.record(.accreditation, "given", about: carrier.uri), supplier, .open),
                (Self.end(.suspension, of: "given"), supplier, .open),
                (Self.record(.certificate, "void", about: carrier.uri), supplier, .open),
                (Self.end(.revocation, of: "void"), supplier, .open),
                (Self.record(.certificate, "lapsed", about: carrier.uri), supplier, .open),
                (Self.end(.suspension, of: "lapsed", until: day), supplier, .open),
                (
                    Self.record(.certificate, "hidden", about: carrier.uri), supplier,
                    .organisations([supplier.uri])
                ),
            ]
            for (record, member, visibility) in records {
                let submission = try ErasureTests.submission(
                    record, by: member, in: network, visibility: visibility)
                try #require(try await caller.post(submission).status == 201)
            }
            let seen = [
                "good": "current", "old": "expired", "given": "suspended", "void": "revoked",
                "lapsed": "current",
            ]
            let expected: [(Reader, [String: String])] = [
                (.anonymous, seen),
                (.member(organisation: carrier.uri), seen.merging(["site": "current"]) { $1 }),
                (
                    .member(organisation: supplier.uri),
                    seen.merging(["site": "current", "hidden": "current"]) { $1 }
                ),
            ]
            for (reader, states) in expected {
                var found: [String: String] = [:]
                for _ in 0..<200 where found != states {
                    try await Task.sleep(for: .milliseconds(20))
                    let answer = try JSONValue.parse(await running.organisations(for: reader))
                    found = Self.states(answer, carrier.uri)
                    #expect(Self.states(answer, supplier.uri).isEmpty)
                }
                #expect(found == states, "\(reader)")
            }
            let answer = try await caller.get("/organisations").text
            #expect(answer.contains(#""schemes":["\#(Self.scheme)"]"#))
            let good = try ErasureTests.submission(
                records[0].0, by: supplier, in: network, visibility: .open)
            let id = try UnverifiedStatement.decode(good.statement).id
            #expect(answer.contains(#""statement":"\#(id.hex)""#))
        }
    }
}
