/// An event's word that an earlier event of its ID is wrong (EPCIS 2.0 §7.4.1.4).
package struct ErrorDeclaration: Hashable, Sendable {
    /// When it was declared, milliseconds since the Unix epoch; nothing if that cannot be read.
    package let declarationTimeMilliseconds: Int64?
    /// Why: `https://ref.gs1.org/cbv/ER-incorrect_data`, or a URI of one's own.
    package let reason: String?
    /// The IDs of the events that say what was right, as written.
    package let correctiveEventIDs: [String]

    /// Reads `errorDeclaration` of an event; nothing if the event has none.
    ///
    /// What of it is not of the standard's form is passed over: the event declares an error all
    /// the same.
    package init?(of event: JSONValue) {
        guard let value = event["errorDeclaration"] else { return nil }
        self.init(value: value)
    }

    /// Reads the value of the member.
    init(value: JSONValue) {
        declarationTimeMilliseconds = value["declarationTime"]?.asString
            .flatMap { try? ZonedTime($0).milliseconds }
        reason = value["reason"]?.asString.map(Vocabulary.errorReason.canonical)
        correctiveEventIDs = (value["correctiveEventIDs"]?.asArray ?? []).compactMap(\.asString)
    }

    /// Takes together what was read before.
    package init(
        declarationTimeMilliseconds: Int64?, reason: String?, correctiveEventIDs: [String]
    ) {
        self.declarationTimeMilliseconds = declarationTimeMilliseconds
        self.reason = reason
        self.correctiveEventIDs = correctiveEventIDs
    }
}
