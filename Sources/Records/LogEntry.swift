import DeterministicCBOR
package import MerkleTrees

/// One leaf of a log: a statement as registered, or a seal (SPEC §10).
package enum LogEntry: Hashable, Sendable {
    /// A statement, with the time at which this log took it.
    case statement(registeredAtMilliseconds: UInt64, bytes: [UInt8])
    /// The end of a group of statements.
    case seal(Seal)

    /// The entry as CBOR: the data of its leaf.
    package func encoded() -> [UInt8] {
        switch self {
        case .statement(let registeredAt, let bytes):
            CBORValue.array([.unsigned(0), .unsigned(registeredAt), .bytes(bytes)]).encoded()
        case .seal(let seal): seal.cbor.encoded()
        }
    }

    /// `H(0x00 ‖ entry)`.
    package var leafHash: Hash256 { TreeHash.leaf(encoded()) }

    /// Whether this is a seal.
    package var isSeal: Bool {
        if case .seal = self { true } else { false }
    }

    /// When the log took or made this entry, in milliseconds since the epoch.
    package var timeMilliseconds: UInt64 {
        switch self {
        case .statement(let registeredAt, _): registeredAt
        case .seal(let seal): seal.sealedAtMilliseconds
        }
    }

    /// Reads an entry, or refuses it with `cbor.*` or `entry.format`.
    ///
    /// The statement inside is not read: it may still be refused.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> LogEntry {
        let shape = ShapeReader(code: "entry.format")
        let value = try shape.decode(bytes, limit: Limits.entryBytes, "entry")
        guard case .array(let items) = value, let kind = items.first else {
            throw shape.refusal("entry", "an entry is an array")
        }
        switch (kind, items.count) {
        case (.unsigned(0), 3):
            let registeredAt = try shape.time(items[1], "entry.registeredAt")
            let statement = try shape.bytes(items[2], "entry.statement")
            guard statement.count <= Limits.statementBytes else {
                throw shape.refusal(
                    "entry.statement",
                    "a statement is at most \(Limits.statementBytes) bytes")
            }
            return .statement(registeredAtMilliseconds: registeredAt, bytes: statement)
        case (.unsigned(1), 7): return .seal(try Seal(items))
        default: throw shape.refusal("entry", "an entry is a statement (0) or a seal (1)")
        }
    }
}
