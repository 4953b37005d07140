import EPCIS
package import MerkleTrees

/// How the rows of a table become events or master data: a JSON object (SPEC §23).
///
/// It names the columns and how they are written, and gives a template of what each row says.
package struct ImportMapping: Sendable {
    /// What a row becomes.
    enum Target: Sendable {
        case event(RowTemplate)
        case masterData(RowTemplate)
    }

    /// Its name, which goes into the identity of every row: one name, one meaning of columns.
    package let name: String
    /// What it is for, for people.
    package let description: String
    /// The SHA-256 of its bytes.
    package let digest: Hash256
    let format: TableFormat
    let columns: [ColumnRule]
    let target: Target

    /// Whether rows become master data rather than events.
    package var makesMasterData: Bool {
        if case .masterData = target { true } else { false }
    }

    /// The most columns that a mapping names.
    package static let columnCount = 256
    /// The longest mapping, in bytes.
    package static let byteCount = 256 << 10

    private static let members: Set<String> = [
        "cairnMapping", "name", "description", "table", "columns", "event", "masterData",
    ]

    /// Reads a mapping.
    ///
    /// - Throws: `json.*`, or `mapping.format` with the member and what it should be.
    package init(_ bytes: [UInt8]) throws(ImportRefusal) {
        var limits = JSONLimits()
        limits.byteCount = Self.byteCount
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes, limits: limits)
        } catch {
            throw ImportRefusal(
                error.code, field: error.path, "\(error.reason) (byte \(error.offset))")
        }
        let json = try MappingJSON(value, at: "", names: Self.members)
        guard json["cairnMapping"]?.asNumber?.text == "1" else {
            throw MappingJSON.refusal("cairnMapping", "must be 1, the edition this program reads")
        }
        name = try json.requiredText("name")
        guard name.utf8.count <= 200 else {
            throw MappingJSON.refusal("name", "has at most 200 bytes")
        }
        description = try json.text("description") ?? ""
        format =
            try json["table"].map { value throws(ImportRefusal) in
                try TableFormat(value)
            } ?? TableFormat()
        columns = try Self.columns(json["columns"], format)
        let byName = Dictionary(columns.map { ($0.name, $0) }) { first, _ in first }
        target = try Self.target(json, byName)
        digest = Hash256.sha256(bytes)
    }

    private static func columns(
        _ value: JSONValue?, _ format: TableFormat
    ) throws(ImportRefusal) -> [ColumnRule] {
        guard let value else { throw MappingJSON.refusal("columns", "is missing") }
        let members = try MappingJSON(value, at: "columns", names: nil).members
        guard (1...columnCount).contains(members.count) else {
            throw MappingJSON.refusal("columns", "names 1 to \(columnCount) columns")
        }
        var result: [ColumnRule] = []
        for member in members {
            result.append(try ColumnRule(member.name, member.value, dates: format))
        }
        return result
    }

    private static func target(
        _ json: MappingJSON, _ columns: [String: ColumnRule]
    ) throws(ImportRefusal) -> Target {
        switch (json["event"], json["masterData"]) {
        case (let event?, nil):
            let template = try RowTemplate(event, at: "event", columns: columns)
            for name in ["type", "eventTime", "eventTimeZoneOffset"]
            where !template.members.contains(where: { $0.name == name }) {
                throw MappingJSON.refusal("event.\(name)", "is missing: every event has it")
            }
            return .event(template)
        case (nil, let data?):
            let template = try RowTemplate(data, at: "masterData", columns: columns)
            for name in ["kind", "subject"]
            where !template.members.contains(where: { $0.name == name }) {
                throw MappingJSON.refusal("masterData.\(name)", "is missing")
            }
            return .masterData(template)
        default:
            throw MappingJSON.refusal("", "needs either event or masterData")
        }
    }
}
