import Crypto

/// SHA-256 over parts that come one after the other, without first joining them in an array.
package struct HashBuilder {
    private var state = SHA256()

    /// Starts with nothing hashed.
    package init() {}

    /// Hashes the ASCII bytes of a domain-separation name and a zero byte (SPEC §2).
    package mutating func update(domain: String) {
        update(Array(domain.utf8))
        update(UInt8(0))
    }

    /// Hashes bytes.
    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
    }

    /// Hashes bytes.
    package mutating func update(_ bytes: ArraySlice<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe state.update(bufferPointer: $0) }
    }

    /// Hashes the big-endian bytes of an unsigned number.
    package mutating func update(_ number: some FixedWidthInteger & UnsignedInteger) {
        let bytes = number.bigEndian
        unsafe withUnsafeBytes(of: bytes) { unsafe state.update(bufferPointer: $0) }
    }

    /// Hashes the 32 bytes of a hash.
    package mutating func update(_ hash: Hash256) {
        let words: [4 of UInt64] = [
            hash.word0.bigEndian, hash.word1.bigEndian, hash.word2.bigEndian, hash.word3.bigEndian,
        ]
        unsafe withUnsafeBytes(of: words) { unsafe state.update(bufferPointer: $0) }
    }

    /// The hash of everything so far; more may follow.
    package func finish() -> Hash256 { Hash256(state.finalize()) }
}

extension Hash256 {
    /// The SHA-256 of byte strings joined end to end.
    package static func sha256(_ parts: [UInt8]...) -> Hash256 {
        var builder = HashBuilder()
        for part in parts { builder.update(part) }
        return builder.finish()
    }

    fileprivate init(_ digest: SHA256Digest) {
        self = unsafe digest.withUnsafeBytes { bytes in
            unsafe Hash256(
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 16, as: UInt64.self)),
                UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 24, as: UInt64.self)))
        }
    }
}

/// A short message put together on the stack and hashed in one go: the nodes of the trees.
///
/// Safe: every write is checked against the room there is, and a message lives only as long as the
/// call of ``sha256(capacity:_:)`` that made it.
@safe struct ShortMessage: ~Copyable {
    private let room: UnsafeMutableRawBufferPointer
    private var count = 0

    private init(_ room: UnsafeMutableRawBufferPointer) { unsafe self.room = room }

    /// Hashes what `write` appends, at most `capacity` bytes.
    static func sha256(capacity: Int, _ write: (inout ShortMessage) -> Void) -> Hash256 {
        unsafe withUnsafeTemporaryAllocation(byteCount: capacity, alignment: 8) { room in
            var message = unsafe ShortMessage(room)
            write(&message)
            var state = SHA256()
            let written = unsafe UnsafeRawBufferPointer(rebasing: room[..<message.count])
            unsafe state.update(bufferPointer: written)
            return Hash256(state.finalize())
        }
    }

    /// Appends the big-endian bytes of a number.
    mutating func append(_ number: some FixedWidthInteger & UnsignedInteger) {
        let bytes = number.bigEndian
        let width = MemoryLayout.size(ofValue: bytes)
        precondition(unsafe count + width <= room.count, "the message outgrows its room")
        unsafe room.storeBytes(of: bytes, toByteOffset: count, as: type(of: bytes))
        count += width
    }

    /// Appends the 32 bytes of a hash.
    mutating func append(_ hash: Hash256) {
        append(hash.word0)
        append(hash.word1)
        append(hash.word2)
        append(hash.word3)
    }

    /// Appends the ASCII bytes of a domain-separation name and a zero byte.
    mutating func append(domain: StaticString) {
        let width = domain.utf8CodeUnitCount
        precondition(unsafe count + width < room.count, "the message outgrows its room")
        let target = unsafe UnsafeMutableRawBufferPointer(rebasing: room[count..<count + width])
        unsafe target.copyMemory(
            from: UnsafeRawBufferPointer(start: domain.utf8Start, count: width))
        count += width
        append(UInt8(0))
    }
}
