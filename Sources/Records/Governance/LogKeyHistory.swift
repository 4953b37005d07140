package import MerkleTrees
package import Signatures

/// The point at which a log changed its key: the old key is void above this size (SPEC §9.2).
package struct LogRotation: Hashable, Sendable {
    /// The last size the old key may have signed.
    package let size: UInt64
    /// The root of the log at that size.
    package let root: Hash256
}

/// The keys that signed one log's checkpoints, in turn.
package struct LogKeyHistory: Hashable, Sendable {
    /// The first key, then one for each rotation.
    package private(set) var keys: [VerificationKey]
    /// Ascending in size.
    package private(set) var rotations: [LogRotation] = []

    /// Whether what stood at a size was void from the first rotation on that came after `known` of
    /// them: the key that had signed it was given up at a smaller size (SPEC §25.6).
    package func isVoid(size: UInt64, after known: Int) -> Bool {
        rotations.indices.contains(known) && size > rotations[known].size
    }

    init(first: VerificationKey) { keys = [first] }

    /// The key that counts for a checkpoint of this size.
    package func key(atSize size: UInt64) -> VerificationKey? {
        let passed = rotations.count { $0.size < size }
        return keys.indices.contains(passed) ? keys[passed] : nil
    }

    mutating func rotate(to key: VerificationKey, _ rotation: LogRotation) {
        keys.append(key)
        rotations.append(rotation)
    }
}
