/// An EPC pure identity, class or pattern URN, read as the GS1 key it stands for.
///
/// EPC Tag Data Standard §6 to §8; `urn:epc:id:`, `urn:epc:class:` and `urn:epc:idpat:`.
struct EPCURN {
    private let bytes: [UInt8]
    private let scheme: String
    private let isPattern: Bool
    private let rest: ArraySlice<UInt8>

    /// The key of an EPC URN; nothing for a URI that is none, or of a scheme without GS1 key.
    ///
    /// SPEC §4.1: a scheme without GS1 key, such as `gid`, or a tag encoding is another URI.
    static func read(_ uri: AbsoluteURI) throws(IdentifierError) -> IdentificationKey? {
        let marker = Array("epc:".utf8)
        guard uri.scheme == "urn", uri.path.prefix(4).map(\.lowerCased) == marker else {
            return nil
        }
        return try EPCURN(uri)?.identificationKey()
    }

    private init?(_ uri: AbsoluteURI) throws(IdentifierError) {
        let parts = uri.path.dropFirst(4).split(
            separator: 0x3A, maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, let allowed = Self.schemes[parts[0].asText],
            Self.schemes.values.contains(where: { $0.contains(parts[1].asText) })
        else { return nil }
        bytes = uri.bytes
        scheme = parts[1].asText
        isPattern = parts[0].elementsEqual("idpat".utf8)
        rest = parts.count == 3 ? parts[2] : []
        guard allowed.contains(scheme) else {
            throw fieldError("urn:epc:\(parts[0].asText): has no scheme \(scheme)")
        }
        guard uri.query == nil, uri.fragment == nil, !rest.contains(0x2F), !rest.contains(0x26)
        else { throw fieldError("in an EPC URN write / as %2F, ? as %3F, & as %26, # as %23") }
    }

    private static let schemes: [String: Set<String>] = [
        "id": [
            "sgtin", "sscc", "sgln", "pgln", "grai", "giai", "gsrn", "gsrnp", "gdti", "cpi",
            "sgcn", "ginc", "gsin", "itip", "upui",
        ],
        "class": ["lgtin"],
        "idpat": ["sgtin", "grai", "gdti", "sgcn", "cpi", "itip", "upui"],
    ]

    private func identificationKey() throws(IdentifierError) -> IdentificationKey {
        switch scheme {
        case "sgtin": try gtin(qualifier: "21")
        case "lgtin": try gtin(qualifier: "10")
        case "upui": try gtin(qualifier: "235")
        case "itip": try itip()
        case "sscc": try sscc()
        case "sgln": try sgln()
        case "pgln": try digits("417", count: 12)
        case "gsrn": try digits("8018", count: 17)
        case "gsrnp": try digits("8017", count: 17)
        case "gsin": try digits("402", count: 16)
        case "grai": try digitsAndSerial("8003", leading: [0x30])
        case "gdti": try digitsAndSerial("253", leading: [])
        case "sgcn": try digitsAndSerial("255", leading: [])
        case "cpi": try componentPart()
        case "giai": try prefixAndText("8004")
        default: try prefixAndText("401")
        }
    }
}

// MARK: - Schemes

extension EPCURN {
    private func gtin(qualifier: String) throws(IdentifierError) -> IdentificationKey {
        let fields = try fields(3)
        let key = ElementString(code: "01", value: try gtinDigits(fields[0], fields[1]))
        return try IdentificationKey(key, try serial(qualifier, fields[2]))
    }

    private func itip() throws(IdentifierError) -> IdentificationKey {
        let fields = try fields(5)
        guard fields[2].count == 2, fields[3].count == 2 else {
            throw fieldError("piece and total have two digits each")
        }
        let value = try gtinDigits(fields[0], fields[1]) + fields[2] + fields[3]
        return try IdentificationKey(
            ElementString(code: "8006", value: value), try serial("21", fields[4]))
    }

    private func sscc() throws(IdentifierError) -> IdentificationKey {
        let fields = try fields(2)
        let body = try indicatorFirst(fields[0], fields[1], count: 17)
        return try IdentificationKey(ElementString(code: "00", value: checked(body)), [])
    }

    private func sgln() throws(IdentifierError) -> IdentificationKey {
        let fields = try fields(3)
        let key = ElementString(
            code: "414", value: checked(try joined(fields[0], fields[1], count: 12)))
        return try IdentificationKey(key, try serial("254", fields[2]))
    }

    private func digits(
        _ code: String, count: Int
    ) throws(IdentifierError) -> IdentificationKey {
        let fields = try fields(2)
        let body = try joined(fields[0], fields[1], count: count)
        return try IdentificationKey(ElementString(code: code, value: checked(body)), [])
    }

    private func digitsAndSerial(
        _ code: String, leading: [UInt8]
    ) throws(IdentifierError) -> IdentificationKey {
        let fields = try fields(3)
        let body = checked(try joined(fields[0], fields[1], count: 12))
        let serial = try serial(code, fields[2]).first?.value ?? []
        return try IdentificationKey(ElementString(code: code, value: leading + body + serial), [])
    }

    private func componentPart() throws(IdentifierError) -> IdentificationKey {
        let fields = try fields(3)
        try checkPrefix(fields[0])
        guard !fields[1].isEmpty else { throw fieldError("the component or part is empty") }
        let key = ElementString(code: "8010", value: fields[0] + fields[1])
        return try IdentificationKey(key, try serial("8011", fields[2]))
    }

    private func prefixAndText(_ code: String) throws(IdentifierError) -> IdentificationKey {
        let fields = try fields(2)
        try checkPrefix(fields[0])
        guard !fields[1].isEmpty else { throw fieldError("nothing follows the company prefix") }
        return try IdentificationKey(ElementString(code: code, value: fields[0] + fields[1]), [])
    }
}

// MARK: - Fields

extension EPCURN {
    /// The fields between dots, percent-encoding undone; the last may hold dots.
    private func fields(_ count: Int) throws(IdentifierError) -> [[UInt8]] {
        let raw = rest.split(
            separator: 0x2E, maxSplits: count - 1, omittingEmptySubsequences: false)
        guard raw.count == count else {
            throw fieldError("expected \(count) fields between dots, found \(raw.count)")
        }
        let wildcard: [UInt8] = [0x2A]
        let stars = raw.dropLast().contains { $0.elementsEqual(wildcard) }
        let endsWithStar = raw.last.map { $0.elementsEqual(wildcard) } ?? false
        guard !isPattern || (endsWithStar && !stars) else {
            throw fieldError(
                "a pattern names one class only if its last field, and no other, is *; "
                    + "for a single thing write urn:epc:id:")
        }
        return raw.map { PercentEncoding.decode($0) ?? [] }
    }

    /// The qualifier of the last field; none in a pattern.
    private func serial(
        _ code: String, _ value: [UInt8]
    ) throws(IdentifierError) -> [ElementString] {
        if isPattern { return [] }
        guard !value.isEmpty else {
            throw fieldError("the last field\(code == "10" ? ", the lot," : "") is empty")
        }
        return [ElementString(code: code, value: value)]
    }

    /// A GTIN-14: indicator digit, company prefix, item reference, check digit.
    private func gtinDigits(
        _ prefix: [UInt8], _ reference: [UInt8]
    ) throws(IdentifierError) -> [UInt8] {
        checked(try indicatorFirst(prefix, reference, count: 13))
    }

    /// The first digit of the reference, the company prefix and the rest of the reference.
    private func indicatorFirst(
        _ prefix: [UInt8], _ reference: [UInt8], count: Int
    ) throws(IdentifierError) -> [UInt8] {
        _ = try joined(prefix, reference, count: count)
        return reference.prefix(1) + prefix + reference.dropFirst()
    }

    private func joined(
        _ prefix: [UInt8], _ reference: [UInt8], count: Int
    ) throws(IdentifierError) -> [UInt8] {
        try checkPrefix(prefix)
        guard reference.allSatisfy(\.isDigit), prefix.count + reference.count == count else {
            throw fieldError(
                "company prefix and reference of \(scheme) have \(count) digits together, here "
                    + "\(prefix.count) and \(reference.count)")
        }
        return prefix + reference
    }

    private func checkPrefix(_ prefix: [UInt8]) throws(IdentifierError) {
        guard prefix.allSatisfy(\.isDigit), (6...12).contains(prefix.count) else {
            throw fieldError("a company prefix has 6 to 12 digits")
        }
    }

    private func checked(_ body: [UInt8]) -> [UInt8] {
        body + (CheckDigit.digit(for: body).map { [$0] } ?? [])
    }

    private func fieldError(_ reason: String) -> IdentifierError {
        IdentifierError("identifier.malformed", bytes, reason)
    }
}
