import Records
import Support
import Testing
import Verdicts

@Suite struct ByteFlipTests {
    @Test func `no byte of an evidence file can be changed`() throws {
        var log = try DemoLog(network: DemoNetwork())
        let network = log.network
        let made = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning", batches: [(network.supplier.batch("A"), "1")],
            site: network.supplier.site)
        try log.register(network.submission(event: made, by: network.supplier), "made")
        try log.seal()
        var builder = EvidenceBuilder(
            network: network.id, source: try log.rendered(), reader: .nodeOperator)
        let bytes = try builder.build(
            EvidenceQuestion(uri: network.supplier.batch("A"), scope: .subject)
        ).encoded()
        let verifier = try EvidenceVerifier(genesis: network.file, library: .swiftCrypto)
        #expect(try verifier.verify(bytes).judge().outcome == .verified)
        #expect((3_000...30_000).contains(bytes.count))
        var random = SplitMix64(seed: 11)
        var steps: [EvidenceStep: Int] = [:]
        for place in bytes.indices {
            var flipped = bytes
            flipped[place] ^= UInt8.random(in: 1...255, using: &random)
            do {
                _ = try verifier.verify(flipped)
                Issue.record("byte \(place) made \(flipped[place]) was accepted")
            } catch {
                steps[error.step, default: 0] += 1
            }
        }
        #expect(steps.values.reduce(0, +) == bytes.count)
        print("evidence of \(bytes.count) bytes, each flipped once:", summary(of: steps))
    }
}

/// How many rejections each step made, in the order of the steps.
func summary(of steps: [EvidenceStep: Int]) -> String {
    EvidenceStep.allCases.compactMap { step in steps[step].map { "\(step) \($0)" } }
        .joined(separator: ", ")
}
