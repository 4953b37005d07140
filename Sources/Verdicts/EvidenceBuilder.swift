import EPCIS
package import MerkleTrees
package import Records

/// One log at one checkpoint, as evidence is gathered from it: nothing in it changes while a
/// build goes on.
///
/// Nothing it gives is trusted by who receives the evidence; a wrong answer here only makes a file
/// that is rejected.
package protocol EvidenceSource {
    /// The log's origin.
    var origin: String { get }
    /// The checkpoint's note, with the cosignatures known.
    var checkpointNote: String { get }
    /// The checkpoint's size; its last leaf is a seal.
    var size: UInt64 { get }
    /// The log's governance at that seal.
    var governance: GovernanceState { get }
    /// What all its governance so far says of who owns what.
    var ownership: Ownership { get }
    /// The entry at a leaf index below `size`.
    func entry(at index: UInt64) throws -> [UInt8]
    /// The manifest of the statement at a leaf index.
    func manifest(at index: UInt64) throws -> [UInt8]
    /// A part's bytes, nil if they are not here (erased, or never received).
    func part(_ digest: Hash256) throws -> [UInt8]?
    /// Whether a reader may see a part that is here (SPEC §5.1).
    func permits(_ reader: Reader, _ part: Part) throws -> Bool
    /// The links of a subject key, in order; empty if it has no chain.
    func links(of key: Hash256) throws -> [LinkPlace]
    /// The inclusion path of a leaf in the checkpoint's tree.
    func inclusionPath(of index: UInt64) throws -> [Hash256]
    /// The inclusion paths of several leaves, in their order; one by one unless the source knows
    /// better.
    func inclusionPaths(of indexes: [UInt64]) throws -> [[Hash256]]
    /// Presence or absence of keys in the index of the last seal.
    func indexProof(for keys: [Hash256]) throws -> IndexProof
    /// The leaf index of the last seal before a leaf.
    func seal(before index: UInt64) throws -> UInt64?
    /// The leaf index of the first seal after a leaf.
    func seal(after index: UInt64) throws -> UInt64?
}

extension EvidenceSource {
    package func inclusionPaths(of indexes: [UInt64]) throws -> [[Hash256]] {
        try indexes.map(inclusionPath)
    }
}

/// Gathers evidence for a reader from the logs of one network (SPEC §15).
///
/// What is asked follows from what all the logs say together; each gives its share of it. A part
/// is taken from whichever log has it.
package struct EvidenceBuilder {
    private let network: Hash256
    private let reader: Reader
    private let alarms: [Alarm]
    private var shares: [LogShare]
    private var opened: [Hash256: OpenedPart?] = [:]
    /// The parts that links name, opened or not.
    private var named: Set<Hash256> = []
    /// How many links were read.
    private var linkCount = 0
    /// Bytes of the parts that were opened.
    private var partBytes = 0
    /// Bytes of the parts that are here and not for the reader.
    private var closedBytes: [Hash256: Int] = [:]

    /// What was read of the evidence that was built.
    package var readings: EvidenceReadings {
        EvidenceReadings(
            parts: opened.compactMapValues(\.self),
            statements: Dictionary(shares.map { ($0.source.origin, $0.statements) }) { $1 })
    }

    /// A builder over one log, showing what `reader` may see.
    package init(network: Hash256, source: any EvidenceSource, reader: Reader) {
        self.init(network: network, sources: [source], reader: reader)
    }

    /// A builder over several logs of one network, showing what `reader` may see.
    ///
    /// `sources` are one for each log, at least one, in any order.
    ///
    /// - Parameters:
    ///   - network: the network's id.
    ///   - sources: the logs.
    ///   - reader: who asks.
    ///   - alarms: those known of the network.
    package init(
        network: Hash256, sources: [any EvidenceSource], reader: Reader, alarms: [Alarm] = []
    ) {
        precondition(!sources.isEmpty, "evidence is gathered from a log")
        self.network = network
        self.reader = reader
        self.alarms = alarms
        shares = sources.sorted { $0.origin.utf8.lexicographicallyPrecedes($1.origin.utf8) }
            .map { LogShare(source: $0) }
    }

    /// Builds the evidence that answers a question.
    ///
    /// - Throws: `Refusal` `evidence.too-large`, or what the source throws.
    package mutating func build(_ question: EvidenceQuestion) throws -> Evidence {
        let closure = try closure(of: question)
        try openTheRest(of: closure)
        let asked = closure.asked.sorted()
        let logs = try shares.map { try $0.log(asked, in: network) }
        var parts: [Hash256: [UInt8]] = [:]
        var stubs: [Hash256] = []
        for digest in named {
            if case .some(let part?) = opened[digest] {
                parts[digest] = part.part.encoded
            } else {
                stubs.append(digest)
            }
        }
        let sorted = parts.sorted { $0.key < $1.key }.map(\.value)
        let evidence = Evidence(
            network: network, question: question, asked: asked, logs: logs, parts: sorted,
            stubs: stubs.sorted(),
            alarms: alarms.sorted { $0.digest < $1.digest }.map { $0.encoded() })
        let bytes = evidence.byteCountAtMost
        guard bytes <= EvidenceLimits.fileBytes else {
            throw Self.tooLarge(shares.map(\.entryCount).max() ?? 0, named.count, bytes)
        }
        return evidence
    }

    /// Who speaks of the things an answer rests on without being related to them (SPEC §13.2).
    ///
    /// - Throws: as ``build(_:)``.
    package mutating func strangers(to question: EvidenceQuestion) throws -> Strangers {
        Strangers(try closure(of: question))
    }

    private mutating func closure(of question: EvidenceQuestion) throws -> Closure {
        var builder = self
        let closure = try Closure.of(
            question, network: network, ownership: newest.ownership,
            read: { subject in
                let links = try builder.read(subject)
                try builder.checkSize()
                return links
            },
            open: { digest in
                let part = try builder.part(digest)
                try builder.checkSize()
                return part
            })
        self = builder
        return closure
    }

    /// Opens what the closure did not need: all that governance says and whose word may count, and
    /// of each other issuer what it registered first, up to a bound (SPEC §15.2).
    private mutating func openTheRest(of closure: Closure) throws {
        var unheard: [String: [ClosureLink]] = [:]
        for subject in closure.asked {
            for link in closure.links(of: subject) {
                if subject == .network(network) || closure.hears(link, in: subject) {
                    _ = try part(link.part)
                    try checkSize()
                } else {
                    unheard[link.issuer, default: []].append(link)
                }
            }
        }
        // Each issuer for itself, so that it does not matter who comes first.
        let heard = Set(opened.keys)
        var kept: Set<Hash256> = []
        for links in unheard.values {
            var bytes = 0
            var seen: Set<Hash256> = []
            for link in links.sorted(by: ClosureLink.precedes)
            where !heard.contains(link.part) && seen.insert(link.part).inserted {
                let part = try part(link.part)
                bytes += part?.part.encoded.count ?? closedBytes[link.part] ?? 0
                guard bytes <= EvidenceLimits.unheardBytes else { break }
                kept.insert(link.part)
            }
            try checkSize()
        }
        for digest in opened.keys where !heard.contains(digest) && !kept.contains(digest) {
            opened[digest] = .some(nil)
        }
    }

    /// The log whose governance is newest: every other one's is the beginning of it.
    private var newest: any EvidenceSource {
        let first = shares[0].source
        return shares.dropFirst().reduce(first) { newest, share in
            share.source.governance.seq > newest.governance.seq ? share.source : newest
        }
    }

    private mutating func read(_ subject: Subject) throws -> [ClosureLink] {
        let governance = newest.governance
        var links: [ClosureLink] = []
        for number in shares.indices {
            for link in try shares[number].read(subject, in: network) {
                let entry = link.entry
                named.insert(link.row.part)
                let fall = governance.fall(
                    ofIssuer: entry.statement.issuer, key: entry.statement.keyThumbprint,
                    registeredAtMilliseconds: entry.registeredAtMilliseconds)
                links.append(
                    ClosureLink(
                        issuer: entry.statement.issuer, role: link.row.role,
                        place: (
                            entry.registeredAtMilliseconds, shares[number].source.origin,
                            link.leafIndex
                        ), stands: fall == nil, part: link.row.part))
            }
        }
        linkCount += links.count
        return links
    }

    /// Refuses what no file may hold, before it is gathered (SPEC §19).
    private func checkSize() throws(Refusal) {
        let entries = shares.map(\.entryCount).max() ?? 0
        let linkBytes = linkCount * Self.leastLinkBytes
        let bytes = shares.reduce(partBytes + linkBytes) { $0 + $1.entryBytes }
        guard entries <= EvidenceLimits.entries, named.count <= EvidenceLimits.parts,
            bytes <= EvidenceLimits.fileBytes
        else { throw Self.tooLarge(entries, named.count, bytes) }
    }

    /// What a link takes in a file at least: its part's digest, its place and its role.
    private static let leastLinkBytes = 40

    private static func tooLarge(_ entries: Int, _ parts: Int, _ bytes: Int) -> Refusal {
        Refusal(
            code: "evidence.too-large", field: "question",
            reason: "the answer rests on \(entries) entries of a log or more, \(parts) parts and "
                + "\(bytes >> 20) MiB; a file holds \(EvidenceLimits.entries), "
                + "\(EvidenceLimits.parts) and \(EvidenceLimits.fileBytes >> 20) MiB: "
                + "ask with scope subject")
    }

    private mutating func part(_ digest: Hash256) throws -> OpenedPart? {
        if let known = opened[digest] { return known }
        var result: OpenedPart?
        let found = try shares.lazy.compactMap { try $0.source.part(digest) }.first
        if let bytes = found {
            let part = try Part.decode(bytes)
            if try shares.contains(where: { try $0.source.permits(reader, part) }) {
                result = OpenedPart(part)
                partBytes += bytes.count
            } else {
                closedBytes[digest] = bytes.count
            }
        }
        opened[digest] = .some(result)
        return result
    }
}

/// What one log gives to evidence.
private struct LogShare {
    let source: any EvidenceSource
    private var entries: [UInt64: Entry] = [:]
    private var chains: [Subject: [LinkPlace]] = [:]
    /// Bytes of the statements that were read.
    private(set) var entryBytes = 0

    /// The statements that were read, by leaf index.
    var statements: [UInt64: UnverifiedStatement] { entries.mapValues(\.statement) }

    /// How many entries were read.
    var entryCount: Int { entries.count }

    init(source: any EvidenceSource) {
        self.source = source
    }

    /// A statement as it was read; links share it.
    final class Entry: Sendable {
        let statement: UnverifiedStatement
        let registeredAtMilliseconds: UInt64
        let manifest: Manifest

        init(_ statement: UnverifiedStatement, at milliseconds: UInt64, _ manifest: Manifest) {
            self.statement = statement
            registeredAtMilliseconds = milliseconds
            self.manifest = manifest
        }
    }

    /// A link, and the statement it belongs to.
    struct ReadLink {
        var entry: Entry
        var leafIndex: UInt64
        var row: Row
    }

    /// Reads the chain of a subject.
    mutating func read(_ subject: Subject, in network: Hash256) throws -> [ReadLink] {
        let places = try source.links(of: subject.key(in: network))
        chains[subject] = places
        return try places.map { place in
            let entry = try entry(at: place.leafIndex)
            return ReadLink(
                entry: entry, leafIndex: place.leafIndex,
                row: try row(place, of: entry.manifest))
        }
    }

    private func row(_ place: LinkPlace, of manifest: Manifest) throws -> Row {
        guard manifest.rows.indices.contains(Int(place.row)) else {
            throw Refusal(
                code: "evidence.row", field: "\(place.leafIndex)", reason: "has no such row")
        }
        return manifest.rows[Int(place.row)]
    }

    private mutating func entry(at index: UInt64) throws -> Entry {
        if let known = entries[index] { return known }
        guard case .statement(let time, let bytes) = try LogEntry.decode(source.entry(at: index))
        else {
            throw Refusal(code: "evidence.entry", field: "\(index)", reason: "is a seal")
        }
        let entry = Entry(
            try UnverifiedStatement.decode(bytes), at: time,
            try Manifest.decode(source.manifest(at: index)))
        entries[index] = entry
        entryBytes += bytes.count
        return entry
    }

    // MARK: The log's share

    /// The log's share of the answer to what is asked, all of it read before.
    func log(_ asked: [Subject], in network: Hash256) throws -> EvidenceLog {
        let last = source.size - 1
        return EvidenceLog(
            origin: source.origin, checkpoint: source.checkpointNote,
            seal: try source.entry(at: last), sealPath: try source.inclusionPath(of: last),
            index: try source.indexProof(for: asked.map { $0.key(in: network) }),
            transitions: try transitions(in: network),
            entries: try includedEntries,
            chains: try evidenceChains(asked))
    }

    private var includedEntries: [IncludedEntry] {
        get throws {
            let sorted = entries.sorted { $0.key < $1.key }
            let paths = try source.inclusionPaths(of: sorted.map(\.key))
            return zip(sorted, paths).map { entry, path in
                // Deterministic CBOR has one encoding: these are the bytes that were read.
                let bytes = LogEntry.statement(
                    registeredAtMilliseconds: entry.value.registeredAtMilliseconds,
                    bytes: entry.value.statement.bytes)
                return IncludedEntry(index: entry.key, bytes: bytes.encoded(), path: path)
            }
        }
    }

    private func included(_ index: UInt64) throws -> IncludedEntry {
        IncludedEntry(
            index: index, bytes: try source.entry(at: index),
            path: try source.inclusionPath(of: index))
    }

    private func evidenceChains(_ asked: [Subject]) throws -> [EvidenceChain] {
        var result: [EvidenceChain] = []
        var trees: [UInt64: LevelledTree] = [:]
        for (number, subject) in asked.enumerated() {
            guard let places = chains[subject], !places.isEmpty else { continue }
            var links: [EvidenceLink] = []
            for place in places {
                guard let entry = entries[place.leafIndex] else { continue }
                let row = try row(place, of: entry.manifest)
                let tree = trees[place.leafIndex] ?? entry.manifest.tree
                trees[place.leafIndex] = tree
                links.append(
                    EvidenceLink(
                        leafIndex: place.leafIndex, row: place.row, part: row.part,
                        role: row.role, path: tree.inclusionProof(of: Int(place.row))))
            }
            result.append(EvidenceChain(asked: number, links: links))
        }
        return result
    }

    /// For each seal that changed the governance head: that seal and the one before it.
    private func transitions(in network: Hash256) throws -> [EvidenceTransition] {
        var result: [EvidenceTransition] = []
        for place in chains[.network(network)] ?? [] where place.leafIndex > 0 {
            guard let before = try source.seal(before: place.leafIndex),
                let after = try source.seal(after: place.leafIndex)
            else { continue }
            if result.last?.after.index == after { continue }
            result.append(
                EvidenceTransition(before: try included(before), after: try included(after)))
        }
        return result
    }
}
