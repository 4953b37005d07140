package import MerkleTrees
package import Records
package import Sequencing

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
    /// The largest size of the own log that its node once signed and found missing; 0 if none.
    func lostSize() throws -> UInt64
    /// Remembers that the own log was once as large.
    func note(lostSize size: UInt64) throws
    /// Keeps why a log is mirrored no further; with nil it is again.
    func keep(stop: MirrorStop?, of origin: String) throws
    /// Why a log is mirrored no further; nil if it is.
    func stop(of origin: String) throws -> MirrorStop?
    /// Keeps an alarm for ever.
    func keep(alarm: Alarm) throws
    /// The alarms kept, in the order in which they came.
    func alarms() throws -> [Alarm]
}
