import EPCIS
import GS1
import HTTPAPI
import MerkleTrees
import Notes
import Records
import Replication
import Storage
import Verdicts

extension RunningNode {
    package func verdict(
        about subject: String, _ request: ClaimRequest, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        try Self.require(Visibility.entries, for: reader)
        try request.requireKnowable(nowMilliseconds: nowMilliseconds())
        let uri = try Self.identifier(subject).uri
        let question = VerdictCache.Question(uri: uri, request: request, reader: reader)
        // A verdict of now is one of this stretch: asked again within it, it is the same.
        let isOpen = request.validAtMilliseconds == nil || request.knownAtMilliseconds == nil
        let period = isOpen ? nowMilliseconds() / Self.periodMilliseconds : 0
        if let known = verdicts.entry(for: question), known.period == period,
            try await holds(known, question)
        {
            return known.json
        }
        let asked = EvidenceQuestion(uri: uri, scope: .upstream)
        let (entry, isFixed) = try await gathering(asked, for: reader) {
            [verifier, origin, mark = peersMark] gathered, store in
            let evidence = gathered.evidence
            let verified = try verifier.verify(evidence, known: gathered.readings)
            // What the newest seal covers is known, also within the stretch.
            let sealed = verified.logs.map(\.seal.sealedAtMilliseconds).max() ?? 0
            let now = max(period * Self.periodMilliseconds, sealed)
            let verdict = try verified.judge(
                request.claim, at: request.times(nowMilliseconds: now))
            let entry = VerdictCache.Entry(
                json: verdict.json.serialized(), chains: Self.chains(of: evidence, in: origin),
                size: try store.size(), peers: mark, period: period)
            return (entry, Self.isFixed(gathered, for: reader))
        }
        verdicts.keep(isFixed ? entry : nil, for: question)
        return entry.json
    }

    /// Where the own log's chains end that evidence asks, by the proof that it holds of them.
    private static func chains(
        of evidence: Evidence, in origin: String
    ) -> [VerdictCache.Chain] {
        var heads: [Hash256: ChainHead] = [:]
        for log in evidence.logs where log.origin == origin {
            for case .leaf(let key, let head) in log.index.items { heads[key] = head }
        }
        return evidence.asked.map { subject in
            let key = subject.key(in: evidence.network)
            return VerdictCache.Chain(key: key, head: heads[key] ?? .empty)
        }
    }

    /// Whether no grant, given, ended or found later, can change what the reader sees of this.
    private static func isFixed(_ gathered: GatheredEvidence, for reader: Reader) -> Bool {
        gathered.evidence.stubs.isEmpty
            && gathered.readings.areOpen(to: reader)
    }

    package func claims(
        about subject: String, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        try Self.require(Visibility.entries, for: reader)
        let uri = try Self.identifier(subject).uri
        let asked = EvidenceQuestion(uri: uri, scope: .subject)
        return try await gathering(asked, for: reader) { [verifier] gathered, _ in
            try verifier.verify(gathered.evidence, known: gathered.readings).claims.serialized()
        }
    }

    /// How long a verdict of "now" stands for (SPEC §17.7).
    static let periodMilliseconds: UInt64 = 600_000

    /// Where the mirrors are, and how many alarms there are.
    private var peersMark: PeersMark {
        guard let newest = peers?.state.newest else { return PeersMark() }
        return PeersMark(
            checkpoints: newest.mirrors.map(\.checkpoint), alarms: newest.alarms.count)
    }

    /// Whether no chain that a verdict rests on has grown.
    private func holds(
        _ entry: VerdictCache.Entry, _ question: VerdictCache.Question
    ) async throws(Refusal) -> Bool {
        guard entry.peers == peersMark else { return false }
        if published.newest.size == entry.size { return true }
        let size = try await reading { store -> UInt64? in
            for chain in entry.chains {
                guard try (store.head(of: chain.key) ?? .empty) == chain.head else { return nil }
            }
            return try store.size()
        }
        guard let size else { return false }
        verdicts.renew(question, at: size)
        return true
    }
}
