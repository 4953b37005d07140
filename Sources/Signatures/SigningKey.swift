import Crypto

/// A private key and what it may be used for: signing, and seeding the issuer's salts.
///
/// It never shows its secret: descriptions and mirrors print the public key only. The bytes come
/// out in one place, ``KeyFile``.
package struct SigningKey: Sendable {
    /// The key that verifies what this one signs.
    package let publicKey: VerificationKey

    private let parsed: Parsed

    private enum Parsed: Sendable {
        case ed25519(Curve25519.Signing.PrivateKey)
        case esp256(P256.Signing.PrivateKey)
    }

    /// The Ed25519 key of a 32-byte seed (RFC 8032 §5.1.5).
    ///
    /// - Throws: `key.length`.
    package init(ed25519Seed seed: [UInt8]) throws(KeyError) {
        guard seed.count == 32,
            let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed)
        else { throw .length("an Ed25519 seed", is: seed.count, not: 32) }
        publicKey = try VerificationKey(ed25519: [UInt8](key.publicKey.rawRepresentation))
        parsed = .ed25519(key)
    }

    /// The P-256 key of a 32-byte scalar from 1 to n − 1, most significant byte first.
    ///
    /// - Throws: `key.length`, `key.range`.
    package init(p256Scalar scalar: [UInt8]) throws(KeyError) {
        guard scalar.count == 32 else {
            throw .length("a P-256 private key", is: scalar.count, not: 32)
        }
        guard let key = try? P256.Signing.PrivateKey(rawRepresentation: scalar) else {
            throw KeyError(
                code: "key.range", reason: "a P-256 private key must lie from 1 to n - 1")
        }
        let point = [UInt8](key.publicKey.x963Representation)
        publicKey = try VerificationKey(p256X: Array(point[1..<33]), y: Array(point[33...]))
        parsed = .esp256(key)
    }

    /// A new key from a source of randomness, which must be a cryptographic one outside tests.
    ///
    /// A source that yields no usable P-256 scalar in 64 tries, each of which fails once in 2³²,
    /// is broken, and the process stops.
    package static func generate(
        _ algorithm: SignatureAlgorithm, randomness: inout some RandomNumberGenerator
    ) -> SigningKey {
        for _ in 0..<64 {
            let words = (0..<4).map { _ in randomness.next() as UInt64 }
            let secret = Words256(words[0], words[1], words[2], words[3]).bigEndianBytes
            switch algorithm {
            case .ed25519: if let key = try? SigningKey(ed25519Seed: secret) { return key }
            case .esp256: if let key = try? SigningKey(p256Scalar: secret) { return key }
            }
        }
        preconditionFailure("the source of randomness repeats unusable values")
    }

    /// The algorithm of the key.
    package var algorithm: SignatureAlgorithm { publicKey.algorithm }

    /// Signs a message: 64 bytes, Ed25519 or low-s P-256 r‖s.
    ///
    /// Ed25519 gives the same signature every time. P-256 signatures differ from call to call,
    /// because their nonces are drawn by the library.
    ///
    /// - Throws: `key.signing` when the library fails, which it does only when memory or its
    ///   random source does.
    package func sign(_ message: [UInt8]) throws(KeyError) -> [UInt8] {
        do {
            switch parsed {
            case .ed25519(let key):
                return [UInt8](try key.signature(for: message))
            case .esp256(let key):
                let raw = [UInt8](try key.signature(for: message).rawRepresentation)
                return AcceptanceRule.lowered(raw)
            }
        } catch {
            throw KeyError(code: "key.signing", reason: "the library failed to sign: \(error)")
        }
    }

    /// The secret from which this issuer's salts are derived:
    /// HMAC-SHA-256(private key bytes, "cairn/salt-secret/v1" ‖ 00).
    package var saltSecret: [UInt8] {
        let label = Array("cairn/salt-secret/v1".utf8) + [0]
        let key = SymmetricKey(data: secretBytes)
        return [UInt8](HMAC<SHA256>.authenticationCode(for: label, using: key))
    }

    /// The seed or scalar, 32 bytes, for key files and the salt secret only.
    var secretBytes: [UInt8] {
        switch parsed {
        case .ed25519(let key): [UInt8](key.rawRepresentation)
        case .esp256(let key): [UInt8](key.rawRepresentation)
        }
    }

    /// The unencrypted PKCS #8 form.
    var privateKeyInfo: [UInt8] {
        switch algorithm {
        case .ed25519:
            return KeyEncodings.privateEd25519 + secretBytes
        case .esp256:
            let point = publicKey.subjectPublicKeyInfo.suffix(64)
            return KeyEncodings.privateP256 + secretBytes + KeyEncodings.privateP256Middle + point
        }
    }
}

extension SigningKey: CustomStringConvertible, CustomReflectable {
    /// The public key; never the secret.
    package var description: String { "private key of \(publicKey)" }

    /// A mirror without the secret.
    package var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
