import EPCIS

/// How one column of a table is found and read.
struct ColumnRule: Sendable {
    /// What a field of the column is.
    enum Kind: String, CaseIterable, Sendable {
        case text, number, unit, gtin, gln, sscc, uri, time, date, country, latitude, longitude
        case language, geometry
    }

    /// The name that the template uses.
    let name: String
    /// The headers under which the column is found.
    let headers: [String]
    let kind: Kind
    /// Whether a field may be empty.
    let isOptional: Bool
    /// What an empty field stands for.
    let standard: String?
    /// Fields that stand for other texts, such as `kg` for `KGM`; keys in lower case.
    let values: [String: String]
    /// How dates are written; of times and dates.
    let pattern: DatePattern?
    /// Where times are written; of times.
    let zone: LocalZone?
    /// A second column with the time of day; of times.
    let timeHeaders: [String]

    private static let names: Set<String> = [
        "header", "type", "optional", "default", "values", "format", "zone", "timeHeader",
    ]
}

extension ColumnRule {
    /// Reads the rule of a column from a mapping.
    init(_ name: String, _ value: JSONValue, dates: TableFormat) throws(ImportRefusal) {
        let path = "columns.\(Shown.text(name))"
        let isName = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x61...0x7a).contains(byte | 0x20) || byte == 0x5f
        }
        guard isName, !name.isEmpty, name != "row" else {
            throw MappingJSON.refusal(
                path, "is no name for a column: use ASCII letters, digits and _, and not \"row\"")
        }
        let json = try MappingJSON(value, at: path, names: Self.names)
        self.name = name
        let headers = try json.texts("header")
        self.headers = headers.isEmpty ? [name] : headers
        guard let kind = Kind(rawValue: try json.text("type") ?? "text") else {
            let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
            throw MappingJSON.refusal("\(path).type", "must be one of \(known)")
        }
        self.kind = kind
        standard = try json.text("default")
        isOptional = try json.flag("optional")
        values = try Self.values(json)
        timeHeaders = try json.texts("timeHeader")
        let isTime = kind == .time
        guard isTime || (timeHeaders.isEmpty && json["zone"] == nil) else {
            throw MappingJSON.refusal(path, "zone and timeHeader go with type time")
        }
        guard isTime || kind == .date else {
            (pattern, zone) = (nil, nil)
            return
        }
        pattern = try Self.pattern(try json.text("format") ?? dates.dateFormat, isTime, path)
        zone = isTime ? try Self.zone(try json.text("zone") ?? dates.zone, pattern, path) : nil
    }

    private static func values(_ json: MappingJSON) throws(ImportRefusal) -> [String: String] {
        guard let value = json["values"] else { return [:] }
        let path = json.place("values")
        var result: [String: String] = [:]
        for member in try MappingJSON(value, at: path, names: nil).members {
            guard let text = member.value.asString else {
                throw MappingJSON.refusal("\(path).\(Shown.text(member.name))", "must be a text")
            }
            guard result.updateValue(text, forKey: member.name.lowercased()) == nil else {
                throw MappingJSON.refusal(
                    "\(path).\(Shown.text(member.name))",
                    "stands twice: capital and small letters are one here")
            }
        }
        return result
    }

    private static func pattern(
        _ text: String?, _ isTime: Bool, _ path: String
    ) throws(ImportRefusal) -> DatePattern {
        guard let text else {
            throw MappingJSON.refusal("\(path).format", "is missing: how are dates written?")
        }
        guard let pattern = DatePattern(text) else {
            throw MappingJSON.refusal(
                "\(path).format",
                "\"\(Shown.text(text))\" is no pattern: use yyyy MM M dd d HH H hh h a mm ss SSS "
                    + "xxx, other letters in '…', and at least year, month and day")
        }
        guard !isTime || pattern.hasTime else {
            throw MappingJSON.refusal(
                "\(path).format", "has no time of day: use type date, or add HH:mm")
        }
        return pattern
    }

    private static func zone(
        _ text: String?, _ pattern: DatePattern?, _ path: String
    ) throws(ImportRefusal) -> LocalZone? {
        guard let text else {
            if pattern?.hasOffset == true { return nil }
            throw MappingJSON.refusal(
                "\(path).zone", "is missing: times without xxx need a zone, like Europe/Berlin")
        }
        guard let zone = LocalZone(text) else {
            throw MappingJSON.refusal(
                "\(path).zone",
                "\"\(Shown.text(text))\" is no zone: use a name like Europe/Berlin, UTC, or +01:00")
        }
        return zone
    }
}

/// What holds for a table as a whole.
struct TableFormat: Sendable {
    var delimiter = UInt8(ascii: ",")
    var encoding = CSVEncoding.utf8
    /// The decimal sign of numbers.
    var decimal = UInt8(ascii: ".")
    /// What stands between groups of three digits; nil: nothing may.
    var grouping: UInt8?
    /// How dates are written where a column does not say.
    var dateFormat: String?
    /// The zone of times where a column does not say.
    var zone: String?

    private static let names: Set<String> = [
        "delimiter", "encoding", "decimal", "grouping", "dateFormat", "zone",
    ]

    /// What holds unless a mapping says otherwise.
    init() {}

    /// Reads the member `table` of a mapping.
    init(_ value: JSONValue) throws(ImportRefusal) {
        let json = try MappingJSON(value, at: "table", names: Self.names)
        if let byte = try json.character("delimiter", standard: delimiter) { delimiter = byte }
        if let byte = try json.character("decimal", standard: decimal) { decimal = byte }
        grouping = try json.character("grouping", standard: nil)
        guard delimiter != 0x22, delimiter != 0x0a, delimiter != 0x0d, grouping != decimal else {
            throw MappingJSON.refusal(
                "table", "delimiter, decimal and grouping cannot be these characters together")
        }
        if let name = try json.text("encoding") {
            guard let encoding = CSVEncoding(rawValue: name.lowercased()) else {
                throw MappingJSON.refusal(
                    "table.encoding",
                    "must be one of "
                        + CSVEncoding.allCases.map(\.rawValue).joined(separator: ", "))
            }
            self.encoding = encoding
        }
        dateFormat = try json.text("dateFormat")
        zone = try json.text("zone")
    }
}
