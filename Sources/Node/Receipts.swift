import DeterministicCBOR
import MerkleTrees
import Notes
import Records
import Sequencing
import Signatures
import Storage

/// Makes the receipts of registered statements (SPEC §12).
///
/// A receipt proves its entry in the tree of the first seal after it that a quorum has cosigned, so
/// that the same statement always has the same receipt once it is final; before, of the first one.
struct Receipts: Sendable {
    /// The log's name.
    let origin: String
    /// The network's id.
    let network: Hash256
    /// The log's key, for COSE receipts.
    let logKey: SigningKey
    /// How many cosignatures make a checkpoint final.
    let quorum: @Sendable () -> UInt64
    /// How many seals are looked at for one that a quorum has cosigned.
    private static let sealsLookedAt = 1_024

    /// A statement's entry, and where it stands in the tree of the next seal.
    private struct Place {
        var entry: [UInt8]
        var index: UInt64
        var size: UInt64
        var path: [Hash256]
        var checkpoint: [UInt8]
    }

    /// The receipt of the statement at a leaf, as C2SP tlog-proof text.
    ///
    /// - Throws: what the ledger throws.
    func logProof(at index: UInt64, in store: LedgerStore) throws -> [UInt8] {
        let place = try place(at: index, in: store)
        return try LogProof(
            index: place.index, proof: place.path, extra: place.entry,
            checkpoint: try SignedNote.parse(place.checkpoint)
        ).serialized()
    }

    /// The receipt of the statement at a leaf, as RFC 9942 COSE.
    ///
    /// - Throws: what the ledger throws.
    func cose(at index: UInt64, in store: LedgerStore) throws -> [UInt8] {
        let place = try place(at: index, in: store)
        let root = try Checkpoint(parsing: try SignedNote.parse(place.checkpoint).text).root
        let network = Subject.network(network).uri
        let protected = CBORValue.map([
            CBORPair(CoseLabel.algorithm, .integer(logKey.algorithm.identifier)),
            CBORPair(CoseLabel.keyID, .bytes(logKey.publicKey.thumbprint.bytes)),
            CBORPair(
                CoseLabel.cwtClaims,
                .map([CBORPair(1, .text(origin)), CBORPair(2, .text(network))])),
            CBORPair(CoseLabel.verifiableDataStructure, .unsigned(1)),
            CBORPair(Self.treeSizeLabel, .unsigned(place.size)),
        ])
        let proof = CBORValue.array([
            .unsigned(place.size), .unsigned(place.index),
            .array(place.path.map { .bytes($0.bytes) }),
        ]).encoded()
        let unprotected = CBORValue.map([
            CBORPair(
                CoseLabel.verifiableDataProofs,
                .map([CBORPair(-1, .array([.bytes(proof)]))])),
            CBORPair(Self.entryLabel, .bytes(place.entry)),
        ])
        return try CoseSign1.sign(
            protected: protected, unprotected: unprotected, payload: root.bytes, detached: true,
            by: logKey
        ).encoded()
    }

    private static let treeSizeLabel: Int64 = -65_537
    private static let entryLabel: Int64 = -65_538

    /// The seal whose checkpoint the receipt shows.
    private func seal(after index: UInt64, in store: LedgerStore) throws -> UInt64? {
        let needed = quorum()
        var first: UInt64?
        var next = try store.seal(atOrAfter: index)
        for _ in 0..<Self.sealsLookedAt {
            guard let seal = next else { break }
            // What was recovered from peers has the checkpoints that they had.
            if let note = try store.checkpoint(ofSeal: seal) {
                guard needed > 0 else { return seal }
                first = first ?? seal
                // Only lines that verify are kept under the log's own.
                if try SignedNote.parse(note).signatures.count > needed { return seal }
            }
            next = try store.seal(atOrAfter: seal + 1)
        }
        return first
    }

    private func place(at index: UInt64, in store: LedgerStore) throws -> Place {
        guard let entry = try store.entry(at: index),
            let seal = try seal(after: index, in: store),
            let checkpoint = try store.checkpoint(ofSeal: seal)
        else {
            throw NodeError.failure(
                "log.damaged", "entry \(index) has no seal with a checkpoint; run cairn check")
        }
        let path = try TreeReader(tiles: store, size: seal + 1).inclusionProof(of: index)
        return Place(
            entry: entry, index: index, size: seal + 1, path: path, checkpoint: checkpoint)
    }
}

/// The keys of a log as COSE keys (RFC 9052 §7).
enum KeyDocuments {
    /// A key with its thumbprint as `kid`.
    static func value(_ key: VerificationKey) throws -> CBORValue {
        let value = try CBORValue.decode(key.coseKey)
        return .map((value.asPairs ?? []) + [CBORPair(2, .bytes(key.thumbprint.bytes))])
    }

    /// A COSE Key Set.
    static func set(_ keys: [VerificationKey]) throws -> [UInt8] {
        CBORValue.array(try keys.map(value)).encoded()
    }
}
