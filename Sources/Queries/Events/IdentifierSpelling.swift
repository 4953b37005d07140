package import EPCIS
import GS1

/// Rewrites the identifiers of events as callers of EPCIS ask for them (`GS1-EPC-Format`).
///
/// Rewritten are EPCs, EPC classes, read points, business locations, sources and destinations; what
/// is no GS1 identifier, and what is written as asked already, stays as it is.
package enum IdentifierSpelling: Sendable {
    /// As GS1 Digital Links on `https://id.gs1.org`.
    case digitalLink
    /// As EPC URNs; the function tells how many digits the company prefix has, of an identifier
    /// with these ownership digits.
    case urn(@Sendable (_ ownershipDigits: String) -> Int?)

    /// An event with its identifiers rewritten.
    ///
    /// - Throws: the identifier that cannot be written so.
    package func rewriting(_ event: JSONValue) throws(UnwritableIdentifier) -> JSONValue {
        guard let members = event.asObject else { return event }
        var result: [JSONMember] = []
        for member in members {
            result.append(JSONMember(member.name, try rewriting(member)))
        }
        return .object(result)
    }

    private func rewriting(_ member: JSONMember) throws(UnwritableIdentifier) -> JSONValue {
        switch member.name {
        case "epcList", "childEPCs", "inputEPCList", "outputEPCList":
            return try each(member.value) { (value) throws(UnwritableIdentifier) in
                try spelled(value)
            }
        case "parentID": return try spelled(member.value)
        case "quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList":
            return try each(member.value, "epcClass")
        case "sourceList": return try each(member.value, "source")
        case "destinationList": return try each(member.value, "destination")
        case "readPoint", "bizLocation": return try inside(member.value, "id")
        default: return member.value
        }
    }

    private func each(
        _ value: JSONValue, _ body: (JSONValue) throws(UnwritableIdentifier) -> JSONValue
    ) throws(UnwritableIdentifier) -> JSONValue {
        guard let elements = value.asArray else { return value }
        var result: [JSONValue] = []
        for element in elements { result.append(try body(element)) }
        return .array(result)
    }

    private func each(
        _ value: JSONValue, _ name: String
    ) throws(UnwritableIdentifier) -> JSONValue {
        try each(value) { (element) throws(UnwritableIdentifier) in try inside(element, name) }
    }

    private func inside(
        _ value: JSONValue, _ name: String
    ) throws(UnwritableIdentifier) -> JSONValue {
        guard let members = value.asObject else { return value }
        var result: [JSONMember] = []
        for member in members {
            let value = member.name == name ? try spelled(member.value) : member.value
            result.append(JSONMember(member.name, value))
        }
        return .object(result)
    }

    private func spelled(_ value: JSONValue) throws(UnwritableIdentifier) -> JSONValue {
        guard let text = value.asString, let identifier = try? CanonicalIdentifier(text),
            identifier.uri.hasPrefix("https://id.gs1.org/")
        else { return value }
        let isURN = text.utf8.count > 8 && text.prefix(8).lowercased() == "urn:epc:"
        switch self {
        case .digitalLink: return isURN ? .string(identifier.uri) : value
        case .urn(let length):
            guard !isURN else { return value }
            guard let length = identifier.ownershipDigits.flatMap({ length(String($0)) }),
                let urn = try? identifier.epcURN(companyPrefixLength: length)
            else { throw UnwritableIdentifier(uri: identifier.uri) }
            return .string(urn)
        }
    }
}

/// An identifier that has no EPC URN, or of whose company prefix the length is not known.
package struct UnwritableIdentifier: Error, Hashable, Sendable {
    /// It in canonical form.
    package let uri: String
}
