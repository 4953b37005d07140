import MerkleTrees
import Records

/// The heads of chains as of a seal whose group is not in the ledger yet.
///
/// So several groups become durable at once, and each is recomputed on those before it.
struct UncommittedHeads<Ledger: ChainHeads>: ChainHeads {
    private let ledger: Ledger
    private var changed = MemoryHeads()

    /// Those of a ledger as it stands.
    init(_ ledger: Ledger) { self.ledger = ledger }

    /// Takes over the heads that a seal changed.
    mutating func update(_ heads: [Hash256: ChainHead]) { changed.update(heads) }

    func head(of key: Hash256) throws(Ledger.Failure) -> ChainHead? {
        if let head = changed.head(of: key) { return head }
        return try ledger.head(of: key)
    }

    func leaves(
        from first: Hash256, through last: Hash256
    ) throws(Ledger.Failure) -> [IndexLeaf] {
        let before = try ledger.leaves(from: first, through: last)
        let newer = changed.leaves(from: first, through: last)
        guard !newer.isEmpty else { return before }
        var merged: [IndexLeaf] = []
        merged.reserveCapacity(before.count + newer.count)
        var rest = newer[...]
        for leaf in before {
            while let next = rest.first, next.position < leaf.position {
                merged.append(rest.removeFirst())
            }
            if rest.first?.position == leaf.position {
                merged.append(rest.removeFirst())
            } else {
                merged.append(leaf)
            }
        }
        return merged + rest
    }
}
