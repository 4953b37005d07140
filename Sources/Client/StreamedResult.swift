import DeterministicCBOR
package import MerkleTrees
package import Records

/// What became of one statement of a stream.
package struct SubmissionReply: Hashable, Sendable {
    /// What a node does with a statement.
    package enum Outcome: Hashable, Sendable {
        /// It is durable and sealed, now or since before.
        case registered(id: Hash256, leafIndex: UInt64)
        /// It was not taken.
        case refused(Refusal)
    }

    /// Its place in the stream, from 0.
    package var ordinal: UInt64
    /// Its place in the log, or why it was refused.
    package var outcome: Outcome
}

/// Reads the CBOR sequence of answers to a stream as it arrives.
struct ResultReader {
    private let limit: Int
    private var buffer: [UInt8] = []

    /// A reader of answers of at most this many bytes each.
    init(limit: Int) {
        self.limit = limit
    }

    /// Whether nothing is left over.
    var isAtEnd: Bool { buffer.isEmpty }

    /// Takes the next bytes.
    mutating func append(_ bytes: some Collection<UInt8>) {
        buffer.append(contentsOf: bytes)
    }

    /// The next whole answer, or nil until more bytes have come.
    mutating func next() throws(ClientError) -> SubmissionReply? {
        guard !buffer.isEmpty else { return nil }
        do {
            let limits = CBORLimits(depth: 2, items: 16, byteCount: limit)
            let (value, end) = try CBORValue.decodePrefix(buffer[...], limits: limits)
            buffer.removeFirst(end)
            return try Self.read(value)
        } catch let error as CBORError {
            if error.kind == .truncated, buffer.count <= limit { return nil }
            throw .malformed(
                reason: "the node's answer is not a sequence of results: \(error.reason)")
        } catch let error as ClientError {
            throw error
        } catch {
            throw .malformed(reason: "\(error)")
        }
    }

    private static func read(_ value: CBORValue) throws(ClientError) -> SubmissionReply {
        let items = value.asArray ?? []
        if items.count == 4, let ordinal = items[0].asUnsigned, items[1].asUnsigned == 0,
            let id = items[2].asBytes.flatMap({ Hash256($0) }), let index = items[3].asUnsigned
        {
            return SubmissionReply(
                ordinal: ordinal, outcome: .registered(id: id, leafIndex: index))
        }
        if items.count == 5, let ordinal = items[0].asUnsigned, items[1].asUnsigned == 1,
            let code = items[2].asText, let field = items[3].asText,
            let detail = items[4].asText
        {
            let refusal = Refusal(code: code, field: field, reason: detail)
            return SubmissionReply(ordinal: ordinal, outcome: .refused(refusal))
        }
        throw .malformed(reason: "the node's answer holds something that is not a result")
    }
}
