/// The content types whose meaning Cairn knows (SPEC §5); every other part is an attachment.
package enum PartContentType {
    /// One EPCIS 2.0 event as JSON.
    package static let event = "application/vnd.cairn.epcis-event+json"
    /// One record, CBOR (SPEC §8.3).
    package static let record = "application/vnd.cairn.record+cbor"
    /// A governance body with its governors' signatures (SPEC §9.3).
    package static let governance = "application/vnd.cairn.governance+cbor"
}
