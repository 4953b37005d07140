/// What a key is for (SPEC §3).
///
/// One key has one purpose.
package enum KeyPurpose: String, Hashable, Sendable, CaseIterable {
    /// Signs statements in an organisation's name.
    case issuer
    /// Signs governance.
    case governor
    /// Signs a log's checkpoints.
    case log
    /// Cosigns other logs' checkpoints.
    case cosigner
    /// Authenticates a node's connections.
    case tls
    /// Signs an organisation's reading tokens.
    case reader
}
