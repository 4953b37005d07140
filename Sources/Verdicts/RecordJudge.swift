import MerkleTrees
import Records

/// Finds what is wrong with each part at each place of one log.
struct RecordJudge {
    let evidence: VerifiedEvidence
    let log: VerifiedLog
    let contradicted: Set<Hash256>
    let isVouchedFor: Bool
    private let records: LogRecords

    init(
        evidence: VerifiedEvidence, log: VerifiedLog, contradicted: Set<Hash256>,
        isVouchedFor: Bool
    ) {
        self.evidence = evidence
        self.log = log
        self.contradicted = contradicted
        self.isVouchedFor = isVouchedFor
        records = LogRecords(log, of: evidence)
    }

    /// A part at a leaf, with the rows that the asked chains show of it.
    private struct Place {
        var entry: VerifiedEntry
        var part: Hash256
        var rows: Set<RequiredRow> = []

        var issuer: String { entry.statement.statement.issuer }
    }

    private struct PlaceKey: Hashable {
        var leafIndex: UInt64
        var part: Hash256
    }

    func findings() -> [Finding] {
        var places: [PlaceKey: Place] = [:]
        for (subject, links) in log.chains {
            let key = subject.key(in: evidence.network)
            for link in links {
                guard let entry = log.entries[link.leafIndex] else { continue }
                let place = PlaceKey(leafIndex: link.leafIndex, part: link.part)
                places[place, default: Place(entry: entry, part: link.part)].rows.insert(
                    RequiredRow(key: key, role: link.role, subject: subject))
            }
        }
        return places.values.flatMap { place in
            codes(place).map { found in
                Finding(
                    code: found.code, origin: log.origin, leafIndex: place.entry.leafIndex,
                    part: place.part, detail: found.detail, lowers: lowers(found, at: place))
            }
        }
    }

    /// Whether an issuer's word counts about a subject: of a subject that nobody related speaks of,
    /// everybody's does.
    private func counts(_ issuer: String, about subject: Subject) -> Bool {
        evidence.isRelated(issuer, to: subject)
            || (subject.uri == evidence.question.uri && !isVouchedFor)
    }

    /// Whether a finding lowers the answer: only about what its issuer's word counts (SPEC §16).
    private func lowers(_ found: Found, at place: Place) -> Bool {
        let hides = found.missing.contains {
            $0.facet == .events && counts(place.issuer, about: $0)
        }
        return hides
            || place.rows.contains { row in
                guard let subject = row.subject else { return false }
                let counts = counts(place.issuer, about: subject)
                switch (found.code, subject.facet) {
                case (.issuerUnrelated, _), (_, .account): return false
                case (.partErased, .events): return counts && row.role != .mention
                case (.partErased, .assertions), (.partWithheld, .assertions):
                    // It might be the delegation that lets another speak, if its issuer has things
                    // in the answer; what others say of themselves bears on nothing.
                    let isOfItself =
                        subject.uri == place.issuer && subject.uri != evidence.question.uri
                    return row.role != .mention
                        && (evidence.handlesThings(place.issuer) || (counts && !isOfItself))
                default: return counts && subject.facet == .events
                }
            }
    }

    private func codes(_ place: Place) -> [Found] {
        let fallen = fallen(place)
        let found = strange(place) + fallen
        guard let opened = evidence.parts[place.part] else { return found + [stub(place)] }
        guard fallen.isEmpty else { return found }
        // A governance body is read in the chain of the network and nowhere else.
        guard opened.part.contentType != PartContentType.governance else {
            return found + rowFindings(RowRules.governance(in: evidence.network), place)
        }
        switch opened.content {
        case .failure(let refusal):
            return found + [Found(.contentInvalid, "\(refusal.field): \(refusal.reason)")]
        case .success(let content): return found + codes(content, place)
        }
    }

    /// Of events: whether its issuer's word counts about none of their things.
    private func strange(_ place: Place) -> [Found] {
        let things = place.rows.compactMap(\.subject).filter { $0.facet == .events }
        let isStrange = !things.contains { evidence.isRelated(place.issuer, to: $0) }
        guard !things.isEmpty, isStrange else { return [] }
        return [Found(.issuerUnrelated, "\(place.issuer) neither made it nor had it in hand")]
    }

    /// Whether newer governance took the statement back.
    private func fallen(_ place: Place) -> [Found] {
        var found: [Found] = []
        let statement = place.entry.statement.statement
        let time = place.entry.statement.registeredAtMilliseconds
        let newest = evidence.governance
        if newest.key(statement.keyThumbprint)?.isRevoked(atMilliseconds: time) ?? false {
            found.append(Found(.keyRevoked, "the key of \(statement.issuer) was revoked by then"))
        }
        if newest.suspensions(of: statement.issuer).isSuspended(atMilliseconds: time) {
            found.append(Found(.issuerSuspended, "\(statement.issuer) was suspended by then"))
        }
        return found
    }

    private func stub(_ place: Place) -> Found {
        records.isErased(place.part)
            ? Found(.partErased, "erased by whoever signed it first")
            : Found(.partWithheld, "not shown to you; ask \(place.issuer)")
    }

    private func codes(_ content: Content, _ place: Place) -> [Found] {
        var found = rowFindings(RowRules.rows(of: content, in: evidence.network), place)
        if contradicted.contains(place.part) {
            found.append(
                Found(.eventContradicted, "its issuer gives the same eventID to another event"))
        }
        let facts = EvidenceFacts(
            records: records, parts: evidence.parts, governance: place.entry.governance,
            leafIndex: place.entry.leafIndex)
        do {
            let judgement = try Authority(governance: place.entry.governance, facts: facts).judge(
                content, issuer: place.issuer,
                atMilliseconds: place.entry.statement.registeredAtMilliseconds)
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

    /// Compares the rows shown with those required; an attachment requires none.
    private func rowFindings(_ required: Set<RequiredRow>?, _ place: Place) -> [Found] {
        guard let required else {
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
                    missing: subjects))
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
    /// The asked subjects in whose chains the part is missing.
    var missing: [Subject]

    init(_ code: FindingCode, _ detail: String, missing: [Subject] = []) {
        self.code = code
        self.detail = detail
        self.missing = missing
    }
}
