import MerkleTrees
import Records

/// A state of governance, and when the first log of the evidence had it.
struct DatedGovernance: Sendable {
    let state: GovernanceState
    let registeredAtMilliseconds: UInt64
}

extension VerifiedEvidence {
    /// The evidence without what was registered after a time (SPEC §24.4): records, amendments and
    /// what follows from them for whose word counts.
    ///
    /// - Throws: step `closure` where the rest leads to more subjects than the limit.
    func known(atMilliseconds time: UInt64) throws(EvidenceRejection) -> VerifiedEvidence {
        let states = history.prefix { $0.registeredAtMilliseconds <= time || $0.state.seq == 0 }
        let isWhole =
            states.count == history.count
            && logs.allSatisfy { $0.isKnown(atMilliseconds: time) }
        guard let newest = states.last?.state, !isWhole else { return self }
        let logs = logs.map { $0.known(atMilliseconds: time) }
        let kept = Set(logs.flatMap { log in log.chains.values.joined().map(\.part) })
        var known = VerifiedEvidence(
            question: question, network: network, governance: newest, history: Array(states),
            asked: asked, logs: logs, parts: parts.filter { kept.contains($0.key) },
            stubs: stubs.intersection(kept), alarms: alarms)
        let needed = try known.relate()
        known.unasked = needed.filter { known.asked[$0.key(in: network)] == nil }
        return known
    }

    /// Computes whose word counts about what, and what the answer rests on.
    ///
    /// - Returns: the subjects that it rests on.
    @discardableResult
    mutating func relate() throws(EvidenceRejection) -> Set<Subject> {
        let read = self
        let closure: Closure
        do {
            closure = try Closure.of(
                question, network: network, ownership: ownership,
                read: { read.closureLinks(of: $0) }, open: { read.parts[$0] })
        } catch {
            throw EvidenceRejection(.closure, "\(error)")
        }
        related = closure.related
        owners = closure.questionOwners
        return closure.asked
    }
}

extension VerifiedLog {
    /// Whether all of it was registered by a time.
    fileprivate func isKnown(atMilliseconds time: UInt64) -> Bool {
        entries.values.allSatisfy { $0.statement.registeredAtMilliseconds <= time }
    }

    /// The log's share without what was registered after a time; its checkpoint stays.
    fileprivate func known(atMilliseconds time: UInt64) -> VerifiedLog {
        var log = self
        log.entries = entries.filter { $0.value.statement.registeredAtMilliseconds <= time }
        log.chains = chains.compactMapValues { links in
            let known = links.filter { log.entries[$0.leafIndex] != nil }
            return known.isEmpty ? nil : known
        }
        return log
    }
}
