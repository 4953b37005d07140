import MerkleTrees
package import Signatures

/// A key that governance has listed, whose it is and what it is for.
package struct RegisteredKey: Hashable, Sendable {
    /// What it is for.
    package let purpose: KeyPurpose
    /// The URI of the organisation it belongs to; of a node's keys, of the one that runs it.
    package let owner: String
    /// The key, ready to verify.
    package let key: VerificationKey
    /// From which time of registration it counts, in milliseconds since the epoch.
    package let fromMilliseconds: UInt64
    /// From which time of registration it counts no more; nil while not revoked.
    package internal(set) var revokedFromMilliseconds: UInt64?

    /// Whether something registered then is past the revocation.
    package func isRevoked(atMilliseconds time: UInt64) -> Bool {
        revokedFromMilliseconds.map { time >= $0 } ?? false
    }
}

/// Every key that governance ever listed: one key has one purpose and one owner, for ever
/// (SPEC §3).
struct KeyRegistry: Sendable {
    private var keys: [Hash256: RegisteredKey] = [:]

    /// The key with a thumbprint.
    subscript(_ thumbprint: Hash256) -> RegisteredKey? { keys[thumbprint] }

    /// Every key.
    var all: Dictionary<Hash256, RegisteredKey>.Values { keys.values }

    /// Lists a key; listing it again for the same purpose and owner changes nothing.
    ///
    /// - Returns: whether the key is new.
    /// - Throws: `governance.key-reused` for another purpose or owner.
    @discardableResult
    mutating func list(
        _ key: VerificationKey, for purpose: KeyPurpose, owner: String,
        fromMilliseconds: UInt64 = 0, field: String
    ) throws(Refusal) -> Bool {
        if let known = keys[key.thumbprint] {
            guard known.purpose == purpose, known.owner == owner else {
                throw Refusal(
                    code: "governance.key-reused", field: field,
                    reason: "key \(key.thumbprint.hex) is already a \(known.purpose) key of "
                        + "\(known.owner); make a new key for each purpose")
            }
            return false
        }
        keys[key.thumbprint] = RegisteredKey(
            purpose: purpose, owner: owner, key: key, fromMilliseconds: fromMilliseconds)
        return true
    }

    /// Sets the time from which a listed key counts no more.
    mutating func revoke(_ thumbprint: Hash256, fromMilliseconds: UInt64) {
        keys[thumbprint]?.revokedFromMilliseconds = fromMilliseconds
    }
}
