import Testing

@testable import PeerTransport

struct FrameDecoderTests {
    private static let limit = 1 << 20

    /// The frames of some bytes that arrive in pieces, and the refusal that ends them.
    private func decode(
        _ bytes: [UInt8], pieces size: Int, limit: Int = limit
    ) -> (frames: [[UInt8]], closure: PeerClosure?, held: Int) {
        var decoder = FrameDecoder(frameBytesLimit: limit)
        var frames: [[UInt8]] = []
        do throws(PeerClosure) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                decoder.append(bytes[start..<min(bytes.count, start + size)])
                while let frame = try decoder.next() { frames.append(frame) }
            }
            return (frames, nil, decoder.heldBytes)
        } catch {
            return (frames, error, decoder.heldBytes)
        }
    }

    private func framed(_ payload: [UInt8]) -> [UInt8] {
        FrameDecoder.head(of: UInt32(payload.count)) + payload
    }

    @Test(arguments: [0, UInt32(1 << 20) + 1, 1 << 31, UInt32.max])
    func `a frame with a length that none has is refused with its head alone`(length: UInt32) {
        let head = FrameDecoder.head(of: length)
        for size in [1, 4] {
            let result = decode(head, pieces: size)
            #expect(result.closure?.code == .frameLength)
            #expect(result.frames.isEmpty && result.held == 0)
        }
        #expect(decode(Array(head.prefix(3)), pieces: 3).closure == nil)
    }

    @Test(arguments: [UInt32(1 << 20) + 1, 1 << 31, UInt32.max])
    func `control: without the limit the decoder waits for such a frame`(length: UInt32) {
        let result = decode(FrameDecoder.head(of: length) + [7], pieces: 5, limit: .max)
        #expect(result.closure == nil)
        #expect(result.held == 5)
    }

    @Test func `a frame of the limit is taken, one byte more only without the limit`() {
        let most = [UInt8](repeating: 7, count: Self.limit)
        #expect(decode(framed(most), pieces: 65_536).frames == [most])
        let more = most + [7]
        #expect(decode(framed(more), pieces: 65_536).closure?.code == .frameLength)
        #expect(decode(framed(more), pieces: 65_536, limit: .max).frames == [more])
    }

    @Test func `frames do not depend on how their bytes are cut`() {
        let payloads = (1...40).map { [UInt8](repeating: UInt8($0), count: $0 * $0) }
        let bytes = payloads.flatMap(framed)
        for size in [1, 2, 3, 4, 5, 7, 64, 1_000, bytes.count] {
            #expect(decode(bytes, pieces: size).frames == payloads)
        }
    }

    @Test func `frames before one that is refused are kept`() {
        let bytes = framed([1]) + framed([2, 3]) + FrameDecoder.head(of: 0) + framed([4])
        for size in [1, 2, bytes.count] {
            let result = decode(bytes, pieces: size)
            #expect(result.frames == [[1], [2, 3]])
            #expect(result.closure?.code == .frameLength)
        }
    }

    @Test func `nothing is kept in advance, and nothing after a refusal`() {
        var decoder = FrameDecoder(frameBytesLimit: 100)
        decoder.append(FrameDecoder.head(of: 100))
        #expect(decoder.heldBytes == 4 && decoder.isInsideFrame)
        decoder.append([UInt8](repeating: 1, count: 100))
        #expect(decoder.heldBytes == 104 && !decoder.isInsideFrame && decoder.completed == 1)
        decoder.append(FrameDecoder.head(of: 101))
        for _ in 0..<100 { decoder.append([UInt8](repeating: 9, count: 1_000)) }
        #expect(decoder.heldBytes == 104 && decoder.isRefused)
    }
}
