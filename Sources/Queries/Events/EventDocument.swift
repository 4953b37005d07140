import EPCIS

/// An `EPCISQueryDocument` that holds events as answers tell them (EPCIS 2.0 §9.5, SPEC §17.2).
///
/// Its own context is GS1's and the prefix `cairn`, of what a node adds; each event has the context
/// that it was signed with, so that a prefix means in the answer what it meant to the signer.
package struct EventDocument: Sendable {
    /// The events' JSON.
    package var events: [[UInt8]]
    /// The query's name; the standard's for one that has none.
    package var queryName = "SimpleEventQuery"
    /// The subscription that the document answers; nil for none.
    package var subscriptionID: String?
    /// When it is made, milliseconds since the Unix epoch.
    package var createdMilliseconds: Int64

    /// The context of answers.
    package static let context = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"

    /// A document of some events.
    package init(_ events: [[UInt8]], createdMilliseconds: Int64) {
        self.events = events
        self.createdMilliseconds = createdMilliseconds
    }

    /// The document's text.
    package var bytes: [UInt8] {
        var head = #"{"@context":["\#(Self.context)",{"cairn":"urn:cairn:"}],"#
        head += #""type":"EPCISQueryDocument","#
        head += #""schemaVersion":"2.0","creationDate":""#
        head += Timestamp.text(milliseconds: createdMilliseconds)
        head += #"","epcisBody":{"queryResults":{"queryName":"#
        var bytes = Array(head.utf8) + JSONValue.string(queryName).serialized()
        if let subscriptionID {
            bytes += Array(#","subscriptionID":"#.utf8)
            bytes += JSONValue.string(subscriptionID).serialized()
        }
        bytes += Array(#","resultsBody":{"eventList":["#.utf8)
        bytes.reserveCapacity(bytes.count + events.reduce(16) { $0 + $1.count + 1 })
        for (index, event) in events.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += event
        }
        return bytes + Array("]}}}}".utf8)
    }
}
