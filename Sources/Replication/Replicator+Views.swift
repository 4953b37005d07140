package import MerkleTrees
package import Notes
import Records

/// A mirror as others are told of it.
package struct MirrorView: Sendable {
    /// The log's name.
    package let origin: String
    /// How many entries are durable.
    package let size: UInt64
    /// The subject index at that size.
    package let index: SubjectIndex
    /// The newest checkpoint kept.
    package let checkpoint: Checkpoint?
    /// Who has cosigned it.
    package let cosigners: [String]
    /// How many entries more a peer has told of.
    package let lag: UInt64
    /// Since when, in milliseconds since the epoch.
    package let laggingSince: UInt64?
    /// Why it is mirrored no further.
    package let stopped: String?
}

extension Replicator {
    /// The mirrors, by origin.
    package var mirrorViews: [MirrorView] {
        mirrors.filter { $0.key != identity.origin }.sorted { $0.key < $1.key }.map {
            origin, mirrored in
            let told = sessions.values.compactMap { $0.heads[origin]?.checkpoint.size }.max() ?? 0
            let size = mirrored.mirror.durableSize
            return MirrorView(
                origin: origin, size: size, index: mirrored.mirror.index,
                checkpoint: mirrored.kept?.checkpoint,
                cosigners: mirrored.kept?.cosigners ?? [], lag: told > size ? told - size : 0,
                laggingSince: told > size ? mirrored.grewAtMilliseconds : nil,
                stopped: mirrored.stopped)
        }
    }

    /// Who has cosigned the own log's newest checkpoint.
    package var ownCosigners: [String] { own?.cosigners ?? [] }

    /// The nodes that have said who they are.
    package var connectedOrigins: Set<String> {
        Set(sessions.values.filter(\.isGreeted).map(\.origin))
    }
}
