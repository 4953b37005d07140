package import MerkleTrees

/// One line of a manifest: this part concerns this subject in this role (SPEC §6).
package struct Row: Hashable, Sendable {
    /// The digest of the part.
    package let part: Hash256
    /// The key of the subject (``Subject/key(in:)``).
    package let key: Hash256
    /// What the part does to the subject.
    package let role: Role

    /// The row that lists a part under a subject.
    package init(part: Hash256, key: Hash256, role: Role) {
        self.part = part
        self.key = key
        self.role = role
    }

    /// The length of every encoded row: an array of two 32-byte strings and a small number.
    package static let encodedByteCount = 70

    /// The row as CBOR.
    package var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.encodedByteCount)
        append(to: &bytes)
        return bytes
    }

    /// The row's leaf hash in the tree of its manifest: `H(0x00 ‖ "cairn/row/v1" 0x00 ‖ row)`.
    package var hash: Hash256 { TreeHash.leaf(Domain.row + encoded) }

    func append(to bytes: inout [UInt8]) {
        bytes += [0x83, 0x58, 0x20]
        bytes += part.bytes
        bytes += [0x58, 0x20]
        bytes += key.bytes
        bytes.append(role.rawValue)
    }

    /// Reads a row at an offset of bytes that hold at least a whole row there.
    ///
    /// Nil if it is not one.
    init?(_ bytes: [UInt8], at start: Int) {
        let end = start + Self.encodedByteCount
        guard bytes[start] == 0x83, bytes[start + 1] == 0x58, bytes[start + 2] == 0x20,
            bytes[start + 35] == 0x58, bytes[start + 36] == 0x20,
            let role = Role(rawValue: bytes[end - 1]),
            let part = Hash256(bytes[(start + 3)..<(start + 35)]),
            let key = Hash256(bytes[(start + 37)..<(end - 1)])
        else { return nil }
        self.init(part: part, key: key, role: role)
    }
}

extension Row: Comparable {
    /// The order of the encoded rows' bytes.
    package static func < (left: Row, right: Row) -> Bool {
        if left.part != right.part { return left.part < right.part }
        if left.key != right.key { return left.key < right.key }
        return left.role.rawValue < right.role.rawValue
    }
}
