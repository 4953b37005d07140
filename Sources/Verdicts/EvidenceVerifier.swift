import MerkleTrees
package import Records

/// Checks evidence with nothing but the genesis file (SPEC §15.3).
///
/// Pure: it reads no clock, no network and no disk, and trusts no server. Any failure rejects the
/// whole file at a named step, so that a file is either proof throughout or none.
package struct EvidenceVerifier: Sendable {
    private let genesis: GovernanceState
    private let genesisStatement: [UInt8]
    private let library: SignatureLibrary

    /// A verifier that trusts this genesis.
    ///
    /// - Parameters:
    ///   - genesis: the genesis file.
    ///   - library: which library checks the issuers' signatures; auditors ask both.
    /// - Throws: step `genesis`.
    package init(
        genesis: GenesisFile, library: SignatureLibrary = .both
    ) throws(EvidenceRejection) {
        do {
            self.genesis = try genesis.verified()
        } catch {
            throw EvidenceRejection(.genesis, "\(error.field): \(error.reason)")
        }
        self.genesisStatement = genesis.statement
        self.library = library
    }

    /// Checks one file.
    package func verify(_ bytes: [UInt8]) throws(EvidenceRejection) -> VerifiedEvidence {
        try verify(Evidence.decode(bytes))
    }

    /// Checks what a file says.
    ///
    /// - Parameters:
    ///   - evidence: read from a file, or built here and never written.
    ///   - known: what was read of it before, when it was built here.
    /// - Returns: everything in it, proven.
    /// - Throws: the step that rejects it.
    package func verify(
        _ evidence: Evidence, known: EvidenceReadings = EvidenceReadings()
    ) throws(EvidenceRejection) -> VerifiedEvidence {
        try evidence.checkWhole()
        let digests = try evidence.checkEveryPartIsNamed()
        guard evidence.network == genesis.network else {
            throw EvidenceRejection(
                .genesis,
                "the evidence is of network \(evidence.network.hex), "
                    + "the genesis file of \(genesis.network.hex)")
        }
        let parts = try open(evidence.parts, digests, known.parts)
        try evidence.checkEveryNameHasItsPart(parts)
        var timelines: [GovernanceTimeline] = []
        for log in evidence.logs {
            timelines.append(
                try GovernanceTimeline(
                    log: log, asked: evidence.asked, parts: parts, genesis: genesis))
        }
        let longest = try Self.longest(of: timelines)
        let newest = longest.last
        let keys = evidence.asked.map { $0.key(in: evidence.network) }
        var logs: [VerifiedLog] = []
        for (log, timeline) in zip(evidence.logs, timelines) {
            let check = LogVerification(
                log: log, asked: evidence.asked, keys: keys, timeline: timeline, newest: newest,
                genesisStatement: genesisStatement, library: library,
                known: known.statements[log.origin] ?? [:])
            logs.append(try check.verified())
        }
        let alarms = try evidence.alarms.map { bytes throws(EvidenceRejection) in
            try proven(bytes, newest)
        }
        var verified = VerifiedEvidence(
            question: evidence.question, network: evidence.network, governance: newest,
            history: Self.history(of: longest, as: timelines, in: logs),
            asked: Dictionary(zip(keys, evidence.asked)) { first, _ in first }, logs: logs,
            parts: parts, stubs: Set(evidence.stubs), alarms: alarms)
        try Self.check(try verified.relate(), is: Set(evidence.asked))
        return verified
    }

    private func proven(
        _ alarm: [UInt8], _ newest: GovernanceState
    ) throws(EvidenceRejection) -> ProvenAlarm {
        do {
            return try ProvenAlarm(alarm, under: genesis, newest: newest)
        } catch {
            throw EvidenceRejection(.alarm, "\(error.field): \(error.reason)")
        }
    }

    private func open(
        _ parts: [[UInt8]], _ digests: [Hash256], _ known: [Hash256: OpenedPart]
    ) throws(EvidenceRejection) -> [Hash256: OpenedPart] {
        var opened: [Hash256: OpenedPart] = [:]
        opened.reserveCapacity(parts.count)
        for (bytes, digest) in zip(parts, digests) {
            if let part = known[digest] {
                opened[digest] = part
                continue
            }
            let part: Part
            do {
                part = try Part.decode(bytes)
            } catch {
                throw EvidenceRejection(.part, "\(error.field): \(error.reason)")
            }
            opened[part.digest] = OpenedPart(part)
        }
        return opened
    }

    /// The longest governance of all logs, of which every other's is a prefix.
    private static func longest(
        of timelines: [GovernanceTimeline]
    ) throws(EvidenceRejection) -> GovernanceTimeline {
        guard let longest = timelines.max(by: { $0.heads.count < $1.heads.count }) else {
            throw EvidenceRejection(.format, "the evidence holds no log")
        }
        for timeline in timelines {
            guard longest.heads.starts(with: timeline.heads) else {
                throw EvidenceRejection(
                    .governance,
                    "\(timeline.origin) and \(longest.origin) hold different "
                        + "amendments under one number: an alarm")
            }
        }
        return longest
    }

    /// The states of the longest governance, each with the time when a log first had it.
    private static func history(
        of longest: GovernanceTimeline, as timelines: [GovernanceTimeline], in logs: [VerifiedLog]
    ) -> [DatedGovernance] {
        longest.states.indices.map { number in
            let times = zip(timelines, logs).compactMap { timeline, log in
                timeline.leafIndexes.indices.contains(number)
                    ? log.entries[timeline.leafIndexes[number]]?.statement.registeredAtMilliseconds
                    : nil
            }
            return DatedGovernance(
                state: longest.states[number], registeredAtMilliseconds: times.min() ?? 0)
        }
    }

    private static func check(
        _ needed: Set<Subject>, is asked: Set<Subject>
    ) throws(EvidenceRejection) {
        if let missing = needed.subtracting(asked).min() {
            throw EvidenceRejection(
                .closure, "the answer also rests on the \(missing.facet) of \(missing.uri)")
        }
        if let extra = asked.subtracting(needed).min() {
            throw EvidenceRejection(
                .closure, "the answer does not rest on the \(extra.facet) of \(extra.uri)")
        }
    }
}

extension VerifiedEvidence {
    /// The links of one subject over all logs, as the closure reads them.
    func closureLinks(of subject: Subject) -> [ClosureLink] {
        logs.flatMap { log in
            (log.chains[subject] ?? []).compactMap { link in
                log.entries[link.leafIndex].map { entry in
                    ClosureLink(
                        issuer: entry.issuer, role: link.role,
                        place: (
                            entry.statement.registeredAtMilliseconds, log.origin, link.leafIndex
                        ),
                        stands: !hasFallen(entry),
                        part: link.part)
                }
            }
        }
    }
}
