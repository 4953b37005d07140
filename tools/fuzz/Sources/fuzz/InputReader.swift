import MerkleTrees

/// Takes an input apart where it is a list of choices and not a file.
struct InputReader {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next byte; 0 behind the end.
    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// A number below a bound.
    mutating func number(below bound: Int) -> Int {
        (Int(byte()) << 16 | Int(byte()) << 8 | Int(byte())) % bound
    }

    /// Eight bytes as a number.
    mutating func word() -> UInt64 { (0..<8).reduce(0) { sum, _ in sum << 8 | UInt64(byte()) } }

    /// So many bytes; zeros behind the end.
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in byte() } }

    /// A hash of 32 bytes.
    mutating func hash() -> Hash256 { Hash256(bytes(32)) ?? .zero }

    /// All that is left.
    mutating func remaining() -> [UInt8] {
        defer { rest = [] }
        return Array(rest)
    }
}

extension Hash256 {
    /// The same hash with one bit turned over.
    func flipping(bit: Int) -> Hash256 {
        var changed = bytes
        changed[bit >> 3 & 31] ^= 0x80 >> UInt8(bit & 7)
        return Hash256(changed) ?? .zero
    }
}
