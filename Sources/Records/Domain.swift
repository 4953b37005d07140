/// The constants that begin each hash, so that no two kinds of hash share an input (SPEC §2).
///
/// Each is its ASCII name followed by one zero byte.
package enum Domain {
    /// Genesis document → network id.
    package static let network = constant("cairn/network/v1")
    /// Amendment body → its digest.
    package static let amendment = constant("cairn/amendment/v1")
    /// What governors sign begins with this, followed by the digest of the body.
    package static let governanceSignature = constant("cairn/governance-signature/v1")
    /// What the keys of an applicant sign begins with this (SPEC §9.5).
    package static let joinRequest = constant("cairn/join-request/v1")
    /// Part → part digest.
    package static let part = constant("cairn/part/v1")
    /// The salt of a part.
    package static let salt = constant("cairn/salt/v1")
    /// Row of a manifest, as the data of an RFC 6962 leaf.
    package static let row = constant("cairn/row/v1")
    /// Signature structure of a statement → statement id.
    package static let statement = constant("cairn/statement/v1")
    /// Network, facet and URI → subject key.
    package static let subject = constant("cairn/subject/v1")

    /// Alarm → what identifies it.
    package static let alarm = constant("cairn/alarm/v1")

    /// Path of a request → what a reader token is bound to.
    package static let readerPath = constant("cairn/reader-path/v1")

    private static func constant(_ name: String) -> [UInt8] { Array(name.utf8) + [0] }
}
