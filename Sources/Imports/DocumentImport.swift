package import EPCIS
import MerkleTrees

/// Reads an EPCIS document or a document of master data into the same rows as a table gives.
///
/// A document is read as a whole; what one event of it lacks leaves the others.
package enum DocumentImport {
    /// What a document holds, one row for each event and each thing of its master data.
    ///
    /// XML is told from JSON by its first character.
    ///
    /// - Parameters:
    ///   - bytes: the document.
    ///   - options: what its events are held against.
    /// - Returns: the rows; their cursor tells the document from any other.
    /// - Throws: `xml.*`, `json.*`, `epcis.*` or `master.*` where the document itself cannot be
    ///   read.
    package static func rows(
        _ bytes: [UInt8], options: TableImport.Options
    ) throws(ImportRefusal) -> [ImportedRow] {
        if let entries = try masterData(bytes) {
            return numbered(try records(entries, options), of: bytes)
        }
        let found = try contents(bytes)
        var outcomes = try headerRecords(found.vocabularies, options)
        for (index, event) in found.events.enumerated() {
            let row = UInt64(outcomes.count + 1)
            outcomes.append(outcome(event.serialized(), row, index, options))
        }
        return numbered(outcomes, of: bytes)
    }

    /// The same of a document that breaks GS1's schema, repaired where SPEC §8.5 says how.
    ///
    /// - Parameters:
    ///   - bytes: the document.
    ///   - options: what its events are held against.
    ///   - defaultZoneOffset: the zone of events that name none, `+01:00`.
    /// - Returns: the rows, those of events that cannot be repaired failed; what was repaired and
    ///   what is wrong, nil for a document of master data alone.
    /// - Throws: as ``rows(_:options:)``.
    package static func lenientRows(
        _ bytes: [UInt8], options: TableImport.Options, defaultZoneOffset: String? = nil
    ) throws(ImportRefusal) -> (rows: [ImportedRow], report: DocumentReport?) {
        guard try masterData(bytes) == nil else { return (try rows(bytes, options: options), nil) }
        var text = bytes
        var vocabularies = (try? JSONValue.parse(bytes)).flatMap { Self.vocabularies(of: $0) }
        if isXML(bytes) {
            let contents = try EPCISXML.read(bytes)
            vocabularies = contents.vocabularies
            text = JSONValue.array(contents.events).serialized()
        }
        let reading = LenientReading(
            text, options: LenientReading.Options(defaultZoneOffset: defaultZoneOffset))
        guard reading.form != nil else {
            let breach = reading.breaches.first
            throw ImportRefusal(
                breach?.code ?? "json.syntax", field: breach?.field ?? "",
                breach?.reason ?? "the document cannot be read")
        }
        var outcomes = try headerRecords(vocabularies, options)
        let events = reading.events.map { ($0.index, $0.bytes as [UInt8]?, [Breach]()) }
        let others = reading.quarantined.map { ($0.index, nil as [UInt8]?, $0.breaches) }
        for (index, event, breaches) in (events + others).sorted(by: { $0.0 < $1.0 }) {
            let row = UInt64(outcomes.count + 1)
            if let event {
                outcomes.append(outcome(event, row, index, options))
            } else {
                outcomes.append(failed(row, index, breaches))
            }
        }
        return (numbered(outcomes, of: bytes), reading.report)
    }

    private static func headerRecords(
        _ vocabularies: JSONValue?, _ options: TableImport.Options
    ) throws(ImportRefusal) -> [ImportedRow.Outcome] {
        guard let vocabularies else { return [] }
        return try records(try HeaderVocabulary.entries(vocabularies).map { .success($0) }, options)
    }

    private static func numbered(
        _ outcomes: [ImportedRow.Outcome], of bytes: [UInt8]
    ) -> [ImportedRow] {
        let digest = Hash256.sha256(bytes)
        return outcomes.enumerated().map { index, outcome in
            let row = UInt64(index + 1)
            return ImportedRow(
                outcome: outcome, cursor: ImportCursor(row: row, offset: row, digest: digest))
        }
    }

    /// The events and vocabularies of a document in XML or JSON, read strictly.
    private static func contents(_ bytes: [UInt8]) throws(ImportRefusal) -> EPCISContents {
        if isXML(bytes) { return try EPCISXML.read(bytes) }
        var result = EPCISContents()
        do {
            for part in try EPCISDocument.split(bytes) {
                result.events.append(try JSONValue.parse(part.bytes, limits: EPCISLimits.eventJSON))
            }
            result.vocabularies = vocabularies(of: try JSONValue.parse(bytes))
        } catch let error as EPCISError {
            throw ImportRefusal(error.code, field: error.field, error.reason)
        } catch let error as JSONError {
            throw ImportRefusal(error.code, field: error.path, error.reason)
        } catch {
            throw ImportRefusal("json.syntax", "the document cannot be read")
        }
        return result
    }

    static func vocabularies(of document: JSONValue) -> JSONValue? {
        document["epcisHeader"]?["epcisMasterData"]?["vocabularyList"]
            ?? document["epcisBody"]?["queryResults"]?["resultsBody"]?["vocabularyList"]
    }

    /// Whether a document is XML: its first character opens a tag, also in UTF-16 with its mark.
    package static func isXML(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
            return bytes.dropFirst(2).first { $0 != 0 && !XMLText.isSpace($0) }
                == UInt8(ascii: "<")
        }
        let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
        return text.first { !XMLText.isSpace($0) } == UInt8(ascii: "<")
    }

    /// The things of a document that is of master data alone; nil for any other.
    private static func masterData(
        _ bytes: [UInt8]
    ) throws(ImportRefusal) -> [Result<MasterEntry, ImportRefusal>]? {
        guard !isXML(bytes), let document = try? JSONValue.parse(bytes) else { return nil }
        if PlotFeatures.isLikely(document) { return try PlotFeatures.entries(document) }
        return WebVocabulary.isLikely(document) ? WebVocabulary.entries(document) : nil
    }

    private static func records(
        _ entries: [Result<MasterEntry, ImportRefusal>], _ options: TableImport.Options
    ) throws(ImportRefusal) -> [ImportedRow.Outcome] {
        var outcomes: [ImportedRow.Outcome] = []
        for entry in entries {
            do throws(ImportRefusal) {
                let record = try entry.get().record(defaultFrom: options.validFromMilliseconds)
                outcomes.append(.record(record))
            } catch  where error.code == "master.valid-from" {
                throw error
            } catch {
                outcomes.append(
                    failed(UInt64(outcomes.count + 1), error.code, error.field, error.reason))
            }
        }
        return outcomes
    }

    private static func failed(
        _ row: UInt64, _ code: String, _ field: String, _ reason: String
    ) -> ImportedRow.Outcome {
        .failed([RowError(row: row, line: 0, column: field, code: code, message: reason)])
    }

    private static func failed(
        _ row: UInt64, _ index: Int, _ breaches: [Breach]
    ) -> ImportedRow.Outcome {
        .failed(
            breaches.map { breach in
                RowError(
                    row: row, line: 0, column: MappingJSON.join("event[\(index)]", breach.field),
                    code: breach.code, message: breach.reason)
            })
    }

    private static func outcome(
        _ bytes: [UInt8], _ row: UInt64, _ index: Int, _ options: TableImport.Options
    ) -> ImportedRow.Outcome {
        do throws(EPCISError) {
            let read = try EPCISEvent.read(bytes, by: .schema)
            if let earliest = options.earliestMilliseconds, read.eventTimeMilliseconds < earliest {
                return failed(
                    row, "row.before-network", "event[\(index)].eventTime",
                    "the event is older than the network: say --historical if it is meant")
            }
            return .event(bytes)
        } catch {
            let field = MappingJSON.join("event[\(index)]", error.field)
            return failed(row, error.code, field, error.reason)
        }
    }
}
