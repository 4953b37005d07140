package import EPCIS

/// What a receiver is sent: an `EPCISQueryDocument` of one delivery (EPCIS 2.0 §12.8.4).
package struct DeliveryDocument: Sendable {
    /// The subscription.
    package let subscription: Subscription
    /// The delivery; its date is the document's, so a repeated attempt has the same bytes.
    package let batch: DeliveryBatch
    /// The events, as they were signed.
    package let events: [JSONValue]

    /// Puts a document together.
    package init(_ subscription: Subscription, _ batch: DeliveryBatch, events: [JSONValue]) {
        self.subscription = subscription
        self.batch = batch
        self.events = events
    }

    /// The document.
    package var json: JSONValue {
        .object([
            JSONMember(
                "@context", .string("https://ref.gs1.org/standards/epcis/epcis-context.jsonld")),
            JSONMember("type", .string("EPCISQueryDocument")),
            JSONMember("schemaVersion", .string("2.0")),
            JSONMember(
                "creationDate", .string(Timestamp.text(milliseconds: batch.createdMilliseconds))),
            JSONMember(
                "epcisBody", .object([JSONMember("queryResults", .object(results))])),
        ])
    }

    private var results: [JSONMember] {
        [
            JSONMember("queryName", .string(subscription.queryName)),
            JSONMember("subscriptionID", .string(subscription.id)),
            JSONMember(
                "resultsBody", .object([JSONMember("eventList", .array(events))])),
        ]
    }

    /// What tells the delivery from all others: a repeated attempt has the same.
    package var idempotencyKey: String { "\"\(subscription.id)/\(batch.number)\"" }
}
