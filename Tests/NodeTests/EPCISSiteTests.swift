import Foundation
import HTTPAPI
import Records
import Signatures
import Support
import Testing

@testable import Node

/// Sites below sites: `WD_bizLocation` by registered master data (SPEC §17.2).
struct EPCISSiteTests {
    private static let plant = "https://id.gs1.org/414/9521141000021"

    private func masterData(
        _ node: TestNode, _ container: String?, fromMilliseconds: UInt64,
        by member: DemoNetwork.Member
    ) throws -> Submission {
        var data = MasterData(kind: .site)
        data.names = ["und": "Spinning"]
        if let container {
            data.attributes = [MasterData.Attribute("containedInPlace", container)]
        }
        let record = data.record(
            about: node.network.supplier.site, fromMilliseconds: fromMilliseconds)
        let part = try Part.make(
            content: record.encoded(), contentType: PartContentType.record, visibility: .network,
            network: node.network.id, saltSecret: member.key.saltSecret)
        let signer = Signer(network: node.network.id, issuer: member.uri, key: member.key)
        return try #require(
            try signer.submissions([part], issuedAtSeconds: DemoNetwork.startSeconds).first)
    }

    private func found(_ caller: HTTPCaller) async throws -> Bool {
        let answer = try await caller.get(
            "/epcis/events?WD_bizLocation=\(HTTPCaller.segment(Self.plant))")
        #expect(answer.status == 200)
        return answer.text.contains("COTTON")
    }

    @Test func `a site counts below another from when its owner says so`() async throws {
        let node = try TestNode()
        let supplier = node.network.supplier
        try await node.serve { _, caller in
            _ = try await caller.post(try node.commissioning("COTTON"))
            #expect(try await !found(caller))
            let start = DemoNetwork.startMilliseconds
            let later = SystemClock.nowMilliseconds() + 86_400_000
            for (container, from, isBelow) in [
                (Self.plant as String?, later, false), (Self.plant, start, true),
                (nil, start + 1, false), (Self.plant, start + 2, true),
            ] {
                let submission = try masterData(
                    node, container, fromMilliseconds: from, by: supplier)
                #expect(try await caller.post(submission).status == 201)
                #expect(try await found(caller) == isBelow, "from \(from)")
            }
        }
    }

    @Test func `others may not say where a site lies`() async throws {
        let node = try TestNode()
        try await node.serve { _, caller in
            _ = try await caller.post(try node.commissioning("COTTON"))
            let submission = try masterData(
                node, Self.plant, fromMilliseconds: DemoNetwork.startMilliseconds,
                by: node.network.carrier)
            #expect(try await caller.post(submission).status == 403)
            #expect(try await !found(caller))
        }
    }
}
