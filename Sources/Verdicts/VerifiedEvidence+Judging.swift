import EPCIS
import MerkleTrees
import Notes
import Records

extension VerifiedEvidence {
    /// How the records in this evidence stand, without a claim (SPEC §16).
    ///
    /// A pure function of the evidence: who computes it, where and when does not matter.
    package func judge() -> Answer {
        let named = namedEvents()
        let (contradicted, wrong) = (Self.contradicted(named), Self.declaredWrong(named))
        let withholders = Withholders(self)
        let judges = logs.map {
            RecordJudge(
                evidence: self, log: $0, contradicted: contradicted, declaredWrong: wrong,
                withholders: withholders)
        }
        let isVouchedFor = judges.contains { $0.vouches(for: themes) }
        let findings = judges.flatMap { $0.findings(isVouchedFor: isVouchedFor) }.sorted()
        return Answer(
            uri: question.uri, outcome: outcome(findings, isVouchedFor: isVouchedFor),
            findings: findings, basis: logs.map(basis), notConsulted: notConsulted,
            events: eventCount, opened: parts.count, stubs: stubs.count,
            alarms: alarms)
    }

    private func outcome(_ findings: [Finding], isVouchedFor: Bool) -> Outcome {
        guard logs.contains(where: { log in themes.contains { log.chains[$0] != nil } }) else {
            return .notApplicable
        }
        var lowered = findings.filter(\.lowers).compactMap(\.code.lowersTo)
        if !bearingAlarms.isEmpty { lowered.append(.contradicted) }
        let worst = Outcome.allCases.first { lowered.contains($0) } ?? .verified
        return worst == .verified && !isVouchedFor ? .declared : worst
    }

    /// The alarms about what the answer rests on: governance, or a log that was consulted.
    var bearingAlarms: [ProvenAlarm] {
        alarms.filter { alarm in
            switch alarm.accused {
            case .governors: true
            case .log(let origin): logs.contains { $0.origin == origin }
            }
        }
    }

    /// The question's own subjects.
    private var themes: [Subject] {
        [Facet.events, .assertions].map { Subject(facet: $0, uri: question.uri) }
    }

    /// Whether an organisation's word counts about a subject (SPEC §13.2).
    func isRelated(_ issuer: String, to subject: Subject) -> Bool {
        related[subject]?.contains(issuer) ?? false
    }

    /// An event with an ID in the `events` chains of the file.
    private struct NamedEvent {
        var issuer: String
        var eventID: String
        var digest: Hash256
        var things: EventThings
        var event: EPCISEvent { things.event }
        var content: [UInt8]
    }

    /// The events with ID that stand, each once for each of its issuers, by digest.
    private func namedEvents() -> [NamedEvent] {
        struct Place: Hashable {
            var issuer: String
            var digest: Hash256
        }
        var named: [Place: NamedEvent] = [:]
        for log in logs {
            for (subject, links) in log.chains where subject.facet == .events {
                for link in links {
                    guard let entry = log.entries[link.leafIndex], !hasFallen(entry),
                        let part = parts[link.part], let things = part.things,
                        let eventID = things.event.eventID
                    else { continue }
                    let issuer = entry.issuer
                    named[Place(issuer: issuer, digest: link.part)] = NamedEvent(
                        issuer: issuer, eventID: eventID, digest: link.part, things: things,
                        content: part.part.content)
                }
            }
        }
        return named.values.sorted { ($0.digest, $0.issuer) < ($1.digest, $1.issuer) }
    }

    /// Parts of one issuer that give one event ID to different events (SPEC §16).
    private static func contradicted(_ named: [NamedEvent]) -> Set<Hash256> {
        let events = named.filter { !$0.things.declaresError }
        let groups = Dictionary(grouping: events) { [$0.issuer, $0.eventID] }
        let contradicting = groups.values.filter { group in
            group.contains { $0.content != group[0].content }
        }
        return Set(contradicting.joined().map(\.digest))
    }

    /// Parts whose events their issuer declared wrong, with the IDs of what is right (SPEC §8.7).
    private static func declaredWrong(_ named: [NamedEvent]) -> [Hash256: [String]] {
        guard named.contains(where: \.things.declaresError) else { return [:] }
        let told = Corrections(
            named.map {
                Corrections.Event(eventID: $0.eventID, declaration: $0.event.declaration)
            }
        ) { named[$0].issuer == named[$1].issuer }
        var wrong: [Hash256: [String]] = [:]
        for (number, standing) in told.standings.enumerated() where !standing.declaredBy.isEmpty {
            let declarations = standing.declaredBy.compactMap { named[$0].event.declaration }
            wrong[named[number].digest] = Set(declarations.flatMap(\.correctiveEventIDs)).sorted()
        }
        return wrong
    }

    private func basis(_ log: VerifiedLog) -> Basis {
        Basis(
            origin: log.origin, size: log.checkpoint.size, root: log.checkpoint.root,
            sealedAtMilliseconds: log.seal.sealedAtMilliseconds,
            governanceSequence: log.governance.seq, cosignatures: log.cosignatures,
            isUnwitnessed: governance.policy.quorum == 0
                || UInt64(log.cosignatures) < governance.policy.quorum)
    }

    private var notConsulted: [String] {
        let held = Set(logs.map(\.origin))
        return governance.nodes.keys.filter { !held.contains($0) }.sorted()
    }

    private var eventCount: Int {
        let subject = Subject(facet: .events, uri: question.uri)
        return Set(logs.flatMap { ($0.chains[subject] ?? []).map(\.part) }).count
    }
}
