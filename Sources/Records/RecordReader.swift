import DeterministicCBOR
import GS1
import MerkleTrees

extension Record {
    /// Reads a record from the content of a part, strictly.
    ///
    /// - Throws: `cbor.*` when the bytes are not deterministic CBOR, `record.kind` for an unknown
    ///   kind, `record.field` naming the member otherwise.
    package static func read(_ content: [UInt8]) throws(Refusal) -> Record {
        let value: CBORValue
        do {
            value = try CBORValue.decode(content)
        } catch {
            throw Refusal(code: error.code, field: "record", reason: error.reason)
        }
        guard let pairs = value.asPairs else {
            throw Refusal(code: "record.field", field: "record", reason: "a record is a CBOR map")
        }
        var reader = try RecordReader(pairs: pairs)
        return try reader.record()
    }
}

/// Walks the members of one record map.
private struct RecordReader {
    let kind: RecordKind
    private let members: [RecordMember: CBORValue]

    init(pairs: [CBORPair]) throws(Refusal) {
        var members: [RecordMember: CBORValue] = [:]
        for pair in pairs {
            guard let raw = pair.key.asUnsigned, let member = RecordMember(rawValue: raw) else {
                throw Self.refusal("record", "has a key that no record has; see SPEC §8.3")
            }
            members[member] = pair.value
        }
        guard let name = members[.kind]?.asText, let kind = RecordKind(rawValue: name) else {
            let known = RecordKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Refusal(
                code: "record.kind", field: "record.kind",
                reason: "is not a known kind; known are \(known)")
        }
        members[.kind] = nil
        let allowed = kind.members
        for member in RecordMember.allCases where allowed.required.contains(member) {
            guard members[member] != nil else {
                throw Self.refusal("record.\(member)", "is required in a \(kind.rawValue) record")
            }
        }
        for member in members.keys.sorted(by: { $0.rawValue < $1.rawValue })
        where !allowed.required.contains(member) && !allowed.optional.contains(member) {
            throw Self.refusal("record.\(member)", "does not belong in a \(kind.rawValue) record")
        }
        self.kind = kind
        self.members = members
    }

    mutating func record() throws(Refusal) -> Record {
        var record = Record(kind: kind)
        record.id = try uri(.id)
        record.about = try uris(.about)
        record.target = try target()
        record.fromMilliseconds = try time(.from)
        record.untilMilliseconds = try time(.until)
        if let from = record.fromMilliseconds, let until = record.untilMilliseconds, until < from {
            throw Self.refusal("record.until", "is before record.from")
        }
        record.to = try uris(.to)
        record.keys = try keys()
        record.body = try body()
        record.quantity = try quantity()
        record.month = try month()
        record.material = try uri(.material)
        record.site = try uri(.site)
        record.reason = try text(.reason, limit: 4_096)
        record.scope = try scope()
        record.head = try head()
        return record
    }

    private static func refusal(_ field: String, _ reason: String) -> Refusal {
        Refusal(code: "record.field", field: field, reason: reason)
    }

    private func text(_ member: RecordMember, limit: Int) throws(Refusal) -> String? {
        guard let value = members[member] else { return nil }
        guard let text = value.asText, !text.isEmpty, text.utf8.count <= limit else {
            throw Self.refusal("record.\(member)", "must be text of 1 to \(limit) bytes")
        }
        return text
    }

    private func uri(_ member: RecordMember) throws(Refusal) -> String? {
        guard let text = try text(member, limit: 2_048) else { return nil }
        try Self.checkCanonical(text, field: "record.\(member)")
        return text
    }

    private static func checkCanonical(_ text: String, field: String) throws(Refusal) {
        let canonical: String
        do {
            canonical = try CanonicalIdentifier(text).uri
        } catch {
            throw refusal(field, "\(error.reason)")
        }
        guard canonical == text else {
            throw refusal(field, "must be in canonical form: write \(canonical)")
        }
    }

    private func uris(_ member: RecordMember) throws(Refusal) -> [String] {
        guard let value = members[member] else { return [] }
        guard let items = value.asArray, (1...256).contains(items.count) else {
            throw Self.refusal("record.\(member)", "must be a list of 1 to 256 URIs")
        }
        var result: [String] = []
        for (index, item) in items.enumerated() {
            let field = "record.\(member)[\(index)]"
            guard let text = item.asText, text.utf8.count <= 2_048 else {
                throw Self.refusal(field, "must be text of at most 2,048 bytes")
            }
            try Self.checkCanonical(text, field: field)
            if let last = result.last, !last.utf8.lexicographicallyPrecedes(text.utf8) {
                throw Self.refusal(field, "is out of order or twice in the list; sort it by bytes")
            }
            result.append(text)
        }
        return result
    }

    private func target() throws(Refusal) -> RecordTarget? {
        guard let value = members[.target] else { return nil }
        if let bytes = value.asBytes, kind.target != .uri {
            guard let digest = Hash256(bytes) else {
                throw Self.refusal("record.target", "a part digest has 32 bytes")
            }
            return .part(digest)
        }
        if kind == .allocation, let text = value.asText, text.utf8.count <= 2_048,
            AccountName(text) != nil
        {
            return .record(text)
        }
        guard kind.target != .digest, let uri = try uri(.target) else {
            throw Self.refusal("record.target", "must be the digest of a part, 32 bytes")
        }
        return .record(uri)
    }

    private func time(_ member: RecordMember) throws(Refusal) -> UInt64? {
        guard let value = members[member] else { return nil }
        guard let time = value.asUnsigned, time <= Limits.timeMilliseconds else {
            throw Self.refusal("record.\(member)", "must be milliseconds since 1970")
        }
        return time
    }

    private func keys() throws(Refusal) -> [Hash256] {
        guard let value = members[.keys] else { return [] }
        guard let items = value.asArray, (1...4_096).contains(items.count) else {
            throw Self.refusal("record.keys", "must be a list of 1 to 4,096 subject keys")
        }
        var result: [Hash256] = []
        for (index, item) in items.enumerated() {
            guard let bytes = item.asBytes, let key = Hash256(bytes) else {
                throw Self.refusal("record.keys[\(index)]", "a subject key has 32 bytes")
            }
            if let last = result.last, last >= key {
                throw Self.refusal("record.keys[\(index)]", "is out of order or twice in the list")
            }
            result.append(key)
        }
        return result
    }

    private func body() throws(Refusal) -> RecordBody? {
        guard let value = members[.body] else { return nil }
        guard let items = value.asArray, items.count == 2, let type = items[0].asText,
            (1...255).contains(type.utf8.count), let bytes = items[1].asBytes
        else {
            throw Self.refusal("record.body", "must be [content type, bytes]")
        }
        return RecordBody(contentType: type, bytes: bytes)
    }

    private func quantity() throws(Refusal) -> RecordQuantity? {
        guard let value = members[.quantity] else { return nil }
        guard let items = value.asArray, items.count == 2, let amount = items[0].asText,
            let unit = items[1].asText, isDecimal(amount),
            (2...3).contains(unit.utf8.count),
            unit.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) })
        else {
            throw Self.refusal("record.quantity", "must be [decimal text, UN Rec 20 unit]")
        }
        return RecordQuantity(amount: amount, unit: unit)
    }

    /// Whether a text is `-?digits[.digits]` (SPEC §8.3).
    private func isDecimal(_ text: String) -> Bool {
        let number = text.utf8.first == 0x2d ? text.utf8.dropFirst() : text.utf8[...]
        let pieces = number.split(separator: 0x2e, omittingEmptySubsequences: false)
        return pieces.count <= 2
            && pieces.allSatisfy { piece in
                !piece.isEmpty && piece.allSatisfy { (0x30...0x39).contains($0) }
            }
    }

    private func month() throws(Refusal) -> String? {
        guard let text = try text(.month, limit: 7) else { return nil }
        guard AccountName.isMonth(text) else {
            throw Self.refusal("record.month", "must be written YYYY-MM")
        }
        return text
    }

    private func scope() throws(Refusal) -> [ScopeItem] {
        guard let value = members[.scope] else { return [] }
        guard let items = value.asArray, (1...256).contains(items.count) else {
            throw Self.refusal("record.scope", "must be a list of 1 to 256 [name, value] pairs")
        }
        var result: [ScopeItem] = []
        for (index, item) in items.enumerated() {
            guard let pair = item.asArray, pair.count == 2, let name = pair[0].asText,
                let text = pair[1].asText, text.utf8.count <= 2_048, name.utf8.count <= 64
            else {
                throw Self.refusal("record.scope[\(index)]", "must be [name, value], both text")
            }
            result.append(ScopeItem(name, text))
        }
        return result
    }

    private func head() throws(Refusal) -> ChainHead? {
        guard let value = members[.head] else { return nil }
        guard let items = value.asArray, items.count == 2, let count = items[0].asUnsigned,
            let bytes = items[1].asBytes, let hash = Hash256(bytes)
        else {
            throw Self.refusal("record.head", "must be [count, chain head]")
        }
        return ChainHead(count: count, hash: hash)
    }
}
