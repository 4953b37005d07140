import MerkleTrees
package import Records
import Signatures

/// An amendment in words, before it is signed and after it was registered.
package struct AmendmentSummary: Sendable {
    private let file: AmendmentFile
    private let states: [GovernanceState]

    /// Summarises an amendment of a state.
    ///
    /// - Parameters:
    ///   - file: the amendment.
    ///   - state: the governance it changes.
    /// - Throws: `governance.*` unless it follows this state, its changes are possible and its
    ///   signatures are governors'.
    package init(_ file: AmendmentFile, of state: GovernanceState) throws(Refusal) {
        self.file = file
        states = try state.states(through: file)
    }

    /// One line for each change, with what follows from it.
    package var changes: [String] {
        zip(file.amendment.changes, states).map { $0.sentence(under: $1) }
    }

    /// Who has signed.
    package var signers: [String] {
        file.signatures.compactMap { signed in
            states[0].governors.members.first { $0.key.thumbprint == signed.thumbprint }.map {
                let name = states[0].organisations[$0.organisation]?.name ?? $0.organisation
                return PrintableText.of("\(name) (\($0.organisation))")
            }
        }
    }

    /// How many governors have signed, and how many must.
    package var count: String {
        let needed = states[0].governors.threshold
        return "\(file.signatures.count) of the \(needed) governors needed have signed"
    }

    /// Whether as many have signed as must.
    package var isComplete: Bool { file.signatures.count >= states[0].governors.threshold }

    /// All of it for people.
    package var table: String { text + count + "\n" }

    /// What it does and who has signed, for whoever is about to sign.
    package var text: String {
        let name = PrintableText.of(states[0].name)
        var lines = [
            "amendment   \(file.amendment.seq) of \(name)", "network     \(states[0].network.hex)",
            "digest      \(file.digest.hex)", "follows     \(file.amendment.previous.hex)", "",
        ]
        for (number, change) in changes.enumerated() { lines.append("\(number + 1). \(change)") }
        lines.append("")
        for signer in signers { lines.append("signed by \(signer)") }
        return lines.map { $0 + "\n" }.joined()
    }
}

/// Texts of others on a terminal.
package enum PrintableText {
    /// The text without control characters: names must not steer a terminal.
    package static func of(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let category = scalar.properties.generalCategory
            let steers =
                category == .control || category == .format || category == .lineSeparator
                || category == .paragraphSeparator
            shown.append(steers ? "?" : scalar)
        }
        return String(shown)
    }
}
