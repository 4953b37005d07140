import EPCIS
import MerkleTrees

/// Reads an EPCIS document or a document of master data into the same rows as a table gives.
///
/// A document is read as a whole; what one event of it lacks leaves the others.
package enum DocumentImport {
    /// What a document holds, one row for each event and each thing of its master data.
    ///
    /// XML is told from JSON by its first character. `Document` readers of other strictness come
    /// in as `contents`.
    ///
    /// - Parameters:
    ///   - bytes: the document.
    ///   - options: what its events are held against.
    ///   - contents: what finds events and vocabularies in the bytes.
    /// - Returns: the rows; their cursor tells the document from any other.
    /// - Throws: `xml.*`, `json.*`, `epcis.*` or `master.*` where the document itself cannot be
    ///   read.
    package static func rows(
        _ bytes: [UInt8], options: TableImport.Options,
        contents: ([UInt8]) throws(ImportRefusal) -> EPCISContents = Self.contents
    ) throws(ImportRefusal) -> [ImportedRow] {
        var outcomes: [ImportedRow.Outcome] = []
        if let entries = try masterData(bytes) {
            outcomes = try records(entries, options)
        } else {
            let found = try contents(bytes)
            if let vocabularies = found.vocabularies {
                outcomes = try records(try HeaderVocabulary.entries(vocabularies), options)
            }
            for (index, event) in found.events.enumerated() {
                outcomes.append(outcome(event, UInt64(outcomes.count + 1), index, options))
            }
        }
        let digest = Hash256.sha256(bytes)
        return outcomes.enumerated().map { index, outcome in
            let row = UInt64(index + 1)
            return ImportedRow(
                outcome: outcome, cursor: ImportCursor(row: row, offset: row, digest: digest))
        }
    }

    /// The events and vocabularies of a document in XML or JSON, read strictly.
    package static func contents(_ bytes: [UInt8]) throws(ImportRefusal) -> EPCISContents {
        if isXML(bytes) { return try EPCISXML.read(bytes) }
        var result = EPCISContents()
        do {
            for part in try EPCISDocument.split(bytes) {
                result.events.append(try JSONValue.parse(part.bytes, limits: EPCISLimits.eventJSON))
            }
            let document = try JSONValue.parse(bytes)
            result.vocabularies =
                document["epcisHeader"]?["epcisMasterData"]?["vocabularyList"]
                ?? document["epcisBody"]?["queryResults"]?["resultsBody"]?["vocabularyList"]
        } catch let error as EPCISError {
            throw ImportRefusal(error.code, field: error.field, error.reason)
        } catch let error as JSONError {
            throw ImportRefusal(error.code, field: error.path, error.reason)
        } catch {
            throw ImportRefusal("json.syntax", "the document cannot be read")
        }
        return result
    }

    /// Whether a document is XML: its first character opens a tag; UTF-16 begins with its mark.
    package static func isXML(_ bytes: [UInt8]) -> Bool {
        if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) { return true }
        let text = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? bytes.dropFirst(3) : bytes[...]
        return text.first { !XMLText.isSpace($0) } == UInt8(ascii: "<")
    }

    /// The things of a document that is of master data alone; nil for any other.
    private static func masterData(
        _ bytes: [UInt8]
    ) throws(ImportRefusal) -> [MasterEntry]? {
        guard !isXML(bytes), let document = try? JSONValue.parse(bytes) else { return nil }
        if PlotFeatures.isLikely(document) { return try PlotFeatures.entries(document) }
        return WebVocabulary.isLikely(document) ? try WebVocabulary.entries(document) : nil
    }

    private static func records(
        _ entries: [MasterEntry], _ options: TableImport.Options
    ) throws(ImportRefusal) -> [ImportedRow.Outcome] {
        var outcomes: [ImportedRow.Outcome] = []
        for entry in entries {
            do throws(ImportRefusal) {
                let record = try entry.record(defaultFrom: options.validFromMilliseconds)
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

    private static func outcome(
        _ event: JSONValue, _ row: UInt64, _ index: Int, _ options: TableImport.Options
    ) -> ImportedRow.Outcome {
        let bytes = event.serialized()
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
