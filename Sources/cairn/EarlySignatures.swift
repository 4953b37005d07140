import EPCIS
import GS1
import MerkleTrees
import Queries
import Records
import Synchronization

/// Notes events that are signed more than a day before they happen (SPEC §18): the first few, each
/// once, however often it is signed.
final class EarlySignatures: Sendable {
    private let told = Mutex<Set<Hash256>>([])
    private static let toldLimit = 5

    /// Takes an event that is signed early.
    func take(_ part: Part, _ event: EPCISEvent) {
        let count = told.withLock { told -> Int? in
            let isNew = told.count <= Self.toldLimit && told.insert(part.digest).inserted
            return isNew ? told.count : nil
        }
        guard let count else { return }
        Console.endProgress()
        guard count <= Self.toldLimit else {
            return Console.note("note: further events lie ahead; no more are told")
        }
        let time = Timestamp.text(milliseconds: event.eventTimeMilliseconds)
        let thing = event.flows.first.map { " about \($0.subject.uri)" } ?? ""
        Console.note(
            "note: an event\(thing) has the eventTime \(time), more than a day from now; it is "
                + "signed as it stands, and no verdict counts it before then: if that is a slip, "
                + "correct it before you send it, or declare it wrong (errorDeclaration)")
    }
}
