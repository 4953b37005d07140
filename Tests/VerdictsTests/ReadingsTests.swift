import Records
import Support
import Testing
import Verdicts

/// What was read while evidence was built counts for its own bytes alone (SPEC §15.3).
@Suite struct ReadingsTests {
    private let network: DemoNetwork

    init() throws { network = try DemoNetwork() }

    /// Evidence of a log that holds one event of so many pieces, and what was read for it.
    private func evidence(of pieces: String) throws -> (Evidence, EvidenceReadings) {
        var log = try DemoLog(network: network)
        let batch = network.supplier.batch("F1")
        let made = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning", batches: [(batch, pieces)],
            site: network.supplier.site)
        try log.register(network.submission(event: made, by: network.supplier), "made \(pieces)")
        try log.seal()
        var builder = EvidenceBuilder(
            network: network.id, source: try log.rendered(), reader: .nodeOperator)
        let evidence = try builder.build(EvidenceQuestion(uri: batch, scope: .subject))
        return (evidence, builder.readings)
    }

    @Test func `what was read of one log is not believed of another`() throws {
        let (_, readings) = try evidence(of: "1")
        let (other, _) = try evidence(of: "2")
        let verifier = try EvidenceVerifier(genesis: network.file)
        let alone = try verifier.verify(other).judge()
        #expect(try verifier.verify(other, known: readings).judge() == alone)
        #expect(alone.outcome == .verified)
    }
}
