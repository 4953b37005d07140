package import EPCIS
import GS1
import Records

/// Master data from the header of an EPCIS document (EPCIS 2.0 §9.5, CBV 2.0 §9.2).
package enum HeaderVocabulary {
    /// What the vocabularies say of products, sites and organisations.
    ///
    /// Attributes of the Core Business Vocabulary become names, address and coordinates; all others
    /// stay attributes under their URI. Other vocabularies than those of things, such as business
    /// steps, are passed over.
    ///
    /// - Parameter vocabularies: as JSON has them: an array of `type` and `vocabularyElementList`.
    /// - Returns: an entry for each element, in the document's order; elements of one thing in
    ///   several vocabularies, such as read points and locations, are one.
    /// - Throws: `master.format` or `identifier.*` with the element's place.
    package static func entries(_ vocabularies: JSONValue) throws(ImportRefusal) -> [MasterEntry] {
        var entries: [MasterEntry] = []
        for (index, vocabulary) in (vocabularies.asArray ?? []).enumerated() {
            guard let type = vocabulary["type"]?.asString,
                let elements = vocabulary["vocabularyElementList"]?.asArray
            else {
                throw MasterEntry.refusal(
                    "vocabularyList[\(index)]", "needs type and vocabularyElementList")
            }
            guard let kind = kinds[lastWord(type)] else { continue }
            for (place, element) in elements.enumerated() {
                let field = "vocabularyList[\(index)].vocabularyElementList[\(place)]"
                let entry = try self.entry(element, kind, field)
                if let known = entries.firstIndex(where: { $0.subject == entry.subject }) {
                    entries[known].data.merge(entry.data)
                } else {
                    entries.append(entry)
                }
            }
        }
        return entries
    }

    /// What vocabularies list, by the last word of their type's URI.
    private static let kinds: [String: MasterData.Kind] = [
        "EPCClass": .product, "ReadPoint": .site, "BusinessLocation": .site, "Location": .site,
        "SourceDest": .organisation, "SourceDestID": .organisation, "Party": .organisation,
    ]

    private static func lastWord(_ uri: String) -> String {
        let separators: Set<Character> = [":", "/", "#", "-"]
        return String(uri.reversed().prefix { !separators.contains($0) }.reversed())
    }

    private static func entry(
        _ element: JSONValue, _ kind: MasterData.Kind, _ field: String
    ) throws(ImportRefusal) -> MasterEntry {
        guard let id = element["id"]?.asString else {
            throw MasterEntry.refusal("\(field).id", "is missing")
        }
        let subject: CanonicalIdentifier
        do {
            subject = try CanonicalIdentifier(id)
        } catch {
            throw ImportRefusal(error.code, field: "\(field).id", error.reason)
        }
        // Parties stand among locations: their key says what they are.
        var data = MasterData(kind: subject.kind == .organisation ? .organisation : kind)
        for attribute in element["attributes"]?.asArray ?? [] {
            guard let name = attribute["id"]?.asString, let value = attribute["attribute"] else {
                throw MasterEntry.refusal("\(field).attributes", "need id and attribute")
            }
            add(name, value, to: &data)
        }
        return MasterEntry(subject: subject, data: data)
    }

    private static func add(_ name: String, _ value: JSONValue, to data: inout MasterData) {
        if let values = value.asArray {
            for value in values { add(name, value, to: &data) }
            return
        }
        let text =
            value.asString ?? value.asNumber?.text
            ?? String(decoding: value.serialized(), as: UTF8.self)
        guard !text.isEmpty else { return }
        let isCBV = name.hasPrefix("urn:epcglobal:cbv:mda") || name.hasPrefix("cbvmda:")
        switch isCBV ? lastWord(name) : "" {
        case "name" where data.names["und"] == nil: data.names["und"] = text
        case "descriptionShort" where data.kind == .product && data.names["und"] == nil:
            data.names["und"] = text
        case "streetAddressOne", "streetAddressTwo", "streetAddressThree":
            data.address["streetAddress"] =
                (data.address["streetAddress"].map { $0 + "\n" } ?? "") + text
        case "city": data.address["addressLocality"] = text
        case "state": data.address["addressRegion"] = text
        case "postalCode": data.address["postalCode"] = text
        case "countryCode" where MasterData.isCountryCode(text): data.address["countryCode"] = text
        default: data.attributes.append(MasterData.Attribute(name, text))
        }
        takeCoordinates(&data)
    }

    /// Latitude and longitude come as two attributes.
    private static func takeCoordinates(_ data: inout MasterData) {
        func value(_ word: String) -> ExactDecimal? {
            data.attributes.first { lastWord($0.name) == word }
                .flatMap { ExactDecimal($0.value) }
        }
        guard data.coordinates == nil, let latitude = value("latitude"),
            let longitude = value("longitude")
        else { return }
        let place = MasterData.Coordinates(latitude: latitude, longitude: longitude)
        guard place.isOnEarth else { return }
        data.coordinates = place
        data.attributes.removeAll { ["latitude", "longitude"].contains(lastWord($0.name)) }
    }
}

extension MasterData {
    /// Adds what another source says of the same thing; what is said already stays.
    mutating func merge(_ other: MasterData) {
        names.merge(other.names) { own, _ in own }
        address.merge(other.address) { own, _ in own }
        coordinates = coordinates ?? other.coordinates
        geometry = geometry ?? other.geometry
        for item in other.conversions where !conversions.contains(item) { conversions.append(item) }
        for item in other.packs where !packs.contains(item) { packs.append(item) }
        for item in other.attributes where !attributes.contains(item) { attributes.append(item) }
    }
}
