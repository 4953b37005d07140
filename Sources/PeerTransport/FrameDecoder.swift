/// Cuts a stream of bytes into frames: a length of four bytes, most significant first, and so many
/// bytes of payload (SPEC §25.1).
///
/// Lengths are looked at as soon as they have arrived, so a frame of no bytes or of more than the
/// limit is refused before any of it is kept. The decoder holds what has arrived and was not taken,
/// nothing in advance. How the bytes were cut in transit makes no difference.
package struct FrameDecoder: Sendable {
    /// The bytes before each payload.
    package static let headBytes = 4

    private let frameBytesLimit: Int
    private var buffer: [UInt8] = []
    /// Where the next frame to be taken begins in `buffer`.
    private var start = 0
    /// Where the frame begins that has not arrived whole.
    private var partialStart = 0
    /// Frames that were refused end the stream.
    private var refusal: PeerClosure?
    /// Frames that have arrived whole since the beginning.
    package private(set) var completed: UInt64 = 0
    /// Of these, the frames that were not taken yet.
    package private(set) var waiting = 0

    /// A decoder for payloads of at most so many bytes.
    package init(frameBytesLimit: Int = PeerLimits().frameBytes) {
        self.frameBytesLimit = frameBytesLimit
    }

    /// Bytes that have arrived and were not taken.
    package var heldBytes: Int { buffer.count - start }

    /// Whether the stream stands inside a frame.
    package var isInsideFrame: Bool { partialStart < buffer.count }

    /// Whether a frame was refused; what arrives after it is not kept.
    package var isRefused: Bool { refusal != nil }

    /// Takes the next bytes of the stream.
    package mutating func append(_ bytes: some Collection<UInt8>) {
        guard refusal == nil else { return }
        discardTaken()
        buffer.append(contentsOf: bytes)
        while let length = nextLength() {
            guard length > 0, length <= frameBytesLimit else { return refuse(length) }
            guard buffer.count - partialStart - Self.headBytes >= length else { return }
            partialStart += Self.headBytes + length
            completed += 1
            waiting += 1
        }
    }

    /// The payload of the next whole frame, or nil until more bytes have come.
    ///
    /// - Throws: `peer.frame-length`, after all frames that came before the one that is refused.
    package mutating func next() throws(PeerClosure) -> [UInt8]? {
        guard waiting > 0, let length = length(at: start) else {
            if let refusal { throw refusal }
            return nil
        }
        let payload = start + Self.headBytes
        let frame = [UInt8](buffer[payload..<payload + length])
        start = payload + length
        waiting -= 1
        if start == buffer.count { discardAll() }
        return frame
    }

    /// Lets go of all that has arrived.
    mutating func discardAll() {
        (buffer, start, partialStart, waiting) = ([], 0, 0, 0)
    }

    /// The four bytes before a payload of so many bytes.
    static func head(of payloadBytes: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: payloadBytes >> $0) }
    }

    private func nextLength() -> Int? { length(at: partialStart) }

    private func length(at position: Int) -> Int? {
        guard buffer.count - position >= Self.headBytes else { return nil }
        let head = buffer[position..<position + Self.headBytes]
        return Int(head.reduce(0 as UInt32) { $0 << 8 | UInt32($1) })
    }

    private mutating func refuse(_ length: Int) {
        refusal = PeerClosure(
            .frameLength, "a frame of \(length) bytes; a frame has 1 to \(frameBytesLimit)")
        buffer.removeSubrange(partialStart...)
    }

    /// Moves what is held to the front once that is no more work than was done for what was taken.
    private mutating func discardTaken() {
        guard start > 0, start >= buffer.count / 2 else { return }
        buffer.removeFirst(start)
        partialStart -= start
        start = 0
    }
}
