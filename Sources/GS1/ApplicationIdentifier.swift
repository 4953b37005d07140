/// A GS1 application identifier: what the value after it means and how it is written.
///
/// GS1 General Specifications §3; the data come from the GS1 Barcode Syntax Dictionary.
package struct ApplicationIdentifier: Hashable, Sendable {
    /// Two to four digits.
    package let code: String
    /// The data title, such as `GTIN` or `BATCH/LOT`.
    package let title: String
    /// Whether it may stand in the query of a Digital Link.
    package let isDataAttribute: Bool
    /// Whether its length is predefined, so that no separator follows it in a barcode.
    package let hasPredefinedLength: Bool
    /// The parts of the value in order.
    package let components: [ElementComponent]
    /// The allowed sequences of qualifiers behind this key in a Digital Link.
    ///
    /// Nothing for an identifier that is no key; no sequences for a key without qualifiers.
    package let qualifierSequences: [[String]]?

    /// The application identifier of this code, if the dictionary has it.
    package static func named(_ code: String) -> ApplicationIdentifier? { table[code] }

    /// All application identifiers, by code.
    package static let all: [ApplicationIdentifier] = SyntaxDictionary.rows
        .split(separator: "\n").flatMap(rows(parsing:))

    private static let table = Dictionary(
        all.map { ($0.code, $0) }, uniquingKeysWith: { first, _ in first })

    /// Reads one row of the dictionary, which may stand for a range of codes.
    private static func rows(parsing line: Substring) -> [ApplicationIdentifier] {
        let parts = line.split(separator: "#", maxSplits: 1)
        guard let words = parts.first?.split(separator: " "), let codes = words.first else {
            return []
        }
        let title = parts.dropFirst().first.map { String($0.drop { $0 == " " }) } ?? ""
        let flags = words.dropFirst().first { $0.allSatisfy { $0 == "*" || $0 == "?" } } ?? ""
        let keys = words.first { $0.hasPrefix("dlpkey") }
        let components = words.dropFirst().compactMap { ElementComponent(parsing: $0) }
        return expanded(codes).map { code in
            ApplicationIdentifier(
                code: code, title: title, isDataAttribute: flags.contains("?"),
                hasPredefinedLength: flags.contains("*"), components: components,
                qualifierSequences: keys.map(sequences))
        }
    }

    /// `3100-3105` as six codes.
    private static func expanded(_ codes: Substring) -> [String] {
        let ends = codes.split(separator: "-").compactMap { Int($0) }
        guard ends.count == 2, ends[0] <= ends[1] else { return [String(codes)] }
        return (ends[0]...ends[1]).map(String.init)
    }

    /// `dlpkey=22,10,21|235` as two sequences; `dlpkey` as none.
    private static func sequences(_ attribute: Substring) -> [[String]] {
        attribute.dropFirst("dlpkey=".count).split(separator: "|")
            .map { $0.split(separator: ",").map(String.init) }
    }
}

extension ApplicationIdentifier {
    /// Refuses a value that breaks the format: characters, length, content.
    package func check(_ value: [UInt8]) throws(IdentifierError) {
        try checkForm(of: value)
        try checkContent(of: value)
    }

    /// Refuses characters and lengths that are impossible.
    func checkForm(of value: [UInt8]) throws(IdentifierError) {
        guard let fault = shapeFault(in: value) else { return }
        throw IdentifierError(
            "identifier.malformed", value,
            "\(name) \(PercentEncoding.text(value.prefix(128))) \(fault)")
    }

    /// Refuses wrong check digits and other content that a value of this form cannot have.
    func checkContent(of value: [UInt8]) throws(IdentifierError) {
        for (component, part) in parts(of: value) {
            try component.checkContent(
                of: part, as: "\(name) \(PercentEncoding.text(value.prefix(128)))")
        }
    }

    /// The components present in a value, each with its part of the bytes.
    func parts(of value: [UInt8]) -> [(ElementComponent, ArraySlice<UInt8>)] {
        var rest = value[...]
        var parts: [(ElementComponent, ArraySlice<UInt8>)] = []
        for component in components where !rest.isEmpty {
            let part = rest.prefix(component.length.upperBound)
            rest = rest.dropFirst(part.count)
            parts.append((component, part))
        }
        return parts
    }

    /// Why characters or length of a value are impossible; nothing if they are possible.
    private func shapeFault(in value: [UInt8]) -> String? {
        var rest = value[...]
        for component in components {
            if rest.isEmpty && component.isOptional { break }
            let part = rest.prefix(component.length.upperBound)
            rest = rest.dropFirst(part.count)
            if !part.allSatisfy(component.characters.contains) {
                return "may have only \(component.characters.name); expected \(format)"
            }
            if part.count < component.length.lowerBound {
                return "is too short; expected \(format)"
            }
        }
        return rest.isEmpty ? nil : "is too long; expected \(format)"
    }

    /// The digits of a value that begin with the GS1 company prefix.
    func ownershipDigits(of value: [UInt8]) -> ArraySlice<UInt8>? {
        for (component, part) in parts(of: value) {
            if let offset = component.companyPrefixOffset {
                return part.dropFirst(offset).leadingDigits
            }
        }
        return nil
    }

    /// Title and code for messages: `GTIN (01)`.
    var name: String { title.isEmpty ? "(\(code))" : "\(title) (\(code))" }

    /// The length for messages: `14 digits`.
    private var format: String {
        components.map { component in
            let least = component.isOptional ? 0 : component.length.lowerBound
            let most = component.length.upperBound
            let count = least == most ? "\(most)" : "\(least) to \(most)"
            return "\(count) \(component.characters.name)"
        }.joined(separator: ", then ")
    }
}
