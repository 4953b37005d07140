import DeterministicCBOR

/// What a network asks of its logs and statements (SPEC §9.1).
package struct Policy: Hashable, Sendable {
    /// How many mirrors' cosignatures make a checkpoint final; 0: none, answers say *unwitnessed*.
    package let quorum: UInt64
    /// How many lying cosigners the network bears.
    package let toleratedLiars: UInt64
    /// How far `issued at` may lie after registration, in seconds.
    package let furthestFutureSeconds: UInt64

    /// A policy.
    package init(quorum: UInt64, toleratedLiars: UInt64, furthestFutureSeconds: UInt64) {
        self.quorum = quorum
        self.toleratedLiars = toleratedLiars
        self.furthestFutureSeconds = furthestFutureSeconds
    }

    /// Whether `cosigners` can make a quorum, and two quorums always share an honest one:
    /// n ≥ q and 2q > n + f, or q is 0.
    package func holds(cosigners: Int) -> Bool {
        quorum == 0
            || quorum <= UInt64(cosigners)
                && 2 * UInt128(quorum) > UInt128(cosigners) + UInt128(toleratedLiars)
    }

    var cbor: CBORValue {
        numberedMap([
            .unsigned(quorum), .unsigned(toleratedLiars), .unsigned(furthestFutureSeconds),
        ])
    }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        let members = try shape.map(value, keys: 0..<3, field)
        quorum = try shape.unsigned(members[0], "\(field).quorum")
        toleratedLiars = try shape.unsigned(members[1], "\(field).toleratedLiars")
        furthestFutureSeconds = try shape.unsigned(members[2], "\(field).furthestFuture")
    }
}
