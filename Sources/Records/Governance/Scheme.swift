package import DeterministicCBOR

/// A claim scheme that the network knows: an id and a map that later rules read (SPEC §9.1).
package struct Scheme: Hashable, Sendable {
    /// The scheme's id.
    package let id: String
    /// A CBOR map, kept as it is.
    package let terms: CBORValue

    /// A scheme, whose `terms` must be a map.
    package init(id: String, terms: CBORValue) {
        self.id = id
        self.terms = terms
    }

    var cbor: CBORValue { .array([.text(id), terms]) }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        let items = try shape.tuple(value, 2, field)
        id = try shape.text(items[0], 1...Limits.identifierBytes, "\(field).id")
        guard case .map = items[1] else {
            throw shape.refusal("\(field).terms", "a scheme's terms are a map")
        }
        terms = items[1]
    }
}
