import MerkleTrees
package import Notes
import Records

/// What a log acknowledged to someone who kept it: a checkpoint, or a receipt with the checkpoint
/// that its entry is in (SPEC §12).
///
/// A ledger whose end was cut off is sound by itself; only what is kept elsewhere shows the loss.
package struct Acknowledgement: Hashable, Sendable {
    /// The checkpoint as the log signed it; not verified yet.
    package let note: SignedNote
    /// What it says.
    package let checkpoint: Checkpoint
    /// The leaf of the receipt's entry; nil for a checkpoint alone.
    package let leafIndex: UInt64?

    /// Reads a checkpoint.
    ///
    /// - Throws: `note.*`.
    package init(checkpoint bytes: [UInt8]) throws(NoteError) {
        note = try SignedNote.parse(bytes)
        checkpoint = try Checkpoint(parsing: note.text)
        leafIndex = nil
    }

    /// Reads a receipt, a C2SP tlog-proof whose extra data is the entry, and checks its path.
    ///
    /// - Throws: `note.*`, also where the entry is not in the tree of the checkpoint.
    package init(receipt bytes: [UInt8]) throws(NoteError) {
        let receipt = try LogProof.parse(bytes)
        guard let entry = receipt.extra else {
            throw NoteError(code: "note.proof", reason: "the receipt does not hold its entry")
        }
        note = receipt.checkpoint
        checkpoint = try Checkpoint(parsing: note.text)
        leafIndex = receipt.index
        do {
            try TreeProofs.checkInclusion(
                leaf: TreeHash.leaf(entry), index: receipt.index, size: checkpoint.size,
                root: checkpoint.root, proof: receipt.proof)
        } catch {
            throw NoteError(
                code: "note.proof", reason: "the receipt does not prove its entry: \(error.reason)")
        }
    }
}

/// A recomputed log, as far as acknowledgements are compared with it.
struct RecomputedLog {
    /// Its name.
    var origin: String
    /// Its governance at its end.
    var governance: GovernanceState
    /// How many entries were recomputed.
    var size: UInt64
    /// The roots at the sizes asked for.
    var roots: [UInt64: Hash256]

    /// Why a log does not hold what it acknowledged, or nil if it does.
    ///
    /// That the root at the checkpoint's size is the same says that every entry before it is.
    func objection(to acknowledged: Acknowledgement) -> String? {
        let checkpoint = acknowledged.checkpoint
        guard checkpoint.origin.utf8.elementsEqual(origin.utf8) else {
            return "it is of log \(checkpoint.origin), not of \(origin)"
        }
        let verifier = governance.logVerifier(origin: origin, size: checkpoint.size)
        do {
            _ = try acknowledged.note.verify(known: verifier.map { [$0] } ?? [])
        } catch {
            return "the log's key did not sign it: \(error.reason)"
        }
        let what =
            acknowledged.leafIndex.map { "entry \($0) was acknowledged" }
            ?? "\(checkpoint.size) entries were acknowledged"
        guard checkpoint.size <= size else {
            return "\(what) in a log of \(checkpoint.size) entries, and this one has \(size): "
                + "what was acknowledged is missing"
        }
        guard roots[checkpoint.size] == checkpoint.root else {
            return "\(what), and the log has another root at size \(checkpoint.size): what was "
                + "acknowledged is missing"
        }
        return nil
    }
}
