package import EPCIS
import GS1
import Records

/// Master data in JSON of the GS1 Web Vocabulary: `Product`, `Place`, `Organization`.
///
/// The document is read as it is written, without fetching contexts: names are taken with the
/// prefix `gs1:` or `https://gs1.org/voc/`, or bare.
package enum WebVocabulary {
    /// What a document says: of one thing, of an array of them, or of a `@graph`.
    ///
    /// - Returns: for each thing what is said, or `master.format` or `identifier.*` with the place.
    package static func entries(
        _ document: JSONValue
    ) -> [Result<MasterEntry, ImportRefusal>] {
        let nodes = document["@graph"]?.asArray ?? document.asArray ?? [document]
        return nodes.enumerated().map { index, node in
            Result { () throws(ImportRefusal) in try WebNode(node).entry() }.mapError { error in
                let place = nodes.count == 1 ? "" : "[\(index)]"
                return ImportRefusal(
                    error.code, field: MappingJSON.join(place, error.field), error.reason)
            }
        }
    }

    /// Whether a document looks like one of the Web Vocabulary.
    package static func isLikely(_ document: JSONValue) -> Bool {
        let node = document["@graph"]?.asArray?.first ?? document.asArray?.first ?? document
        return (try? WebNode(node)) != nil
    }
}

/// One thing of a document.
private struct WebNode {
    private let members: [String: JSONValue]
    private let kind: MasterData.Kind

    private static let kinds: [String: MasterData.Kind] = [
        "Product": .product, "Place": .site, "Organization": .organisation,
        "FoodBeverageTobaccoProduct": .product, "WearableProduct": .product, "Clothing": .product,
        "Textile": .product, "Footwear": .product,
    ]

    init(_ value: JSONValue) throws(ImportRefusal) {
        guard let object = value.asObject else {
            throw MasterEntry.refusal("", "must be an object, not \(value.kindName)")
        }
        var members: [String: JSONValue] = [:]
        for member in object { members[Self.bare(member.name)] = member.value }
        self.members = members
        let type = members["@type"] ?? members["type"]
        let types = (type?.asArray ?? type.map { [$0] } ?? []).compactMap(\.asString)
        guard let kind = types.compactMap({ Self.kinds[Self.bare($0)] }).first else {
            throw MasterEntry.refusal(
                "type", "must be Product, Place or Organization of the GS1 Web Vocabulary")
        }
        self.kind = kind
    }

    private static func bare(_ name: String) -> String {
        for prefix in ["gs1:", "https://gs1.org/voc/", "http://gs1.org/voc/", "schema:"]
        where name.hasPrefix(prefix) {
            return String(name.dropFirst(prefix.count))
        }
        return name
    }

    func entry() throws(ImportRefusal) -> MasterEntry {
        var entry = MasterEntry(subject: try subject(), data: MasterData(kind: kind))
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            try add(name, value, to: &entry)
        }
        return entry
    }

    private func subject() throws(ImportRefusal) -> CanonicalIdentifier {
        let keys = [
            ("gtin", "/01/"), ("globalLocationNumber", kind == .organisation ? "/417/" : "/414/"),
            ("partyGLN", "/417/"),
        ]
        var uri = (members["@id"] ?? members["id"])?.asString
        for (name, path) in keys {
            guard let digits = members[name]?.asString else { continue }
            let length = name == "gtin" ? 14 : 13
            let zeros = String(repeating: "0", count: max(0, length - digits.utf8.count))
            uri = "https://id.gs1.org\(path)\(zeros)\(digits)"
            break
        }
        guard let uri else {
            throw MasterEntry.refusal("@id", "is missing, and there is no gtin and no GLN")
        }
        do {
            return try CanonicalIdentifier(uri)
        } catch {
            throw ImportRefusal(error.code, field: "@id", error.reason)
        }
    }

    private func add(
        _ name: String, _ value: JSONValue, to entry: inout MasterEntry
    ) throws(ImportRefusal) {
        switch name {
        case "@context", "@id", "id", "@type", "type", "gtin", "globalLocationNumber", "partyGLN":
            return
        case "productName", "organizationName", "physicalLocationName", "locationName", "name":
            for (language, text) in Self.texts(value) {
                entry.data.names[language] = entry.data.names[language] ?? text
            }
        case "address": addAddress(value, &entry.data)
        case "geo", "geoCoordinates": addPlace(value, &entry.data)
        case "netContent", "netWeight":
            guard let unit = Self.member(value, "unitCode")?.asString.flatMap(UnitCode.init),
                let amount = Self.member(value, "value").flatMap(Self.decimal), !amount.isZero
            else { return Self.keep(name, value, &entry.data) }
            entry.data.packs.append(
                MasterData.Pack(content: nil, quantity: amount, unit: unit))
        case "validFrom", "effectiveDateTime":
            entry.fromMilliseconds = try MasterEntry.day(value, name)
        default: Self.keep(name, value, &entry.data)
        }
    }

    private func addAddress(_ value: JSONValue, _ data: inout MasterData) {
        for member in value.asObject ?? [] {
            let name =
                Self.bare(member.name) == "addressCountry" ? "countryCode" : Self.bare(member.name)
            let inner = Self.member(member.value, "countryCode") ?? member.value
            guard let text = Self.texts(inner).first?.text,
                MasterData.addressParts.contains(name)
            else { continue }
            guard name != "countryCode" || MasterData.isCountryCode(text) else {
                data.address["country"] = text
                continue
            }
            data.address[name] = text
        }
    }

    private func addPlace(_ value: JSONValue, _ data: inout MasterData) {
        guard let latitude = Self.member(value, "latitude").flatMap(Self.decimal),
            let longitude = Self.member(value, "longitude").flatMap(Self.decimal)
        else { return Self.keep("geo", value, &data) }
        data.coordinates = MasterData.Coordinates(latitude: latitude, longitude: longitude)
    }

    private static func member(_ value: JSONValue, _ name: String) -> JSONValue? {
        let member = value.asObject?.first { bare($0.name) == name }?.value
        return member?["@value"] ?? member
    }

    private static func decimal(_ value: JSONValue) -> ExactDecimal? {
        (value.asNumber?.text ?? value.asString).flatMap { ExactDecimal($0) }
    }

    /// Texts with their languages: a text, `{"@value", "@language"}`, or an array of these.
    private static func texts(_ value: JSONValue) -> [(language: String, text: String)] {
        if let values = value.asArray { return values.flatMap(texts) }
        let text = value["@value"]?.asString ?? value.asString ?? value.asNumber?.text
        guard let text, !text.isEmpty else { return [] }
        return [(value["@language"]?.asString ?? "und", text)]
    }

    /// What has no place of its own is kept as it is, under its name.
    private static func keep(_ name: String, _ value: JSONValue, _ data: inout MasterData) {
        for value in value.asArray ?? [value] {
            let text =
                texts(value).first?.text ?? String(decoding: value.serialized(), as: UTF8.self)
            data.attributes.append(MasterData.Attribute(name, text))
        }
    }
}
