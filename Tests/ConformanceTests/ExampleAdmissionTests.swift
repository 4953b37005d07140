import EPCIS
import Foundation
import GS1
import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// GS1's and openEPCIS's example documents, signed by the demo network's data service and put
/// before the real admission rules, with the network's delegations and without them.
@Suite struct `Example documents under the demo genesis` {
    private static let desk = "https://id.gs1.org/417/9521110000007"
    private static let demo = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "genesis/demo")

    private static func file(_ name: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: demo.appending(path: name)))
    }

    /// The demo network, and the same with every delegation ended before anything is registered.
    private static func governance(delegations: Bool) throws -> GovernanceState {
        let genesis = try GenesisFile.decode(try file("demo.genesis")).verified()
        guard !delegations else { return genesis }
        let ends = genesis.delegations.keys.sorted().map {
            Change.endDelegation(id: $0, fromMilliseconds: 0)
        }
        let amendment = Amendment(
            network: genesis.network, seq: 1, previous: genesis.head, changes: ends)
        let governors = try ["governor-1", "governor-2"].map {
            try KeyFile.read(pem: try file("keys/\($0).pem"), passphrase: nil)
        }
        let body = try GovernanceBody.sign(body: amendment.encoded(), governors: governors)
        return try genesis.applying(body.encoded())
    }

    private static func admit(
        _ document: [UInt8], _ governance: GovernanceState
    ) throws -> [AdmittedPart] {
        let key = try KeyFile.read(pem: try file("keys/desk.pem"), passphrase: nil)
        let signer = Signer(network: governance.network, issuer: desk, key: key)
        let parts = try signer.parts(epcisDocument: document, visibility: .network)
        let admission = Admission(governance: governance, facts: NoFacts())
        let now: UInt64 = 1_790_000_000_000
        let submissions = try signer.submissions(parts, issuedAtSeconds: now / 1_000)
        return try submissions.flatMap {
            try admission.admit($0, nowMilliseconds: now).parts
        }
    }

    private static var valid: [PublishedDocument] {
        get throws { try PublishedDocument.table().filter { $0.refused.isEmpty } }
    }

    @Test func `each valid document is admitted with the delegations`() throws {
        let governance = try Self.governance(delegations: true)
        let documents = try Self.valid
        #expect(documents.count == 49)
        var delegated = 0
        for document in documents {
            let parts = try Self.admit(try Vectors.bytes(document.file), governance)
            #expect(!parts.isEmpty, "\(document.file)")
            delegated += parts.count { $0.judgement.standing == .delegated }
        }
        #expect(delegated > 50)
    }

    @Test func `without the delegations each is refused or reported by, naming the rule`() throws {
        let governance = try Self.governance(delegations: false)
        var refused = 0
        var reported = 0
        for document in try Self.valid {
            do {
                let parts = try Self.admit(try Vectors.bytes(document.file), governance)
                for part in parts where part.judgement.standing != .own {
                    #expect(part.judgement.standing == .reported, "\(document.file)")
                    let rules = ["report.site", "report.thing", "create.prefix"]
                    #expect(rules.contains(part.judgement.rule ?? ""))
                    reported += 1
                }
            } catch let refusal as Refusal {
                #expect(refusal.code == "authority.create-prefix", "\(document.file)")
                #expect(refusal.reason.contains("rule create.prefix"))
                refused += 1
            }
        }
        #expect(refused > 5)
        #expect(reported > 10)
    }

    @Test func `each invalid document is refused with its field`() throws {
        let governance = try Self.governance(delegations: true)
        let invalid = try PublishedDocument.table().filter { !$0.refused.isEmpty }
        #expect(invalid.count == 4)
        for document in invalid {
            do {
                _ = try Self.admit(try Vectors.bytes(document.file), governance)
                Issue.record("\(document.file) was admitted")
            } catch let refusal as Refusal {
                let row = try #require(document.refused.first)
                #expect(refusal.field.contains("event[\(row.event)]"))
                #expect(refusal.field.contains(row.field), "\(document.file): \(refusal.field)")
            }
        }
    }

    @Test func `the home-textile chain is admitted as its own or delegated`() throws {
        let governance = try Self.governance(delegations: true)
        let chain = [
            ("01-farm", "farm", "9521101000009"), ("02-gin", "gin", "9521102000008"),
            ("03-spinner", "spinner", "9521103000007"), ("04-weaver", "weaver", "9521104000006"),
            ("05-sewing", "sewing", "9521105000005"), ("06-carrier", "carrier", "9521106000004"),
            ("07-wholesaler", "wholesaler", "9521107000003"),
            ("08-retailer", "retailer", "9521108000002"),
        ]
        for (document, keyName, gln) in chain {
            let key = try KeyFile.read(pem: try Self.file("keys/\(keyName).pem"), passphrase: nil)
            let signer = Signer(
                network: governance.network, issuer: "https://id.gs1.org/417/\(gln)", key: key)
            let parts = try signer.parts(
                epcisDocument: try Self.file("documents/\(document).json"), visibility: .network)
            let again = try signer.parts(
                epcisDocument: try Self.file("documents/\(document).json"), visibility: .network)
            #expect(parts.map(\.digest) == again.map(\.digest))
            let admission = Admission(governance: governance, facts: NoFacts())
            for submission in try signer.submissions(parts, issuedAtSeconds: 1_790_000_000) {
                let admitted = try admission.admit(submission, nowMilliseconds: 1_790_000_000_000)
                let reported = admitted.parts.contains { $0.judgement.standing == .reported }
                #expect(!reported, "\(document)")
            }
        }
    }
}
