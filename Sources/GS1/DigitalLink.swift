/// A GS1 Digital Link URI taken apart: a key, its qualifiers and its data attributes.
///
/// GS1 Digital Link Standard, URI Syntax 1.4: `http(s)://host[/stem]/key/value[/qualifier/value]…
/// [?attribute=value&…]` on any domain. The names that early editions used instead of numbers
/// (`gtin`, `lot`, …) are read in the path. Compressed links are not.
package struct DigitalLink: Hashable, Sendable {
    let identification: IdentificationKey
    /// The data attributes of the query, in order; parameters that are no number are left out.
    package let attributes: [ElementString]

    /// The primary key, a GTIN padded to 14 digits.
    package var key: ElementString { identification.key }

    /// The qualifiers behind the key, in order.
    package var qualifiers: [ElementString] { identification.qualifiers }

    /// Reads a link with its data attributes; nothing for an absolute URI that is none.
    ///
    /// Refused are wrong check digits, unknown numbers in the query and attributes that break
    /// their format. ``CanonicalIdentifier`` does not look at the query.
    package static func read(_ text: String) throws(IdentifierError) -> DigitalLink? {
        let uri = try AbsoluteURI(CanonicalIdentifier.limited(text))
        guard let identification = try DigitalLinkPath(uri)?.identification() else { return nil }
        return DigitalLink(
            identification: identification,
            attributes: try attributes(in: uri.query ?? [], of: identification))
    }

    /// The all-numeric parameters of the query; GS1 leaves all others to the link's owner.
    private static func attributes(
        in query: ArraySlice<UInt8>, of identification: IdentificationKey
    ) throws(IdentifierError) -> [ElementString] {
        var attributes: [ElementString] = []
        for parameter in query.split(separator: 0x26) {
            let name = parameter.prefix { $0 != 0x3D }
            guard !name.isEmpty, name.allSatisfy(\.isDigit) else { continue }
            let value = PercentEncoding.decode(parameter.dropFirst(name.count + 1)) ?? []
            attributes.append(try attribute(name.asText, value, of: identification))
        }
        return attributes
    }

    private static func attribute(
        _ code: String, _ value: [UInt8], of identification: IdentificationKey
    ) throws(IdentifierError) -> ElementString {
        guard let identifier = ApplicationIdentifier.named(code) else {
            throw IdentifierError(
                "identifier.malformed", code.utf8,
                "\(code) in the query is no GS1 application identifier; drop it, or give the "
                    + "parameter a name that is not all digits")
        }
        let key = ApplicationIdentifier.named(identification.key.code)
        let belongsToPath =
            code == identification.key.code || !identifier.isDataAttribute
            || (key?.qualifierSequences ?? []).contains { $0.contains(code) }
        guard !belongsToPath else {
            throw IdentifierError(
                "identifier.malformed", code.utf8,
                "\(identifier.name) may not stand in the query of this link; "
                    + "move it into the path or drop it")
        }
        let padded = code == "01" ? DigitalLinkPath.padded(value) : value
        try identifier.checkAttribute(padded)
        return ElementString(code: code, value: padded)
    }
}
