package import EPCIS
import GS1
import MerkleTrees
import Signatures

extension Record {
    /// Reads a record from the JSON that people write for `cairn sign` (SPEC §24.2).
    ///
    /// Identifiers may have any spelling and become canonical; lists are sorted. A day alone is
    /// its first millisecond in `from` and its last in `until`, in UTC.
    ///
    /// - Parameters:
    ///   - json: An object with the member `record`.
    ///   - field: What the record is called in refusals, such as `record[2]`.
    ///   - file: Gives the bytes of a file that the body names.
    /// - Returns: A record that `Record.read(_:)` accepts.
    /// - Throws: `record.kind` or `record.field`, naming the member, and what `file` throws.
    package static func read(
        json: JSONValue, field: String = "record",
        file: (String) throws(Refusal) -> [UInt8]
    ) throws(Refusal) -> Record {
        let record = try RecordJSON(json, field: field).record(file: file)
        do {
            return try Record.read(record.encoded())
        } catch {
            let place = error.field.hasPrefix("record") ? error.field.dropFirst(6) : ""
            throw Refusal(code: error.code, field: field + place, reason: error.reason)
        }
    }

    /// The `certificate` record that carries a conformity credential as it is (SPEC §24.2).
    ///
    /// Its id and days are the credential's; it is about the party, sites, products and batches
    /// that the credential names.
    ///
    /// - Parameters:
    ///   - credential: The credential's JSON text, which becomes the body.
    ///   - issuer: Who will sign the record; the credential must name it as its issuer.
    /// - Returns: A record that `Certificate.read(_:issuer:)` reads.
    /// - Throws: `certificate.unreadable` naming the place in the credential.
    package static func certificate(
        credential: [UInt8], issuer: String
    ) throws(Refusal) -> Record {
        let reader = CredentialReader(code: Certificate.unreadable)
        let read = try ConformityCredential(credential, reader: reader)
        var about = Set([read.party].compactMap(\.self))
        for assessment in read.assessments {
            about.formUnion(assessment.sites)
            about.formUnion(assessment.products)
            about.formUnion(assessment.batches)
        }
        guard (1...256).contains(about.count) else {
            throw reader.refusal(
                "record.body.credentialSubject",
                "names \(about.count) parties, sites, products and batches; a certificate is "
                    + "about 1 to 256")
        }
        var record = Record(kind: .certificate)
        record.id = read.id
        record.about = about.sorted(by: precedesBytewise)
        record.fromMilliseconds = read.fromMilliseconds
        record.untilMilliseconds = read.untilMilliseconds
        record.body = RecordBody(
            contentType: Certificate.credentialContentType, bytes: credential)
        let checked = try Record.read(record.encoded())
        _ = try Certificate.read(checked, issuer: issuer)
        return checked
    }
}

/// Reads the members of one record's JSON.
private struct RecordJSON {
    private let json: JSONValue
    private let field: String

    /// The members a record may have.
    private static let names: Set<String> = [
        "record", "id", "about", "target", "from", "until", "to", "keys", "body", "quantity",
        "month", "material", "site", "reason", "scope", "head",
    ]
    /// The pairs of a scope whose value is an identifier.
    private static let identifierPairs: Set<String> = [
        "scheme", "criterion", "party", "site", "product", "batch", "process",
    ]

    init(_ json: JSONValue, field: String) throws(Refusal) {
        self.json = json
        self.field = field
        guard let members = json.asObject else {
            throw refusal("", "a record is an object with the member record")
        }
        for member in members where !Self.names.contains(member.name) {
            throw refusal(
                member.name,
                "is no member of a record; known are \(Self.names.sorted().joined(separator: ", "))"
            )
        }
    }

    func record(file: (String) throws(Refusal) -> [UInt8]) throws(Refusal) -> Record {
        guard let kind = json["record"]?.asString.flatMap(RecordKind.init(rawValue:)) else {
            let known = RecordKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(
                code: "record.kind", field: field,
                reason: "the member record is the kind: one of \(known)")
        }
        var record = Record(kind: kind)
        record.id = try identifier("id")
        record.about = try identifiers("about")
        record.target = try target()
        record.fromMilliseconds = try time("from", isEnd: false)
        record.untilMilliseconds = try time("until", isEnd: true)
        record.to = try identifiers("to")
        record.keys = try keys()
        record.body = try body(file: file)
        record.quantity = try quantity()
        record.month = try text("month")
        record.material = try identifier("material")
        record.site = try identifier("site")
        record.reason = try text("reason")
        record.scope = try scope()
        record.head = try head()
        return record
    }

    private func refusal(_ member: String, _ reason: String) -> Refusal {
        Refusal(
            code: "record.field", field: member.isEmpty ? field : "\(field).\(member)",
            reason: reason)
    }

    private func text(_ member: String) throws(Refusal) -> String? {
        guard let value = json[member] else { return nil }
        return try text(value, member)
    }

    private func text(_ value: JSONValue, _ member: String) throws(Refusal) -> String {
        guard let text = value.asString else {
            throw refusal(member, "must be a string, not \(value.kindName)")
        }
        return text
    }

    private func identifier(_ member: String) throws(Refusal) -> String? {
        guard let value = json[member] else { return nil }
        return try identifier(try text(value, member), member)
    }

    private func identifier(_ text: String, _ member: String) throws(Refusal) -> String {
        do {
            return try CanonicalIdentifier(text).uri
        } catch {
            throw refusal(member, "is no identifier: \(error.reason)")
        }
    }

    /// A list, or a single value in place of one; an empty one is refused, for it would be lost.
    private func list(_ member: String) throws(Refusal) -> [JSONValue] {
        guard let value = json[member] else { return [] }
        guard let items = value.asArray else { return [value] }
        guard !items.isEmpty else { throw refusal(member, "is empty: leave it out or fill it") }
        return items
    }

    private func identifiers(_ member: String) throws(Refusal) -> [String] {
        var found: Set<String> = []
        for (index, item) in try list(member).enumerated() {
            let place = "\(member)[\(index)]"
            found.insert(try identifier(try text(item, place), place))
        }
        return found.sorted(by: precedesBytewise)
    }

    private func target() throws(Refusal) -> RecordTarget? {
        guard let text = try text("target") else { return nil }
        if let digest = Hash256(hex: text) { return .part(digest) }
        if AccountName(text) != nil { return .record(text) }
        return .record(try identifier(text, "target"))
    }

    private func time(_ member: String, isEnd: Bool) throws(Refusal) -> UInt64? {
        guard let text = try text(member) else { return nil }
        return try CredentialReader(code: "record.field")
            .milliseconds(text, isEnd: isEnd, "\(field).\(member)")
    }

    private func keys() throws(Refusal) -> [Hash256] {
        var found: Set<Hash256> = []
        for (index, item) in try list("keys").enumerated() {
            guard let key = item.asString.flatMap({ Hash256(hex: $0) }) else {
                throw refusal("keys[\(index)]", "a subject key is 64 hexadecimal digits")
            }
            found.insert(key)
        }
        return found.sorted()
    }

    private func quantity() throws(Refusal) -> RecordQuantity? {
        guard let value = json["quantity"] else { return nil }
        guard let items = value.asArray, items.count == 2,
            let amount = items[0].asString ?? items[0].asNumber?.text,
            let unit = items[1].asString
        else {
            throw refusal("quantity", #"must be [amount, unit], like ["120.5", "KGM"]"#)
        }
        return RecordQuantity(amount: amount, unit: unit)
    }

    private func scope() throws(Refusal) -> [ScopeItem] {
        guard json["scope"]?.asArray != nil || json["scope"] == nil else {
            throw refusal("scope", "must be a list of [name, value] pairs")
        }
        var found: [ScopeItem] = []
        for (index, item) in try list("scope").enumerated() {
            let place = "scope[\(index)]"
            guard let pair = item.asArray, pair.count == 2, let name = pair[0].asString,
                let value = pair[1].asString
            else { throw refusal(place, "must be [name, value], both strings") }
            let isIdentifier = Self.identifierPairs.contains(name)
            found.append(ScopeItem(name, isIdentifier ? try identifier(value, place) : value))
        }
        return found
    }

    private func head() throws(Refusal) -> ChainHead? {
        guard let value = json["head"] else { return nil }
        guard let items = value.asArray, items.count == 2,
            let count = items[0].asNumber.flatMap({ UInt64($0.text) }),
            let hash = items[1].asString.flatMap({ Hash256(hex: $0) })
        else { throw refusal("head", "must be [count, chain head of 64 hexadecimal digits]") }
        return ChainHead(count: count, hash: hash)
    }

    // MARK: The body

    private func body(file: (String) throws(Refusal) -> [UInt8]) throws(Refusal) -> RecordBody? {
        guard let value = json["body"] else { return nil }
        guard let members = value.asObject else { throw refusal("body", "must be an object") }
        guard let type = value["contentType"]?.asString else {
            throw refusal("body.contentType", "is required, like application/pdf")
        }
        let contents = members.filter { $0.name != "contentType" }
        guard contents.count == 1, let content = contents.first else {
            throw refusal("body", "has one of json, text, base64 and file beside contentType")
        }
        return RecordBody(contentType: type, bytes: try bytes(of: content, file: file))
    }

    private func bytes(
        of content: JSONMember, file: (String) throws(Refusal) -> [UInt8]
    ) throws(Refusal) -> [UInt8] {
        let place = "body.\(content.name)"
        switch content.name {
        case "json": return content.value.serialized()
        case "text": return Array(try text(content.value, place).utf8)
        case "base64":
            guard let bytes = Base64.standard.decode(try text(content.value, place)) else {
                throw refusal(place, "is not base64 (RFC 4648 §4)")
            }
            return bytes
        case "file": return try file(try text(content.value, place))
        default: throw refusal(place, "is no member of a body; known are json, text, base64, file")
        }
    }
}
