package import Records

/// Cuts a CBOR sequence (RFC 8742) into its items as the bytes arrive.
///
/// Only heads are looked at, each once, however the bytes were cut in transit; the items
/// themselves are judged by whoever decodes them. Holds at most one item and one chunk.
package struct SubmissionFramer: Sendable {
    private let itemBytesLimit: Int
    private var buffer: [UInt8] = []
    /// Where the item in hand begins in `buffer`.
    private var itemStart = 0
    /// The next head to look at; beyond the buffer while the string before it is on its way.
    private var position = 0
    /// Items that the heads so far announced and that have not been passed; 0 between items.
    private var pending = 0

    /// A framer for items of at most this many bytes.
    package init(itemBytesLimit: Int = Limits.submissionBytes) {
        self.itemBytesLimit = itemBytesLimit
    }

    /// Bytes that wait for the rest of their item.
    package var waitingBytes: Int { buffer.count - itemStart }

    /// Takes the next bytes of the sequence.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        if itemStart > 0, itemStart >= buffer.count / 2 {
            buffer.removeFirst(itemStart)
            position -= itemStart
            itemStart = 0
        }
        buffer.append(contentsOf: bytes)
    }

    /// The next whole item, or nil until more bytes have come.
    ///
    /// - Throws: `submission.too-large`, or `cbor.*` for heads that no item has. The sequence
    ///   cannot be read on after that.
    package mutating func next() throws(Refusal) -> [UInt8]? {
        while true {
            if pending == 0, position > itemStart {
                guard position <= buffer.count else { return nil }
                defer { itemStart = position }
                return [UInt8](buffer[itemStart..<position])
            }
            guard position < buffer.count, let head = try readHead() else { return nil }
            pending = max(pending, 1) - 1 + head.items
            position += head.length + head.content
            guard position - itemStart <= itemBytesLimit, pending <= itemBytesLimit else {
                throw Submission.tooLarge()
            }
        }
    }

    /// Checks that the sequence does not end inside an item.
    ///
    /// - Throws: `cbor.truncated`.
    package func finish() throws(Refusal) {
        guard waitingBytes == 0 else {
            throw Refusal(
                code: "cbor.truncated", field: "submission",
                reason: "the sequence ends inside a submission")
        }
    }

    private struct Head {
        /// Bytes of the head itself.
        var length: Int
        /// Bytes of a string that follow it.
        var content: Int
        /// Items that follow it.
        var items: Int
    }

    private func readHead() throws(Refusal) -> Head? {
        let first = buffer[position]
        let info = first & 0x1f
        guard info < 28 else {
            throw Refusal(
                code: "cbor.non-deterministic", field: "submission",
                reason: "byte \(first) begins no item of deterministic CBOR")
        }
        let extra = info < 24 ? 0 : 1 << Int(info - 24)
        guard buffer.count - position > extra else { return nil }
        var argument = info < 24 ? UInt64(info) : 0
        for byte in buffer[(position + 1)..<(position + 1 + extra)] {
            argument = argument << 8 | UInt64(byte)
        }
        let major = first >> 5
        if major < 2 || major == 7 { return Head(length: 1 + extra, content: 0, items: 0) }
        if major == 6 { return Head(length: 1 + extra, content: 0, items: 1) }
        guard argument <= UInt64(itemBytesLimit) else {
            // By the head alone, which is here however the bytes were cut.
            let isText =
                position == itemStart && Submission.isText(buffer[position...].prefix(1 + extra))
            throw isText ? Submission.unframed() : Submission.tooLarge()
        }
        let count = Int(argument)
        switch major {
        case 2, 3: return Head(length: 1 + extra, content: count, items: 0)
        case 4: return Head(length: 1 + extra, content: 0, items: count)
        default: return Head(length: 1 + extra, content: 0, items: 2 * count)
        }
    }
}
