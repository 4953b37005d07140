import EPCIS
import Foundation
import HTTPAPI
import Imports
import MerkleTrees
import Queries
import Records
import Signatures
import Storage

extension RunningNode: CaptureService {
    package func requireCapture(for reader: Reader) throws(Refusal) {
        try requireOwn(reader)
        _ = try captureSigner()
    }

    package func capture(_ request: CaptureRequest) async throws(Refusal) -> String {
        guard !isStopping else { throw .stopping }
        let id = Self.captureID()
        let order = CaptureOrder(
            id: id, createdMilliseconds: nowMilliseconds(),
            behaviour: request.behaviour.rawValue, form: request.form.rawValue,
            extensions: request.extensions?.serialized(), document: request.document)
        let isTaken = try await serving { service in
            let count = try CaptureDocument.eventCount(
                request.document, form: CaptureDocument.Form(request.form),
                extensions: request.extensions)
            guard count <= CaptureLimits.events else {
                throw Refusal(
                    code: "capture.too-many", field: "epcisBody",
                    reason: "the document has \(count) events, at most \(CaptureLimits.events) "
                        + "are captured at a time; capture them in several documents")
            }
            return try service.add(order)
        }
        guard isTaken else { throw .busy }
        captureWork.ring()
        return id
    }

    package func captureEvent(
        _ request: CaptureRequest
    ) async throws(Refusal) -> CapturedEvent {
        guard !isStopping else { throw .stopping }
        let signer = try captureSigner()
        let now = nowMilliseconds()
        let (event, part) = try await serving { _ in
            let document = try CaptureDocument(
                request.document, form: CaptureDocument.Form(request.form), kind: .event,
                extensions: request.extensions)
            if let fault = document.faults.first { throw fault.refusal }
            guard let event = document.events.first else {
                throw Refusal(code: "epcis.missing", field: "", reason: "there is no event")
            }
            return (event.bytes, try signer.part(event))
        }
        guard await captureLane.enter() else { throw .busy }
        do throws(Refusal) {
            if try await unrecorded([part]).count == 1 {
                let submissions = try signer.signer.submissions(
                    [part], issuedAtSeconds: now / 1_000)
                for submission in submissions { try await registerCaptured(submission) }
            }
        } catch {
            await captureLane.leave()
            throw error
        }
        await captureLane.leave()
        let eventID = (try? JSONValue.parse(event))?["eventID"]?.asString
        return CapturedEvent(event: event, eventID: eventID, digest: part.digest)
    }

    // MARK: Jobs

    package func captureJob(
        id: String, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        try requireOwn(reader)
        let job = try await serving { service in try service.capture(id: id) }
        guard let job else {
            throw Refusal(
                code: "capture.unknown", field: "captureID",
                reason: "there is no such job, or it was so long ago that it is forgotten")
        }
        return job.json.serialized()
    }

    package func captureJobs(
        perPage: Int, token: String?, for reader: Reader
    ) async throws(Refusal) -> EPCISPage {
        try requireOwn(reader)
        var before: Int64?
        if let token {
            guard let number = Int64(token), number > 0, String(number) == token else {
                throw Refusal(
                    code: "query.token", field: "nextPageToken",
                    reason: "the token is none of this list; begin with the first page")
            }
            before = number
        }
        let (start, limit) = (before, perPage + 1)
        let jobs = try await serving { service in
            try service.captures(before: start, limit: limit)
        }
        let page = jobs.prefix(perPage)
        let body = JSONValue.array(page.map(\.json)).serialized()
        return EPCISPage(
            body, nextPageToken: jobs.count > perPage ? page.last.map { "\($0.number)" } : nil)
    }

    // MARK: Who and with what

    /// Refuses everybody but the node's own organisation: it is its key that signs.
    private func requireOwn(_ reader: Reader) throws(Refusal) {
        switch reader {
        case .nodeOperator: return
        case .member(let asking) where asking == organisation: return
        default:
            throw Refusal(
                code: "capture.organisation", field: "authorization",
                reason: "this node captures for \(organisation) only, which runs it; others sign "
                    + "what they say and send it to /entries")
        }
    }

    private func captureSigner() throws(Refusal) -> CaptureSigner {
        guard let signer = captureWork.signer else {
            throw Refusal(
                code: "capture.no-key", field: "",
                reason: "this node has no key to sign captured events with; its operator sets "
                    + "captureKey in config.json to the issuer key of \(organisation) and starts "
                    + "the node again")
        }
        return signer
    }

    private var captureLane: CaptureLane { captureWork.lane }

    private static func captureID() -> String {
        var random = SystemRandomNumberGenerator()
        let words = [random.next(), random.next()] as [UInt64]
        return words.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }
}

extension CaptureDocument.Form {
    init(_ form: CaptureForm) {
        self = form == .xml ? .xml : .json
    }
}

extension CaptureSigner {
    /// The part of one event, as `cairn sign` makes it.
    func part(_ event: EPCISPart) throws(Refusal) -> Part {
        try signer.part(event.bytes, type: PartContentType.event, visibility: visibility)
    }
}

extension CaptureJob {
    /// GS1's `CaptureJob`.
    var json: JSONValue {
        var members = [
            JSONMember("captureID", .string(id)),
            JSONMember("createdAt", .string(Self.time(createdMilliseconds))),
        ]
        if let finishedMilliseconds {
            members.append(JSONMember("finishedAt", .string(Self.time(finishedMilliseconds))))
        }
        return .object(
            members + [
                JSONMember("running", .bool(finishedMilliseconds == nil)),
                JSONMember("success", .bool(isSuccess)),
                JSONMember("captureErrorBehaviour", .string(behaviour)),
                JSONMember("errors", (try? JSONValue.parse(errors)) ?? .array([])),
            ])
    }

    private static func time(_ milliseconds: UInt64) -> String {
        Timestamp.text(milliseconds: Int64(clamping: milliseconds))
    }
}
