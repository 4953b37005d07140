import MerkleTrees
package import Records

/// An open part of evidence, with what decides who may read it (SPEC §5.1).
package struct DisclosedPart: Sendable {
    /// The part.
    package var part: Part
    /// Its content; nil if it cannot be read.
    package var content: Content?
    /// Who signed the first statement in the file that covers it.
    package var issuer: String
    /// The governance under which that was registered.
    package var governance: GovernanceState

    /// Whether a member may read it without a grant.
    package func isOpen(to organisation: String) -> Bool {
        Disclosure.audience(
            of: part.visibility, content: content, issuer: issuer, governance: governance
        ).permits(.member(organisation: organisation))
    }
}

extension EvidenceVerifier {
    /// Evidence to give on: the same answer with fewer parts open, the others as stubs.
    ///
    /// Without what a part says an answer can rest on fewer subjects, so these are worked out again
    /// and what nothing leads to any more is left out; what is left proves as much as before.
    /// Governance stays open.
    ///
    /// - Parameters:
    ///   - bytes: an evidence file.
    ///   - isKept: which of its open parts stay open.
    /// - Returns: the evidence to give on.
    /// - Throws: as ``verify(_:)``.
    package func narrow(
        _ bytes: [UInt8], keeping isKept: (DisclosedPart) -> Bool
    ) throws(EvidenceRejection) -> Evidence {
        let verified = try verify(bytes)
        let evidence = try Evidence.decode(bytes)
        let origins = verified.partOrigins
        let kept = verified.parts.filter { digest, opened in
            if opened.part.contentType == PartContentType.governance { return true }
            guard let entry = origins[digest] else { return false }
            return isKept(
                DisclosedPart(
                    part: opened.part, content: opened.readable,
                    issuer: entry.issuer, governance: entry.governance))
        }
        let narrowed = VerifiedEvidence(
            question: verified.question, network: verified.network,
            governance: verified.governance, history: verified.history, asked: verified.asked,
            logs: verified.logs, parts: kept, stubs: [], alarms: verified.alarms)
        let asked: [Subject]
        do {
            asked = try Closure.of(
                verified.question, network: verified.network, ownership: verified.ownership,
                read: narrowed.closureLinks, open: { kept[$0] }
            ).asked.sorted()
        } catch {
            throw EvidenceRejection(.closure, "\(error)")
        }
        return try evidence.narrowed(to: asked, open: Set(kept.keys))
    }
}

extension VerifiedEvidence {
    /// The first entry that covers each part.
    fileprivate var partOrigins: [Hash256: VerifiedEntry] {
        var origins: [Hash256: VerifiedEntry] = [:]
        for log in logs {
            for link in log.chains.values.joined() {
                guard let entry = log.entries[link.leafIndex] else { continue }
                let known = origins[link.part]?.statement.registeredAtMilliseconds
                guard entry.statement.registeredAtMilliseconds < known ?? .max else { continue }
                origins[link.part] = entry
            }
        }
        return origins
    }
}

extension Evidence {
    /// What of it proves an answer that rests on these of its subjects, with these parts open.
    fileprivate func narrowed(
        to subjects: [Subject], open: Set<Hash256>
    ) throws(EvidenceRejection) -> Evidence {
        let numbers = Dictionary(
            uniqueKeysWithValues: subjects.enumerated().map { ($0.element, $0.offset) })
        let keys = subjects.map { $0.key(in: network) }
        var narrowed = self
        narrowed.asked = subjects
        narrowed.logs = []
        var named: Set<Hash256> = []
        for var log in logs {
            log.chains = log.chains.compactMap { chain in
                numbers[asked[chain.asked]].map { EvidenceChain(asked: $0, links: chain.links) }
            }.sorted { $0.asked < $1.asked }
            let links = log.chains.flatMap(\.links)
            let leaves = Set(links.map(\.leafIndex))
            log.entries.removeAll { !leaves.contains($0.index) }
            do {
                log.index = try log.index.narrowed(to: keys)
            } catch {
                throw EvidenceRejection(.index, error.reason)
            }
            named.formUnion(links.map(\.part))
            narrowed.logs.append(log)
        }
        narrowed.parts = parts.filter { bytes in
            let digest = Part.digest(of: bytes)
            return open.contains(digest) && named.contains(digest)
        }
        narrowed.stubs = named.subtracting(open).sorted()
        return narrowed
    }
}
