import EPCIS
import Verdicts

/// Prints verdicts on claims.
enum VerdictOutput {
    /// Prints a verdict in a form.
    static func show(_ verdict: Verdict, as format: OutputFormat, in language: MessageLanguage) {
        switch format {
        case .json: Console.output(verdict.json.serialized() + [0x0A])
        case .table: Console.output(VerdictTable(verdict, in: language).text)
        }
    }
}
