import HTTPTypes

/// The media types of SPEC §17.
package enum MediaType {
    /// One submission.
    package static let submission = "application/vnd.cairn.submission+cbor"
    /// A sequence of submissions.
    package static let submissionSequence = "application/vnd.cairn.submission+cbor-seq"
    /// The answers to a sequence.
    package static let resultSequence = "application/cbor-seq"
    /// Evidence.
    package static let evidence = "application/vnd.cairn.evidence+cbor"
    /// An alarm (SPEC §25.5).
    package static let alarm = "application/vnd.cairn.alarm+cbor"
    /// A COSE receipt.
    package static let coseReceipt = "application/scitt-receipt+cose"
    /// The size of a log, as a witness knows it (c2sp.org/tlog-witness).
    package static let logSize = "text/x.tlog.size"
    /// CBOR in general.
    package static let cbor = "application/cbor"
    /// Tiles.
    package static let bytes = "application/octet-stream"
    /// Signed notes and tlog-proofs.
    package static let text = "text/plain; charset=utf-8"
    /// JSON.
    package static let json = "application/json"
    /// One JSON value a line.
    package static let jsonLines = "application/x-ndjson"
    /// JSON-LD.
    package static let jsonLD = "application/ld+json"
    /// XML, in both of its names.
    package static let xml = ["application/xml", "text/xml"]
    /// Graphviz.
    package static let dot = "text/vnd.graphviz; charset=utf-8"
    /// Prometheus' text format.
    package static let metrics = "text/plain; version=0.0.4; charset=utf-8"

    /// Whether a request is a stream of submissions, or answered by one of verdicts, from its head
    /// alone.
    static func isStream(_ head: HTTPRequest) -> Bool {
        if head.method == .post, head.path == "/verdicts" { return true }
        guard head.method == .post, head.path == "/entries",
            let type = head.headerFields[.contentType]
        else { return false }
        return Negotiation.essence(type) == submissionSequence
    }
}
