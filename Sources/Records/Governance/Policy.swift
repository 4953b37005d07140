import DeterministicCBOR

/// A duty to keep parts for a time (SPEC §9.1): a node of the network erases none of them sooner,
/// unless governors order it.
package struct RetentionDuty: Hashable, Sendable {
    /// The kind of parts that hold an EPCIS event; those that hold a record have its kind.
    package static let eventKind = "event"
    /// The kind of attachments.
    package static let attachmentKind = "attachment"
    /// Every kind that a part can have, sorted.
    package static let knownKinds =
        (RecordKind.allCases.map(\.rawValue) + [eventKind, attachmentKind]).sorted()

    /// What it is called, such as the law that it follows from.
    package let name: String
    /// What it is about, sorted.
    package let kinds: [String]
    /// How long a part is kept, in seconds from its first registration.
    package let seconds: UInt64

    /// A duty.
    package init(name: String, kinds: [String], seconds: UInt64) {
        self.name = name
        self.kinds = kinds.sorted(by: precedesBytewise)
        self.seconds = seconds
    }

    /// Until when a part that was registered at a time is kept; nil if it is none of these.
    package func end(of content: Content, registeredAtMilliseconds time: UInt64) -> UInt64? {
        let kind: String
        switch content {
        case .event: kind = Self.eventKind
        case .record(let record): kind = record.kind.rawValue
        case .attachment: kind = Self.attachmentKind
        case .governance: return nil
        }
        guard kinds.contains(kind) else { return nil }
        let (milliseconds, overflows) = seconds.multipliedReportingOverflow(by: 1_000)
        let (end, isBeyond) = time.addingReportingOverflow(milliseconds)
        return overflows || isBeyond ? .max : end
    }

    var cbor: CBORValue {
        .array([.text(name), .array(kinds.map { .text($0) }), .unsigned(seconds)])
    }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        let items = try shape.tuple(value, 3, field)
        name = try shape.text(items[0], 1...Limits.nameBytes, "\(field).name")
        let kinds = try shape.sortedTexts(items[1], count: 1...32, "\(field).kinds")
        self.kinds = kinds
        seconds = try shape.unsigned(items[2], "\(field).seconds")
    }
}

/// What a network asks of its logs and statements (SPEC §9.1).
package struct Policy: Hashable, Sendable {
    /// How many mirrors' cosignatures make a checkpoint final; 0: none, answers say *unwitnessed*.
    package let quorum: UInt64
    /// How many lying cosigners the network bears.
    package let toleratedLiars: UInt64
    /// How far `issued at` may lie after registration, in seconds.
    package let furthestFutureSeconds: UInt64

    /// The duties of retention, by name.
    package let duties: [RetentionDuty]

    /// The most duties.
    static let dutiesLimit = 64

    /// A policy.
    package init(
        quorum: UInt64, toleratedLiars: UInt64, furthestFutureSeconds: UInt64,
        duties: [RetentionDuty] = []
    ) {
        self.duties = duties.sorted { precedesBytewise($0.name, $1.name) }
        self.quorum = quorum
        self.toleratedLiars = toleratedLiars
        self.furthestFutureSeconds = furthestFutureSeconds
    }

    /// Whether `cosigners` can make a quorum, and two quorums always share an honest one:
    /// n ≥ q and 2q > n + f, or q is 0.
    package func holds(cosigners: Int) -> Bool {
        quorum == 0
            || quorum <= UInt64(cosigners)
                && 2 * UInt128(quorum) > UInt128(cosigners) + UInt128(toleratedLiars)
    }

    var cbor: CBORValue {
        numberedMap(
            [.unsigned(quorum), .unsigned(toleratedLiars), .unsigned(furthestFutureSeconds)]
                + (duties.isEmpty ? [] : [.array(duties.map(\.cbor))]))
    }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        var keys = 0..<3
        // Without duties the map has no member for them.
        if case .map(let pairs) = value, pairs.count == 4 { keys = 0..<4 }
        let members = try shape.map(value, keys: keys, field)
        quorum = try shape.unsigned(members[0], "\(field).quorum")
        toleratedLiars = try shape.unsigned(members[1], "\(field).toleratedLiars")
        furthestFutureSeconds = try shape.unsigned(members[2], "\(field).furthestFuture")
        guard members.count == 4 else {
            duties = []
            return
        }
        var duties: [RetentionDuty] = []
        let place = "\(field).duties"
        for (index, item) in try shape.list(members[3], 1...Self.dutiesLimit, place).enumerated() {
            duties.append(
                try RetentionDuty(cbor: item, shape: shape, field: "\(place)[\(index)]"))
        }
        try shape.requireAscending(duties, place) { precedesBytewise($0.name, $1.name) }
        self.duties = duties
    }
}
