import MerkleTrees
import Records

/// The governance of one log as its evidence shows it: genesis, then each amendment where it
/// stands (SPEC §15.3, steps `governance` and `transition`).
struct GovernanceTimeline {
    let origin: String
    /// The digests of the bodies from genesis on.
    private(set) var heads: [Hash256]
    /// The state after each body.
    private(set) var states: [GovernanceState]
    /// Where each body stands; genesis at 0.
    private(set) var leafIndexes: [UInt64]

    /// The state after the last body.
    var last: GovernanceState { states[states.count - 1] }

    init(
        log: EvidenceLog, asked: [Subject], parts: [Hash256: OpenedPart],
        genesis: GovernanceState
    ) throws(EvidenceRejection) {
        origin = log.origin
        heads = [genesis.head]
        states = [genesis]
        leafIndexes = [0]
        let network = Subject.network(genesis.network)
        let chain = log.chains.first {
            asked.indices.contains($0.asked) && asked[$0.asked] == network
        }
        guard let links = chain?.links, let first = links.first, first.leafIndex == 0 else {
            throw EvidenceRejection(
                .governance, "\(log.origin) does not show its governance from genesis on")
        }
        for (number, link) in links.enumerated() {
            guard let part = parts[link.part] else {
                throw EvidenceRejection(
                    .governance, "governance body \(number) of \(log.origin) is withheld")
            }
            try append(part.part, at: link.leafIndex, number: number)
        }
    }

    private mutating func append(
        _ part: Part, at leafIndex: UInt64, number: Int
    ) throws(EvidenceRejection) {
        do {
            guard part.contentType == PartContentType.governance else {
                throw EvidenceRejection(.governance, "part \(part.digest.hex) is no governance")
            }
            if number == 0 {
                let body = try GovernanceBody.decode(part.content)
                guard body.digest == heads[0] else {
                    throw EvidenceRejection(
                        .governance, "\(origin) begins with another genesis document")
                }
                return
            }
            let next = try last.applying(part.content)
            states.append(next)
            heads.append(next.head)
            leafIndexes.append(leafIndex)
        } catch let rejection as EvidenceRejection {
            throw rejection
        } catch let refusal as Refusal {
            throw EvidenceRejection(
                .governance,
                "amendment \(number) of \(origin): \(refusal.field) \(refusal.reason)")
        } catch {
            throw EvidenceRejection(.governance, "\(error)")
        }
    }

    /// The states that bind entries, each from the seal after which it does.
    func effects(
        of transitions: [(before: (UInt64, Seal), after: (UInt64, Seal))]
    ) throws(EvidenceRejection) -> [(after: UInt64, state: GovernanceState)] {
        var effects = [(after: UInt64(0), state: states[0])]
        var next = 1
        var floor: UInt64 = 0
        for (before, after) in transitions {
            guard before.0 >= floor, before.1.governanceHead == heads[next - 1] else {
                throw EvidenceRejection(
                    .transition, "the seal at \(before.0) does not stand before amendment \(next)")
            }
            let first = next
            while next < heads.count, leafIndexes[next] > before.0, leafIndexes[next] < after.0 {
                next += 1
            }
            guard next > first, after.1.governanceHead == heads[next - 1] else {
                throw EvidenceRejection(
                    .transition, "the seal at \(after.0) does not bring in amendment \(first)")
            }
            floor = after.0
            effects.append((after: after.0, state: states[next - 1]))
        }
        guard next == heads.count else {
            throw EvidenceRejection(
                .transition, "no seal of \(origin) is shown to bring in amendment \(next)")
        }
        return effects
    }
}
