import HummingbirdTLS
import NIOSSL

/// What an interface shows of itself over TLS: a certificate with its chain, and the key.
///
/// TLS 1.3 is used with every caller that has it, TLS 1.2 with others, nothing older. The key stays
/// in memory; no description of this value shows it.
package struct ServerTLS: Sendable, CustomStringConvertible {
    let configuration: TLSConfiguration

    /// Reads a certificate chain, the node's own first, and its private key, both PEM.
    ///
    /// - Throws: what cannot be read, is encrypted, or does not belong together.
    package init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws(ListenError) {
        let chain: [NIOSSLCertificate]
        let key: NIOSSLPrivateKey
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(certificatePEM)
        } catch {
            throw ListenError(reason: "the TLS certificate is no PEM certificate")
        }
        guard !chain.isEmpty else {
            throw ListenError(reason: "the TLS certificate's file holds no certificate")
        }
        do {
            key = try NIOSSLPrivateKey(bytes: keyPEM, format: .pem) { setter in setter([UInt8]()) }
        } catch {
            throw ListenError(
                reason: "the TLS key is no PEM private key, or it has a passphrase; a node starts "
                    + "unattended, so give a key without one, readable by its user only")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            _ = try NIOSSLContext(configuration: configuration)
        } catch {
            throw ListenError(reason: "the TLS key is not that of the certificate")
        }
        self.configuration = configuration
    }

    /// Nothing of what it holds.
    package var description: String { "TLS" }
}
