import EPCIS
package import MerkleTrees
package import Records

/// A certificate or accreditation that names an organisation, as `GET /organisations` shows it
/// (SPEC §17.8): told, not judged.
package struct CredentialSummary: Sendable {
    /// How a credential stands at a time.
    package enum State: String, Sendable {
        case current, suspended, revoked, expired
        case notYet = "not-yet"
        /// It counts for nothing (SPEC §24.2).
        case unreadable
    }

    /// The record.
    package var record: Record
    /// Who signed it.
    package var issuer: String
    /// How far it was the issuer's to say.
    package var standing: Standing
    /// The statement that registered it.
    package var statement: Hash256
    /// Its part.
    package var part: Hash256
    /// How it stands now.
    package private(set) var state: State
    private let schemes: [String]
    private let criteria: [String]
    private let fromDay: String?
    private let untilDay: String?

    /// Summarises a record; `ends` are revocations and suspensions of it by its issuer.
    package init(
        record: Record, issuer: String, standing: Standing, statement: Hash256, part: Hash256,
        ends: [Record], nowMilliseconds now: UInt64
    ) {
        self.record = record
        self.issuer = issuer
        self.standing = standing
        self.statement = statement
        self.part = part
        if let certificate = try? Certificate.read(record, issuer: issuer) {
            schemes = [certificate.scheme].compactMap(\.self)
            criteria = certificate.assessments.reduce(into: Set()) { $0.formUnion($1.criteria) }
                .sorted()
            (fromDay, untilDay) = (certificate.fromDay, certificate.untilDay)
        } else if let given = try? Accreditation.read(record, issuer: issuer) {
            (schemes, criteria) = (given.schemes.sorted(), given.criteria.sorted())
            (fromDay, untilDay) = (given.fromDay, given.untilDay)
        } else {
            (schemes, criteria, fromDay, untilDay) = ([], [], nil, nil)
        }
        let today = String(Timestamp.text(milliseconds: Int64(clamping: now)).prefix(10))
        let holding = ends.filter { end in
            (end.fromMilliseconds ?? 0) <= now && end.untilMilliseconds.map { now < $0 } ?? true
        }
        if fromDay == nil {
            state = .unreadable
        } else if holding.contains(where: { $0.kind == .revocation }) {
            state = .revoked
        } else if holding.contains(where: { $0.kind == .suspension }) {
            state = .suspended
        } else if let untilDay, untilDay < today {
            state = .expired
        } else {
            state = fromDay.map { $0 > today } ?? false ? .notYet : .current
        }
    }

    var json: JSONValue {
        var members = [
            JSONMember("kind", .string(record.kind.rawValue)),
            JSONMember("id", .string(record.id ?? "")), JSONMember("issuer", .string(issuer)),
            JSONMember("standing", .string("\(standing)")),
            JSONMember("state", .string(state.rawValue)),
            JSONMember("schemes", .array(schemes.map { .string($0) })),
            JSONMember("criteria", .array(criteria.map { .string($0) })),
            JSONMember("about", .array(record.about.map { .string($0) })),
        ]
        if let fromDay { members.append(JSONMember("from", .string(fromDay))) }
        if let untilDay { members.append(JSONMember("until", .string(untilDay))) }
        members.append(JSONMember("statement", .string(statement.hex)))
        members.append(JSONMember("part", .string(part.hex)))
        return .object(members)
    }
}
