import MerkleTrees
import Notes
import Records

extension VerifiedEvidence {
    /// How the records in this evidence stand, without a claim (SPEC §16).
    ///
    /// A pure function of the evidence: who computes it, where and when does not matter.
    package func judge() -> Answer {
        let judge = RecordJudge(evidence: self)
        let findings = logs.flatMap(judge.findings).sorted()
        return Answer(
            uri: question.uri, outcome: outcome(findings), findings: findings,
            basis: logs.map(basis), notConsulted: notConsulted, events: eventCount,
            opened: parts.count, stubs: stubs.count)
    }

    private func outcome(_ findings: [Finding]) -> Outcome {
        let asked = [Facet.events, .assertions].map { Subject(facet: $0, uri: question.uri) }
        guard logs.contains(where: { log in asked.contains { log.chains[$0] != nil } }) else {
            return .notApplicable
        }
        let lowered = findings.filter(\.lowers).map(\.code.lowersTo)
        return Outcome.allCases.first { lowered.contains($0) } ?? .verified
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

/// Finds what is wrong with each part at each place.
private struct RecordJudge {
    let evidence: VerifiedEvidence
    let records: EvidenceRecords
    /// Parts linked in an `events` chain, and in an `events` or `assertions` chain.
    private var happened: Set<Hash256> = []
    private var asserted: Set<Hash256> = []
    /// Of those, the ones that more than mention a subject: erasing one must not better an answer.
    private var spoken: Set<Hash256> = []

    init(evidence: VerifiedEvidence) {
        self.evidence = evidence
        self.records = EvidenceRecords(evidence)
        for log in evidence.logs {
            for (subject, links) in log.chains where subject.facet != .account {
                let digests = links.lazy.map(\.part)
                asserted.formUnion(digests)
                spoken.formUnion(links.lazy.filter { $0.role != .mention }.map(\.part))
                if subject.facet == .events { happened.formUnion(digests) }
            }
        }
    }

    /// A part at a leaf, with the rows that the asked chains show of it.
    private struct Place {
        var rows: Set<RequiredRow> = []
    }

    private struct PlaceKey: Hashable {
        var leafIndex: UInt64
        var part: Hash256
    }

    func findings(_ log: VerifiedLog) -> [Finding] {
        var places: [PlaceKey: Place] = [:]
        for (subject, links) in log.chains {
            let key = subject.key(in: evidence.network)
            for link in links {
                let place = PlaceKey(leafIndex: link.leafIndex, part: link.part)
                places[place, default: Place()].rows.insert(
                    RequiredRow(key: key, role: link.role, subject: subject))
            }
        }
        return places.flatMap { key, place in
            guard let entry = log.entries[key.leafIndex] else { return [Finding]() }
            return codes(key.part, place, entry, log).map { found in
                let lowers =
                    switch found.code {
                    case .partWithheld: asserted.contains(key.part)
                    case .partErased: spoken.contains(key.part)
                    default: found.concernsEvents || happened.contains(key.part)
                    }
                return Finding(
                    code: found.code, origin: log.origin, leafIndex: key.leafIndex,
                    part: key.part, detail: found.detail,
                    lowers: lowers)
            }
        }
    }

    private func codes(
        _ digest: Hash256, _ place: Place, _ entry: VerifiedEntry, _ log: VerifiedLog
    ) -> [Found] {
        let statement = entry.statement.statement
        var found: [Found] = []
        let time = entry.statement.registeredAtMilliseconds
        let newest = evidence.governance
        if newest.key(statement.keyThumbprint)?.isRevoked(atMilliseconds: time) ?? false {
            found.append(Found(.keyRevoked, "the key of \(statement.issuer) was revoked by then"))
        }
        if newest.suspensions(of: statement.issuer).isSuspended(atMilliseconds: time) {
            found.append(Found(.issuerSuspended, "\(statement.issuer) was suspended by then"))
        }
        guard let opened = evidence.parts[digest] else {
            found.append(
                records.isErased(digest, by: statement.issuer)
                    ? Found(.partErased, "erased by \(statement.issuer)")
                    : Found(.partWithheld, "not shown to you; ask \(statement.issuer)"))
            return found
        }
        guard found.isEmpty else { return found }
        switch opened.content {
        case .failure(let refusal):
            return [Found(.contentInvalid, "\(refusal.field): \(refusal.reason)")]
        case .success(let content):
            return codes(content, digest, place, entry, log)
        }
    }

    private func codes(
        _ content: Content, _ digest: Hash256, _ place: Place, _ entry: VerifiedEntry,
        _ log: VerifiedLog
    ) -> [Found] {
        var found = rowFindings(content, place)
        let facts = EvidenceFacts(
            records: records, origin: log.origin, leafIndex: entry.leafIndex,
            speaker: entry.statement.statement.issuer)
        do {
            let judgement = try Authority(governance: entry.governance, facts: facts).judge(
                content, issuer: entry.statement.statement.issuer,
                atMilliseconds: entry.statement.registeredAtMilliseconds)
            if judgement.standing == .reported {
                found.append(
                    Found(
                        .standingReported, "\(judgement.rule ?? ""): \(judgement.reason ?? "")"))
            }
        } catch {
            found.append(Found(.authorityRefused, "\(error.code): \(error.reason)"))
        }
        return found
    }

    private func rowFindings(
        _ content: Content, _ place: Place
    ) -> [Found] {
        guard let required = RowRules.rows(of: content, in: evidence.network) else {
            return place.rows.allSatisfy { $0.role == .mention }
                ? [] : [Found(.rowsUnexpected, "an attachment only mentions its subjects")]
        }
        var found: [Found] = []
        let missing = required.filter {
            evidence.asked[$0.key] != nil && !place.rows.contains($0)
        }
        if !missing.isEmpty {
            let subjects = missing.compactMap { evidence.asked[$0.key] }.sorted()
            let names = subjects.map(\.uri).joined(separator: ", ")
            found.append(
                Found(
                    .rowsMissing, "its issuer did not list it under \(names)",
                    concernsEvents: subjects.contains { $0.facet == .events }))
        }
        if !place.rows.subtracting(required).isEmpty {
            found.append(
                Found(.rowsUnexpected, "it is listed under a subject it does not speak of"))
        }
        return found
    }
}

/// One thing found about a part at a place.
private struct Found {
    var code: FindingCode
    var detail: String
    /// Whether an `events` chain is wrong because of it, whatever chain the part stands in.
    var concernsEvents: Bool

    init(_ code: FindingCode, _ detail: String, concernsEvents: Bool = false) {
        self.code = code
        self.detail = detail
        self.concernsEvents = concernsEvents
    }
}
