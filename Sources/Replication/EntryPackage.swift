import DeterministicCBOR
package import MerkleTrees
package import Records

/// Entries of a log, in order, bound to a checkpoint (SPEC §25.3).
///
/// Both ends are proven: what the checkpoint's tree was before the first of them, and what it was
/// after the last. So whoever holds the entries before needs no other to know that these follow.
package struct EntryPackage: Hashable, Sendable {
    /// An entry with what is needed to recompute its log.
    package struct Item: Hashable, Sendable {
        /// The leaf's data.
        package var entry: [UInt8]
        /// The manifest of a statement; nil for a seal.
        package var manifest: [UInt8]?
        /// The part of a statement that carries governance.
        package var governancePart: [UInt8]?

        /// An entry.
        package init(entry: [UInt8], manifest: [UInt8]?, governancePart: [UInt8]?) {
            self.entry = entry
            self.manifest = manifest
            self.governancePart = governancePart
        }
    }

    /// The index of the first entry.
    package var start: UInt64
    /// The root of the checkpoint's tree at that size, and its proof; both empty at 0.
    package var startRoot: Hash256
    package var startProof: [Hash256]
    /// The entries, at least one.
    package var items: [Item]
    /// Consistency of the tree after the last entry with the checkpoint's.
    package var endProof: [Hash256]

    /// A package.
    package init(
        start: UInt64, startRoot: Hash256, startProof: [Hash256], items: [Item],
        endProof: [Hash256]
    ) {
        self.start = start
        self.startRoot = startRoot
        self.startProof = startProof
        self.items = items
        self.endProof = endProof
    }

    /// The index after the last entry.
    package var end: UInt64 { start + UInt64(items.count) }

    // MARK: Bytes

    /// The package as an answer's bytes.
    package func encoded() -> [UInt8] {
        CBORValue.array([
            .unsigned(start), .bytes(startRoot.bytes), Self.value(of: startProof),
            .array(
                items.map { item in
                    .array([
                        .bytes(item.entry), item.manifest.map { .bytes($0) } ?? .null,
                        item.governancePart.map { .bytes($0) } ?? .null,
                    ])
                }), Self.value(of: endProof),
        ]).encoded()
    }

    private static func value(of proof: [Hash256]) -> CBORValue {
        .array(proof.map { .bytes($0.bytes) })
    }

    /// Reads a package.
    ///
    /// - Throws: `peer.message`.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> EntryPackage {
        do {
            let limits = CBORLimits(
                depth: 8, items: 8 * Int(ReplicationLimits.packageEntries),
                byteCount: ReplicationLimits.answerBytes)
            let value = try CBORValue.decode(bytes, limits: limits)
            var fields = try CBORFields(array: value, count: 5, path: "package")
            let package = EntryPackage(
                start: try fields.unsigned("start"), startRoot: try fields.hash("start root"),
                startProof: try proof(&fields, "start proof"),
                items: try fields.array("entries", limit: Int(ReplicationLimits.packageEntries))
                    .map(item),
                endProof: try proof(&fields, "end proof"))
            try fields.finish()
            guard !package.items.isEmpty, package.start < Self.indexLimit else {
                throw PeerMessage.refusal("a package holds at least one entry")
            }
            return package
        } catch let error as Refusal {
            throw error
        } catch {
            throw PeerMessage.refusal("\(error)")
        }
    }

    private static let indexLimit: UInt64 = 1 << 40

    private static func proof(
        _ fields: inout CBORFields, _ name: String
    ) throws -> [Hash256] {
        try fields.array(name, limit: Limits.proofHashes).map { try PeerMessage.hash($0) }
    }

    private static func item(_ value: CBORValue) throws -> Item {
        var fields = try CBORFields(array: value, count: 3, path: "package.entries")
        let entry = try fields.bytes("entry")
        let manifest = try fields.valueOrNull("manifest")
        let part = try fields.valueOrNull("governance part")
        guard manifest.map({ $0.asBytes != nil }) ?? true, part.map({ $0.asBytes != nil }) ?? true
        else { throw PeerMessage.refusal("manifests and parts are byte strings") }
        return Item(entry: entry, manifest: manifest?.asBytes, governancePart: part?.asBytes)
    }
}
