import Records
import Support
import Testing
import Verdicts

/// Evidence against whoever carries it and holds no key.
@Suite struct MutationTests {
    static let seed: UInt64 = 20_260_105
    static let count = 1_000

    @Test func `a thousand ways to tamper with evidence are each rejected by a step meant for it`()
        throws
    {
        let textile = try TextileLog()
        let good = try textile.evidence(about: textile.yarn, .subject)
        #expect(try judge(good, textile).outcome == .verified)
        let other = try Self.foreign()
        let original = good.encoded()
        let verifier = try EvidenceVerifier(genesis: textile.network.file, library: .swiftCrypto)
        var random = SplitMix64(seed: Self.seed)
        var steps: [EvidenceStep: Int] = [:]
        var unused = Set(Mutation.all.map(\.name))
        let kinds = Mutation.all
        for number in 0..<Self.count {
            let (mutation, tampered) = try Self.tamper(
                good, other, kinds, from: number, &random, original)
            unused.remove(mutation.name)
            do {
                _ = try verifier.verify(tampered)
                Issue.record("\(mutation.name) was accepted (seed \(Self.seed), number \(number))")
            } catch {
                steps[error.step, default: 0] += 1
                #expect(
                    mutation.steps.contains(error.step),
                    "\(mutation.name) was rejected at \(error.step): \(error.reason)")
            }
        }
        #expect(unused.isEmpty)
        #expect(Set(steps.keys) == Set(EvidenceStep.allCases), "\(steps)")
        print("\(Self.count) mutations, seed \(Self.seed):", summary(of: steps))
    }

    /// The next kind that applies and changes anything, and what comes out.
    private static func tamper(
        _ good: Evidence, _ other: Evidence, _ kinds: [Mutation], from number: Int,
        _ random: inout SplitMix64, _ original: [UInt8]
    ) throws -> (Mutation, [UInt8]) {
        for attempt in 0..<(kinds.count * 4) {
            let mutation = kinds[(number + attempt) % kinds.count]
            var evidence = good
            guard mutation.apply(&evidence, &random, other) else { continue }
            let bytes = evidence.encoded()
            if bytes != original { return (mutation, bytes) }
        }
        throw NothingToTamperWith()
    }

    private struct NothingToTamperWith: Error {}

    /// Evidence of another network with the same members and another name.
    static func foreign() throws -> Evidence {
        var log = try DemoLog(
            network: DemoNetwork { document in
                GenesisDocument(
                    name: "Another network", createdMilliseconds: document.createdMilliseconds,
                    governors: document.governors, organisations: document.organisations,
                    nodes: document.nodes, policy: document.policy)
            })
        let made = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning",
            batches: [(log.network.supplier.batch("F1"), "1")], site: log.network.supplier.site)
        try log.register(log.network.submission(event: made, by: log.network.supplier), "made")
        try log.seal()
        var builder = EvidenceBuilder(
            network: log.network.id, source: try log.rendered(), reader: .nodeOperator)
        return try builder.build(
            EvidenceQuestion(uri: log.network.supplier.batch("F1"), scope: .subject))
    }

    @Test func `evidence in any other encoding is rejected as format`() throws {
        let textile = try TextileLog()
        let bytes = try textile.evidence(about: textile.reported, .subject).encoded()
        let verifier = try EvidenceVerifier(genesis: textile.network.file, library: .swiftCrypto)
        let header = Array(bytes.dropFirst())
        let spellings: [(String, [UInt8])] = [
            ("a byte follows", bytes + [0]), ("the last byte is missing", bytes.dropLast()),
            ("a longer array header", [0x98, 7] + header),
            ("an indefinite array", [0x9f] + header + [0xff]),
            ("a tag", [0xd9, 0xd9, 0xf7] + bytes), ("twice", bytes + bytes), ("nothing", []),
        ]
        for (name, spelling) in spellings {
            do {
                _ = try verifier.verify(spelling)
                Issue.record("\(name) was accepted")
            } catch {
                #expect(error.step == .format, "\(name): \(error.reason)")
            }
        }
    }

    @Test func `a part that is withheld on the way never makes an answer better`() throws {
        let textile = try TextileLog()
        let verifier = try EvidenceVerifier(genesis: textile.network.file, library: .swiftCrypto)
        var lowered = 0
        for uri in [textile.yarn, textile.reported, textile.delegatedFibre] {
            let good = try textile.evidence(about: uri, .subject)
            let honest = try judge(good, textile).outcome
            var accepted = 0
            for part in good.parts {
                var hidden = good
                hidden.parts.removeAll { $0 == part }
                hidden.stubs = (hidden.stubs + [try Part.decode(part).digest]).sorted()
                guard let verified = try? verifier.verify(hidden.encoded()) else { continue }
                accepted += 1
                let outcome = verified.judge().outcome
                #expect(rank(outcome) <= rank(honest), "\(uri): \(outcome), not \(honest)")
                if outcome == .withheld { lowered += 1 }
            }
            #expect(accepted > 0)
        }
        #expect(lowered > 0)
    }
}

/// How good an outcome is; not applicable is nothing at all.
func rank(_ outcome: Outcome) -> Int {
    guard outcome != .notApplicable else { return 0 }
    return 1 + (Outcome.allCases.firstIndex(of: outcome) ?? 0)
}
