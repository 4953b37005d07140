import DeterministicCBOR
package import MerkleTrees
package import Notes

/// Two checkpoints of one log whose trees part at or before the smaller size.
package struct SplitView: Hashable, Sendable {
    /// One of the two: a signed checkpoint, and what its tree was at the size they are compared at.
    package struct Side: Hashable, Sendable {
        /// The checkpoint's note.
        package let note: [UInt8]
        /// The root that its tree had at that size.
        package let root: Hash256
        /// Consistency of that root with the checkpoint's (RFC 6962 §2.1.2); empty at its own size.
        package let proof: [Hash256]

        /// Its checkpoint, unverified, for telling people of it.
        var checkpoint: Checkpoint? {
            (try? SignedNote.parse(note)).flatMap { try? Checkpoint(parsing: $0.text) }
        }

        /// A side.
        package init(note: [UInt8], root: Hash256, proof: [Hash256]) {
            self.note = note
            self.root = root
            self.proof = proof
        }
    }

    /// The log's name.
    package let origin: String
    /// The size at which the roots differ.
    package let size: UInt64
    /// The two sides, sorted by their roots' bytes.
    package let sides: [Side]

    /// The split between two sides.
    package init(origin: String, size: UInt64, _ first: Side, _ second: Side) {
        self.origin = origin
        self.size = size
        sides = first.root < second.root ? [first, second] : [second, first]
    }

    func check(under governance: GovernanceState) throws(Refusal) {
        for (number, side) in sides.enumerated() {
            try side.check(origin: origin, size: size, under: governance, field: "sides[\(number)]")
        }
        guard sides[0].root != sides[1].root else {
            throw Alarm.refusal("alarm.unproven", "sides", "both sides have one root")
        }
    }

    // MARK: Bytes

    var cbor: CBORValue {
        .array([
            .text(origin), .unsigned(size),
            .array(sides.map(\.cbor)),
        ])
    }

    init(_ value: CBORValue, _ shape: ShapeReader) throws(Refusal) {
        let items = try shape.tuple(value, 3, "alarm.fork")
        origin = try shape.text(items[0], 1...Limits.originBytes, "alarm.origin")
        size = try shape.unsigned(items[1], "alarm.size")
        var sides: [Side] = []
        for item in try shape.tuple(items[2], 2, "alarm.sides") {
            sides.append(try Side(item, shape, "alarm.sides"))
        }
        try shape.requireAscending(sides, "alarm.sides") { $0.root < $1.root }
        self.sides = sides
    }
}

extension SplitView.Side {
    /// Checks that the log signed the checkpoint, and that its tree had this root at a size.
    func check(
        origin: String, size: UInt64, under governance: GovernanceState, field: String
    ) throws(Refusal) {
        let checkpoint = try SignedCheckpoint.verified(
            note, origin: origin, under: governance, field: "alarm.\(field).note")
        do {
            try TreeProofs.checkConsistency(
                oldSize: size, oldRoot: root, newSize: checkpoint.size,
                newRoot: checkpoint.root, proof: proof)
        } catch {
            throw Alarm.refusal("alarm.unproven", "\(field).proof", error.reason)
        }
    }

    var cbor: CBORValue { .array([.bytes(note), .bytes(root.bytes), proof.cbor]) }

    init(_ value: CBORValue, _ shape: ShapeReader, _ field: String) throws(Refusal) {
        let members = try shape.tuple(value, 3, field)
        self.init(
            note: try shape.bytes(members[0], "\(field).note"),
            root: try shape.hash(members[1], "\(field).root"),
            proof: try shape.path(members[2], "\(field).proof"))
    }
}

/// A checkpoint whose log signature was checked.
package enum SignedCheckpoint {
    /// The checkpoint of a note that the log's key in force at its size has signed.
    ///
    /// - Parameters:
    ///   - note: the signed note; lines of unknown keys are ignored.
    ///   - origin: the log whose it must be.
    ///   - governance: tells the log's keys.
    ///   - field: what refusals call it.
    /// - Returns: what it says.
    /// - Throws: `checkpoint.invalid`.
    package static func verified(
        _ note: [UInt8], origin: String, under governance: GovernanceState, field: String
    ) throws(Refusal) -> Checkpoint {
        do {
            let signed = try SignedNote.parse(note)
            let checkpoint = try Checkpoint(parsing: signed.text)
            guard checkpoint.origin.utf8.elementsEqual(origin.utf8), checkpoint.extensions.isEmpty
            else {
                throw Refusal(
                    code: "checkpoint.invalid", field: field,
                    reason: "it is no plain checkpoint of \(origin)")
            }
            let key = governance.logVerifier(origin: origin, size: checkpoint.size)
            guard let key else {
                throw Refusal(
                    code: "checkpoint.invalid", field: field,
                    reason: "the network knows no log \(origin)")
            }
            _ = try signed.verify(known: [key])
            return checkpoint
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(code: "checkpoint.invalid", field: field, reason: "\(error)")
        }
    }
}

extension [Hash256] {
    /// A proof as CBOR.
    var cbor: CBORValue { .array(map { .bytes($0.bytes) }) }
}

extension ShapeReader {
    /// The hashes of a proof about a tree.
    func path(_ value: CBORValue, _ field: String) throws(Refusal) -> [Hash256] {
        var hashes: [Hash256] = []
        for item in try list(value, 0...Limits.proofHashes, field) {
            hashes.append(try hash(item, field))
        }
        return hashes
    }
}
