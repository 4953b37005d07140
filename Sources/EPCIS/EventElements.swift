package import GS1

/// How an event relates to the life of its objects or relations (EPCIS 2.0 §7.3.2).
package enum EventAction: String, Hashable, Sendable, CaseIterable {
    /// The object comes into being, or the relation begins.
    case add = "ADD"
    /// The object or relation was seen, unchanged.
    case observe = "OBSERVE"
    /// The object goes out of being, or the relation ends.
    case delete = "DELETE"
}

/// An amount of a class of objects (EPCIS 2.0 §7.3.3.3).
package struct QuantityElement: Hashable, Sendable {
    /// The class: a batch, or a product.
    package let epcClass: CanonicalIdentifier
    /// How many, or how much in the unit; never negative, absent if unspecified.
    package let quantity: ExactDecimal?
    /// The unit of measure as written, a UN Rec 20 common code where the schema was checked;
    /// absent where objects are counted.
    package let uom: String?
}

/// One end of a transfer, from `sourceList` or `destinationList`.
package struct TransferEnd: Hashable, Sendable {
    /// The kind as canonical CBV URI or a user's own.
    package let type: String
    /// The party or location.
    package let place: CanonicalIdentifier

    /// Whether this names a party that owns or holds the goods.
    package var isParty: Bool {
        type == Self.cbv("owning_party") || type == Self.cbv("possessing_party")
    }

    /// Whether this names a location.
    package var isLocation: Bool {
        type == Self.cbv("location")
    }

    /// The canonical URI of a source or destination type.
    private static func cbv(_ word: String) -> String {
        Vocabulary.namespace + Vocabulary.sourceDestinationType.prefix + word
    }
}
