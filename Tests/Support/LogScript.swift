package import MerkleTrees
import Notes
package import Records
package import Signatures
import Verdicts

/// A log written down as what its keeper does, one thing after another.
///
/// ``rendered(_:network:)`` makes the log from it by code of its own, plainly and from nothing each
/// time, honestly or with a ``Forgery``: what whoever holds the log's key can do.
package struct LogScript: Sendable {
    /// One thing a keeper does.
    package enum Item: Sendable {
        /// Registers a statement at a time.
        case statement(Submission, registeredAtMilliseconds: UInt64)
        /// Seals what came before at a time.
        case seal(atMilliseconds: UInt64)
    }

    /// All things done; each is one leaf.
    package var items: [Item] = []
    /// Parts that were erased.
    package var erased: Set<Hash256> = []

    /// An empty log.
    package init() {}

    /// The log as these things make it, its checkpoint at the last seal.
    ///
    /// Nothing is checked: statements may be anybody's.
    package func rendered(
        _ forgery: Forgery = Forgery(), network: DemoNetwork
    ) throws -> RenderedLog {
        try rendered(forgery, by: network.keeper)
    }

    /// The log of any keeper as these things make it.
    package func rendered(
        _ forgery: Forgery = Forgery(), by keeper: LogKeeper
    ) throws -> RenderedLog {
        var log = RenderedLog(keeper: keeper)
        for item in items {
            switch item {
            case .statement(let submission, let time):
                try log.append(submission, at: time, forgery: forgery)
            case .seal(let time): log.seal(at: time, forgery: forgery)
            }
        }
        for digest in erased { log.erase(digest) }
        try log.signCheckpoint(by: forgery.logKey ?? keeper.logKey)
        return log
    }
}

/// How a log that its keeper forges differs from what its own script says.
package struct Forgery: Sendable {
    /// Rows left out of the chains they belong to, though their entries stand.
    package var droppedLinks: Set<LinkPlace> = []
    /// Links put into a chain that no manifest gives: at which row they are said to stand.
    package var addedLinks: [(key: Hash256, place: LinkPlace)] = []
    /// From this leaf on, seals name the index root of the seal before it.
    package var staleIndexFrom: UInt64?
    /// Amendments that seals do not name, by leaf.
    package var hiddenAmendments: Set<UInt64> = []
    /// A log key other than the network's.
    package var logKey: SigningKey?

    /// No forgery.
    package init() {}
}

/// A whole log in memory, as ``LogScript`` makes it.
package struct RenderedLog: EvidenceSource, Sendable {
    /// Its entries.
    package private(set) var entries: [[UInt8]] = []
    /// The manifests of its statements.
    package private(set) var manifests: [UInt64: [UInt8]] = [:]
    /// The governance parts of its statements.
    package private(set) var governanceParts: [UInt64: [UInt8]] = [:]
    /// The heads its last seal commits to.
    package private(set) var heads = MemoryHeads()
    /// The governance its last seal names.
    package private(set) var governance: GovernanceState
    package private(set) var ownership: Ownership
    package private(set) var checkpointNote = ""

    private let keeper: LogKeeper
    private var leafHashes: [Hash256] = []
    private var parts: [Hash256: [UInt8]] = [:]
    private var chains: [Hash256: [LinkPlace]] = [:]
    private var seals: [UInt64] = []
    private var index = SubjectIndex(depth: 6)
    private var previousSeal = Hash256.zero
    private var pending: [(key: Hash256, place: LinkPlace, rowHash: Hash256)] = []
    private var sealedIndexRoot = Hash256.zero

    fileprivate init(keeper: LogKeeper) {
        self.keeper = keeper
        governance = keeper.state
        ownership = Ownership([keeper.state])
    }

    package var origin: String { keeper.origin }
    package var size: UInt64 { UInt64(entries.count) }
    /// The root over all its entries.
    package var root: Hash256 { SmallTree.root(of: leafHashes) }
    /// The root over its first entries.
    package func root(size: Int) -> Hash256 { SmallTree.root(of: Array(leafHashes.prefix(size))) }
    /// The leaf of its last seal.
    package var lastSeal: UInt64 { seals.last ?? 0 }

    package func entry(at index: UInt64) throws -> [UInt8] { entries[Int(index)] }
    package func manifest(at index: UInt64) throws -> [UInt8] { manifests[index] ?? [] }
    package func part(_ digest: Hash256) throws -> [UInt8]? { parts[digest] }
    package func permits(_ reader: Reader, _ part: Part) -> Bool { part.visibility.permits(reader) }

    package func links(of key: Hash256) throws -> [LinkPlace] { chains[key] ?? [] }
    package func inclusionPath(of index: UInt64) throws -> [Hash256] {
        LevelledTree(leaves: leafHashes).inclusionProof(of: Int(index))
    }
    /// RFC 6962 consistency of its first entries with all of them.
    package func consistencyProof(from old: UInt64) throws -> [Hash256] {
        func proof(_ old: Int, _ leaves: ArraySlice<Hash256>, isWhole: Bool) -> [Hash256] {
            let root = { (slice: ArraySlice<Hash256>) in SmallTree.root(of: Array(slice)) }
            guard old < leaves.count else { return isWhole ? [] : [root(leaves)] }
            // The largest power of two below the number of leaves.
            let split = 1 << (Int.bitWidth - 1 - (leaves.count - 1).leadingZeroBitCount)
            let (left, right) = (leaves.prefix(split), leaves.dropFirst(split))
            return old <= split
                ? proof(old, left, isWhole: isWhole) + [root(right)]
                : proof(old - split, right, isWhole: false) + [root(left)]
        }
        return proof(Int(old), leafHashes[...], isWhole: true)
    }
    package func indexProof(for keys: [Hash256]) throws -> IndexProof {
        index.proof(for: keys, leaves: heads)
    }
    package func seal(before index: UInt64) throws -> UInt64? { seals.last { $0 < index } }
    package func seal(after index: UInt64) throws -> UInt64? { seals.first { $0 > index } }

    /// A part gone from the store.
    fileprivate mutating func erase(_ digest: Hash256) { parts[digest] = nil }

    fileprivate mutating func append(
        _ submission: Submission, at time: UInt64, forgery: Forgery
    ) throws {
        let leaf = size
        add(
            LogEntry.statement(registeredAtMilliseconds: time, bytes: submission.statement)
                .encoded())
        let manifest = try Manifest.decode(submission.manifest)
        manifests[leaf] = submission.manifest
        for bytes in submission.parts {
            let part = try Part.decode(bytes)
            parts[part.digest] = bytes
            guard part.contentType == PartContentType.governance else { continue }
            governanceParts[leaf] = bytes
            guard leaf > 0, !forgery.hiddenAmendments.contains(leaf),
                let next = try? governance.applying(GovernanceBody.decode(part.content))
            else { continue }
            governance = next
            ownership.add(next)
        }
        for (row, content) in manifest.rows.enumerated() {
            let place = LinkPlace(leafIndex: leaf, row: UInt32(row))
            if forgery.droppedLinks.contains(place) { continue }
            pending.append((content.key, place, manifest.rowHashes[row]))
        }
        for added in forgery.addedLinks where added.place.leafIndex == leaf {
            let row = Int(added.place.row)
            pending.append((added.key, added.place, manifest.rowHashes[row]))
        }
    }

    private mutating func add(_ entry: [UInt8]) {
        entries.append(entry)
        leafHashes.append(TreeHash.leaf(entry))
    }

    fileprivate mutating func seal(at time: UInt64, forgery: Forgery) {
        var changed: [Hash256: ChainHead] = [:]
        for (key, place, rowHash) in pending {
            let head = changed[key] ?? heads.head(of: key) ?? .empty
            changed[key] = head.appending(
                leafIndex: place.leafIndex, leafHash: leafHashes[Int(place.leafIndex)],
                row: place.row, rowHash: rowHash)
            chains[key, default: []].append(place)
        }
        pending.removeAll()
        _ = index.update(changed, leaves: heads)
        heads.update(changed)
        let isStale = forgery.staleIndexFrom.map { size >= $0 } ?? false
        if !isStale { sealedIndexRoot = index.root }
        let seal = Seal(
            sealedAtMilliseconds: time, previous: previousSeal, governanceHead: governance.head,
            indexRoot: sealedIndexRoot, subjectCount: UInt64(heads.count))
        seals.append(size)
        add(LogEntry.seal(seal).encoded())
        previousSeal = leafHashes[leafHashes.count - 1]
    }

    fileprivate mutating func signCheckpoint(by key: SigningKey) throws {
        let checkpoint = try Checkpoint(origin: origin, size: size, root: root)
        checkpointNote = String(
            decoding: try SignedNote.sign(text: checkpoint.text, name: origin, key: key)
                .serialized(), as: UTF8.self)
    }

    /// Recomputes the log as a mirror does, from entries, manifests and governance alone.
    ///
    /// - Throws: the first breach.
    package func replayed(genesis: GovernanceState) throws -> LogReplay {
        var replay = LogReplay(genesis: genesis, origin: origin, indexDepth: 6)
        for (number, entry) in entries.enumerated() {
            let leaf = UInt64(number)
            try replay.append(
                entry: entry, manifest: manifests[leaf], governancePart: governanceParts[leaf])
        }
        try replay.check(checkpoint: Array(checkpointNote.utf8))
        return replay
    }
}
