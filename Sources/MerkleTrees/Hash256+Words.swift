// Reading and writing hashes word by word: stores and decoders do it for every row, and the generic
// initialiser is not specialised across modules.
extension Hash256 {
    /// Takes 32 bytes as they are; nil if there are more or fewer.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.init(bytes, at: 0)
    }

    /// Takes 32 bytes as they are; nil if there are more or fewer.
    package init?(_ bytes: ArraySlice<UInt8>) {
        guard bytes.count == 32 else { return nil }
        self = unsafe bytes.withUnsafeBytes { unsafe Hash256(words: $0) }
    }

    /// Takes the 32 bytes that begin at an offset, which must be there.
    package init(_ bytes: [UInt8], at start: Int) {
        precondition(start >= 0 && bytes.count - start >= 32, "a hash has 32 bytes")
        self = unsafe bytes.withUnsafeBytes {
            unsafe Hash256(words: UnsafeRawBufferPointer(rebasing: $0[start..<start + 32]))
        }
    }

    /// The first eight bytes as a big-endian number.
    package var leadingWord: UInt64 { word0 }

    private init(words bytes: UnsafeRawBufferPointer) {
        self = unsafe Hash256(
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
            UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)))
    }
}
