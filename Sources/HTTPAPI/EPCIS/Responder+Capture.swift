import EPCIS
import HTTPTypes
import HummingbirdCore
import MerkleTrees
import NIOCore
import Records

extension Responder {
    /// Answers a request to the capture interface (SPEC §17.3); nil for any other.
    func capture(_ route: EPCISRoute, _ asking: Asking) async throws(Refusal) -> Answer? {
        if case .discovery(let allowed, "/epcis/capture") = route {
            _ = try GS1Headers.preferences(asking.request.headers)
            var answer = Self.discovery(allowed, "/epcis/capture")
            GS1Headers.add(GS1Headers.common + GS1Headers.capture, to: &answer)
            return answer.fresh
        }
        guard case .capture(let route) = route else { return nil }
        guard let capturing else {
            throw Refusal(
                code: "request.path", field: "path", reason: "this node captures no EPCIS")
        }
        var answer =
            switch route {
            case .document: try await document(asking, capturing)
            case .event: try await event(asking, capturing)
            case .job, .jobs: try await jobs(route, asking, capturing)
            }
        GS1Headers.add(GS1Headers.common, to: &answer)
        return answer.fresh
    }

    // MARK: Handing in

    private func document(
        _ asking: Asking, _ capturing: any CaptureService
    ) async throws(Refusal) -> Answer {
        let id = try await receive(asking, capturing) { (request) throws(Refusal) in
            try await capturing.capture(request)
        }
        var answer = Answer(202)
        answer.fields[.location] = "/epcis/capture/\(id)"
        return answer
    }

    private func event(
        _ asking: Asking, _ capturing: any CaptureService
    ) async throws(Refusal) -> Answer {
        let captured = try await receive(asking, capturing) { (request) throws(Refusal) in
            try await capturing.captureEvent(request)
        }
        var answer = Answer(201, type: MediaType.json, captured.event)
        answer.fields[.location] =
            captured.eventID.map { "/epcis/events/\(PercentCoding.encode($0))" }
            ?? "/log/part/\(captured.digest.hex)"
        return answer
    }

    /// Reads a document and hands it on; its room is kept until that has been done.
    private func receive<Value: Sendable>(
        _ asking: Asking, _ capturing: any CaptureService,
        _ body: (CaptureRequest) async throws(Refusal) -> Value
    ) async throws(Refusal) -> Value {
        try capturing.requireCapture(for: asking.reader)
        let fields = asking.request.headers
        let preferences = try GS1Headers.preferences(fields)
        let behaviour = try Self.behaviour(fields)
        let form = try Self.form(fields[.contentType] ?? "")
        guard let holding = SlotHolding(submissionBytes, 0) else { throw Self.busy }
        defer { holding.release() }
        let bytes = try await WholeBody.document.read(asking.request, holding: holding)
        return try await body(
            CaptureRequest(
                bytes, form: form, behaviour: behaviour, extensions: preferences.extensions))
    }

    private static func behaviour(
        _ fields: HTTPFields
    ) throws(Refusal) -> CaptureErrorBehaviour {
        guard let text = GS1Headers.value("GS1-Capture-Error-Behaviour", fields) else {
            return .rollback
        }
        guard let behaviour = CaptureErrorBehaviour(rawValue: text) else {
            throw Refusal(
                code: "request.parameter", field: "gs1-capture-error-behaviour",
                reason: "GS1-Capture-Error-Behaviour is rollback or proceed")
        }
        return behaviour
    }

    private static func form(_ contentType: String) throws(Refusal) -> CaptureForm {
        let type = Negotiation.essence(contentType)
        if type == MediaType.json || type == MediaType.jsonLD { return .json }
        if MediaType.xml.contains(type) { return .xml }
        throw Refusal(
            code: "request.media-type", field: "content-type",
            reason: "captured are application/json, application/ld+json and application/xml, not "
                + "'\(type)'")
    }

    // MARK: Jobs

    private func jobs(
        _ route: CaptureRoute, _ asking: Asking, _ capturing: any CaptureService
    ) async throws(Refusal) -> Answer {
        let type = try GS1Headers.mediaType(asking.accept)
        _ = try GS1Headers.preferences(asking.request.headers)
        if case .job(let id) = route {
            return Answer(type: type, try await capturing.captureJob(id: id, for: asking.reader))
        }
        guard case .jobs(let perPage, let token) = route else { throw Self.busy }
        let page = try await capturing.captureJobs(
            perPage: min(perPage ?? 30, CaptureLimits.jobsOfPage), token: token,
            for: asking.reader)
        return Self.answer(page, type, asking)
    }
}
