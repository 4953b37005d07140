extension CanonicalIdentifier {
    /// The EPC URN of the same thing, which must say where the company prefix ends.
    ///
    /// A Digital Link does not say it, so the caller must know the length, 6 to 12 digits, from the
    /// key's owner. Reading the URN gives this identifier again. Refused (`identifier.no-urn`) if
    /// the length does not fit, for identifiers without GS1 key and for those without a URN: GMN,
    /// payment slips, GSRN with service instance, links with AI 7040, lots of an ITIP.
    ///
    /// EPC Tag Data Standard §6 to §8.
    package func epcURN(companyPrefixLength: Int) throws(IdentifierError) -> String {
        guard let link = try DigitalLink.read(uri) else {
            throw Self.noURN(uri, "only GS1 keys have an EPC URN by company prefix")
        }
        guard (6...12).contains(companyPrefixLength) else {
            throw Self.noURN(uri, "a company prefix has 6 to 12 digits, not \(companyPrefixLength)")
        }
        let writer = EPCURNWriter(link: link, uri: uri, prefixLength: companyPrefixLength)
        return try writer.urn()
    }

    static func noURN(_ uri: String, _ reason: String) -> IdentifierError {
        IdentifierError("identifier.no-urn", uri.utf8, reason)
    }
}

/// Divides a key into the fields of an EPC URN.
private struct EPCURNWriter {
    let link: DigitalLink
    let uri: String
    let prefixLength: Int

    func urn() throws(IdentifierError) -> String {
        let value = link.key.value
        switch link.key.code {
        case "01": return try tradeItem(value)
        case "8006": return try piece(value)
        case "00": return try whole("sscc", indicatorFirst(value, count: 17))
        case "402": return try whole("gsin", fields(value.dropLast()))
        case "417": return try whole("pgln", fields(value.dropLast()))
        case "8017": return try whole("gsrnp", fields(value.dropLast()))
        case "8018": return try whole("gsrn", fields(value.dropLast()))
        case "8004": return try whole("giai", alphanumeric(value))
        case "401": return try whole("ginc", alphanumeric(value))
        case "414": return try site(value)
        case "253": return try withSerial("gdti", value[...])
        case "255": return try withSerial("sgcn", value[...])
        case "8003": return try withSerial("grai", value.dropFirst())
        case "8010": return try componentPart(value)
        default: throw missing()
        }
    }

    private func tradeItem(_ value: [UInt8]) throws(IdentifierError) -> String {
        let fields = indicatorFirst(value, count: 13)
        guard let qualifier = link.qualifiers.first else {
            return text("idpat:sgtin", fields, last: nil)
        }
        return switch qualifier.code {
        case "10": text("class:lgtin", fields, last: qualifier.value)
        case "21": text("id:sgtin", fields, last: qualifier.value)
        case "235": text("id:upui", fields, last: qualifier.value)
        default: throw missing()
        }
    }

    private func piece(_ value: [UInt8]) throws(IdentifierError) -> String {
        let fields =
            indicatorFirst(Array(value.prefix(14)), count: 13)
            + [value[14..<16], value[16..<18]].map(Array.init)
        guard let qualifier = link.qualifiers.first else {
            return text("idpat:itip", fields, last: nil)
        }
        guard qualifier.code == "21" else { throw missing() }
        return text("id:itip", fields, last: qualifier.value)
    }

    private func site(_ value: [UInt8]) throws(IdentifierError) -> String {
        guard let qualifier = link.qualifiers.first else {
            return text("id:sgln", fields(value.dropLast()), last: [0x30])
        }
        guard qualifier.code == "254" else { throw missing() }
        return text("id:sgln", fields(value.dropLast()), last: qualifier.value)
    }

    /// GDTI, GCN and GRAI: 13 digits and the serial, without which it is a class.
    private func withSerial(
        _ scheme: String, _ value: ArraySlice<UInt8>
    ) throws(IdentifierError) -> String {
        let fields = fields(value.prefix(12))
        let serial = Array(value.dropFirst(13))
        return serial.isEmpty
            ? text("idpat:\(scheme)", fields, last: nil)
            : text("id:\(scheme)", fields, last: serial)
    }

    private func componentPart(_ value: [UInt8]) throws(IdentifierError) -> String {
        let fields = try alphanumeric(value)
        guard let serial = link.qualifiers.first else {
            return text("idpat:cpi", fields, last: nil)
        }
        return text("id:cpi", fields, last: serial.value)
    }

    /// A scheme that identifies without qualifier.
    private func whole(
        _ scheme: String, _ fields: [[UInt8]]
    ) throws(IdentifierError) -> String {
        guard link.qualifiers.isEmpty, let last = fields.last else { throw missing() }
        return text("id:\(scheme)", Array(fields.dropLast()), last: last)
    }

    /// Company prefix, and the first digit of the key in front of the rest; the check digit falls.
    private func indicatorFirst(_ value: [UInt8], count: Int) -> [[UInt8]] {
        let body = value[1..<count]
        let reference = value.prefix(1) + body.dropFirst(prefixLength)
        return [Array(body.prefix(prefixLength)), Array(reference)]
    }

    private func fields(_ body: ArraySlice<UInt8>) -> [[UInt8]] {
        [Array(body.prefix(prefixLength)), Array(body.dropFirst(prefixLength))]
    }

    private func alphanumeric(_ value: [UInt8]) throws(IdentifierError) -> [[UInt8]] {
        guard value.leadingDigits.count >= prefixLength, value.count > prefixLength else {
            throw CanonicalIdentifier.noURN(
                uri, "the key does not begin with \(prefixLength) digits and something after them")
        }
        return fields(value[...])
    }

    private func missing() -> IdentifierError {
        CanonicalIdentifier.noURN(uri, "the EPC standard has no URN for this key and qualifiers")
    }

    /// The URN; without last field the pattern of a class.
    private func text(_ scheme: String, _ fields: [[UInt8]], last: [UInt8]?) -> String {
        var output = Array("urn:epc:\(scheme):".utf8)
        for field in fields {
            Self.append(field, to: &output)
            output.append(0x2E)
        }
        if let last { Self.append(last, to: &output) } else { output.append(0x2A) }
        return output.asText
    }

    /// Encodes what the EPC grammar excludes: `"`, `#`, `%`, `&`, `/`, `<`, `>`, `?`.
    private static func append(_ field: [UInt8], to output: inout [UInt8]) {
        for byte in field {
            switch byte {
            case 0x22, 0x23, 0x25, 0x26, 0x2F, 0x3C, 0x3E, 0x3F:
                PercentEncoding.appendTriplet(byte, to: &output)
            default: output.append(byte)
            }
        }
    }
}
