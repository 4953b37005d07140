import NIOCore
import NIOSSL
import Synchronization

/// What an interface shows of itself over TLS: a certificate with its chain, and the key.
///
/// TLS 1.3 is used with every caller that has it, TLS 1.2 with others, nothing older. Handshakes
/// begin with the certificate that is shown at that moment, so it can be renewed while the
/// interface listens. The key stays in memory; no description of this value shows it.
package final class ServerTLS: Sendable, CustomStringConvertible {
    /// A certificate chain and its key that belong together.
    private struct Pair {
        var chain: [NIOSSLCertificateSource]
        var key: NIOSSLPrivateKeySource
    }

    private let shown: Mutex<Pair>

    /// Reads a certificate chain, the node's own first, and its private key, both PEM.
    ///
    /// - Throws: what cannot be read, is encrypted, or does not belong together.
    package init(certificatePEM: [UInt8], keyPEM: [UInt8]) throws(ListenError) {
        shown = Mutex(try Self.pair(certificatePEM, keyPEM))
    }

    /// Shows what another value shows, from the next handshake on; connections that stand, stay.
    package func show(_ other: ServerTLS) {
        let pair = other.shown.withLock(\.self)
        shown.withLock { $0 = pair }
    }

    /// Nothing of what it holds.
    package var description: String { "TLS" }

    /// For a server that asks at each handshake what to show.
    var configuration: TLSConfiguration {
        var configuration = Self.configuration(of: shown.withLock(\.self))
        configuration.sslContextCallback = { [self] _, promise in
            let pair = shown.withLock(\.self)
            var override = NIOSSLContextConfigurationOverride()
            override.certificateChain = pair.chain
            override.privateKey = pair.key
            promise.succeed(override)
        }
        return configuration
    }

    private static func configuration(of pair: Pair) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: pair.chain, privateKey: pair.key)
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        return configuration
    }

    private static func pair(
        _ certificatePEM: [UInt8], _ keyPEM: [UInt8]
    ) throws(ListenError) -> Pair {
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
        let pair = Pair(chain: chain.map { .certificate($0) }, key: .privateKey(key))
        do {
            _ = try NIOSSLContext(configuration: configuration(of: pair))
        } catch {
            throw ListenError(reason: "the TLS key is not that of the certificate")
        }
        return pair
    }
}
