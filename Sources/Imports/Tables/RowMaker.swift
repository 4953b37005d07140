import EPCIS
import MerkleTrees
import Records

/// Makes events or master data of the rows under one header.
struct RowMaker: Sendable {
    private struct Column: Sendable {
        let rule: ColumnRule
        let index: Int
        let timeIndex: Int?
        /// The header as it stands in the table.
        let header: String
    }

    private let mapping: ImportMapping
    private let options: TableImport.Options
    private let width: Int
    private let columns: [Column]
    /// The columns in the order in which they make a row's identity.
    private let ordered: [Column]

    /// Finds the mapping's columns in the header of a table.
    ///
    /// - Throws: `csv.header` where one is missing or stands twice.
    init(
        header row: CSVRow, mapping: ImportMapping, options: TableImport.Options
    ) throws(ImportRefusal) {
        let headers: [String]
        switch row.fields {
        case .success(let fields): headers = fields.map(XMLText.trimmed)
        case .failure(let error):
            throw ImportRefusal(error.code, field: "line \(row.line)", error.message)
        }
        self.mapping = mapping
        self.options = options
        width = headers.count
        let folded = headers.map { $0.lowercased() }
        var columns: [Column] = []
        for rule in mapping.columns {
            let index = try Self.find(rule.headers, headers, folded, rule)
            guard let index else { continue }
            var timeIndex: Int?
            if !rule.timeHeaders.isEmpty {
                timeIndex = try Self.find(rule.timeHeaders, headers, folded, rule)
            }
            columns.append(
                Column(rule: rule, index: index, timeIndex: timeIndex, header: headers[index]))
        }
        self.columns = columns
        ordered = columns.sorted { $0.rule.name < $1.rule.name }
    }

    /// The place of a column; nil where it may be absent.
    private static func find(
        _ wanted: [String], _ headers: [String], _ folded: [String], _ rule: ColumnRule
    ) throws(ImportRefusal) -> Int? {
        for name in wanted {
            let places = folded.indices.filter { folded[$0] == name.lowercased() }
            guard places.count <= 1 else {
                throw ImportRefusal(
                    "csv.header", field: name,
                    "stands \(places.count) times in the header: which one is meant? Rename the "
                        + "others")
            }
            if let place = places.first { return place }
        }
        if rule.standard != nil || rule.isOptional { return nil }
        let names = wanted.map { "\"\(Shown.text($0))\"" }.joined(separator: " or ")
        let found = headers.prefix(20).map { "\"\(Shown.text($0))\"" }.joined(separator: ", ")
        throw ImportRefusal(
            "csv.header", field: rule.name,
            "the table has no column \(names); it has \(found): correct \"header\" in the mapping, "
                + "or its delimiter")
    }

    /// What a row is known by: the mapping's name and the fields that it uses; nil where the row
    /// cannot be read.
    func identity(of row: CSVRow) -> Hash256? {
        guard case .success(let fields) = row.fields, fits(fields) else { return nil }
        var builder = HashBuilder()
        builder.update(domain: "cairn/import-row/v1")
        func add(_ text: String) {
            let bytes = Array(text.utf8)
            builder.update(UInt32(bytes.count))
            builder.update(bytes)
        }
        add(mapping.name)
        for column in ordered {
            add(column.rule.name)
            add(XMLText.trimmed(fields[column.index]))
            add(column.timeIndex.map { XMLText.trimmed(fields[$0]) } ?? "")
        }
        return builder.finish()
    }

    /// Whether a row has a field for each header; empty ones more do no harm.
    private func fits(_ fields: [String]) -> Bool {
        fields.count >= width && fields.dropFirst(width).allSatisfy { XMLText.trimmed($0).isEmpty }
    }

    /// Why a row without identity cannot be read.
    func failure(of row: CSVRow) -> ImportedRow.Outcome {
        switch row.fields {
        case .failure(let error): return .failed([error])
        case .success(let fields):
            return .failed([
                error(
                    row, "", "row.width",
                    "has \(fields.count) fields where the header has \(width): is a delimiter in a "
                        + "text without quotation marks?")
            ])
        }
    }

    private func error(
        _ row: CSVRow, _ column: String, _ code: String, _ message: String
    ) -> RowError {
        RowError(row: row.number, line: row.line, column: column, code: code, message: message)
    }

    /// What a row says.
    func outcome(of row: CSVRow, identity: Hash256) -> ImportedRow.Outcome {
        guard case .success(let fields) = row.fields else { return failure(of: row) }
        var cells: [String: Cell] = [:]
        var errors: [RowError] = []
        for column in columns {
            let reader = CellReader(rule: column.rule, format: mapping.format)
            do throws(CellReader.Problem) {
                cells[column.rule.name] = try reader.read(
                    fields[column.index], time: column.timeIndex.map { fields[$0] })
            } catch {
                errors.append(self.error(row, column.header, error.code, error.message))
            }
        }
        // A column that may be absent and is, has its default all the same.
        for rule in mapping.columns where rule.standard != nil {
            guard !columns.contains(where: { $0.rule.name == rule.name }) else { continue }
            cells[rule.name] = try? CellReader(rule: rule, format: mapping.format)
                .read("", time: nil)
        }
        guard errors.isEmpty else { return .failed(errors) }
        let name = identity.hex.prefix(32)
        switch mapping.target {
        case .event(let template):
            return event(template, cells, String(name), row)
        case .masterData(let template):
            return masterData(template, cells, String(name), row)
        }
    }

    private func event(
        _ template: RowTemplate, _ cells: [String: Cell], _ name: String, _ row: CSVRow
    ) -> ImportedRow.Outcome {
        var members = template.render(cells, row: name)
        if !members.contains(where: { $0.name == "eventID" }) {
            members.append(JSONMember("eventID", .string("urn:uuid:" + Self.uuid(name))))
        }
        let context = members.first { $0.name == "@context" }?.value
        members.removeAll { $0.name == "@context" }
        members.insert(
            JSONMember("@context", context ?? .array([.string(XMLPrefixes.contextAddress)])), at: 0)
        let bytes = JSONValue.object(members).serialized()
        do throws(EPCISError) {
            let event = try EPCISEvent.read(bytes, by: .schema)
            if let earliest = options.earliestMilliseconds, event.eventTimeMilliseconds < earliest {
                return .failed([
                    error(
                        row, header(of: "eventTime", template), "row.before-network",
                        "the event is older than the network: say --historical if it is meant")
                ])
            }
            return .event(bytes)
        } catch {
            if let faults = qualifierFaults(error.code, error.field, template, cells, row) {
                return .failed(faults)
            }
            return .failed([
                self.error(
                    row, header(of: error.field, template), error.code,
                    error.field.isEmpty ? error.reason : "\(error.field): \(error.reason)")
            ])
        }
    }

    private func masterData(
        _ template: RowTemplate, _ cells: [String: Cell], _ name: String, _ row: CSVRow
    ) -> ImportedRow.Outcome {
        let value = JSONValue.object(template.render(cells, row: name))
        do throws(ImportRefusal) {
            let entry = try MasterEntry(value)
            return .record(try entry.record(defaultFrom: options.validFromMilliseconds))
        } catch {
            if let faults = qualifierFaults(error.code, error.field, template, cells, row) {
                return .failed(faults)
            }
            return .failed([
                self.error(
                    row, header(of: error.field, template), error.code,
                    error.field.isEmpty ? error.reason : "\(error.field): \(error.reason)")
            ])
        }
    }

    /// Where an identifier is wrong for a lot or serial in it: that column, the field and what is
    /// wrong with it; nil where it is wrong for something else.
    private func qualifierFaults(
        _ code: String, _ path: String, _ template: RowTemplate, _ cells: [String: Cell],
        _ row: CSVRow
    ) -> [RowError]? {
        guard code.hasPrefix("identifier.") else { return nil }
        var faults: [RowError] = []
        for (name, identifier) in template.qualifiers(inMember: Self.member(of: path)) {
            guard case .text(let text)? = cells[name],
                let column = columns.first(where: { $0.rule.name == name }),
                let fault = QualifierFault(text, of: identifier)
            else { continue }
            faults.append(error(row, column.header, code, fault.message))
        }
        return faults.isEmpty ? nil : faults
    }

    private static func member(of path: String) -> String {
        String(path.prefix { $0 != "." && $0 != "[" })
    }

    /// The headers of the columns that make up the outermost member of a field's path.
    private func header(of path: String, _ template: RowTemplate) -> String {
        let member = Self.member(of: path)
        var names: [String] = []
        for name in template.columns(inMember: member) {
            guard let column = columns.first(where: { $0.rule.name == name }),
                !names.contains(column.header)
            else { continue }
            names.append(column.header)
        }
        return names.joined(separator: " / ")
    }

    /// A UUID of version 8 (RFC 9562 §5.8) from 32 hexadecimal digits.
    static func uuid(_ hex: String) -> String {
        var digits = Array(hex)
        digits[12] = "8"
        let variant = digits[16].hexDigitValue.map { 8 | $0 & 3 } ?? 8
        digits[16] = Character(String(variant, radix: 16))
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        return groups.map { String(digits[$0]) }.joined(separator: "-")
    }
}
