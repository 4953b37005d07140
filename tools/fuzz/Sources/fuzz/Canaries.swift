/// Readers with planted faults, which `tools/fuzz/run` must see found before it believes a run
/// that finds nothing.
enum Canaries {
    static let all = [crash, identity, hang, memory]

    /// An entry bundle's reader that trusts the length before an entry.
    private static let crash = FuzzTarget("canary-crash", byteLimit: 256) { bytes in
        var position = 0
        while position + 2 <= bytes.count {
            let count = Int(bytes[position]) << 8 | Int(bytes[position + 1])
            _ = bytes[(position + 2)..<(position + 2 + count)]
            position += 2 + count
        }
    }

    /// An integer's reader that takes longer heads than needed: it decodes and encodes to other
    /// bytes.
    private static let identity = FuzzTarget("canary-identity", byteLimit: 256) { bytes in
        guard bytes.count == 2, bytes[0] == 0x18 else { return }
        let encoded = bytes[1] < 24 ? [bytes[1]] : bytes
        expect(encoded == bytes, "what is decoded encodes to the same bytes")
    }

    /// A reader of blocks that does not go on behind an empty one.
    private static let hang = FuzzTarget("canary-hang", byteLimit: 256) { bytes in
        var position = 0
        var blocks = 0
        while position < bytes.count {
            position += Int(bytes[position])
            blocks &+= 1
        }
        expect(blocks >= 0, "blocks are counted")
    }

    /// A reader that takes memory for what a head announces.
    private static let memory = FuzzTarget("canary-memory", byteLimit: 256) { bytes in
        guard bytes.count >= 5, bytes[0] == 0x5a else { return }
        let count = bytes[1..<5].reduce(0) { $0 << 8 | Int($1) }
        var buffer: [UInt8] = []
        buffer.reserveCapacity(count)
        buffer += bytes
        expect(buffer == bytes, "a buffer holds what it was given")
    }
}
