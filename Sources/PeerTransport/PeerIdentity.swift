import Foundation
import NIOSSL
package import Signatures
import SwiftASN1
import X509

/// What a node shows its peers: its TLS key, in a certificate that says nothing else.
///
/// TLS carries keys in certificates, so one is made, in memory, signed with the key itself. It is
/// valid at all times, because a key is good for as long as governance names it. Nobody keeps or
/// compares it: peers look at the key.
package struct PeerIdentity: Sendable, CustomStringConvertible {
    /// The key that peers must find in governance.
    package let publicKey: VerificationKey
    let certificate: NIOSSLCertificate
    let privateKey: NIOSSLPrivateKey

    /// The identity of a node's TLS key, Ed25519 or P-256.
    ///
    /// - Throws: `key.signing` when a library cannot use the key.
    package init(_ key: SigningKey) throws(KeyError) {
        try self.init(key, validFrom: .distantPast, until: .noExpiry)
    }

    /// An identity whose certificate has limits in time.
    init(_ key: SigningKey, validFrom: Date, until: Date) throws(KeyError) {
        publicKey = key.publicKey
        let pem = try KeyFile.write(key)
        do {
            privateKey = try NIOSSLPrivateKey(bytes: pem, format: .pem)
            let der = try Self.certificate(
                Certificate.PrivateKey(pemEncoded: String(decoding: pem, as: UTF8.self)),
                validFrom: max(validFrom, Date(timeIntervalSince1970: 0)), until: until)
            certificate = try NIOSSLCertificate(bytes: der, format: .der)
        } catch {
            throw KeyError(code: "key.signing", reason: "no certificate can be made: \(error)")
        }
    }

    /// The key, never the secret.
    package var description: String { "peer identity \(publicKey)" }

    private static func certificate(
        _ key: Certificate.PrivateKey, validFrom: Date, until: Date
    ) throws -> [UInt8] {
        let name = try DistinguishedName { CommonName("cairn") }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(bytes: [1]),
            publicKey: key.publicKey, notValidBefore: validFrom, notValidAfter: until,
            issuer: name, subject: name, extensions: Certificate.Extensions(),
            issuerPrivateKey: key)
        var serializer = DER.Serializer()
        try certificate.serialize(into: &serializer)
        return serializer.serializedBytes
    }
}

extension Date {
    /// 9999-12-31T23:59:59Z: no well-defined end (RFC 5280 §4.1.2.5).
    static let noExpiry = Date(timeIntervalSince1970: 253_402_300_799)
}
