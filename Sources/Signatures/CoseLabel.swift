/// The COSE header labels Cairn reads or writes (IANA registry "COSE Header Parameters").
package enum CoseLabel {
    /// The algorithm (RFC 9052 §3.1).
    package static let algorithm: Int64 = 1
    /// The labels a reader must understand (RFC 9052 §3.1); Cairn understands none, and refuses.
    package static let critical: Int64 = 2
    /// The media type of the payload (RFC 9052 §3.1).
    package static let contentType: Int64 = 3
    /// The key identifier, here the key thumbprint (RFC 9052 §3.1, RFC 9679).
    package static let keyID: Int64 = 4
    /// The CWT claims (RFC 9597): 1 issuer, 2 subject, 6 issued at.
    package static let cwtClaims: Int64 = 15
    /// The receipts attached to a statement (RFC 9942).
    package static let receipts: Int64 = 394
    /// The verifiable data structure of a receipt (RFC 9942); 1 is the RFC 9162 tree with SHA-256.
    package static let verifiableDataStructure: Int64 = 395
    /// The proofs of a receipt (RFC 9942).
    package static let verifiableDataProofs: Int64 = 396
}
