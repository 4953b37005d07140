package import EPCIS
package import MerkleTrees
package import Records

/// What to do where a document is wrong in places (`GS1-Capture-Error-Behaviour`).
package enum CaptureErrorBehaviour: String, Hashable, Sendable, CaseIterable {
    /// All or nothing; also if the caller says nothing.
    case rollback
    /// What is right is captured.
    case proceed
}

/// How a captured document is written.
package enum CaptureForm: String, Hashable, Sendable {
    /// JSON or JSON-LD.
    case json
    /// XML.
    case xml
}

/// The bounds of the capture interface (SPEC §19).
package enum CaptureLimits {
    /// Events of one document.
    package static let events = 5_000
    /// Bytes of one document.
    package static let documentBytes = 16 << 20
    /// Errors that are told of one document.
    package static let errors = 100
    /// Jobs that are listed at a time.
    package static let jobsOfPage = 1_000
}

/// A document or an event to capture.
package struct CaptureRequest: Hashable, Sendable {
    /// Its text.
    package var document: [UInt8]
    /// How it is written.
    package var form: CaptureForm
    /// What to do where something is wrong.
    package var behaviour: CaptureErrorBehaviour
    /// Prefixes that join its context; nil for none.
    package var extensions: JSONValue?

    /// Names everything.
    package init(
        _ document: [UInt8], form: CaptureForm, behaviour: CaptureErrorBehaviour = .rollback,
        extensions: JSONValue? = nil
    ) {
        self.document = document
        self.form = form
        self.behaviour = behaviour
        self.extensions = extensions
    }
}

/// One event that was captured by itself.
package struct CapturedEvent: Hashable, Sendable {
    /// The event as it was signed, JSON.
    package var event: [UInt8]
    /// Its ID, if it has one.
    package var eventID: String?
    /// The digest of its part.
    package var digest: Hash256

    /// Names everything.
    package init(event: [UInt8], eventID: String?, digest: Hash256) {
        self.event = event
        self.eventID = eventID
        self.digest = digest
    }
}

/// One thing that is wrong with a captured document.
package struct CaptureFault: Hashable, Sendable {
    /// The event's place in the document, from 0; nil for what stands around the events.
    package var event: Int?
    /// The place in the document as JSON Pointer, where there is one.
    package var pointer: String?
    /// Code, field and reason.
    package var refusal: Refusal

    /// Tells what is wrong where.
    package init(event: Int?, pointer: String? = nil, _ refusal: Refusal) {
        self.event = event
        self.pointer = pointer
        self.refusal = refusal
    }

    /// The fault as problem details with GS1's type.
    package var json: JSONValue {
        let place =
            (event.map { [JSONMember("event", .number(JSONNumber($0)))] } ?? [])
            + (pointer.map { [JSONMember("pointer", .string($0))] } ?? [])
        return .object(EPCISProblem(refusal).members + place)
    }
}

/// What a node does with documents that are handed to it: the capture interface of EPCIS 2.0
/// (SPEC §17.3).
///
/// Only the organisation that runs the node may ask: the node signs with its key.
package protocol CaptureService: Sendable {
    /// Refuses a caller that may not capture, and every one where the node cannot: asked before
    /// a body is read. `capture.organisation`, `capture.no-key`.
    func requireCapture(for reader: Reader) throws(Refusal)
    /// Promises to capture a document; the job's name. The promise is durable.
    ///
    /// - Throws: `json.*`, `xml.*`, `epcis.*` for what is no document at all, `capture.too-many`,
    ///   `node.busy`.
    func capture(_ request: CaptureRequest) async throws(Refusal) -> String
    /// Captures one event; it is durable and sealed when this returns.
    ///
    /// - Throws: what is wrong with it; `node.*`, `storage.*`.
    func captureEvent(_ request: CaptureRequest) async throws(Refusal) -> CapturedEvent
    /// What became of a document, as JSON; `capture.unknown`.
    func captureJob(id: String, for reader: Reader) async throws(Refusal) -> [UInt8]
    /// A page of all jobs that are remembered, newest first, as JSON; `query.token`.
    func captureJobs(
        perPage: Int, token: String?, for reader: Reader
    ) async throws(Refusal) -> EPCISPage
}
