import NIOCore
import NIOSSL

/// The settings of TLS between nodes: version 1.3, a certificate from both sides, one protocol.
enum PeerTLS {
    /// The name under which the protocol is negotiated (ALPN, RFC 7301).
    static let protocolName = "cairn/1"

    /// What a listener's handshakes begin with.
    static func listening(
        _ identity: PeerIdentity, _ rules: PeerRules, _ limits: PeerLimits
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(identity.certificate)],
            privateKey: .privateKey(identity.privateKey))
        harden(&configuration, rules, limits)
        return try NIOSSLContext(configuration: configuration)
    }

    /// What a dialer's handshakes begin with.
    static func dialing(
        _ identity: PeerIdentity, _ rules: PeerRules, _ limits: PeerLimits
    ) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateChain = [.certificate(identity.certificate)]
        configuration.privateKey = .privateKey(identity.privateKey)
        harden(&configuration, rules, limits)
        return try NIOSSLContext(configuration: configuration)
    }

    private static func harden(
        _ configuration: inout TLSConfiguration, _ rules: PeerRules, _ limits: PeerLimits
    ) {
        configuration.minimumTLSVersion = rules.tls13Only ? .tlsv13 : .tlsv12
        configuration.maximumTLSVersion = .tlsv13
        configuration.applicationProtocols = [protocolName]
        // Ed25519 is in neither list unless asked for; nothing else is a key of governance.
        configuration.signingSignatureAlgorithms = [.ed25519, .ecdsaSecp256R1Sha256]
        configuration.verifySignatureAlgorithms = [.ed25519, .ecdsaSecp256R1Sha256]
        // No authority is trusted: the verifier decides, in place of all that NIOSSL would check.
        configuration.trustRoots = .certificates([])
        configuration.certificateVerification =
            rules.anonymous == nil ? .noHostnameVerification : .optionalVerification
        configuration.renegotiationSupport = .none
        configuration.shutdownTimeout = .milliseconds(limits.closingMilliseconds)
    }
}
