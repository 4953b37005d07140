package import EPCIS
package import GS1
package import Records

/// Master data about one thing, in the form that files have it: JSON (SPEC §23.3).
package struct MasterEntry: Hashable, Sendable {
    /// The thing, canonical.
    package var subject: CanonicalIdentifier
    /// What is said.
    package var data: MasterData
    /// From when it holds; nil: it does not say.
    package var fromMilliseconds: UInt64?
    /// Until when it holds; nil: until said otherwise.
    package var untilMilliseconds: UInt64?

    /// Puts master data and its subject together.
    package init(subject: CanonicalIdentifier, data: MasterData) {
        self.subject = subject
        self.data = data
    }

    /// The record that says it.
    ///
    /// - Parameter defaultFrom: from when it holds if it does not say.
    /// - Returns: a record that can be signed.
    /// - Throws: `master.valid-from` if neither says, or the refusal of what cannot be recorded.
    package func record(defaultFrom: UInt64?) throws(ImportRefusal) -> Record {
        guard let from = fromMilliseconds ?? defaultFrom else {
            throw ImportRefusal(
                "master.valid-from", field: "validFrom",
                "is missing: from which day does this hold?")
        }
        let record = data.record(
            about: subject.uri, fromMilliseconds: from, untilMilliseconds: untilMilliseconds)
        do throws(Refusal) {
            _ = try MasterData.read(record.body?.bytes ?? [])
            return try Record.read(record.encoded())
        } catch {
            throw ImportRefusal(error.code, field: Self.member(of: error.field), error.reason)
        }
    }

    /// The member of the JSON form that a field of the record came from.
    private static func member(of field: String) -> String {
        if field.hasPrefix("body.coordinates") { return "latitude" }
        if field.hasPrefix("record.about") { return "subject" }
        if field.hasPrefix("record.until") { return "validUntil" }
        return field.hasPrefix("body.") ? String(field.dropFirst("body.".count)) : field
    }
}

extension MasterEntry {
    private static let members: Set<String> = [
        "kind", "subject", "validFrom", "validUntil", "names", "address", "latitude", "longitude",
        "geometry", "conversions", "packs", "attributes",
    ]

    /// Reads the JSON form.
    ///
    /// - Throws: `master.format` with the member, or `identifier.*` for the subject.
    package init(_ value: JSONValue) throws(ImportRefusal) {
        let json = try MappingJSON.master(value, at: "", names: Self.members)
        guard let kind = MasterData.Kind(rawValue: json["kind"]?.asString ?? "") else {
            let known = MasterData.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw Self.refusal("kind", "must be one of \(known)")
        }
        let subject = try Self.identifier(json["subject"], "subject")
        self.init(subject: subject, data: MasterData(kind: kind))
        fromMilliseconds = try Self.day(json["validFrom"], "validFrom")
        untilMilliseconds = try Self.day(json["validUntil"], "validUntil")
        data.names = try Self.texts(json["names"], "names")
        data.address = try Self.texts(json["address"], "address")
        data.attributes = try Self.texts(json["attributes"], "attributes")
            .map { MasterData.Attribute($0.key, $0.value) }
        data.coordinates = try Self.coordinates(json["latitude"], json["longitude"])
        data.geometry = try Self.geometry(json["geometry"])
        data.conversions = try Self.list(json["conversions"], "conversions") {
            (item, field) throws(ImportRefusal) in
            MasterData.Conversion(
                from: try Self.unit(item["from"], "\(field).from"),
                to: try Self.unit(item["to"], "\(field).to"),
                factor: try Self.decimal(item["factor"], "\(field).factor"))
        }
        data.packs = try Self.list(json["packs"], "packs") {
            (item, field) throws(ImportRefusal) in
            var content: String?
            if let value = item["content"] {
                content = try Self.identifier(value, "\(field).content").uri
            }
            return MasterData.Pack(
                content: content, quantity: try Self.decimal(item["quantity"], "\(field).quantity"),
                unit: try Self.unit(item["unit"], "\(field).unit"))
        }
    }

    static func refusal(_ field: String, _ reason: String) -> ImportRefusal {
        ImportRefusal("master.format", field: field, reason)
    }

    private static func identifier(
        _ value: JSONValue?, _ field: String
    ) throws(ImportRefusal) -> CanonicalIdentifier {
        guard let text = value?.asString else { throw refusal(field, "must be a URI") }
        do {
            return try CanonicalIdentifier(text)
        } catch {
            throw ImportRefusal(error.code, field: field, error.reason)
        }
    }

    /// The start of a day in UTC, or a time with its zone.
    static func day(_ value: JSONValue?, _ field: String) throws(ImportRefusal) -> UInt64? {
        guard let value else { return nil }
        guard let text = value.asString,
            let time = try? ZonedTime(text.utf8.count == 10 ? text + "T00:00:00Z" : text)
        else { throw refusal(field, "must be a day like 2026-03-01, or a time with its zone") }
        return UInt64(time.milliseconds)
    }

    private static func texts(
        _ value: JSONValue?, _ field: String
    ) throws(ImportRefusal) -> [String: String] {
        guard let value else { return [:] }
        var result: [String: String] = [:]
        for member in try MappingJSON.master(value, at: field, names: nil).members {
            switch member.value {
            case .string(let text): result[member.name] = text
            case .number(let number): result[member.name] = number.text
            case .bool(let flag): result[member.name] = flag ? "true" : "false"
            default: throw refusal("\(field).\(Shown.text(member.name))", "must be a text")
            }
        }
        return result
    }

    private static func coordinates(
        _ latitude: JSONValue?, _ longitude: JSONValue?
    ) throws(ImportRefusal) -> MasterData.Coordinates? {
        guard latitude != nil || longitude != nil else { return nil }
        return MasterData.Coordinates(
            latitude: try decimal(latitude, "latitude"),
            longitude: try decimal(longitude, "longitude"))
    }

    private static func geometry(_ value: JSONValue?) throws(ImportRefusal) -> String? {
        guard let value else { return nil }
        let text = value.asString ?? String(decoding: value.serialized(), as: UTF8.self)
        do {
            return try GeometryText.compact(text)
        } catch {
            throw ImportRefusal(error.code, field: "geometry", error.reason)
        }
    }

    private static func list<Item>(
        _ value: JSONValue?, _ field: String,
        _ body: (MappingJSON, String) throws(ImportRefusal) -> Item
    ) throws(ImportRefusal) -> [Item] {
        guard let value else { return [] }
        guard let elements = value.asArray else { throw refusal(field, "must be an array") }
        var result: [Item] = []
        for (index, element) in elements.enumerated() {
            let place = "\(field)[\(index)]"
            result.append(try body(try MappingJSON.master(element, at: place, names: nil), place))
        }
        return result
    }

    static func decimal(
        _ value: JSONValue?, _ field: String
    ) throws(ImportRefusal) -> ExactDecimal {
        guard let text = value?.asNumber?.text ?? value?.asString, let number = ExactDecimal(text)
        else { throw refusal(field, "must be a number that can be held exactly") }
        return number
    }

    static func unit(_ value: JSONValue?, _ field: String) throws(ImportRefusal) -> UnitCode {
        guard let text = value?.asString, let unit = UnitCode(text) else {
            throw refusal(field, "must be a UN Rec 20 code like KGM")
        }
        return unit
    }
}

extension MappingJSON {
    /// An object of master data; errors have the code `master.format`.
    static func master(
        _ value: JSONValue, at path: String, names: Set<String>?
    ) throws(ImportRefusal) -> MappingJSON {
        do throws(ImportRefusal) {
            return try MappingJSON(value, at: path, names: names)
        } catch {
            throw MasterEntry.refusal(error.field, error.reason)
        }
    }
}
