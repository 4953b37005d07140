import DeterministicCBOR

/// How large evidence may be (SPEC §19).
///
/// A file past a limit is rejected before it is read.
package enum EvidenceLimits {
    /// Bytes of one file.
    package static let fileBytes = 256 << 20
    /// Subjects asked.
    package static let asked = 20_001
    /// Entries of one log, and links of one chain.
    package static let entries = 200_000
    /// Parts, and stubs.
    package static let parts = 200_000
    /// Bytes of parts that a node opens of one issuer whose word does not count.
    package static let unheardBytes = 4 << 20
    /// Items of an index proof.
    package static let proofItems = 2_000_000
    /// Alarms.
    package static let alarms = 256
    /// Changes of governance.
    package static let transitions = 10_000

    static let cbor: CBORLimits = {
        var limits = CBORLimits()
        limits.depth = 32
        limits.items = 20_000_000
        limits.byteCount = fileBytes
        return limits
    }()
}
