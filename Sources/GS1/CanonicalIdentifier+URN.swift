extension CanonicalIdentifier {
    /// The EPC URN of this identifier: the form of EPCIS 1.x and of the XML binding.
    ///
    /// A Digital Link does not say where the GS1 company prefix ends; whoever wants a URN must
    /// know its length, 6 to 12 digits. Reading the URN gives this identifier again. Refused
    /// (`identifier.no-urn`) are what the EPC Tag Data Standard has no URN for: keys 415 and 8013,
    /// qualifiers 7040 and 8019, an ITIP with a lot, a GTIN-8, and every URI without GS1 key.
    package func epcURN(companyPrefixLength length: Int) throws(IdentifierError) -> String {
        guard (6...12).contains(length) else {
            throw IdentifierError(
                "identifier.no-urn", uri.utf8, "a GS1 company prefix has 6 to 12 digits")
        }
        guard let bytes = try? Self.limited(uri), let address = try? AbsoluteURI(bytes),
            let form = DigitalLinkPath(address)?.form,
            ownershipDigits.map({ $0.utf8.count >= length }) ?? false,
            let urn = URNWriter(prefixLength: length).text(form.key, form.qualifiers)
        else {
            throw IdentifierError(
                "identifier.no-urn", uri.utf8,
                "the EPC standard has no URN for this identifier with this length of the "
                    + "company prefix; use the Digital Link")
        }
        return urn
    }
}

/// Writes GS1 keys as EPC URNs (EPC Tag Data Standard §6 to §8).
private struct URNWriter {
    let prefixLength: Int

    func text(_ key: ElementString, _ qualifiers: [ElementString]) -> String? {
        guard qualifiers.count <= 1 else { return nil }
        let qualifier = qualifiers.first
        switch key.code {
        case "01": return tradeItem(key.value, qualifier)
        case "8006": return itip(key.value, qualifier)
        case "414": return location(key.value, qualifier)
        case "8010": return componentPart(key.value, qualifier)
        default: return qualifier == nil ? plain(key) : nil
        }
    }

    private func plain(_ key: ElementString) -> String? {
        let value = key.value
        switch key.code {
        case "00":
            return "urn:epc:id:sscc:" + indicatorLast(value.dropLast())
        case "417": return "urn:epc:id:pgln:" + split(value.prefix(12))
        case "8017": return "urn:epc:id:gsrnp:" + split(value.prefix(17))
        case "8018": return "urn:epc:id:gsrn:" + split(value.prefix(17))
        case "402": return "urn:epc:id:gsin:" + split(value.prefix(16))
        case "8003": return withSerial("grai", value.dropFirst(1))
        case "253": return withSerial("gdti", value[...])
        case "255": return withSerial("sgcn", value[...])
        case "8004": return alphanumeric("giai", value)
        case "401": return alphanumeric("ginc", value)
        default: return nil
        }
    }

    private func tradeItem(_ gtin: [UInt8], _ qualifier: ElementString?) -> String? {
        let body = indicatorLast(gtin.prefix(13))
        switch qualifier?.code {
        case nil: return "urn:epc:idpat:sgtin:\(body).*"
        case "10": return "urn:epc:class:lgtin:\(body).\(escaped(qualifier))"
        case "21": return "urn:epc:id:sgtin:\(body).\(escaped(qualifier))"
        case "235": return "urn:epc:id:upui:\(body).\(escaped(qualifier))"
        default: return nil
        }
    }

    private func itip(_ value: [UInt8], _ qualifier: ElementString?) -> String? {
        let body = indicatorLast(value.prefix(13))
        let pieces = "\(value[14..<16].asText).\(value[16..<18].asText)"
        switch qualifier?.code {
        case nil: return "urn:epc:idpat:itip:\(body).\(pieces).*"
        case "21": return "urn:epc:id:itip:\(body).\(pieces).\(escaped(qualifier))"
        default: return nil
        }
    }

    private func location(_ gln: [UInt8], _ qualifier: ElementString?) -> String? {
        guard qualifier == nil || qualifier?.code == "254" else { return nil }
        let serial = qualifier == nil ? "0" : escaped(qualifier)
        return "urn:epc:id:sgln:\(split(gln.prefix(12))).\(serial)"
    }

    private func componentPart(_ value: [UInt8], _ qualifier: ElementString?) -> String? {
        guard value.count > prefixLength else { return nil }
        let body =
            value.prefix(prefixLength).asText + "." + Self.escaped(value.dropFirst(prefixLength))
        guard let qualifier else { return "urn:epc:idpat:cpi:\(body).*" }
        return "urn:epc:id:cpi:\(body).\(Self.escaped(qualifier.value[...]))"
    }

    /// Twelve digits and a check digit, then a serial or none.
    private func withSerial(_ scheme: String, _ value: ArraySlice<UInt8>) -> String {
        let body = split(value.prefix(12))
        let serial = value.dropFirst(13)
        return serial.isEmpty
            ? "urn:epc:idpat:\(scheme):\(body).*"
            : "urn:epc:id:\(scheme):\(body).\(Self.escaped(serial))"
    }

    private func alphanumeric(_ scheme: String, _ value: [UInt8]) -> String? {
        guard value.count > prefixLength else { return nil }
        return "urn:epc:id:\(scheme):\(value.prefix(prefixLength).asText)."
            + Self.escaped(value.dropFirst(prefixLength))
    }

    /// Company prefix and reference.
    private func split(_ digits: ArraySlice<UInt8>) -> String {
        digits.prefix(prefixLength).asText + "." + digits.dropFirst(prefixLength).asText
    }

    /// Company prefix, then the indicator or extension digit that stood before it, then the rest.
    private func indicatorLast(_ digits: ArraySlice<UInt8>) -> String {
        let rest = digits.dropFirst()
        return rest.prefix(prefixLength).asText + "." + digits.prefix(1).asText
            + rest.dropFirst(prefixLength).asText
    }

    private func escaped(_ element: ElementString?) -> String {
        Self.escaped((element?.value ?? [])[...])
    }

    /// A serial as a URN's field: `"`, `#`, `%`, `&`, `/`, `<`, `>` and `?` percent-encoded.
    private static func escaped(_ value: ArraySlice<UInt8>) -> String {
        var output: [UInt8] = []
        for byte in value {
            switch byte {
            case 0x22, 0x23, 0x25, 0x26, 0x2F, 0x3C, 0x3E, 0x3F:
                PercentEncoding.appendTriplet(byte, to: &output)
            default: output.append(byte)
            }
        }
        return output.asText
    }
}
