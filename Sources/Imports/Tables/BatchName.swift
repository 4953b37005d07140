import EPCIS
import GS1

/// A batch as buyers' lists have it: a GTIN in one column, its lot in another.
package enum BatchName {
    /// Why the fields name no batch.
    package struct Problem: Error, Hashable, Sendable {
        /// The column concerned: `gtin` or `lot`.
        package var column: String
        /// A stable code.
        package var code: String
        /// What is wrong, for a person.
        package var message: String

        /// Makes a problem.
        package init(_ column: String, _ code: String, _ message: String) {
            self.column = column
            self.code = code
            self.message = message
        }
    }

    /// Names of the column of lots in small letters, in English and German.
    package static let lotHeaders = [
        "lot", "batch", "lot number", "batch number", "lot no", "batch no", "lot no.", "batch no.",
        "charge", "charge nr.", "chargennummer", "chargen-nr.", "los", "losnummer",
    ]

    /// The batch's URI.
    ///
    /// - Parameters:
    ///   - gtin: a GTIN of 8, 12, 13 or 14 digits with its check digit.
    ///   - lot: the lot, as it is printed.
    /// - Returns: the URI, canonical, or which column is wrong and why.
    package static func uri(gtin: String, lot: String) -> Result<String, Problem> {
        let digits: String
        do throws(CellReader.Problem) {
            let rule = ColumnRule(
                name: "gtin", headers: ["gtin"], kind: .gtin, isOptional: false, standard: nil,
                values: [:], pattern: nil, zone: nil, timeHeaders: [])
            let reader = CellReader(rule: rule, format: TableFormat())
            guard case .text(let read) = try reader.read(gtin, time: nil) else {
                return .failure(Problem("gtin", "row.missing", "is empty; a value is required"))
            }
            digits = read
        } catch {
            return .failure(Problem("gtin", error.code, error.message))
        }
        guard !lot.isEmpty else {
            return .failure(Problem("lot", "row.missing", "is empty; a value is required"))
        }
        do throws(IdentifierError) {
            let segment = PercentEncoding.text(lot.utf8)
            let uri = "https://id.gs1.org/01/\(digits)/10/\(segment)"
            return .success(try CanonicalIdentifier(uri).uri)
        } catch {
            return .failure(
                Problem("lot", "row.value", "\"\(Shown.text(lot))\": \(error.reason)"))
        }
    }
}
