import Crypto
package import MerkleTrees

/// A public key: what it is (its COSE_Key), what it is called (its thumbprint), and whether a
/// message was signed with its private half.
///
/// A value of this type is a key the ``AcceptanceRule`` admits. It holds the parsed key, so
/// verifying does not parse again; keep and share the value. Equality is equality of the COSE_Key.
package struct VerificationKey: Sendable {
    /// The algorithm this key is for; a key has exactly one.
    package let algorithm: SignatureAlgorithm

    /// The deterministic COSE_Key with the required parameters only (RFC 9052 §7, RFC 9053 §7).
    package let coseKey: [UInt8]

    /// The COSE key thumbprint: SHA-256 of ``coseKey`` (RFC 9679).
    package let thumbprint: Hash256

    private let parsed: Parsed
    private let second = LibcryptoSlot()

    private enum Parsed: Sendable {
        case ed25519(Curve25519.Signing.PublicKey)
        case esp256(P256.Signing.PublicKey)
    }

    /// Reads a COSE_Key: OKP `{1: 1, -1: 6, -2: x}` or EC2 `{1: 2, -1: 1, -2: x, -3: y}`, in
    /// deterministic encoding, with nothing else in it.
    ///
    /// - Throws: `key.cose` for any other bytes, and what the initialisers below throw.
    package init(coseKey bytes: [UInt8]) throws(KeyError) {
        if bytes.count == 40, bytes.starts(with: KeyEncodings.coseEd25519) {
            try self.init(ed25519: Array(bytes[8...]))
        } else if bytes.count == 75, bytes.starts(with: KeyEncodings.coseP256),
            bytes[40..<43].elementsEqual(KeyEncodings.coseP256Middle)
        {
            try self.init(p256X: Array(bytes[8..<40]), y: Array(bytes[43...]))
        } else {
            throw KeyError(code: "key.cose", reason: Self.describeForeignKey(bytes))
        }
    }

    /// The key with the 32-byte encoding of RFC 8032 §5.1.2.
    ///
    /// - Throws: `key.length`; `key.point` when the encoding is not canonical or the point is of
    ///   small order.
    package init(ed25519 bytes: [UInt8]) throws(KeyError) {
        guard bytes.count == 32 else {
            throw .length("an Ed25519 public key", is: bytes.count, not: 32)
        }
        guard AcceptanceRule.admitsPoint(bytes, at: 0),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes)
        else {
            throw KeyError(
                code: "key.point",
                reason: "this Ed25519 public key is not canonical or has a small order; "
                    + "no honest software makes such a key")
        }
        self.init(.ed25519, KeyEncodings.coseEd25519 + bytes, .ed25519(key))
    }

    /// The P-256 key with two 32-byte coordinates, most significant byte first.
    ///
    /// - Throws: `key.length`; `key.point` when they are not a point of the curve.
    package init(p256X x: [UInt8], y: [UInt8]) throws(KeyError) {
        guard x.count == 32 else { throw .length("the x coordinate", is: x.count, not: 32) }
        guard y.count == 32 else { throw .length("the y coordinate", is: y.count, not: 32) }
        guard let key = try? P256.Signing.PublicKey(x963Representation: [0x04] + x + y) else {
            throw KeyError(
                code: "key.point", reason: "these coordinates are not a point of the curve P-256")
        }
        let encoded = KeyEncodings.coseP256 + x + KeyEncodings.coseP256Middle + y
        self.init(.esp256, encoded, .esp256(key))
    }

    private init(_ algorithm: SignatureAlgorithm, _ coseKey: [UInt8], _ parsed: Parsed) {
        self.algorithm = algorithm
        self.coseKey = coseKey
        self.thumbprint = Hash256.sha256(coseKey)
        self.parsed = parsed
    }

    /// The 32 bytes of an Ed25519 key, or nil for a P-256 key.
    package var rawEd25519: [UInt8]? {
        algorithm == .ed25519 ? Array(coseKey[8...]) : nil
    }

    /// The DER form of X.509, PEM files and TLS (RFC 8410, RFC 5480).
    package var subjectPublicKeyInfo: [UInt8] {
        switch algorithm {
        case .ed25519: KeyEncodings.publicEd25519 + coseKey[8...]
        case .esp256: KeyEncodings.publicP256 + coseKey[8..<40] + coseKey[43...]
        }
    }

    /// Whether the ``AcceptanceRule`` accepts a signature, as swift-crypto computes it.
    ///
    /// The node's own check. Never throws: anything that is not right is false.
    package func isValidSignature(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        switch parsed {
        case .ed25519(let key):
            return AcceptanceRule.admitsEd25519(signature)
                && key.isValidSignature(signature, for: message)
        case .esp256(let key):
            guard AcceptanceRule.admitsP256(signature),
                let parsed = try? P256.Signing.ECDSASignature(rawRepresentation: signature)
            else { return false }
            return key.isValidSignature(parsed, for: message)
        }
    }

    /// Whether the ``AcceptanceRule`` accepts a signature, as OpenSSL's libcrypto computes it.
    ///
    /// The auditor's second check, by code that shares nothing with the first but the rule's
    /// range checks.
    package func isValidSignatureByOpenSSL(_ signature: [UInt8], for message: [UInt8]) -> Bool {
        guard let key = second.key(subjectPublicKeyInfo: subjectPublicKeyInfo) else { return false }
        switch algorithm {
        case .ed25519:
            return AcceptanceRule.admitsEd25519(signature)
                && key.accepts(signature, for: message, algorithm: algorithm)
        case .esp256:
            guard AcceptanceRule.admitsP256(signature) else { return false }
            let der = KeyEncodings.derSignature(signature)
            return key.accepts(der, for: message, algorithm: algorithm)
        }
    }
}

extension VerificationKey: Hashable {
    /// Whether two keys are the same key.
    package static func == (left: VerificationKey, right: VerificationKey) -> Bool {
        left.thumbprint == right.thumbprint
    }

    /// Hashes the key's identity.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(thumbprint)
    }
}

extension VerificationKey: CustomStringConvertible {
    /// The algorithm and the thumbprint in hexadecimal.
    package var description: String { "\(algorithm.rawValue) \(thumbprint.hex)" }
}
