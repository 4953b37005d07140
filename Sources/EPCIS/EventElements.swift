package import GS1

/// The five event types of EPCIS 2.0 §7.4; event types that users define are refused.
package enum EventType: String, Hashable, Sendable, CaseIterable {
    /// Something happened to objects as such.
    case object = "ObjectEvent"
    /// Children were put into, taken from or seen in a parent.
    case aggregation = "AggregationEvent"
    /// Children were fitted to, removed from or seen on a parent that keeps its identity.
    case association = "AssociationEvent"
    /// Objects were tied to business transactions.
    case transaction = "TransactionEvent"
    /// Inputs were used up and outputs came of them.
    case transformation = "TransformationEvent"
}

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
    /// The unit of measure (UN Rec 20 common code); absent where objects are counted.
    package let uom: String?
}

/// A reference to a business transaction.
package struct BusinessTransaction: Hashable, Sendable {
    /// The kind as canonical CBV URI (`https://ref.gs1.org/cbv/BTT-po`) or a user's own.
    package let type: String?
    /// The transaction itself, such as a purchase order.
    package let transaction: CanonicalIdentifier
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

/// A statement that an earlier event of the same ID was wrong (EPCIS 2.0 §7.4.1.3).
package struct ErrorDeclaration: Hashable, Sendable {
    /// When the error was declared.
    package let declarationTimeMilliseconds: Int64
    /// Why, as canonical CBV URI (`https://ref.gs1.org/cbv/ER-did_not_occur`) or a user's own.
    package let reason: String?
    /// The IDs of events that put it right.
    package let correctiveEventIDs: [String]
}

/// Dispositions that hold until they are taken back (EPCIS 2.0 §7.3.5.6).
package struct PersistentDisposition: Hashable, Sendable {
    /// What holds from now on, as canonical CBV URIs or users' own.
    package let set: [String]
    /// What no longer holds.
    package let unset: [String]
}
