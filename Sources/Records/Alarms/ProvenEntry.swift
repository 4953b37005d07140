import DeterministicCBOR
package import MerkleTrees

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
        try check(in: size, root: root, field: field)
        return try LogEntry.decode(bytes)
    }

    /// Checks that the entry is in a tree.
    func check(in size: UInt64, root: Hash256, field: String) throws(Refusal) {
        do {
            try TreeProofs.checkInclusion(
                leaf: TreeHash.leaf(bytes), index: index, size: size, root: root, proof: path)
        } catch {
            throw Alarm.refusal("alarm.unproven", field, error.reason)
        }
    }
}

/// Two entries of one log that may not both stand in it (SPEC §14, rules 2 and 4).
package struct ContradictingEntries: Hashable, Sendable {
    /// The log's name.
    package let origin: String
    /// The size of the tree in which both are proven.
    package let size: UInt64
    /// A checkpoint, and what its tree was at that size.
    package let side: SplitView.Side
    /// The two, by their place.
    package let entries: [ProvenEntry]

    /// Two entries, the earlier one first.
    package init(
        origin: String, size: UInt64, _ side: SplitView.Side, _ first: ProvenEntry,
        _ second: ProvenEntry
    ) {
        self.origin = origin
        self.size = size
        self.side = side
        entries = [first, second]
    }

    func check(under governance: GovernanceState) throws(Refusal) {
        try side.check(origin: origin, size: size, under: governance, field: "checkpoint")
        var read: [LogEntry] = []
        for entry in entries {
            read.append(try entry.read(in: size, root: side.root, field: "entries"))
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
        .array([.text(origin), .unsigned(size), side.cbor, .array(entries.map(\.cbor))])
    }

    init(_ value: CBORValue, _ shape: ShapeReader) throws(Refusal) {
        let items = try shape.tuple(value, 4, "alarm.entries")
        origin = try shape.text(items[0], 1...Limits.originBytes, "alarm.origin")
        size = try shape.unsigned(items[1], "alarm.size")
        side = try SplitView.Side(items[2], shape, "alarm.checkpoint")
        var entries: [ProvenEntry] = []
        for item in try shape.tuple(items[3], 2, "alarm.entries") {
            entries.append(try ProvenEntry(item, shape, "alarm.entries"))
        }
        try shape.requireAscending(entries, "alarm.entries") { $0.index < $1.index }
        self.entries = entries
    }
}
