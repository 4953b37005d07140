/// The head of a subject's chain: how many links it has, and the hash that commits to all of them.
///
/// head₀ = 0³²; headₙ = H("cairn/chain/v1" 0x00 ‖ headₙ₋₁ ‖ u64 leaf index ‖ leaf hash ‖ u32 row
/// number ‖ row hash) (SPEC §11).
package struct ChainHead: Hashable, Sendable {
    /// How many links the chain has.
    package var count: UInt64
    /// The hash of the last link; 32 zero bytes if there is none.
    package var hash: Hash256

    /// A head as read from a proof or a store.
    package init(count: UInt64, hash: Hash256) {
        self.count = count
        self.hash = hash
    }

    /// The head of a chain without links.
    package static let empty = ChainHead(count: 0, hash: .zero)

    /// The head after one more link: a row of the manifest of the entry at a leaf of the log.
    package func appending(
        leafIndex: UInt64, leafHash: Hash256, row: UInt32, rowHash: Hash256
    ) -> ChainHead {
        precondition(count < .max, "a chain has at most 2⁶⁴ − 1 links")
        let next = ShortMessage.sha256(capacity: 128) { message in
            message.append(domain: "cairn/chain/v1")
            message.append(hash)
            message.append(leafIndex)
            message.append(leafHash)
            message.append(row)
            message.append(rowHash)
        }
        return ChainHead(count: count + 1, hash: next)
    }
}
