/// One application identifier with its value.
package struct ElementString: Hashable, Sendable {
    /// The application identifier's code.
    package let code: String
    /// The value, percent-encoding undone.
    package let value: [UInt8]

    /// The element string in the form `(01)09520123456788`.
    package var bracketed: String { "(\(code))\(value.asText)" }
}

/// A GS1 key with its qualifiers, checked, in Digital Link terms: what URN and link have in common.
struct IdentificationKey: Hashable, Sendable {
    let key: ElementString
    let qualifiers: [ElementString]

    /// Checks form and content: order, characters and lengths, then the rules of each value.
    init(_ key: ElementString, _ qualifiers: [ElementString]) throws(IdentifierError) {
        let elements = try Self.checkForm(of: key, qualifiers)
        for (identifier, value) in elements { try identifier.checkContent(of: value) }
        self.key = key
        self.qualifiers = qualifiers
    }

    /// Refuses qualifiers the key does not have, and values of other characters or lengths.
    @discardableResult
    static func checkForm(
        of key: ElementString, _ qualifiers: [ElementString]
    ) throws(IdentifierError) -> [(ApplicationIdentifier, [UInt8])] {
        guard let identifier = ApplicationIdentifier.named(key.code),
            let sequences = identifier.qualifierSequences
        else {
            throw IdentifierError("identifier.malformed", key.value, "(\(key.code)) is no GS1 key")
        }
        try checkOrder(of: qualifiers.map(\.code), behind: identifier, in: sequences)
        var elements: [(ApplicationIdentifier, [UInt8])] = []
        for element in [key] + qualifiers {
            guard let identifier = ApplicationIdentifier.named(element.code) else { continue }
            try identifier.checkForm(of: element.value)
            elements.append((identifier, element.value))
        }
        return elements
    }

    /// The value of one qualifier.
    func qualifier(_ code: String) -> [UInt8]? {
        qualifiers.first { $0.code == code }?.value
    }

    private static func checkOrder(
        of codes: [String], behind key: ApplicationIdentifier, in sequences: [[String]]
    ) throws(IdentifierError) {
        if key.code == "415" && codes.isEmpty {
            throw IdentifierError(
                "identifier.malformed", key.code.utf8,
                "\(key.name) names a payment slip only with a reference; add /8020/…")
        }
        if codes.isEmpty || sequences.contains(where: { isSubsequence(codes, of: $0) }) { return }
        let path = codes.map { "/\($0)/…" }.joined()
        let allowed = sequences.map { $0.map { "/\($0)/…" }.joined() }.joined(separator: " or ")
        throw IdentifierError(
            "identifier.malformed", path.utf8,
            "\(key.name) may be followed only by \(allowed.isEmpty ? "nothing" : allowed)"
                + " in this order, not by \(path)")
    }

    private static func isSubsequence(_ codes: [String], of sequence: [String]) -> Bool {
        var rest = codes[...]
        for code in sequence where code == rest.first { rest.removeFirst() }
        return rest.isEmpty
    }
}
