import EPCIS
import GS1

/// A verifiable credential of the shape of UNTP 0.7's digital conformity credential, as far as
/// certificates read it (SPEC §24.2).
struct ConformityCredential {
    let id: String
    let issuer: String
    let fromMilliseconds: UInt64
    let untilMilliseconds: UInt64?
    let fromDay: String
    let untilDay: String?
    let scheme: String?
    let party: String?
    let assessments: [CertificateCoverage]

    private let reader: CredentialReader
    private static let body = "record.body"

    /// Reads the bytes of a body.
    init(_ bytes: [UInt8], reader: CredentialReader) throws(Refusal) {
        let json: JSONValue
        do {
            json = try JSONValue.parse(bytes)
        } catch {
            throw reader.refusal(
                Self.body, "\(error.reason) at byte \(error.offset) (\(error.code))")
        }
        try self.init(json, reader: reader)
    }

    /// Reads a JSON value.
    init(_ json: JSONValue, reader: CredentialReader) throws(Refusal) {
        self.reader = reader
        let root = JSONPlace(json, Self.body, reader)
        try root.requireObject()
        let types = root.list("type").map(\.value)
        guard types.contains(.string(Certificate.credentialType)) else {
            throw reader.refusal(
                "record.body.type", "must hold \(Certificate.credentialType)")
        }
        id = try root.required("id").identifier().uri
        issuer = try root.required("issuer").identifier().uri
        let from = try root.required("validFrom")
        let until = root.optional("validUntil")
        fromDay = try from.day()
        fromMilliseconds = try from.milliseconds(isEnd: false)
        untilDay = try until?.day()
        untilMilliseconds = try until?.milliseconds(isEnd: true)
        let subject = try root.required("credentialSubject")
        try subject.requireObject()
        scheme = try subject.optional("referenceScheme")?.identifier().uri
        let party = try subject.optional("issuedToParty")?.identifier(of: [.organisation])
        self.party = party
        var found: [CertificateCoverage] = []
        for place in try Self.assessments(of: subject, reader) {
            found.append(try Self.coverage(place, party: party))
        }
        assessments = found
    }

    private static func assessments(
        of subject: JSONPlace, _ reader: CredentialReader
    ) throws(Refusal) -> [JSONPlace] {
        let (long, short) = (subject.list("conformityAssessment"), subject.list("assessment"))
        guard long.isEmpty || short.isEmpty else {
            throw reader.refusal(
                "\(subject.field).assessment", "stands beside conformityAssessment: one is enough")
        }
        let places = long + short
        guard !places.isEmpty else {
            throw reader.refusal(
                "\(subject.field).conformityAssessment", "holds at least one assessment")
        }
        return places
    }

    private static func coverage(
        _ place: JSONPlace, party: String?
    ) throws(Refusal) -> CertificateCoverage {
        try place.requireObject()
        var coverage = CertificateCoverage(criteria: [])
        for criterion in place.list("assessmentCriteria") {
            coverage.criteria.insert(try criterion.identifier().uri)
        }
        guard !coverage.criteria.isEmpty else {
            throw place.refusal("assessmentCriteria", "names at least one criterion")
        }
        if let conformance = place.optional("conformance") {
            coverage.conformance = try conformance.bool()
        }
        coverage.assessed = try place.optional("assessmentDate")?.day()
        if let organisation = place.optional("assessedOrganisation") {
            guard try organisation.identifier().uri == party else {
                throw place.refusal("assessedOrganisation", "is not the party it is issued to")
            }
        }
        for facility in place.list("assessedFacility") {
            coverage.sites.insert(try facility.required("facility").identifier(of: [.site]))
        }
        for assessed in place.list("assessedProduct") {
            try add(try assessed.required("product"), to: &coverage)
        }
        return coverage
    }

    /// A product, or a batch or item if its granularity or its URI says so.
    private static func add(
        _ product: JSONPlace, to coverage: inout CertificateCoverage
    ) throws(Refusal) {
        let subject = try product.identifier()
        let isModel: Bool
        switch try product.optional("idGranularity")?.text() {
        case "model": isModel = true
        case "batch", "item": isModel = false
        case nil: isModel = subject.kind == .product || subject.kind == .other
        default: throw product.refusal("idGranularity", "is model, batch or item")
        }
        let kinds: Set<SubjectKind> =
            isModel ? [.product, .other] : [.batch, .item, .logisticUnit, .asset, .other]
        guard kinds.contains(subject.kind) else {
            throw product.refusal(
                "id",
                isModel
                    ? "\(subject.uri) is no product, as its granularity says"
                    : "\(subject.uri) is no batch or item; write the URI with the lot or serial")
        }
        if isModel {
            coverage.products.insert(subject.uri)
        } else {
            coverage.batches.insert(subject.uri)
        }
    }
}

/// A JSON value and where it stands.
struct JSONPlace {
    let value: JSONValue
    let field: String
    private let reader: CredentialReader

    init(_ value: JSONValue, _ field: String, _ reader: CredentialReader) {
        self.value = value
        self.field = field
        self.reader = reader
    }

    /// A refusal of one of its members.
    func refusal(_ member: String, _ reason: String) -> Refusal {
        reader.refusal(member.isEmpty ? field : "\(field).\(member)", reason)
    }

    private func wrong(_ expected: String) -> Refusal {
        reader.refusal(field, "must be \(expected), not \(value.kindName)")
    }

    func requireObject() throws(Refusal) {
        guard value.asObject != nil else { throw wrong("an object") }
    }

    /// A member with one value, or the only element of its list; nil if it is absent or null, which
    /// JSON-LD holds for one.
    func optional(_ name: String) -> JSONPlace? {
        guard let found = value[name], !found.isNull else { return nil }
        if let items = found.asArray, items.count == 1 {
            return JSONPlace(items[0], "\(field).\(name)[0]", reader)
        }
        return JSONPlace(found, "\(field).\(name)", reader)
    }

    /// A member that must be there.
    func required(_ name: String) throws(Refusal) -> JSONPlace {
        try requireObject()
        guard let found = optional(name) else { throw refusal(name, "is required") }
        return found
    }

    /// The elements of a member; a single value stands for a list of one.
    func list(_ name: String) -> [JSONPlace] {
        guard let found = value[name], !found.isNull else { return [] }
        guard let items = found.asArray else {
            return [JSONPlace(found, "\(field).\(name)", reader)]
        }
        return items.enumerated().map { index, item in
            JSONPlace(item, "\(field).\(name)[\(index)]", reader)
        }
    }

    func text() throws(Refusal) -> String {
        guard let text = value.asString else { throw wrong("a string") }
        return text
    }

    func bool() throws(Refusal) -> Bool {
        guard let flag = value.asBool else { throw wrong("true or false") }
        return flag
    }

    func day() throws(Refusal) -> String { try reader.day(try text(), field) }

    func milliseconds(isEnd: Bool) throws(Refusal) -> UInt64 {
        try reader.milliseconds(try text(), isEnd: isEnd, field)
    }

    /// The identifier that the value is, or that its `id` is.
    func identifier() throws(Refusal) -> CanonicalIdentifier {
        if let text = value.asString { return try reader.subject(text, field) }
        guard value.asObject != nil else { throw wrong("an identifier or an object with an id") }
        let id = try required("id")
        return try reader.subject(try id.text(), id.field)
    }

    /// An identifier of one of these kinds, or of a kind that nothing is known of.
    func identifier(of kinds: Set<SubjectKind>) throws(Refusal) -> String {
        let subject = try identifier()
        guard subject.kind == .other || kinds.contains(subject.kind) else {
            throw reader.refusal(
                field, "\(subject.uri) is of another kind than is expected here")
        }
        return subject.uri
    }
}
