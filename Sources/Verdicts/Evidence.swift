package import MerkleTrees
package import Records

/// How far a question reaches.
package enum EvidenceScope: UInt64, CaseIterable, Hashable, Sendable {
    /// The subject's own chains, who spoke in them, and the credentials named there.
    case subject = 0
    /// Everything upstream too: inputs, containers, sites, parties, products.
    case upstream = 1
}

/// What an evidence file answers.
package struct EvidenceQuestion: Hashable, Sendable {
    /// The canonical URI asked about.
    package var uri: String
    /// How far.
    package var scope: EvidenceScope

    /// Makes a question about a canonical URI.
    package init(uri: String, scope: EvidenceScope) {
        self.uri = uri
        self.scope = scope
    }
}

/// An entry of a log with its place and inclusion path.
package struct IncludedEntry: Hashable, Sendable {
    /// Its leaf index.
    package var index: UInt64
    /// Its bytes.
    package var bytes: [UInt8]
    /// RFC 6962 inclusion path to the checkpoint's root.
    package var path: [Hash256]

    /// Makes an included entry.
    package init(index: UInt64, bytes: [UInt8], path: [Hash256]) {
        self.index = index
        self.bytes = bytes
        self.path = path
    }
}

/// The two seals between which the log's governance changed.
package struct EvidenceTransition: Hashable, Sendable {
    /// The last seal under the head before.
    package var before: IncludedEntry
    /// The seal that brought in the change.
    package var after: IncludedEntry

    /// Makes a transition.
    package init(before: IncludedEntry, after: IncludedEntry) {
        self.before = before
        self.after = after
    }
}

/// One link of a subject chain: a row of an entry's manifest, with its path to the manifest root.
package struct EvidenceLink: Hashable, Sendable {
    /// The entry's leaf index.
    package var leafIndex: UInt64
    /// The row's number in its manifest.
    package var row: UInt32
    /// The part the row names.
    package var part: Hash256
    /// The part's role for this subject.
    package var role: Role
    /// Inclusion path of the row in the manifest.
    package var path: [Hash256]

    /// Makes a link.
    package init(leafIndex: UInt64, row: UInt32, part: Hash256, role: Role, path: [Hash256]) {
        self.leafIndex = leafIndex
        self.row = row
        self.part = part
        self.role = role
        self.path = path
    }
}

/// The whole chain of one asked subject in one log.
package struct EvidenceChain: Hashable, Sendable {
    /// Which of the asked subjects.
    package var asked: Int
    /// Its links from the first on.
    package var links: [EvidenceLink]

    /// Makes a chain.
    package init(asked: Int, links: [EvidenceLink]) {
        self.asked = asked
        self.links = links
    }
}

/// What one log says about all the subjects asked.
package struct EvidenceLog: Hashable, Sendable {
    /// The log's origin.
    package var origin: String
    /// Its checkpoint: a signed note.
    package var checkpoint: String
    /// The checkpoint's last leaf, a seal.
    package var seal: [UInt8]
    /// The seal's inclusion path.
    package var sealPath: [Hash256]
    /// Presence or absence of every asked subject.
    package var index: IndexProof
    /// Where its governance changed.
    package var transitions: [EvidenceTransition]
    /// The entries that the chains' links stand in, ascending.
    package var entries: [IncludedEntry]
    /// The chains of the subjects that are present, ascending.
    package var chains: [EvidenceChain]

    /// Makes a log's share of the evidence.
    package init(
        origin: String, checkpoint: String, seal: [UInt8], sealPath: [Hash256],
        index: IndexProof, transitions: [EvidenceTransition], entries: [IncludedEntry],
        chains: [EvidenceChain]
    ) {
        self.origin = origin
        self.checkpoint = checkpoint
        self.seal = seal
        self.sealPath = sealPath
        self.index = index
        self.transitions = transitions
        self.entries = entries
        self.chains = chains
    }
}

/// A self-contained file that proves what a network's logs hold about a subject (SPEC §15).
///
/// Nothing in it is trusted: `EvidenceVerifier` binds every byte to the genesis file.
package struct Evidence: Hashable, Sendable {
    /// The format this code reads and writes.
    package static let version = "cairn-evidence-1"

    /// The network.
    package var network: Hash256
    /// What was asked.
    package var question: EvidenceQuestion
    /// Every subject that the answer rests on, sorted.
    package var asked: [Subject]
    /// The logs consulted, by origin.
    package var logs: [EvidenceLog]
    /// The parts that may be seen, as signed, by digest.
    package var parts: [[UInt8]]
    /// Digests of the parts that are withheld or erased, sorted.
    package var stubs: [Hash256]
    /// Alarms that bear on the network's logs and governance, by digest.
    package var alarms: [[UInt8]]

    /// Makes evidence.
    package init(
        network: Hash256, question: EvidenceQuestion, asked: [Subject], logs: [EvidenceLog],
        parts: [[UInt8]], stubs: [Hash256], alarms: [[UInt8]] = []
    ) {
        self.network = network
        self.question = question
        self.asked = asked
        self.logs = logs
        self.parts = parts
        self.stubs = stubs
        self.alarms = alarms
    }
}
