/// The two signature algorithms of the network, with their COSE numbers.
///
/// Fully specified algorithms are written (RFC 9864: `Ed25519` -19, `ESP256` -9); the older
/// polymorphic numbers are read as the same thing (RFC 9053: `EdDSA` -8, `ES256` -7), because with
/// one curve for each key type they cannot mean anything else here.
package enum SignatureAlgorithm: String, Hashable, Sendable, CaseIterable {
    /// Ed25519 (RFC 8032), 64-byte signatures, the message itself is signed.
    case ed25519
    /// ECDSA on P-256 with SHA-256, signature r‖s in 64 bytes, s in the lower half.
    case esp256

    /// The number this software writes into header parameter 1.
    package var identifier: Int64 {
        switch self {
        case .ed25519: -19
        case .esp256: -9
        }
    }

    /// The algorithm a COSE number stands for, or nil when Cairn does not use it.
    package init?(identifier: Int64) {
        switch identifier {
        case -19, -8: self = .ed25519
        case -9, -7: self = .esp256
        default: return nil
        }
    }

    /// The length of every signature, in bytes.
    package static let signatureByteCount = 64
}
