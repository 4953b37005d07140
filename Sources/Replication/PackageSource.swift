package import MerkleTrees
import Records
package import Sequencing

/// Cuts packages from a ledger for peers that ask for them.
package enum PackageSource {
    /// The entries from an index on, as they stand under the checkpoint of a size.
    ///
    /// - Returns: nil if the ledger does not hold them, or the size ends on no seal of it.
    /// - Throws: what the ledger throws.
    package static func package(
        of ledger: some LedgerReader, network: Hash256, from start: UInt64, underSize size: UInt64
    ) throws -> EntryPackage? {
        guard start < size, try size <= ledger.size(),
            try ledger.seal(atOrAfter: size - 1) == size - 1
        else { return nil }
        let end = min(
            (start / ReplicationLimits.packageEntries + 1) * ReplicationLimits.packageEntries, size)
        let key = Subject.network(network).key(in: network)
        var items: [EntryPackage.Item] = []
        var bytes = 0
        for (offset, entry) in try ledger.entries(start..<end).enumerated() {
            let manifest = try ledger.manifest(at: start + UInt64(offset))
            let part = try manifest.flatMap { try governancePart($0, key, in: ledger) }
            bytes += entry.count + (manifest?.count ?? 0) + (part?.count ?? 0)
            guard items.isEmpty || bytes <= ReplicationLimits.packageBytes else { break }
            items.append(
                EntryPackage.Item(entry: entry, manifest: manifest, governancePart: part))
        }
        let tree = TreeReader(tiles: ledger, size: size)
        let last = start + UInt64(items.count)
        return EntryPackage(
            start: start,
            startRoot: start == 0 ? .zero : try TreeReader(tiles: ledger, size: start).root(),
            startProof: start == 0 ? [] : try tree.consistencyProof(from: start), items: items,
            endProof: try tree.consistencyProof(from: last))
    }

    /// The part that carries governance, if a manifest names the network.
    private static func governancePart(
        _ bytes: [UInt8], _ key: Hash256, in ledger: some LedgerReader
    ) throws -> [UInt8]? {
        guard let part = Manifest.part(under: key, in: bytes) else { return nil }
        return try ledger.part(part)
    }
}
