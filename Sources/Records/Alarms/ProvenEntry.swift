import DeterministicCBOR
package import MerkleTrees
import Notes

/// An entry with its place in the tree of a checkpoint.
package struct ProvenEntry: Hashable, Sendable {
    /// Its leaf index.
    package let index: UInt64
    /// Its bytes.
    package let bytes: [UInt8]
    /// RFC 6962 inclusion path.
    package let path: [Hash256]

    /// An entry at its place.
    package init(index: UInt64, bytes: [UInt8], path: [Hash256]) {
        self.index = index
        self.bytes = bytes
        self.path = path
    }

    var cbor: CBORValue { .array([.unsigned(index), .bytes(bytes), path.cbor]) }

    init(_ value: CBORValue, _ shape: ShapeReader, _ field: String) throws(Refusal) {
        let items = try shape.tuple(value, 3, field)
        index = try shape.unsigned(items[0], "\(field).index")
        bytes = try shape.bytes(items[1], "\(field).entry")
        path = try shape.path(items[2], "\(field).path")
    }

    /// Checks that the entry is in a tree, and reads it.
    func read(in size: UInt64, root: Hash256, field: String) throws(Refusal) -> LogEntry {
        do {
            try TreeProofs.checkInclusion(
                leaf: TreeHash.leaf(bytes), index: index, size: size, root: root, proof: path)
        } catch {
            throw Alarm.refusal("alarm.unproven", field, error.reason)
        }
        return try LogEntry.decode(bytes)
    }
}

/// Two entries of one log that may not both stand in it (SPEC §14, rules 2 and 4).
package struct ContradictingEntries: Hashable, Sendable {
    /// The log's name.
    package let origin: String
    /// The checkpoint whose tree holds both.
    package let note: [UInt8]
    /// The two, by their place.
    package let entries: [ProvenEntry]

    /// Two entries, the earlier one first.
    package init(origin: String, note: [UInt8], _ first: ProvenEntry, _ second: ProvenEntry) {
        self.origin = origin
        self.note = note
        entries = [first, second]
    }

    func check(under governance: GovernanceState) throws(Refusal) {
        let checkpoint = try SignedCheckpoint.verified(
            note, origin: origin, under: governance, field: "alarm.note")
        var read: [LogEntry] = []
        for entry in entries {
            read.append(
                try entry.read(in: checkpoint.size, root: checkpoint.root, field: "entries"))
        }
        if read[0].timeMilliseconds > read[1].timeMilliseconds { return }
        if case .statement(_, let first) = read[0], case .statement(_, let second) = read[1],
            try UnverifiedStatement.decode(first).id == UnverifiedStatement.decode(second).id
        {
            return
        }
        throw Alarm.refusal(
            "alarm.unproven", "entries",
            "time does not go back between them, and they register two statements")
    }

    // MARK: Bytes

    var cbor: CBORValue {
        .array([.text(origin), .bytes(note), .array(entries.map(\.cbor))])
    }

    init(_ value: CBORValue, _ shape: ShapeReader) throws(Refusal) {
        let items = try shape.tuple(value, 3, "alarm.entries")
        origin = try shape.text(items[0], 1...Limits.originBytes, "alarm.origin")
        note = try shape.bytes(items[1], "alarm.note")
        var entries: [ProvenEntry] = []
        for item in try shape.tuple(items[2], 2, "alarm.entries") {
            entries.append(try ProvenEntry(item, shape, "alarm.entries"))
        }
        try shape.requireAscending(entries, "alarm.entries") { $0.index < $1.index }
        self.entries = entries
    }
}
