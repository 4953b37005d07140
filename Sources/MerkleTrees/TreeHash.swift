/// The hashes of an RFC 6962 tree (§2.1).
///
/// The prefixes 0x00 and 0x01 keep a leaf from being mistaken for a node.
package enum TreeHash {
    /// The hash of a leaf: SHA-256(0x00 ‖ data).
    package static func leaf(_ data: [UInt8]) -> Hash256 { leaf(data[...]) }

    /// The hash of a leaf: SHA-256(0x00 ‖ data).
    package static func leaf(_ data: ArraySlice<UInt8>) -> Hash256 {
        var builder = HashBuilder()
        builder.update(UInt8(0))
        builder.update(data)
        return builder.finish()
    }

    /// The hash of a node over its two children: SHA-256(0x01 ‖ left ‖ right).
    package static func node(_ left: Hash256, _ right: Hash256) -> Hash256 {
        ShortMessage.sha256(capacity: 65) { message in
            message.append(UInt8(1))
            message.append(left)
            message.append(right)
        }
    }

    /// The root of a tree without leaves: SHA-256 of nothing.
    package static let empty = Hash256.sha256()

    /// The size of the left subtree of a tree with two leaves or more.
    ///
    /// That is the largest power of two below `size`.
    static func split(_ size: UInt64) -> UInt64 {
        precondition(size > 1, "a tree of one leaf has no subtrees")
        return 1 << UInt64(63 - (size - 1).leadingZeroBitCount)
    }
}
