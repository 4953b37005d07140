package import Signatures

/// With what a node takes part among its peers (SPEC §25).
package struct PeerSettings: Sendable {
    /// Where it listens for peers, `host:port`; nil: it only calls.
    package var listen: String?
    /// The key that governance lists as its `tls` key.
    package var tlsKey: SigningKey
    /// The key that governance lists as its `cosigner` key; nil: it cosigns nothing.
    package var cosignerKey: SigningKey?
    /// Where other nodes listen, by origin, beside what governance says.
    package var addresses: [String: String]

    /// Gathers them.
    package init(
        listen: String? = nil, tlsKey: SigningKey, cosignerKey: SigningKey? = nil,
        addresses: [String: String] = [:]
    ) {
        self.listen = listen
        self.tlsKey = tlsKey
        self.cosignerKey = cosignerKey
        self.addresses = addresses
    }
}
