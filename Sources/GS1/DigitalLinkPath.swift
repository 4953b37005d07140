/// The path of a web address, read as a GS1 key and its qualifiers.
///
/// Key and qualifiers are pairs of segments that end the path; anything may precede them.
struct DigitalLinkPath {
    private let segments: [ArraySlice<UInt8>]
    private let isAtGS1: Bool

    /// Nothing for a URI that is no web address.
    init?(_ uri: AbsoluteURI) {
        guard uri.isWeb else { return nil }
        isAtGS1 = uri.host.map(\.lowerCased).asText == "id.gs1.org"
        segments = uri.path.dropFirst().split(separator: 0x2F, omittingEmptySubsequences: false)
    }

    /// The key and its qualifiers; nothing if the path does not end with such.
    ///
    /// SPEC §4.1: what lacks the form (the qualifiers' order, the characters and length of every
    /// value) is no Digital Link but a web address like any other. What has it is meant as one:
    /// a wrong check digit, or other content the key cannot have, is refused. So is what goes on
    /// after a key as only a link does: it would be taken for the batch or item it resembles.
    func identification() throws(IdentifierError) -> IdentificationKey? {
        guard let elements = elements, let key = elements.first else {
            try checkResemblance()
            return nil
        }
        let qualifiers = Array(elements.dropFirst())
        guard (try? IdentificationKey.checkForm(of: key, qualifiers)) != nil else {
            try checkResemblance()
            return nil
        }
        return try IdentificationKey(key, qualifiers)
    }

    /// The key and its qualifiers by form alone, check digits unjudged; nothing without that form.
    var form: (key: ElementString, qualifiers: [ElementString])? {
        guard let elements, let key = elements.first else { return nil }
        let qualifiers = Array(elements.dropFirst())
        guard (try? IdentificationKey.checkForm(of: key, qualifiers)) != nil else { return nil }
        return (key, qualifiers)
    }

    /// Refuses a path in which a key is followed by nothing, by one of its qualifiers or by
    /// `linkset`, though the whole is no Digital Link; at `id.gs1.org` any that names a key.
    private func checkResemblance() throws(IdentifierError) {
        for index in segments.indices.dropLast() {
            guard let code = Self.code(segments[index]),
                let identifier = ApplicationIdentifier.named(code),
                let qualifiers = identifier.qualifierSequences
            else { continue }
            guard isAtGS1 || isLink(from: index, identifier, qualifiers) else { continue }
            try checkLast(qualifiers)
            throw IdentifierError(
                "identifier.malformed", segments[index],
                "a path that names a GS1 key (\(code)) ends with the key's value, or with those of "
                    + "its qualifiers in the standard's order; nothing else may follow")
        }
    }

    /// Tells a path that ends where the value of a lot or another qualifier should stand.
    private func checkLast(_ qualifiers: [[String]]) throws(IdentifierError) {
        let isEmpty = segments.last?.isEmpty ?? false
        guard let last = isEmpty ? segments.dropLast().last : segments.last,
            let code = Self.code(last), qualifiers.contains(where: { $0.contains(code) })
        else { return }
        throw IdentifierError(
            "identifier.malformed", last,
            "after /\(code)/ \(code == "10" ? "the lot" : "the value") is missing")
    }

    private func isLink(
        from index: Int, _ identifier: ApplicationIdentifier, _ qualifiers: [[String]]
    ) -> Bool {
        guard index + 2 < segments.endIndex,
            let decoded = PercentEncoding.decode(segments[index + 1])
        else { return false }
        let value = identifier.code == "01" ? Self.padded(decoded) : decoded
        guard (identifier.ownershipDigits(of: value)?.count ?? 0) >= 4,
            (try? identifier.check(value)) != nil
        else { return false }
        let next = segments[index + 2]
        if next.isEmpty || next.elementsEqual("linkset".utf8) { return true }
        return Self.code(next).map { code in qualifiers.contains { $0.contains(code) } } ?? false
    }

    /// The pairs from the last key to the end of the path.
    private var elements: [ElementString]? {
        var elements: [ElementString] = []
        for index in stride(from: segments.count - 2, through: 0, by: -2) {
            guard let code = Self.code(segments[index]),
                let identifier = ApplicationIdentifier.named(code),
                let value = PercentEncoding.decode(segments[index + 1])
            else { return nil }
            elements.append(
                ElementString(code: code, value: code == "01" ? Self.padded(value) : value))
            guard identifier.qualifierSequences != nil else { continue }
            return Self.beginsWithCompanyPrefix(elements, identifier) ? elements.reversed() : nil
        }
        return nil
    }

    /// Whether the key has the four digits that a company prefix has at least.
    ///
    /// The rule `gcppos` of the syntax dictionary; without it `/giai/about` would be an asset.
    private static func beginsWithCompanyPrefix(
        _ elements: [ElementString], _ identifier: ApplicationIdentifier
    ) -> Bool {
        guard let key = elements.last else { return false }
        return (identifier.ownershipDigits(of: key.value)?.count ?? 0) >= 4
    }

    /// A GTIN-8, -12 or -13 with leading zeros as a GTIN-14; any other value unchanged.
    ///
    /// GS1 General Specifications §3.3.2.
    static func padded(_ value: [UInt8]) -> [UInt8] {
        guard value.count == 8 || value.count == 12 || value.count == 13 else { return value }
        return [UInt8](repeating: 0x30, count: 14 - value.count) + value
    }

    /// The code a segment stands for: itself if it is a number, or that of a legacy name.
    private static func code(_ segment: ArraySlice<UInt8>) -> String? {
        // No name is longer than five characters, each written as three at most.
        guard segment.count <= 15, let decoded = PercentEncoding.decode(segment), !decoded.isEmpty
        else { return nil }
        let text = decoded.asText
        return decoded.allSatisfy(\.isDigit) ? text : legacyNames[text]
    }

    /// The names of Digital Link 1.0 and 1.1, withdrawn since.
    private static let legacyNames = [
        "sscc": "00", "gtin": "01", "lot": "10", "ser": "21", "cpv": "22", "gdti": "253",
        "glnx": "254", "gcn": "255", "ginc": "401", "gsin": "402", "gln": "414", "payTo": "415",
        "party": "417", "grai": "8003", "giai": "8004", "itip": "8006", "cpid": "8010",
        "cpsn": "8011", "gmn": "8013", "gsrnp": "8017", "gsrn": "8018", "srin": "8019",
        "refNo": "8020",
    ]
}
