extension FuzzTarget {
    private static let frameLimit = 300

    /// The decoder of frames between nodes, fed at once and in cuts that the input chooses.
    static let peerFrames = FuzzTarget(
        "peer-frames", byteLimit: 4_096, pools: [.bytes],
        seeds: {
            let lengths: [UInt32] = [0, 1, 300, 301, 1 << 31, .max]
            return lengths.map { length in
                let payload = [UInt8](repeating: 7, count: Int(min(length, 301)))
                return [3, 0, 0, 0, 1, 9] + FrameDecoder.head(of: length) + payload
            }
        },
        check: { bytes in
            guard let first = bytes.first else { return }
            let stream = Array(bytes.dropFirst())
            let whole = frames(of: stream, cuts: { _ in stream.count })
            let cut = frames(of: stream, cuts: { 1 + Int(bytes[$0 % bytes.count] & first) })
            let single = frames(of: stream, cuts: { _ in 1 })
            for other in [cut, single] {
                expect(other.frames == whole.frames, "where it is cut is all one")
                expect(other.isRefused == whole.isRefused, "where it is cut is all one")
            }
            let written = whole.frames.flatMap { FrameDecoder.head(of: UInt32($0.count)) + $0 }
            expect(stream.starts(with: written), "frames are the stream")
            expect(whole.frames.allSatisfy { (1...frameLimit).contains($0.count) }, "a length")
            let rest = stream.dropFirst(written.count).prefix(4)
            guard rest.count == 4 else { return expect(!whole.isRefused, "no length, no refusal") }
            let length = rest.reduce(0) { $0 << 8 | Int($1) }
            expect(whole.isRefused == !(1...frameLimit).contains(length), "refused for its length")
        })

    /// What comes out; `cuts` says how many bytes arrive at once from a position on.
    private static func frames(
        of stream: [UInt8], cuts: (Int) -> Int
    ) -> (frames: [[UInt8]], isRefused: Bool) {
        var decoder = FrameDecoder(frameBytesLimit: frameLimit)
        var frames: [[UInt8]] = []
        var position = 0
        do throws(PeerClosure) {
            while position < stream.count {
                let end = min(stream.count, position + max(1, cuts(position)))
                decoder.append(stream[position..<end])
                expect(decoder.heldBytes <= end, "no more is held than has come")
                while let frame = try decoder.next() { frames.append(frame) }
                expect(decoder.heldBytes < frameLimit + 4, "less than a frame is held")
                position = end
            }
            return (frames, false)
        } catch {
            expectCoded(error.code.rawValue, error.reason)
            expect(decoder.heldBytes == 0, "nothing is held of what is refused")
            decoder.append([0, 0, 0, 1, 1])
            expect(decoder.waiting == 0, "nothing comes after a refusal")
            return (frames, true)
        }
    }
}
