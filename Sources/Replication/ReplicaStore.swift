package import MerkleTrees
package import Records
package import Sequencing

/// A checkpoint of a node's own log that others have and its ledger does not reach (SPEC §25.6).
package struct Loss: Hashable, Sendable {
    /// The checkpoint's size.
    package let size: UInt64
    /// How often governance, as the node knew it then, had given the log another key: one of those
    /// keys has signed it.
    package let keyChanges: Int

    /// A loss.
    package init(size: UInt64, keyChanges: Int) {
        self.size = size
        self.keyChanges = keyChanges
    }
}

extension [Loss] {
    /// The size of the greatest that is not void for a log with these keys; 0 if there is none.
    package func greatestSize(under keys: LogKeyHistory?) -> UInt64 {
        filter { !(keys?.isVoid(size: $0.size, after: $0.keyChanges) ?? false) }
            .map(\.size).max() ?? 0
    }
}

/// Where a node keeps its own log and its mirrors of others': one ledger for each (SPEC §25.3).
///
/// Used from one thread at a time. Whatever a method wrote is durable when it returns; any error is
/// fatal to the replicator, which acknowledges nothing of it and is taken up anew from the store.
package protocol ReplicaStore {
    /// What reads one log's ledger.
    associatedtype Reader: LedgerReader

    /// Reads a log's ledger as it stands; that of a log never mirrored is empty.
    func read<Value>(_ origin: String, _ body: (Reader) throws -> Value) throws -> Value
    /// Reads a log's ledger, and makes durable the groups that follow from it, all of them or none;
    /// the log is a mirror, or the own one as far as it was lost.
    ///
    /// - Returns: what `body` gives beside the groups.
    func extend<Outcome>(
        _ origin: String, _ body: (Reader) throws -> (groups: [GroupToCommit], outcome: Outcome)
    ) throws -> Outcome
    /// Keeps a checkpoint's note in place of the one kept for its seal: it has more cosignatures,
    /// or none was kept.
    func keep(checkpoint note: [UInt8], ofSeal index: UInt64, of origin: String) throws
    /// Keeps parts that were absent from a ledger; their digests are named there.
    func supply(_ parts: [Part], to origin: String) throws
    /// Parts that a log names and that are not here, neither erased there, in order of their
    /// place: the first `limit` after a place.
    func absentParts(of origin: String, after number: Int64, limit: Int) throws
        -> [(number: Int64, digest: Hash256)]
    /// Forgets a mirror: governance gave its log another key at a place before its end, and what
    /// stood behind is void.
    func drop(mirror origin: String) throws
    /// What the own log's node once signed, by all appearances, and found missing; by size.
    func losses() throws -> [Loss]
    /// Remembers that the own log was once as large, in place of smaller losses under the same key
    /// and of one of the same size.
    func keep(loss: Loss) throws
    /// Keeps why a log is mirrored no further; with nil it is again.
    func keep(stop: MirrorStop?, of origin: String) throws
    /// Why a log is mirrored no further; nil if it is.
    func stop(of origin: String) throws -> MirrorStop?
    /// Keeps an alarm for ever.
    func keep(alarm: Alarm) throws
    /// The alarms kept, in the order in which they came.
    func alarms() throws -> [Alarm]
}
