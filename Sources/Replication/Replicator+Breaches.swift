import MerkleTrees
import Records
import Sequencing
import Signatures

// What is done about a log that broke a rule.
extension Replicator {
    /// Mirrors and cosigns a log no further that broke a rule.
    ///
    /// Where few of its entries show it, that is an alarm.
    mutating func stop(
        _ origin: String, after breach: LogBreach, _ package: EntryPackage, _ note: CosignedNote
    ) throws {
        try stop(origin, "\(breach)", under: note.logNote)
        retell()
        guard breach.rule <= 2 || breach.code == "log.time",
            let shown = try shown(origin, package, note)
        else { return }
        if ["log.time", "log.duplicate"].contains(breach.code) {
            if let entries = shown.contradiction { try raise(.entries(entries)) }
        } else if let entry = shown.breaking(at: breach.leafIndex) {
            // Groups before it may have brought governance that is not learnt yet.
            try learnGovernance(of: origin)
            let governance = mirrors[origin]?.mirror.governance
            try raise(.entry(entry), upTo: governance?.seq)
        }
    }

    /// Mirrors a log no further, also after a restart.
    mutating func stop(_ origin: String, _ reason: String, under note: [UInt8]) throws {
        if origin != identity.origin, mirrors[origin] != nil,
            let key = governance.nodes[origin]?.logKey
        {
            let stop = MirrorStop(reason: reason, key: key.thumbprint, note: note)
            try store.keep(stop: stop, of: origin)
            mirrors[origin]?.stop = stop
        }
        mirrors[origin]?.halt(reason)
        effects.append(.stopped(origin: origin, reason: reason))
    }

    /// A log's entries to the end of a package; nil if they are too many.
    private func shown(
        _ origin: String, _ package: EntryPackage, _ note: CosignedNote
    ) throws -> ShownEntries? {
        guard package.end <= ReplicationLimits.contradictionEntries else { return nil }
        let before = try store.read(origin) { ledger in
            // Groups of the package before the breach have become durable.
            try ledger.entries(0..<min(ledger.size(), package.start))
        }
        // Entries that wait for their seal are not in the ledger: the alarm is for who has them.
        guard UInt64(before.count) == package.start else { return nil }
        return ShownEntries(origin: origin, known: before, package, under: note.logNote)
    }
}

/// The first entries of a log, of which some show that it broke a rule.
private struct ShownEntries {
    private let origin: String
    private let known: Int
    private let entries: [[UInt8]]
    private let tree: LevelledTree
    private let side: SplitView.Side

    init(origin: String, known: [[UInt8]], _ package: EntryPackage, under note: [UInt8]) {
        self.origin = origin
        self.known = known.count
        entries = known + package.items.map(\.entry)
        tree = LevelledTree(leaves: entries.map { TreeHash.leaf($0) })
        var frontier = TreeFrontier()
        for entry in entries { frontier.append(TreeHash.leaf(entry)) }
        side = SplitView.Side(note: note, root: frontier.root, proof: package.endProof)
    }

    private var size: UInt64 { UInt64(entries.count) }

    private func proven(_ index: Int) -> ProvenEntry {
        ProvenEntry(
            index: UInt64(index), bytes: entries[index], path: tree.inclusionProof(of: index))
    }

    /// The first entry of the package that contradicts one before it, with that one.
    var contradiction: ContradictingEntries? {
        guard let (first, second) = contradicting else { return nil }
        return ContradictingEntries(
            origin: origin, size: size, side, proven(first), proven(second))
    }

    /// The indexes of the first two that may not stand in one log, the later one in the package;
    /// what cannot be read is passed by.
    private var contradicting: (Int, Int)? {
        var ids: [Hash256: Int] = [:]
        var latest: (time: UInt64, index: Int) = (0, 0)
        for (index, bytes) in entries.enumerated() {
            guard let entry = try? LogEntry.decode(bytes) else { continue }
            if index >= known, entry.timeMilliseconds < latest.time { return (latest.index, index) }
            if entry.timeMilliseconds >= latest.time { latest = (entry.timeMilliseconds, index) }
            guard case .statement(_, let encoded) = entry,
                let id = try? UnverifiedStatement.decode(encoded).id
            else { continue }
            if let first = ids[id], index >= known { return (first, index) }
            ids[id] = index
        }
        return nil
    }

    /// An entry that breaks a rule by itself or under the governance of the seal before it; nil
    /// where that needs a seal that is not here.
    func breaking(at leaf: UInt64) -> BreakingEntry? {
        guard leaf < size else { return nil }
        let place = Int(leaf)
        let isRead: Bool
        switch try? LogEntry.decode(entries[place]) {
        case .statement(_, let bytes): isRead = (try? UnverifiedStatement.decode(bytes)) != nil
        case .seal: return nil
        case nil: isRead = false
        }
        var seals: [ProvenEntry] = []
        if isRead {
            func isSeal(_ index: Int) -> Bool {
                (try? LogEntry.decode(entries[index]))?.isSeal ?? false
            }
            guard let before = entries[..<place].indices.last(where: isSeal),
                let after = entries[place...].indices.first(where: isSeal)
            else { return nil }
            seals = [proven(before), proven(after)]
        }
        return BreakingEntry(origin: origin, size: size, side, proven(place), seals: seals)
    }
}
