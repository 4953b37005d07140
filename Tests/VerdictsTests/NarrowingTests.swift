import MerkleTrees
import Records
import Support
import Testing

@testable import Verdicts

/// Evidence that is closed down offline must be what its source would have given, and verify.
struct NarrowingTests {
    private let log: TextileLog
    private let verifier: EvidenceVerifier

    init() throws {
        log = try TextileLog()
        verifier = try EvidenceVerifier(genesis: log.network.file)
    }

    @Test(arguments: EvidenceScope.allCases)
    func `what is closed for a reader is what the log would have given it`(
        scope: EvidenceScope
    ) throws {
        for subject in [log.towel, log.yarn, log.secretFibre, log.fibre] {
            let whole = try log.evidence(about: subject, scope)
            let readers: [Reader] =
                [.nodeOperator, .anonymous]
                + (log.network.members + [log.mill]).map { .member(organisation: $0.uri) }
            for reader in readers {
                let narrowed = try verifier.narrow(whole.encoded()) {
                    $0.part.visibility.permits(reader)
                }
                #expect(narrowed == (try log.evidence(about: subject, scope, reader: reader)))
            }
        }
    }

    @Test(arguments: EvidenceScope.allCases)
    func `any parts closed leave evidence that verifies and shows no other`(
        scope: EvidenceScope
    ) throws {
        let whole = try log.evidence(about: log.towel, scope).encoded()
        var random = SplitMix64(seed: 11)
        var sizes: Set<Int> = []
        for _ in 0..<40 {
            let factor = random.next() | 1
            func isKept(_ part: Part) -> Bool { part.digest.leadingWord &* factor >> 63 == 0 }
            let narrowed = try verifier.narrow(whole) { isKept($0.part) }
            let verified = try verifier.verify(narrowed.encoded())
            for part in verified.parts.values.map(\.part)
            where part.contentType != PartContentType.governance {
                #expect(isKept(part))
            }
            sizes.insert(narrowed.asked.count)
        }
        // Some of them rest on less.
        #expect(scope == .subject || sizes.count > 1)
    }

    @Test func `a part is kept for whom it opens itself to, and for nobody else`() throws {
        let whole = try log.evidence(about: log.secretFibre).encoded()
        for (member, isOpen) in [
            (log.network.supplier, true), (log.network.wholesaler, true),
            (log.network.carrier, false), (log.mill, false),
        ] {
            let narrowed = try verifier.narrow(whole) { $0.isOpen(to: member.uri) }
            #expect(narrowed.stubs.contains(log.withheldPart) == !isOpen)
        }
    }
}
