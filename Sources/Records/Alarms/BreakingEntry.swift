import DeterministicCBOR
import MerkleTrees

/// An entry of a log that may not stand in any (SPEC §14, rules 1 and 2): it cannot be read, or
/// governance refuses its statement.
///
/// What governance was is shown by the seals around it: the later one names the earlier one as the
/// seal before it. A log in which another seal stands between them lies there.
package struct BreakingEntry: Hashable, Sendable {
    /// The log's name.
    package let origin: String
    /// The size of the tree in which all is proven.
    package let size: UInt64
    /// A checkpoint, and what its tree was at that size.
    package let side: SplitView.Side
    /// The entry.
    package let entry: ProvenEntry
    /// The seal before it and the seal after it; none for one that cannot be read.
    package let seals: [ProvenEntry]

    /// An entry, with the seals around it unless it cannot be read.
    package init(
        origin: String, size: UInt64, _ side: SplitView.Side, _ entry: ProvenEntry,
        seals: [ProvenEntry]
    ) {
        self.origin = origin
        self.size = size
        self.side = side
        self.entry = entry
        self.seals = seals
    }

    /// Checks the whole proof.
    ///
    /// - Parameters:
    ///   - governance: under which the checkpoint's signature is checked.
    ///   - before: that of the seal before the entry.
    /// - Throws: `alarm.unproven`, or what refuses the checkpoint or a seal: it proves nothing.
    func check(
        under governance: GovernanceState, before: GovernanceState
    ) throws(Refusal) {
        try side.check(origin: origin, size: size, under: governance, field: "checkpoint")
        for proven in [entry] + seals {
            try proven.check(in: size, root: side.root, field: "entry")
        }
        guard let (time, statement) = try Self.statement(in: entry.bytes) else { return }
        guard seals.count == 2, seals[0].index < entry.index, entry.index < seals[1].index,
            case .seal(let first) = try LogEntry.decode(seals[0].bytes),
            case .seal(let next) = try LogEntry.decode(seals[1].bytes),
            next.previous == TreeHash.leaf(seals[0].bytes)
        else {
            throw Alarm.refusal(
                "alarm.unproven", "seals", "they are not the seals before and after the entry")
        }
        guard first.governanceHead == before.head else {
            throw Alarm.refusal(
                "alarm.unproven", "seals", "the amendments do not lead to the seal's governance")
        }
        guard (try? before.verify(statement, registeredAtMilliseconds: time)) == nil else {
            throw Alarm.refusal("alarm.unproven", "entry", "governance allows the statement")
        }
    }

    /// The statement of an entry that can be read; nil too for a seal that cannot.
    private static func statement(
        in bytes: [UInt8]
    ) throws(Refusal) -> (time: UInt64, statement: UnverifiedStatement)? {
        guard let entry = try? LogEntry.decode(bytes) else { return nil }
        switch entry {
        case .seal: throw Alarm.refusal("alarm.unproven", "entry", "a seal can be read")
        case .statement(let time, let bytes):
            guard let statement = try? UnverifiedStatement.decode(bytes) else { return nil }
            return (time, statement)
        }
    }

    // MARK: Bytes

    var cbor: CBORValue {
        .array([
            .text(origin), .unsigned(size), side.cbor, entry.cbor, .array(seals.map(\.cbor)),
        ])
    }

    init(_ value: CBORValue, _ shape: ShapeReader) throws(Refusal) {
        let items = try shape.tuple(value, 5, "alarm.entry")
        origin = try shape.text(items[0], 1...Limits.originBytes, "alarm.origin")
        size = try shape.unsigned(items[1], "alarm.size")
        side = try SplitView.Side(items[2], shape, "alarm.checkpoint")
        entry = try ProvenEntry(items[3], shape, "alarm.entry")
        var seals: [ProvenEntry] = []
        for item in try shape.list(items[4], 0...2, "alarm.seals") {
            seals.append(try ProvenEntry(item, shape, "alarm.seals"))
        }
        guard seals.count != 1 else { throw shape.refusal("alarm.seals", "there are two or none") }
        self.seals = seals
    }
}
