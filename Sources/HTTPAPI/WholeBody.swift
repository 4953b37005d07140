import HTTPTypes
import HummingbirdCore
import NIOCore
import Notes
import Records

/// A request body that is read whole before anything is done with it.
struct WholeBody {
    /// The most bytes it has.
    let bytesLimit: Int
    /// What is told of a longer one.
    let tooLarge: Refusal
    /// What is told of one that ended before it was there.
    let cutOff: Refusal

    /// Reads the body of a request; its bytes are in `holding` until that is released.
    ///
    /// - Throws: `tooLarge`, of a length that is announced before a byte is read; `cutOff`;
    ///   `node.busy`.
    func read(_ request: Request, holding: SlotHolding) async throws(Refusal) -> [UInt8] {
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > bytesLimit {
            throw tooLarge
        }
        var bytes: [UInt8] = []
        do {
            for try await chunk in request.body {
                guard bytes.count + chunk.readableBytes <= bytesLimit else { throw tooLarge }
                guard holding.grow(by: chunk.readableBytes) else { throw Responder.busy }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw cutOff
        }
        return bytes
    }
}

extension WholeBody {
    /// A single submission.
    static let submission = WholeBody(
        bytesLimit: Limits.submissionBytes, tooLarge: Submission.tooLarge(),
        cutOff: Refusal(
            code: "cbor.truncated", field: "submission",
            reason: "the connection ended before the submission did"))

    /// A document to capture.
    static let document = WholeBody(
        bytesLimit: CaptureLimits.documentBytes,
        tooLarge: Refusal(
            code: "capture.too-large", field: "content-length",
            reason: "a document has at most \(CaptureLimits.documentBytes) bytes; capture its "
                + "events in several"),
        cutOff: Refusal(
            code: "request.parameter", field: "content-length",
            reason: "the connection ended before the document did"))

    /// What a log asks of a witness.
    static let checkpoint = WholeBody(
        bytesLimit: CheckpointRequest.byteCountLimit,
        tooLarge: Refusal(
            code: "request.too-large", field: "body",
            reason: "the body has more than \(CheckpointRequest.byteCountLimit) bytes"),
        cutOff: Refusal(
            code: "witness.request", field: "",
            reason: "the connection ended before the request did"))

    /// A query or a subscription.
    static let query = WholeBody(
        bytesLimit: queryBytes,
        tooLarge: Refusal(
            code: "request.too-large", field: "body",
            reason: "the body has more than \(queryBytes) bytes"),
        cutOff: Refusal(
            code: "json.end", field: "body", reason: "the connection ended before the body did"))

    private static let queryBytes = 128 << 10
}
