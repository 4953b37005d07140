import MerkleTrees
import Records
import Support
import Testing
import Verdicts

/// Evidence against the node itself: attacks by whoever holds the log's key and can seal and sign
/// whatever it likes.
///
/// What stands against which (the test prints how often each defence held):
///
/// | attack | defence that always holds |
/// |---|---|
/// | a record or amendment omitted, times or order changed, a stolen key's statement backdated, and all sealed anew | fork: the log contradicts checkpoints given out before |
/// | links dropped or added, chains made absent, an amendment hidden, old index roots, empty seals, forged, repeated or late statements | breach: a mirror's recomputation reports it |
/// | an amendment kept from its chain alone, an old index root, another log key, another question | rejected by the verifier |
/// | a stub instead of a part | rejected, or the answer is not better, or *withheld* |
///
/// A log whose checkpoints nobody kept can omit what it never acknowledged: SPEC §21 says so.
@Suite struct AttackTests {
    static let seed: UInt64 = 952_114
    static let count = 220

    @Test func `whatever the keeper of a log forges is rejected, not better, or seen by mirrors`()
        throws
    {
        let attacked = try AttackedLog()
        let auditor = try Auditor(attacked)
        #expect(try auditor.honest(attacked.subjects[0], .subject) == .invalid)
        #expect(try auditor.honest(attacked.subjects[1], .subject) == .verified)
        #expect(try auditor.honest(attacked.subjects[2], .subject) == .declared)
        #expect(try auditor.honest(attacked.subjects[3], .subject) == .notApplicable)
        #expect(try auditor.defences(attacked.honest, nil).isEmpty)

        var random = SplitMix64(seed: Self.seed)
        var table: [String: [Defence: Int]] = [:]
        let attacks = Attack.all
        for number in 0..<Self.count {
            let attack = attacks[number % attacks.count]
            let question = EvidenceQuestion(
                uri: attacked.subjects[Int.random(in: 0..<4, using: &random)],
                scope: Bool.random(using: &random) ? .subject : .upstream)
            let result = try attack.carryOut(attacked, question, &random)
            let held = try auditor.defences(result.log, result.evidence)
            for defence in held { table[attack.name, default: [:]][defence, default: 0] += 1 }
            let note: String = "\(attack.name) (seed \(Self.seed), number \(number)): \(held)"
            #expect(attack.always.isSubset(of: held), "\(note)")
            #expect(!held.isEmpty, "\(note): \(question)")
        }
        let each = Double(Self.count) / Double(attacks.count)
        print("\(Self.count) attacks by the log's keeper, seed \(Self.seed), \(each) of each:")
        for attack in attacks {
            let held = Defence.allCases.compactMap { defence in
                table[attack.name]?[defence].map { "\(defence.rawValue) \($0)" }
            }
            print("  \(attack.name): \(held.joined(separator: ", "))")
        }
    }
}

/// Who checks: an auditor with the genesis file, and a mirror with the checkpoints given out.
private struct Auditor {
    let attacked: AttackedLog
    let verifier: EvidenceVerifier
    private var outcomes: [EvidenceQuestion: Outcome] = [:]

    init(_ attacked: AttackedLog) throws {
        self.attacked = attacked
        verifier = try EvidenceVerifier(genesis: attacked.network.file, library: .swiftCrypto)
        for uri in attacked.subjects {
            for scope in EvidenceScope.allCases {
                let question = EvidenceQuestion(uri: uri, scope: scope)
                let evidence = try attacked.evidence(attacked.honest, question)
                outcomes[question] = try verifier.verify(evidence.encoded()).judge().outcome
            }
        }
    }

    func honest(_ uri: String, _ scope: EvidenceScope) throws -> Outcome {
        try #require(outcomes[EvidenceQuestion(uri: uri, scope: scope)])
    }

    func defences(_ log: RenderedLog, _ evidence: Evidence?) throws -> Set<Defence> {
        var held: Set<Defence> = []
        if let evidence {
            if let verified = try? verifier.verify(evidence.encoded()) {
                let question = verified.question
                let found = verified.judge().outcome
                let best = try honest(question.uri, question.scope)
                let hides = found == .withheld
                if rank(found) <= rank(best) || hides { held.insert(.notBetter) }
            } else {
                held.insert(.rejected)
            }
        }
        do {
            _ = try log.replayed(genesis: attacked.network.state)
        } catch is LogBreach {
            held.insert(.breach)
        }
        let contradicted = attacked.givenOut.contains { given in
            log.size < UInt64(given.size) || log.root(size: given.size) != given.root
        }
        if contradicted { held.insert(.fork) }
        return held
    }
}
