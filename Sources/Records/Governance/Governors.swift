import DeterministicCBOR
package import Signatures

/// One who signs governance: an organisation's governor key (SPEC §9.1).
package struct Governor: Hashable, Sendable {
    /// The organisation the governor belongs to.
    package let organisation: String
    /// The governor's key.
    package let key: VerificationKey

    /// A governor.
    package init(organisation: String, key: VerificationKey) {
        self.organisation = organisation
        self.key = key
    }

    var cbor: CBORValue { .array([.text(organisation), keyCBOR(key)]) }

    /// Ascending in the bytes of the encodings.
    static func precedes(_ left: Governor, _ right: Governor) -> Bool {
        left.cbor.encoded().lexicographicallyPrecedes(right.cbor.encoded())
    }
}

/// The governors of a network and how many of them must sign (SPEC §9.1).
package struct Governors: Hashable, Sendable {
    /// 1…64, sorted by the bytes of their encodings.
    package let members: [Governor]
    /// More than half of them, at most all.
    package let threshold: UInt64

    /// Governors with a threshold; the list is sorted here.
    package init(_ members: [Governor], threshold: UInt64) {
        self.members = members.sorted(by: Governor.precedes)
        self.threshold = threshold
    }

    var listCBOR: CBORValue {
        .array(members.map(\.cbor))
    }

    init(
        list: CBORValue, threshold number: CBORValue, shape: ShapeReader, field: String
    ) throws(Refusal) {
        var members: [Governor] = []
        for (index, item) in try shape.list(list, 1...Limits.governors, field).enumerated() {
            let items = try shape.tuple(item, 2, "\(field)[\(index)]")
            members.append(
                Governor(
                    organisation: try shape.canonicalURI(
                        items[0], "\(field)[\(index)].organisation"),
                    key: try shape.key(items[1], "\(field)[\(index)].key")))
        }
        try shape.requireAscending(members, field, by: Governor.precedes)
        let threshold = try shape.unsigned(number, "threshold")
        guard threshold <= members.count, 2 * threshold > members.count else {
            throw Refusal(
                code: "governance.threshold", field: "threshold",
                reason: "the threshold is more than half of the governors, at most all")
        }
        self.members = members
        self.threshold = threshold
    }
}
