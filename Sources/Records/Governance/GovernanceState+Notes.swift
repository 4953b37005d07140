package import Notes
package import Signatures

extension GovernanceState {
    /// Verifies a log's signature under a checkpoint of this size; nil for a log that the network
    /// does not know.
    package func logVerifier(origin: String, size: UInt64) -> NoteVerifier? {
        guard let key = logKeys(origin: origin)?.key(atSize: size) else { return nil }
        return try? NoteVerifier(name: origin, key: key)
    }

    /// Whether a log's checkpoint of this size may bear a key.
    ///
    /// A log may begin before governance lists it: until then it may bear any.
    package func allows(
        logKey key: VerificationKey, of origin: String, size: UInt64
    ) -> Bool {
        guard let history = logKeys(origin: origin) else { return true }
        return history.key(atSize: size) == key
    }

    /// Verify what a log signed before it was of this size, with keys that it had given up by then.
    package func formerLogVerifiers(origin: String, size: UInt64) -> [NoteVerifier] {
        guard let history = logKeys(origin: origin) else { return [] }
        let passed = history.rotations.count { $0.size < size }
        return history.keys.prefix(passed).compactMap { try? NoteVerifier(name: origin, key: $0) }
    }

    /// Verifies the cosignatures of the network's mirrors.
    package var cosigners: [NoteVerifier] {
        nodes.values.compactMap { node in
            node.cosignerKey.flatMap {
                try? NoteVerifier(name: node.origin, key: $0, kind: .cosignature)
            }
        }
    }
}
