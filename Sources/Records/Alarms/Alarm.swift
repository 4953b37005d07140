import DeterministicCBOR
package import MerkleTrees
package import Notes

/// Proof, alone and offline, that whoever keeps a log or governs the network broke a promise
/// (SPEC §25.5).
///
/// A value is well formed, not verified: ``accused(under:)`` gives whom it convicts. It carries the
/// amendments from genesis on that its signatures need, so that the genesis file is enough.
package struct Alarm: Hashable, Sendable {
    /// What is proven.
    package enum Kind: Hashable, Sendable {
        /// Two checkpoints of one log that no log can both have: at one size their trees have
        /// different roots.
        case fork(SplitView)
        /// Two amendments of one number, each signed by the threshold.
        case amendments([UInt8], [UInt8])
        /// Two entries of one log that may not both stand in it: the later one's time is before the
        /// earlier one's, or both register one statement.
        case entries(ContradictingEntries)
        /// An entry that may stand in no log: it cannot be read, or governance refused its
        /// statement.
        case entry(BreakingEntry)
    }

    /// The network.
    package let network: Hash256
    /// The contents of the amendments that follow genesis, as far as they are needed.
    package let amendments: [[UInt8]]
    /// What is proven.
    package let kind: Kind

    static let version = "cairn-alarm-1"

    /// An alarm; ``accused(under:)`` says whether it proves anything.
    package init(network: Hash256, amendments: [[UInt8]], kind: Kind) {
        self.network = network
        self.amendments = amendments
        self.kind = kind
    }

    /// Whom an alarm convicts.
    package enum Accused: Hashable, Sendable {
        /// Who keeps the log of this origin.
        case log(String)
        /// The network's governors.
        case governors
    }

    /// What identifies the alarm.
    package var digest: Hash256 { Self.digest(of: encoded()) }

    /// What identifies an alarm of these bytes.
    package static func digest(of bytes: [UInt8]) -> Hash256 {
        Hash256.sha256(Domain.alarm, bytes)
    }

    /// The origin of the log it is about; nil for one about governance.
    package var origin: String? {
        switch kind {
        case .fork(let view): view.origin
        case .amendments: nil
        case .entries(let entries): entries.origin
        case .entry(let entry): entry.origin
        }
    }

    /// The name of its kind, as answers tell it.
    package var kindName: String {
        switch kind {
        case .fork: "fork"
        case .amendments: "amendments"
        case .entries: "entries"
        case .entry: "entry"
        }
    }

    /// The log's checkpoints that show it, unverified, for telling people of them.
    package var checkpoints: [Checkpoint] {
        switch kind {
        case .fork(let view): view.sides.compactMap(\.checkpoint)
        case .amendments: []
        case .entries(let entries): [entries.side].compactMap(\.checkpoint)
        case .entry(let entry): [entry.side].compactMap(\.checkpoint)
        }
    }

    /// Checks the whole proof.
    ///
    /// - Parameters:
    ///   - genesis: the governance of the genesis file.
    ///   - newest: the newest governance known: a key that the log has given up since convicts
    ///     nobody above the size at which it did.
    /// - Returns: whom it convicts.
    /// - Throws: `alarm.*`, or what refuses an amendment: it proves nothing.
    package func accused(
        under genesis: GovernanceState, newest: GovernanceState? = nil
    ) throws(Refusal) -> Accused {
        guard genesis.network == network else {
            throw Self.refusal("alarm.network", "network", "it is about another network")
        }
        var governance = genesis
        for content in amendments { governance = try governance.applying(content) }
        let before = governance
        if let newest, newest.network == network, newest.seq > governance.seq {
            governance = newest
        }
        switch kind {
        case .fork(let view):
            try view.check(under: governance)
            return .log(view.origin)
        case .amendments(let first, let second):
            let (one, other) = (
                try before.applying(first), try before.applying(second)
            )
            guard one.head != other.head else {
                throw Self.refusal("alarm.unproven", "amendments", "the amendments are one")
            }
            return .governors
        case .entries(let entries):
            try entries.check(under: governance)
            return .log(entries.origin)
        case .entry(let entry):
            try entry.check(under: governance, before: before)
            return .log(entry.origin)
        }
    }

    static func refusal(_ code: String, _ field: String, _ reason: String) -> Refusal {
        Refusal(code: code, field: "alarm.\(field)", reason: reason)
    }

    // MARK: Bytes

    /// The alarm as a file.
    package func encoded() -> [UInt8] {
        CBORValue.array([
            .text(Self.version), .bytes(network.bytes),
            .array(amendments.map { .bytes($0) }), kindCBOR,
        ]).encoded()
    }

    private var kindCBOR: CBORValue {
        switch kind {
        case .fork(let view): .array([.unsigned(0), view.cbor])
        case .amendments(let first, let second):
            .array([.unsigned(1), .array([.bytes(first), .bytes(second)])])
        case .entries(let entries): .array([.unsigned(2), entries.cbor])
        case .entry(let entry): .array([.unsigned(3), entry.cbor])
        }
    }

    /// Reads an alarm.
    ///
    /// - Throws: `cbor.*` or `alarm.format`.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> Alarm {
        let shape = ShapeReader(code: "alarm.format")
        let value = try shape.decode(bytes, limit: Limits.alarmBytes, "alarm")
        let items = try shape.tuple(value, 4, "alarm")
        guard items[0] == .text(version) else {
            throw shape.refusal("alarm", "an alarm begins with \(version)")
        }
        var amendments: [[UInt8]] = []
        for item in try shape.list(items[2], 0...Limits.alarmAmendments, "alarm.amendments") {
            amendments.append(try shape.bytes(item, "alarm.amendments"))
        }
        return Alarm(
            network: try shape.hash(items[1], "alarm.network"), amendments: amendments,
            kind: try kind(items[3], shape))
    }

    private static func kind(_ value: CBORValue, _ shape: ShapeReader) throws(Refusal) -> Kind {
        let items = try shape.tuple(value, 2, "alarm.kind")
        switch items[0] {
        case .unsigned(0): return .fork(try SplitView(items[1], shape))
        case .unsigned(1):
            let bodies = try shape.tuple(items[1], 2, "alarm.amendments")
            return .amendments(
                try shape.bytes(bodies[0], "alarm.first"),
                try shape.bytes(bodies[1], "alarm.second"))
        case .unsigned(2): return .entries(try ContradictingEntries(items[1], shape))
        case .unsigned(3): return .entry(try BreakingEntry(items[1], shape))
        default: throw shape.refusal("alarm.kind", "there are the kinds 0 to 3")
        }
    }
}
