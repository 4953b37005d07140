/// The head of one file in a tar archive (POSIX ustar; sizes beyond 8 GiB as GNU tar writes them).
///
/// Only plain files with short names are written and accepted, so that an archive cannot name a
/// place outside the directory it is unpacked in.
struct TarEntry: Hashable, Sendable {
    /// The size of a block; every head is one, and content is filled up to whole ones.
    static let blockBytes = 512
    /// The longest name.
    static let nameLimit = 99

    /// The file's name, without a folder.
    var name: String
    /// Bytes of its content.
    var size: UInt64

    /// The zero bytes that follow the content.
    var padding: Int { Int((512 - size % 512) % 512) }

    /// The block of the head.
    ///
    /// Modes, owners and times are not kept.
    func encoded() -> [UInt8] {
        precondition(Self.isPlain(name), "a plain file name")
        var block = [UInt8](repeating: 0, count: Self.blockBytes)
        func put(_ text: String, at place: Int) {
            block.replaceSubrange(place..<place + text.utf8.count, with: text.utf8)
        }
        put(name, at: 0)
        put("0000600", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        if size < 1 << 33 {
            put(Self.octal(size, digits: 11), at: 124)
        } else {
            block[124] = 0x80
            for index in 0..<8 {
                block[135 - index] = UInt8(truncatingIfNeeded: size >> (8 * index))
            }
        }
        put("00000000000", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        put(Self.octal(Self.sum(block), digits: 6) + "\u{0} ", at: 148)
        return block
    }

    /// Reads the block of a head; nil if it is none that ``encoded()`` writes.
    init?(_ block: [UInt8]) {
        guard block.count == Self.blockBytes else { return nil }
        let name = String(decoding: block[0..<100].prefix { $0 != 0 }, as: UTF8.self)
        guard Self.isPlain(name) else { return nil }
        var size: UInt64 = 0
        if block[124] == 0x80 {
            for byte in block[128..<136] { size = size << 8 | UInt64(byte) }
        } else {
            for byte in block[124..<135] {
                guard (0x30...0x37).contains(byte) else { return nil }
                size = size << 3 | UInt64(byte - 0x30)
            }
        }
        self.init(name: name, size: size)
        guard size < 1 << 60, encoded() == block else { return nil }
    }

    /// A head.
    init(name: String, size: UInt64) {
        self.name = name
        self.size = size
    }

    private static func isPlain(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= nameLimit && name.first != "."
            && name.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0)
                    || (0x61...0x7A).contains($0) || $0 == 0x2D || $0 == 0x2E || $0 == 0x5F
            }
    }

    private static func octal(_ number: UInt64, digits: Int) -> String {
        let text = String(number, radix: 8)
        return String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    private static func sum(_ block: [UInt8]) -> UInt64 { block.reduce(0) { $0 + UInt64($1) } }
}
