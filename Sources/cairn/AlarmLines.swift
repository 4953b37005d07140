import MerkleTrees
import Notes
import Records
import Verdicts

extension ProvenAlarm {
    /// What it proves, for people.
    var lines: [String] {
        let said =
            switch alarm.kind {
            case .fork(let view): "\(view.origin) shows two histories, both signed by its key"
            case .amendments: "the governors signed two amendments of one number"
            case .entries(let entries):
                "\(entries.origin): entries "
                    + entries.entries.map { "\($0.index)" }.joined(separator: " and ")
                    + " may not both stand in a log"
            case .entry(let entry):
                "\(entry.origin): entry \(entry.entry.index) may stand in no log"
            }
        return ["alarm     \(said)"]
            + alarm.checkpoints.map { "          size \($0.size), root \($0.root.hex)" }
    }
}
