import MerkleTrees
import Notes
import Records
import Signatures

/// The steps of SPEC §15.3 that concern one log.
struct LogVerification {
    let log: EvidenceLog
    let asked: [Subject]
    let keys: [Hash256]
    let timeline: GovernanceTimeline
    let newest: GovernanceState
    let genesisStatement: [UInt8]
    let library: SignatureLibrary
    /// Statements that were read before, by leaf index.
    let known: [UInt64: UnverifiedStatement]

    func verified() throws(EvidenceRejection) -> VerifiedLog {
        let (checkpoint, cosignatures) = try checkpoint()
        let seal = try lastSeal(of: checkpoint)
        let effects = try effects(checkpoint)
        let entries = try entries(checkpoint, effects: effects)
        try checkTimes(entries: entries, seal: seal, checkpoint: checkpoint)
        let heads: [Hash256: ChainHead]
        do {
            heads = try log.index.verify(root: seal.indexRoot, keys: keys)
        } catch {
            throw EvidenceRejection(.index, "\(log.origin): \(error.reason)")
        }
        let chains = try chains(heads: heads, entries: entries)
        return VerifiedLog(
            origin: log.origin, checkpoint: checkpoint, seal: seal, governance: timeline.last,
            cosignatures: cosignatures, entries: entries, chains: chains)
    }

    // MARK: Checkpoint and seals

    private func checkpoint() throws(EvidenceRejection) -> (Checkpoint, Int) {
        do {
            let bytes = Array(log.checkpoint.utf8)
            let note = try SignedNote.parse(bytes)
            let checkpoint = try Checkpoint(parsing: note.text)
            guard checkpoint.origin == log.origin, checkpoint.extensions.isEmpty else {
                throw EvidenceRejection(
                    .checkpoint, "the note is not a plain checkpoint of \(log.origin)")
            }
            guard let logKey = newest.logVerifier(origin: log.origin, size: checkpoint.size) else {
                throw EvidenceRejection(
                    .checkpoint, "\(log.origin) is no log of this network")
            }
            let cosigners = newest.cosigners
            let verified = try note.verify(known: [logKey] + cosigners)
            guard verified.unknown == 0, verified.signers.contains(logKey),
                Set(verified.signers).count == note.signatures.count,
                note.serialized() == bytes
            else {
                throw EvidenceRejection(
                    .checkpoint, "its signature lines are not the log key's and known cosigners'")
            }
            return (checkpoint, note.signatures.count - 1)
        } catch let rejection as EvidenceRejection {
            throw rejection
        } catch {
            throw EvidenceRejection(.checkpoint, "\(log.origin): \(error)")
        }
    }

    private func check(
        _ entry: [UInt8], at index: UInt64, path: [Hash256], in checkpoint: Checkpoint,
        step: EvidenceStep
    ) throws(EvidenceRejection) -> Hash256 {
        var paths = KnownPaths(size: checkpoint.size, root: checkpoint.root)
        return try check(entry, at: index, path: path, &paths, step: step)
    }

    private func check(
        _ entry: [UInt8], at index: UInt64, path: [Hash256], _ paths: inout KnownPaths,
        step: EvidenceStep
    ) throws(EvidenceRejection) -> Hash256 {
        let leaf = TreeHash.leaf(entry)
        do {
            try paths.check(leaf: leaf, index: index, proof: path)
            return leaf
        } catch  where error.kind == .root {
            throw EvidenceRejection(
                step, "leaf \(index) of \(log.origin) is not in the checkpoint's tree")
        } catch {
            throw EvidenceRejection(step, "leaf \(index) of \(log.origin): \(error)")
        }
    }

    private func seal(_ bytes: [UInt8], step: EvidenceStep) throws(EvidenceRejection) -> Seal {
        do {
            if case .seal(let seal) = try LogEntry.decode(bytes) { return seal }
        } catch {
            throw EvidenceRejection(step, "\(error.field): \(error.reason)")
        }
        throw EvidenceRejection(step, "a statement stands where a seal must")
    }

    private func lastSeal(of checkpoint: Checkpoint) throws(EvidenceRejection) -> Seal {
        guard checkpoint.size > 0 else {
            throw EvidenceRejection(.seal, "the log is empty")
        }
        let seal = try seal(log.seal, step: .seal)
        _ = try check(
            log.seal, at: checkpoint.size - 1, path: log.sealPath, in: checkpoint, step: .seal)
        guard seal.governanceHead == timeline.last.head else {
            throw EvidenceRejection(
                .seal, "the seal's governance head is not the last body shown")
        }
        return seal
    }

    private func effects(
        _ checkpoint: Checkpoint
    ) throws(EvidenceRejection) -> [(after: UInt64, state: GovernanceState)] {
        var transitions: [(before: (UInt64, Seal), after: (UInt64, Seal))] = []
        for transition in log.transitions {
            let (before, after) = (transition.before, transition.after)
            let first = try seal(before.bytes, step: .transition)
            let second = try seal(after.bytes, step: .transition)
            let leaf = try check(
                before.bytes, at: before.index, path: before.path, in: checkpoint,
                step: .transition)
            _ = try check(
                after.bytes, at: after.index, path: after.path, in: checkpoint, step: .transition)
            guard second.previous == leaf, before.index < after.index else {
                throw EvidenceRejection(
                    .transition,
                    "the seal at \(after.index) does not follow that at \(before.index)"
                )
            }
            transitions.append(((before.index, first), (after.index, second)))
        }
        return try timeline.effects(of: transitions)
    }

    // MARK: Entries

    private func entries(
        _ checkpoint: Checkpoint, effects: [(after: UInt64, state: GovernanceState)]
    ) throws(EvidenceRejection) -> [UInt64: VerifiedEntry] {
        var entries: [UInt64: VerifiedEntry] = [:]
        entries.reserveCapacity(log.entries.count)
        var ids: Set<Hash256> = []
        ids.reserveCapacity(log.entries.count)
        var paths = KnownPaths(size: checkpoint.size, root: checkpoint.root)
        var current = 0
        for item in log.entries {
            let leaf = try check(
                item.bytes, at: item.index, path: item.path, &paths, step: .entry)
            while current + 1 < effects.count, effects[current + 1].after < item.index {
                current += 1
            }
            let entry = try entry(item, leaf: leaf, under: effects[current].state)
            guard ids.insert(entry.statement.id).inserted else {
                throw EvidenceRejection(
                    .entry, "leaf \(item.index) of \(log.origin) registers a statement again")
            }
            entries[item.index] = entry
        }
        for link in log.chains.lazy.flatMap(\.links) { _ = try self.entry(of: link, in: entries) }
        return entries
    }

    /// What bytes say that are not those which were read before is read here.
    private func statement(
        _ bytes: [UInt8], at index: UInt64
    ) throws(Refusal) -> UnverifiedStatement {
        if let known = known[index], known.bytes == bytes { return known }
        return try UnverifiedStatement.decode(bytes)
    }

    private func entry(
        _ item: IncludedEntry, leaf: Hash256, under governance: GovernanceState
    ) throws(EvidenceRejection) -> VerifiedEntry {
        do {
            guard case .statement(let time, let bytes) = try LogEntry.decode(item.bytes) else {
                throw EvidenceRejection(.entry, "leaf \(item.index) is a seal")
            }
            if item.index == 0, bytes != genesisStatement {
                throw EvidenceRejection(.entry, "leaf 0 is not the genesis statement")
            }
            let statement = try statement(bytes, at: item.index)
            let verified = try governance.verify(
                statement, registeredAtMilliseconds: time, library: library)
            return VerifiedEntry(
                leafIndex: item.index, leafHash: leaf, statement: verified,
                governance: governance)
        } catch let rejection as EvidenceRejection {
            throw rejection
        } catch let refusal as Refusal {
            throw EvidenceRejection(
                .entry, "leaf \(item.index): \(refusal.code), \(refusal.reason)")
        } catch {
            throw EvidenceRejection(.entry, "leaf \(item.index): \(error)")
        }
    }

    private func checkTimes(
        entries: [UInt64: VerifiedEntry], seal: Seal, checkpoint: Checkpoint
    ) throws(EvidenceRejection) {
        var times: [(UInt64, UInt64)] = entries.map {
            ($0.key, $0.value.statement.registeredAtMilliseconds)
        }
        times.append((checkpoint.size - 1, seal.sealedAtMilliseconds))
        for transition in log.transitions {
            for item in [transition.before, transition.after] {
                let seal = try self.seal(item.bytes, step: .transition)
                times.append((item.index, seal.sealedAtMilliseconds))
            }
        }
        times.sort { $0.0 < $1.0 }
        for (earlier, later) in zip(times, times.dropFirst()) where earlier.1 > later.1 {
            throw EvidenceRejection(
                .entry, "time runs backwards between leaves \(earlier.0) and \(later.0)")
        }
    }

    // MARK: Chains

    private func chains(
        heads: [Hash256: ChainHead], entries: [UInt64: VerifiedEntry]
    ) throws(EvidenceRejection) -> [Subject: [EvidenceLink]] {
        var chains: [Subject: [EvidenceLink]] = [:]
        var rowHashes: [[Hash256]] = []
        for chain in log.chains {
            guard let head = heads[keys[chain.asked]] else {
                throw EvidenceRejection(
                    .chain, "chain \(chain.asked) of \(log.origin) is of no subject present")
            }
            let hashes = chain.links.map { row(of: $0, in: chain).hash }
            try check(chain, hashes, head: head, entries: entries)
            rowHashes.append(hashes)
            chains[asked[chain.asked]] = chain.links
        }
        for (key, subject) in zip(keys, asked) where heads[key] != nil && chains[subject] == nil {
            throw EvidenceRejection(
                .chain, "the chain of the \(subject.facet) of \(subject.uri) is missing")
        }
        for (chain, hashes) in zip(log.chains, rowHashes) {
            try checkRows(of: chain, hashes, entries: entries)
        }
        return chains
    }

    private func row(of link: EvidenceLink, in chain: EvidenceChain) -> Row {
        Row(part: link.part, key: keys[chain.asked], role: link.role)
    }

    /// The entry of a link, which the step `entry` found to be there.
    private func entry(
        of link: EvidenceLink, in entries: [UInt64: VerifiedEntry]
    ) throws(EvidenceRejection) -> VerifiedEntry {
        guard let entry = entries[link.leafIndex] else {
            throw EvidenceRejection(
                .entry, "a link names leaf \(link.leafIndex) of \(log.origin), which is not shown")
        }
        return entry
    }

    private func check(
        _ chain: EvidenceChain, _ rowHashes: [Hash256], head: ChainHead,
        entries: [UInt64: VerifiedEntry]
    ) throws(EvidenceRejection) {
        var current = ChainHead.empty
        var last: (UInt64, UInt32)?
        for (link, rowHash) in zip(chain.links, rowHashes) {
            if let last, last >= (link.leafIndex, link.row) {
                throw EvidenceRejection(.chain, "links are out of order")
            }
            last = (link.leafIndex, link.row)
            current = current.appending(
                leafIndex: link.leafIndex, leafHash: try entry(of: link, in: entries).leafHash,
                row: link.row, rowHash: rowHash)
        }
        guard current == head else {
            throw EvidenceRejection(
                .chain,
                "the chain of the \(asked[chain.asked].facet) of "
                    + "\(asked[chain.asked].uri) does not lead to its sealed head: a link was "
                    + "dropped, added or changed")
        }
    }

    private func checkRows(
        of chain: EvidenceChain, _ rowHashes: [Hash256], entries: [UInt64: VerifiedEntry]
    ) throws(EvidenceRejection) {
        for (link, rowHash) in zip(chain.links, rowHashes) {
            let statement = try entry(of: link, in: entries).statement.statement
            let root: Hash256
            do {
                root = try TreeProofs.inclusionRoot(
                    leaf: rowHash, index: UInt64(link.row), size: UInt64(statement.rowCount),
                    proof: link.path)
            } catch {
                throw EvidenceRejection(
                    .row, "leaf \(link.leafIndex), row \(link.row): \(error.reason)")
            }
            guard root == statement.manifestRoot else {
                throw EvidenceRejection(
                    .row, "row \(link.row) of leaf \(link.leafIndex) is not in its manifest")
            }
        }
    }
}
