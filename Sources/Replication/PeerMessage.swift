import DeterministicCBOR
package import MerkleTrees
package import Records

/// What peers say to each other: one deterministic CBOR array a frame (SPEC §25.2).
package enum PeerMessage: Hashable, Sendable {
    /// The first message of both sides: who speaks, about which network.
    case hello(version: UInt64, network: Hash256, origin: String)
    /// Which logs the sender holds, each with the newest checkpoint it has recomputed and kept, and
    /// which alarms.
    case heads([LogHead], alarms: [Hash256])
    /// A question; its answers name the number.
    case ask(UInt64, PeerQuestion)
    /// A piece of the answer to a question.
    case answer(UInt64, isLast: Bool, [UInt8])
    /// Whether somebody is there.
    case ping(UInt64)
    /// That somebody is.
    case pong(UInt64)
    /// Why the sender closes the connection.
    case bye(code: String, reason: String)

    /// A log and its newest checkpoint.
    package struct LogHead: Hashable, Sendable {
        /// The log's name.
        package var origin: String
        /// The checkpoint's note, with the cosignatures that the sender knows; empty if it holds
        /// nothing of that log.
        package var note: [UInt8]

        /// A log's head.
        package init(origin: String, note: [UInt8]) {
            self.origin = origin
            self.note = note
        }
    }

    // MARK: Bytes

    /// The message as a frame's content.
    package func encoded() -> [UInt8] { value.encoded() }

    private var value: CBORValue {
        switch self {
        case .hello(let version, let network, let origin):
            .array([.unsigned(0), .unsigned(version), .bytes(network.bytes), .text(origin)])
        case .heads(let heads, let alarms):
            .array([
                .unsigned(1),
                .array(heads.map { .array([.text($0.origin), .bytes($0.note)]) }),
                .array(alarms.map { .bytes($0.bytes) }),
            ])
        case .ask(let number, let question):
            .array([.unsigned(2), .unsigned(number), question.value])
        case .answer(let number, let isLast, let bytes):
            .array([.unsigned(3), .unsigned(number), .bool(isLast), .bytes(bytes)])
        case .ping(let number): .array([.unsigned(4), .unsigned(number)])
        case .pong(let number): .array([.unsigned(5), .unsigned(number)])
        case .bye(let code, let reason): .array([.unsigned(6), .text(code), .text(reason)])
        }
    }

    /// Reads a message.
    ///
    /// - Throws: `peer.message`.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> PeerMessage {
        guard bytes.count <= ReplicationLimits.messageBytes else {
            throw refusal("it is longer than \(ReplicationLimits.messageBytes) bytes")
        }
        do {
            let limits = CBORLimits(
                depth: 8, items: 4_096, byteCount: ReplicationLimits.messageBytes)
            return try read(try CBORValue.decode(bytes, limits: limits))
        } catch let error as Refusal {
            throw error
        } catch {
            throw refusal("\(error)")
        }
    }

    private static func read(_ value: CBORValue) throws -> PeerMessage {
        guard case .array(let items) = value, case .unsigned(let kind) = items.first else {
            throw refusal("a message is an array that begins with its kind")
        }
        var fields = try CBORFields(array: value, count: items.count, path: "message")
        _ = try fields.unsigned("kind")
        let message: PeerMessage
        switch kind {
        case 0:
            message = .hello(
                version: try fields.unsigned("version"), network: try fields.hash("network"),
                origin: try fields.text("origin", limit: Limits.originBytes))
        case 1:
            let heads = try fields.array("heads", limit: ReplicationLimits.logs).map { item in
                var head = try CBORFields(array: item, count: 2, path: "message.heads")
                return LogHead(
                    origin: try head.text("origin", limit: Limits.originBytes),
                    note: try head.bytes("note"))
            }
            let alarms = try fields.array("alarms", limit: ReplicationLimits.alarmsTold)
            message = .heads(heads, alarms: try alarms.map { try hash($0) })
        case 2:
            message = .ask(
                try fields.unsigned("number"), try PeerQuestion(try fields.value("question")))
        case 3:
            message = .answer(
                try fields.unsigned("number"), isLast: try fields.bool("last"),
                try fields.bytes("bytes"))
        case 4: message = .ping(try fields.unsigned("number"))
        case 5: message = .pong(try fields.unsigned("number"))
        case 6:
            message = .bye(
                code: try fields.text("code", limit: 64),
                reason: try fields.text("reason", limit: 1_024))
        default: throw refusal("there is no kind \(kind)")
        }
        try fields.finish()
        return message
    }

    static func refusal(_ reason: String) -> Refusal {
        Refusal(code: "peer.message", field: "message", reason: reason)
    }

    static func hash(_ value: CBORValue) throws(Refusal) -> Hash256 {
        guard let bytes = value.asBytes, let hash = Hash256(bytes) else {
            throw refusal("a hash has 32 bytes")
        }
        return hash
    }
}

/// What one peer asks another.
package enum PeerQuestion: Hashable, Sendable {
    /// The entries of a log from an index on, as they stand under the checkpoint of a size.
    case entries(origin: String, from: UInt64, underSize: UInt64)
    /// Parts by digest: those that the asking organisation may see.
    case parts(origin: String, [Hash256])
    /// An alarm.
    case alarm(Hash256)

    var value: CBORValue {
        switch self {
        case .entries(let origin, let start, let size):
            .array([.unsigned(0), .text(origin), .unsigned(start), .unsigned(size)])
        case .parts(let origin, let digests):
            .array([.unsigned(1), .text(origin), .array(digests.map { .bytes($0.bytes) })])
        case .alarm(let digest): .array([.unsigned(2), .bytes(digest.bytes)])
        }
    }

    init(_ value: CBORValue) throws {
        guard case .array(let items) = value, case .unsigned(let kind) = items.first else {
            throw PeerMessage.refusal("a question is an array that begins with its kind")
        }
        var fields = try CBORFields(array: value, count: items.count, path: "question")
        _ = try fields.unsigned("kind")
        switch kind {
        case 0:
            self = .entries(
                origin: try fields.text("origin", limit: Limits.originBytes),
                from: try fields.unsigned("from"), underSize: try fields.unsigned("size"))
        case 1:
            let origin = try fields.text("origin", limit: Limits.originBytes)
            let digests = try fields.array("parts", limit: ReplicationLimits.partsAsked)
            self = .parts(origin: origin, try digests.map { try PeerMessage.hash($0) })
        case 2: self = .alarm(try fields.hash("alarm"))
        default: throw PeerMessage.refusal("there is no question \(kind)")
        }
        try fields.finish()
    }
}

extension CBORFields {
    mutating func hash(_ name: String) throws -> Hash256 {
        try PeerMessage.hash(try value(name))
    }
}
