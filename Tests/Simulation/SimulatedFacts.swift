import MerkleTrees
import Records
import Sequencing

/// What admission asks of a simulated node's own log.
struct SimulatedFacts: LedgerFacts {
    let log: SimulatedLog

    func firstIssuer(ofRecord id: String) -> FirstIssuer { .nobody }

    func firstIssuer(ofPart digest: Hash256) -> FirstIssuer {
        (try? log.firstIssuer(ofPart: digest, before: .max)) ?? .nobody
    }

    func mustStayVisible(_ digest: Hash256) -> Bool {
        (try? log.mustStayVisible(digest)) ?? true
    }

    func delegations(to organisation: String) -> [Delegation] { [] }
}
