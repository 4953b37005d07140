import MerkleTrees
import Records

/// Finds what is wrong with each part at each place of one log.
struct RecordJudge {
    let evidence: VerifiedEvidence
    let log: VerifiedLog
    let contradicted: Set<Hash256>
    /// Parts whose event its issuer declared wrong, and what is said to be right instead.
    let declaredWrong: [Hash256: [String]]
    private let withholders: Withholders
    private let records: LogRecords

    init(
        evidence: VerifiedEvidence, log: VerifiedLog, contradicted: Set<Hash256>,
        declaredWrong: [Hash256: [String]], withholders: Withholders
    ) {
        self.withholders = withholders
        self.evidence = evidence
        self.log = log
        self.contradicted = contradicted
        self.declaredWrong = declaredWrong
        records = LogRecords(log, of: evidence)
    }

    /// A part at a leaf, with the rows that the asked chains show of it.
    private struct Place {
        var entry: VerifiedEntry
        var part: Hash256
        var rows: Set<RequiredRow> = []

        var issuer: String { entry.issuer }
    }

    private struct PlaceKey: Hashable {
        var leafIndex: UInt64
        var part: Hash256
    }

    /// Whether the log has, of what was asked, more than a mention by its owner, or by whom the
    /// owner's leave, in force at the time, let speak (SPEC §16).
    func vouches(for themes: [Subject]) -> Bool {
        themes.contains { subject in
            (log.chains[subject] ?? []).contains { link in
                guard let entry = log.entries[link.leafIndex],
                    subject.facet == .events || link.role == .assert,
                    !evidence.hasFallen(entry)
                else { return false }
                if evidence.owners.contains(entry.issuer) { return true }
                guard let content = evidence.parts[link.part]?.readable else { return false }
                return (try? judgement(of: content, in: entry))?.standing == .delegated
            }
        }
    }

    func findings(isVouchedFor: Bool) -> [Finding] {
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
                    part: place.part, detail: found.detail, rule: found.rule,
                    lowers: lowers(found, at: place, isVouchedFor: isVouchedFor))
            }
        }
    }

    /// Whether a finding lowers the answer: only about what its issuer's word counts (SPEC §16).
    private func lowers(_ found: Found, at place: Place, isVouchedFor: Bool) -> Bool {
        guard found.code.lowersTo != nil else { return false }
        let isStub = found.code == .partWithheld || found.code == .partErased
        let counts = { (subject: Subject) in
            // Of what nobody vouches for, everybody's word counts, if it is shown.
            evidence.isRelated(place.issuer, to: subject)
                || (subject.uri == evidence.question.uri && !isVouchedFor && !isStub)
        }
        if found.missing.contains(where: { $0.facet == .events && counts($0) }) { return true }
        return place.rows.contains { row in
            guard let subject = row.subject else { return false }
            switch subject.facet {
            case .events: return counts(subject)
            case .account: return false
            case .assertions:
                // A stub might be the delegation that lets another speak, or what a certifier says
                // against something, or takes back.
                return isStub && row.role != .mention
                    && (counts(subject) || withholders.contain(place.issuer, subject.uri))
            }
        }
    }

    private func codes(_ place: Place) -> [Found] {
        let fallen = fallen(place)
        let found = strange(place) + fallen
        guard fallen.isEmpty else { return found }
        guard let opened = evidence.parts[place.part] else { return found + [stub(place)] }
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
        var isOfThings = false
        for case let subject? in place.rows.lazy.map(\.subject) where subject.facet == .events {
            if evidence.isRelated(place.issuer, to: subject) { return [] }
            isOfThings = true
        }
        guard isOfThings else { return [] }
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
            ? Found(.partErased, "erased by whoever signed it first, or as governors ordered")
            : Found(.partWithheld, "not shown to you; ask \(place.issuer)")
    }

    private func codes(_ content: Content, _ place: Place) -> [Found] {
        var found = rowFindings(RowRules.rows(of: content, in: evidence.network), place)
        if contradicted.contains(place.part) {
            found.append(
                Found(.eventContradicted, "its issuer gives the same eventID to another event"))
        }
        if let correctives = declaredWrong[place.part] {
            let ids = correctives.joined(separator: ", ")
            let instead = correctives.isEmpty ? "" : "; right is \(ids)"
            found.append(Found(.eventDeclaredWrong, "its issuer declared it wrong\(instead)"))
        }
        do {
            let judgement = try judgement(of: content, in: place.entry)
            if judgement.standing == .reported {
                found.append(
                    Found(
                        .standingReported, "\(judgement.rule ?? ""): \(judgement.reason ?? "")",
                        rule: judgement.rule))
            }
        } catch {
            found.append(Found(.authorityRefused, "\(error.code): \(error.reason)"))
        }
        return found
    }

    private func judgement(
        of content: Content, in entry: VerifiedEntry
    ) throws(Refusal) -> Judgement {
        let facts = EvidenceFacts(
            records: records, parts: evidence.parts, governance: entry.governance,
            leafIndex: entry.leafIndex)
        return try Authority(governance: entry.governance, facts: facts).judge(
            content, issuer: entry.issuer,
            atMilliseconds: entry.statement.registeredAtMilliseconds)
    }

    /// Compares the rows shown with those required; an attachment requires none.
    private func rowFindings(_ required: Set<RequiredRow>?, _ place: Place) -> [Found] {
        guard let required else {
            let mentions = place.rows.allSatisfy {
                $0.role == .mention && $0.subject?.facet == .assertions
            }
            return mentions
                ? [] : [Found(.rowsUnexpected, "an attachment only mentions, under assertions")]
        }
        var found: [Found] = []
        let missing = required.lazy.filter { !place.rows.contains($0) }
        let subjects = missing.compactMap { evidence.asked[$0.key] }.sorted()
        if !subjects.isEmpty {
            let names = subjects.map(\.uri).joined(separator: ", ")
            found.append(
                Found(
                    .rowsMissing, "its issuer did not list it under \(names)",
                    missing: subjects))
        }
        if !place.rows.isSubset(of: required) {
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

    /// The rule of a standing.
    var rule: String?

    init(
        _ code: FindingCode, _ detail: String, missing: [Subject] = [], rule: String? = nil
    ) {
        self.code = code
        self.detail = detail
        self.missing = missing
        self.rule = rule
    }
}
