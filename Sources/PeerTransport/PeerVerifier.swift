import Foundation
import NIOSSL
import Signatures

/// What a side asks of the other before a byte of protocol is read.
///
/// All is asked, always. Tests switch single rules off to see that they, and nothing else, refuse.
struct PeerRules: Sendable {
    var tls13Only = true
    var protocolName = true
    /// Whom a side without a certificate is taken for: nobody, but in tests.
    var anonymous: VerificationKey?
    var validity = true
    var pinning = true
}

/// Decides by its certificate who the other side is, and whether it is welcome.
///
/// The key alone counts. Names, issuer and self-signature of the certificate are not looked at: TLS
/// has the other side sign the handshake with the key. A certificate that says it is not valid now
/// is refused all the same, because whoever set a time meant it.
struct PeerVerifier: Sendable {
    let isPinned: @Sendable (VerificationKey) -> Bool
    var rules = PeerRules()

    /// The key of a certificate that may pass.
    ///
    /// - Throws: `peer.certificate`, `peer.not-pinned`.
    func key(of certificate: NIOSSLCertificate) throws(PeerClosure) -> VerificationKey {
        if rules.validity { try checkTime(of: certificate) }
        guard let info = try? certificate.extractPublicKey().toSPKIBytes(),
            let key = VerificationKey(subjectPublicKeyInfo: info)
        else {
            throw PeerClosure(.notPinned, "its certificate holds no Ed25519 or P-256 key")
        }
        guard !rules.pinning || isPinned(key) else {
            throw PeerClosure(.notPinned, "its key, \(key), is not one that governance names")
        }
        return key
    }

    private func checkTime(of certificate: NIOSSLCertificate) throws(PeerClosure) {
        let now = time_t(Date().timeIntervalSince1970)
        guard certificate.notValidBefore <= now else {
            throw PeerClosure(.certificate, "its certificate is not valid yet, by this clock")
        }
        guard now <= certificate.notValidAfter else {
            throw PeerClosure(.certificate, "its certificate has expired, by this clock")
        }
    }
}

extension VerificationKey {
    /// The key of a SubjectPublicKeyInfo; nil for any that this software would not write.
    init?(subjectPublicKeyInfo info: [UInt8]) {
        let key: VerificationKey?
        switch info.count {
        case 44: key = try? VerificationKey(ed25519: Array(info.suffix(32)))
        case 91:
            let point = info.suffix(64)
            key = try? VerificationKey(p256X: Array(point.prefix(32)), y: Array(point.suffix(32)))
        default: key = nil
        }
        guard let key, key.subjectPublicKeyInfo == info else { return nil }
        self = key
    }
}
