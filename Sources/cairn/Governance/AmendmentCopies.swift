import Foundation
import Queries
import Records

/// Copies of one amendment that governors may have signed in parallel, read as one.
struct AmendmentCopies {
    /// The amendment with everybody's signatures.
    let file: AmendmentFile
    /// What messages call it: the first file.
    let name: String

    /// Reads them.
    init(reading paths: [String]) throws {
        var merged: AmendmentFile?
        for path in paths {
            do {
                let file = try AmendmentFile.decode(try Files.read(path, as: .amendment))
                merged = try merged?.merged(with: file) ?? file
            } catch let refusal as Refusal {
                throw CommandFailure(refusal, about: path)
            }
        }
        guard let merged, let name = paths.first else {
            throw CommandFailure(.badInput, "an amendment file is missing")
        }
        self.file = merged
        self.name = name
    }

    /// What the amendment does to a state that it must follow.
    func summary(of governance: ShownGovernance) throws -> AmendmentSummary {
        do {
            return try AmendmentSummary(file, of: governance.state)
        } catch {
            throw failure(error, governance)
        }
    }

    /// A refusal with what to do about it.
    func failure(_ refusal: Refusal, _ governance: ShownGovernance) -> CommandFailure {
        let hint: String
        switch refusal.code {
        case "governance.seq", "governance.previous":
            hint =
                "; by \(governance.basis) the newest is amendment \(governance.state.seq): make it "
                + "anew with cairn network amend, or show newer governance"
        case "governance.threshold": hint = "; cairn network sign adds a signature"
        default: hint = ""
        }
        return CommandFailure(.badInput, "\(name): \(refusal.sentence)\(hint)")
    }

    /// Writes an amendment, unless another one is there: its signatures would be lost.
    static func write(_ file: AmendmentFile, to path: String) throws {
        if FileManager.default.fileExists(atPath: path),
            let old = try? AmendmentFile.decode(try Files.read(path)), old.body != file.body
        {
            throw CommandFailure(
                .badInput,
                "\(path): holds another amendment, number \(old.amendment.seq); choose another name"
            )
        }
        try Files.write(file.encoded(), to: path)
    }
}
