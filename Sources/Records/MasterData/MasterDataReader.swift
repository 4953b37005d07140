import DeterministicCBOR
import GS1

extension MasterData {
    /// The longest value of a name, an address part or an attribute, in bytes.
    package static let valueBytes = 4_096
    /// The longest name of an attribute, in bytes.
    package static let nameBytes = 2_048
    /// The most names, conversions and packs, each.
    package static let listItems = 64
    /// The most attributes.
    package static let attributeCount = 256

    /// Reads the body of a `master-data` record, strictly (SPEC §8.8).
    ///
    /// - Throws: `cbor.*`, or `record.master-data` with the member.
    package static func read(_ bytes: [UInt8]) throws(Refusal) -> MasterData {
        let shape = ShapeReader(code: "record.master-data")
        let value = try shape.decode(bytes, limit: Limits.partContentBytes, "body")
        guard case .map(let pairs) = value else {
            throw shape.refusal("body", "master data is a CBOR map")
        }
        var members: [UInt64: CBORValue] = [:]
        for pair in pairs {
            guard case .unsigned(let key) = pair.key, (1...8).contains(key) else {
                throw shape.refusal("body", "has a key that master data has not; see SPEC §8.8")
            }
            members[key] = pair.value
        }
        return try MasterDataReader(shape: shape, members: members).masterData()
    }
}

/// Reads the members of one body.
private struct MasterDataReader {
    let shape: ShapeReader
    let members: [UInt64: CBORValue]

    func masterData() throws(Refusal) -> MasterData {
        guard case .text(let name) = members[1], let kind = MasterData.Kind(rawValue: name) else {
            let known = MasterData.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw shape.refusal("body.kind", "is one of \(known)")
        }
        var data = MasterData(kind: kind)
        data.names = try names()
        data.address = try address()
        data.coordinates = try coordinates()
        data.geometry = try geometry()
        data.conversions = try conversions()
        data.packs = try packs()
        data.attributes = try attributes()
        return data
    }

    /// The items of a list in the order of their encodings, each of so many values.
    private func items(
        _ key: UInt64, _ count: Int, limit: Int, _ field: String
    ) throws(Refusal) -> [[CBORValue]] {
        guard let value = members[key] else { return [] }
        var result: [[CBORValue]] = []
        var last: [UInt8] = []
        for (index, item) in try shape.list(value, 1...limit, field).enumerated() {
            let encoding = item.encoded()
            guard last.lexicographicallyPrecedes(encoding) else {
                throw shape.refusal("\(field)[\(index)]", "is out of order or stands twice")
            }
            last = encoding
            result.append(try shape.tuple(item, count, "\(field)[\(index)]"))
        }
        return result
    }

    private func names() throws(Refusal) -> [String: String] {
        var result: [String: String] = [:]
        for item in try items(2, 2, limit: MasterData.listItems, "body.names") {
            let language = try shape.text(item[0], 2...35, "body.names")
            guard MasterData.isLanguage(language) else {
                throw shape.refusal(
                    "body.names", "a language is written as BCP 47 has it: de, zh-Hant, und")
            }
            let text = try shape.text(item[1], 1...MasterData.valueBytes, "body.names.\(language)")
            guard result.updateValue(text, forKey: language) == nil else {
                throw shape.refusal("body.names.\(language)", "stands twice")
            }
        }
        return result
    }

    private func address() throws(Refusal) -> [String: String] {
        var result: [String: String] = [:]
        let limit = MasterData.addressParts.count
        for item in try items(3, 2, limit: limit, "body.address") {
            let part = try shape.text(item[0], 1...64, "body.address")
            guard MasterData.addressParts.contains(part) else {
                let known = MasterData.addressParts.sorted().joined(separator: ", ")
                throw shape.refusal("body.address", "has the parts \(known)")
            }
            let text = try shape.text(item[1], 1...MasterData.valueBytes, "body.address.\(part)")
            guard part != "countryCode" || MasterData.isCountryCode(text) else {
                throw shape.refusal(
                    "body.address.countryCode", "is two capital letters of ISO 3166-1, like BD")
            }
            guard result.updateValue(text, forKey: part) == nil else {
                throw shape.refusal("body.address.\(part)", "stands twice")
            }
        }
        return result
    }

    private func coordinates() throws(Refusal) -> MasterData.Coordinates? {
        guard let value = members[4] else { return nil }
        let items = try shape.tuple(value, 2, "body.coordinates")
        let place = MasterData.Coordinates(
            latitude: try decimal(items[0], "body.coordinates.latitude"),
            longitude: try decimal(items[1], "body.coordinates.longitude"))
        guard place.isOnEarth else {
            throw shape.refusal(
                "body.coordinates", "are latitude −90 to 90 and longitude −180 to 180")
        }
        return place
    }

    private func geometry() throws(Refusal) -> String? {
        guard let value = members[5] else { return nil }
        let text = try shape.text(value, 1...GeometryText.byteLimit, "body.geometry")
        guard try GeometryText.compact(text) == text else {
            throw shape.refusal("body.geometry", "is compact JSON, type before coordinates")
        }
        return text
    }

    private func conversions() throws(Refusal) -> [MasterData.Conversion] {
        var result: [MasterData.Conversion] = []
        let field = "body.conversions"
        for item in try items(6, 3, limit: MasterData.listItems, field) {
            let conversion = MasterData.Conversion(
                from: try unit(item[0], field), to: try unit(item[1], field),
                factor: try positive(item[2], field))
            guard conversion.from != conversion.to,
                !result.contains(where: {
                    $0.from == conversion.from && $0.to == conversion.to
                })
            else { throw shape.refusal(field, "has one factor for each pair of units") }
            result.append(conversion)
        }
        return result
    }

    private func packs() throws(Refusal) -> [MasterData.Pack] {
        var result: [MasterData.Pack] = []
        let field = "body.packs"
        for item in try items(7, 3, limit: MasterData.listItems, field) {
            var content: String?
            if item[0] != .null {
                let uri = try shape.uri(item[0], field)
                guard (try? CanonicalIdentifier(uri))?.uri == uri else {
                    throw shape.refusal(field, "names its content in canonical form (SPEC §4.1)")
                }
                content = uri
            }
            result.append(
                MasterData.Pack(
                    content: content, quantity: try positive(item[1], field),
                    unit: try unit(item[2], field)))
        }
        return result
    }

    private func attributes() throws(Refusal) -> [MasterData.Attribute] {
        var result: [MasterData.Attribute] = []
        let field = "body.attributes"
        for item in try items(8, 2, limit: MasterData.attributeCount, field) {
            let name = try shape.text(item[0], 1...MasterData.nameBytes, field)
            let value = try shape.text(item[1], 1...MasterData.valueBytes, "\(field).\(name)")
            result.append(MasterData.Attribute(name, value))
        }
        return result
    }

    private func unit(_ value: CBORValue, _ field: String) throws(Refusal) -> UnitCode {
        guard case .text(let text) = value, let unit = UnitCode(text) else {
            throw shape.refusal(field, "a unit is a UN Rec 20 code like KGM")
        }
        return unit
    }

    /// A decimal in the one spelling that is written: no exponent, no useless zeros.
    private func decimal(_ value: CBORValue, _ field: String) throws(Refusal) -> ExactDecimal {
        let text = try shape.text(value, 1...200, field)
        guard let number = ExactDecimal(text), number.description == text else {
            throw shape.refusal(field, "is a decimal without exponent and without useless zeros")
        }
        return number
    }

    private func positive(_ value: CBORValue, _ field: String) throws(Refusal) -> ExactDecimal {
        let number = try decimal(value, field)
        guard !number.isNegative, !number.isZero else {
            throw shape.refusal(field, "a factor or quantity is above zero")
        }
        return number
    }
}

extension MasterData {
    /// Whether a text has the form of a language tag (BCP 47): `de`, `zh-Hant`, `und`.
    package static func isLanguage(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: 0x2d, omittingEmptySubsequences: false)
        guard let first = parts.first, (2...8).contains(first.count), text.utf8.count <= 35 else {
            return false
        }
        return first.allSatisfy(isLetter)
            && parts.dropFirst().allSatisfy { part in
                (1...8).contains(part.count)
                    && part.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
            }
    }

    /// Whether a text has the form of a country code: two capital letters.
    package static func isCountryCode(_ text: String) -> Bool {
        text.utf8.count == 2 && text.utf8.allSatisfy { (0x41...0x5a).contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }
}

extension MasterData.Coordinates {
    /// Whether latitude and longitude lie in their ranges.
    package var isOnEarth: Bool {
        ExactDecimal(-90) <= latitude && latitude <= ExactDecimal(90)
            && ExactDecimal(-180) <= longitude && longitude <= ExactDecimal(180)
    }
}
