import Benchmark
import Crypto
import DeterministicCBOR
import EPCIS
import MerkleTrees
import Records
import Signatures

/// The pieces that one statement passes on its way into a log, each by itself.
///
/// Every measurement is of one statement over one GS1 event of about 1,000 bytes. The first two are
/// the physical limits that the others stand beside: one raw Ed25519 verification and one SHA-256
/// of the event.
let benchmarks: @Sendable () -> Void = {
    unsafe Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .cpuTotal], warmupIterations: 3,
        scalingFactor: .kilo, maxDuration: .seconds(2))
    let material: Material
    do {
        material = try Material()
    } catch {
        return print("the statement to measure cannot be made: \(error)")
    }
    limits(material)
    reading(material)
    admission(material)
    trees(material)
}

/// What is measured.
private struct Material: Sendable {
    let network: BenchNetwork
    let governance: GovernanceState
    let event: [UInt8]
    let submission: [UInt8]
    let decoded: Submission
    let statement: UnverifiedStatement
    let part: Part
    let now: UInt64

    init() throws {
        network = try BenchNetwork(issuers: 20)
        governance = try network.file.verified()
        event = network.event(0)
        submission = try network.submission(0)
        decoded = try Submission.decode(submission)
        statement = try UnverifiedStatement.decode(decoded.statement)
        guard let bytes = decoded.parts.first else { throw BenchError("no part") }
        part = try Part.decode(bytes)
        now = BenchNetwork.startMilliseconds + 86_400_000
    }
}

private func limits(_ material: Material) {
    Benchmark("limit: Ed25519 verification, swift-crypto alone") { benchmark in
        let key = Curve25519.Signing.PrivateKey()
        let message = material.decoded.statement
        let signature = try key.signature(for: message)
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            blackHole(key.publicKey.isValidSignature(signature, for: message))
        }
    }
    Benchmark("limit: SHA-256 of the event") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(SHA256.hash(data: material.event)) }
    }
}

private func reading(_ material: Material) {
    Benchmark("read: submission, CBOR") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(try Submission.decode(material.submission))
        }
    }
    Benchmark("read: statement, COSE_Sign1") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(try UnverifiedStatement.decode(material.decoded.statement))
        }
    }
    Benchmark("read: manifest") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(try Manifest.decode(material.decoded.manifest))
        }
    }
    Benchmark("read: event, bounded JSON") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try JSONValue.parse(material.event)) }
    }
    Benchmark("read: event by the rules of SPEC 8.1") { benchmark in
        for _ in benchmark.scaledIterations { blackHole(try Content.read(material.part)) }
    }
    Benchmark("read: event by GS1's schema") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(try Content.read(material.part, events: .schema))
        }
    }
}

private func admission(_ material: Material) {
    Benchmark("admit: the signature") { benchmark in
        for _ in benchmark.scaledIterations {
            blackHole(
                try material.governance.verify(
                    material.statement, registeredAtMilliseconds: material.now))
        }
    }
    Benchmark("admit: everything") { benchmark in
        let admission = Admission(governance: material.governance, facts: NothingKnown())
        for _ in benchmark.scaledIterations {
            blackHole(try admission.admit(material.decoded, nowMilliseconds: material.now))
        }
    }
    Benchmark("sign: one event") { benchmark in
        for index in benchmark.scaledIterations {
            blackHole(try material.network.submission(index))
        }
    }
}

private func trees(_ material: Material) {
    Benchmark("log: leaf hash and tiles") { benchmark in
        var tiles = TileWriter()
        for _ in benchmark.scaledIterations {
            blackHole(tiles.append([TreeHash.leaf(material.decoded.statement)]))
        }
    }
    Benchmark("chain: one link") { benchmark in
        var head = ChainHead.empty
        for index in benchmark.scaledIterations {
            head = head.appending(
                leafIndex: UInt64(index), leafHash: material.part.digest, row: 0,
                rowHash: material.part.digest)
            blackHole(head)
        }
    }
}

/// A log in which nothing was registered yet.
private struct NothingKnown: LedgerFacts {
    func firstIssuer(ofRecord id: String) -> FirstIssuer { .nobody }
    func firstIssuer(ofPart digest: Hash256) -> FirstIssuer { .nobody }
    func mustStayVisible(_ digest: Hash256) -> Bool { false }
    func delegations(to organisation: String) -> [Delegation] { [] }
}
