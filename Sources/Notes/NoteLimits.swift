/// The bounds on notes, checked before anything is read further.
package enum NoteLimits {
    /// The largest signed note, in bytes.
    package static let noteByteCount = 1 << 20
    /// The most signature lines of one note; C2SP asks for at least 16.
    package static let signatures = 64
    /// The longest key name, in bytes.
    package static let nameByteCount = 255
    /// The most hashes of one inclusion proof: a tree of 2⁶⁴ leaves needs no more.
    package static let proofHashes = 64
    /// The most extra data of a proof, in bytes: one log entry.
    package static let extraByteCount = 65_535
    /// The largest proof file, in bytes: its note, its extra data as base64, and its hashes.
    package static let proofByteCount = noteByteCount + 131_072
}
