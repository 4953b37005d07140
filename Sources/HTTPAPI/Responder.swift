import DeterministicCBOR
import EPCIS
import HTTPTypes
import HummingbirdCore
import Lineage
import MerkleTrees
import NIOCore
import Records

/// Turns requests into calls of the node and its answers into responses (SPEC §17).
///
/// Holds no state but the slots that bound what goes on at once.
struct Responder: Sendable {
    private let service: any NodeService
    private let limits: HTTPLimits
    private let reader: Reader
    private let submissionBytes: Slots
    private let streams: Slots
    private let evidenceAnswers: Slots

    /// A responder for callers that are all taken for this reader.
    init(service: any NodeService, limits: HTTPLimits, reader: Reader) {
        self.service = service
        self.limits = limits
        self.reader = reader
        submissionBytes = Slots(limits.submissionBytesTogether)
        streams = Slots(limits.streams)
        evidenceAnswers = Slots(limits.evidenceAnswers)
    }

    /// Answers one request.
    func respond(to request: Request, _ writer: consuming ResponseWriter) async throws {
        if request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        var answer = await answer(to: request)
        answer.fields[.date] = HTTPDate.now()
        if let length = answer.body.contentLength {
            answer.fields[.contentLength] = String(length)
        }
        let head = HTTPResponse(
            status: HTTPResponse.Status(code: answer.status), headerFields: answer.fields)
        let body = request.method == .head ? ResponseBody() : answer.body
        try await writer.write(response: head, body: body)
    }

    private func answer(to request: Request) async -> Answer {
        let accept = request.headers[.accept]
        var pattern = Route.unknownPattern
        do throws(Refusal) {
            try Self.checkHost(request)
            let route = try Route(
                method: request.method.rawValue, target: request.head.path ?? "")
            pattern = route.pattern
            let answer = try await answer(to: route, request: request, accept: accept)
            service.answered(route: pattern, status: answer.status)
            return answer
        } catch {
            service.answered(route: pattern, status: Problem(error).status)
            let isEntries = request.head.path?.hasPrefix("/entries") == true
            let form =
                isEntries
                ? Negotiation.choose(accept, from: [Problem.jsonType, Problem.cborType])
                : nil
            return Answer(Problem(error), asCBOR: form == Problem.cborType).fresh
        }
    }

    /// Refuses a request that is not meant for this machine, or may be read in two ways.
    private static func checkHost(_ request: Request) throws(Refusal) {
        // The first Host line became the authority; a further one stayed among the fields.
        let isRepeated = request.headers.contains { $0.name.canonicalName == "host" }
        guard !isRepeated, let authority = request.head.authority.flatMap(Authority.init) else {
            throw Refusal(
                code: "request.host-field", field: "host",
                reason: "a request has one Host field, a host and perhaps a port, such as "
                    + "127.0.0.1:8080")
        }
        guard authority.isLoopback else {
            throw Refusal(
                code: "request.host", field: "host",
                reason: "this node is asked as localhost or 127.0.0.1")
        }
    }

    private func answer(
        to route: Route, request: Request, accept: String?
    ) async throws(Refusal) -> Answer {
        switch route {
        case .submit: return try await submit(request, accept: accept)
        case .receipt(let id): return try await receipt(of: id, accept: accept)
        case .keySet: return Answer(type: MediaType.cbor, try await service.keySet()).fresh
        case .key(let thumbprint):
            return Answer(type: MediaType.cbor, try await service.key(thumbprint: thumbprint))
        case .evidence(let subject, let upstream):
            return try await evidence(about: subject, upstream: upstream)
        case .trace(let subject, let direction, let limit):
            return try await trace(subject, direction, limit, accept: accept)
        case .organisations:
            return Answer(type: MediaType.json, try await service.organisations()).fresh
        case .health(let readiness): return await health(readiness: readiness)
        case .metrics: return Answer(type: MediaType.metrics, try await service.metrics()).fresh
        case .checkpoint, .tile, .manifest, .part, .consistency: return try await log(route)
        }
    }

    private func log(_ route: Route) async throws(Refusal) -> Answer {
        switch route {
        case .tile(let path):
            return Answer(type: MediaType.bytes, try await service.tile(path: path)).kept
        case .manifest(let index):
            return Answer(type: MediaType.cbor, try await service.manifest(at: index)).kept
        case .part(let digest):
            return Answer(type: MediaType.cbor, try await service.part(digest, for: reader)).fresh
        case .consistency(let old, let new):
            let proof = try await service.consistencyProof(from: old, to: new)
            let encoded = CBORValue.array(proof.map { .bytes($0.bytes) }).encoded()
            return Answer(type: MediaType.cbor, encoded).kept
        default:
            return Answer(type: MediaType.text, try await service.checkpoint()).fresh
        }
    }

    // MARK: Entries

    private func submit(_ request: Request, accept: String?) async throws(Refusal) -> Answer {
        let type = Negotiation.essence(request.headers[.contentType] ?? "")
        switch type {
        case MediaType.submission: return try await submitOne(request, accept: accept)
        case MediaType.submissionSequence: return try submitMany(request)
        default:
            throw Refusal(
                code: "request.media-type", field: "content-type",
                reason: "entries are \(MediaType.submission) or \(MediaType.submissionSequence), "
                    + "not '\(type)'")
        }
    }

    private func submitOne(_ request: Request, accept: String?) async throws(Refusal) -> Answer {
        guard let holding = SlotHolding(submissionBytes, 0) else { throw Self.busy }
        defer { holding.release() }
        let bytes = try await collect(request.body, holding: holding)
        let registration = try await service.submit(bytes, patiently: false)
        var answer = try await receipt(of: registration.id, accept: accept)
        answer.status = registration.isNew ? 201 : 200
        answer.fields[.location] = "/entries/\(registration.id.hex)"
        return answer
    }

    private func collect(
        _ body: RequestBody, holding: SlotHolding
    ) async throws(Refusal) -> [UInt8] {
        var bytes: [UInt8] = []
        do {
            for try await chunk in body {
                guard bytes.count + chunk.readableBytes <= Limits.submissionBytes else {
                    throw Submission.tooLarge()
                }
                guard holding.grow(by: chunk.readableBytes) else { throw Self.busy }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(
                code: "cbor.truncated", field: "submission",
                reason: "the connection ended before the submission did")
        }
        return bytes
    }

    private func submitMany(_ request: Request) throws(Refusal) -> Answer {
        guard let holding = SlotHolding(streams, 1) else { throw Self.busy }
        let stream = SubmissionStream(service: service, limits: limits)
        let body = request.body
        return Answer(type: MediaType.resultSequence) { writer in
            defer { holding.release() }
            try await stream.run(body: body, writer: &writer)
            try await writer.finish(nil)
        }.fresh
    }

    private func receipt(of id: Hash256, accept: String?) async throws(Refusal) -> Answer {
        let type = Negotiation.choose(accept, from: ["text/plain", MediaType.coseReceipt])
        let form: ReceiptForm = type == MediaType.coseReceipt ? .cose : .logProof
        let bytes = try await service.receipt(of: id, form: form)
        return Answer(type: form == .cose ? MediaType.coseReceipt : MediaType.text, bytes).fresh
    }

    // MARK: Questions

    private func evidence(
        about subject: String, upstream: Bool
    ) async throws(Refusal) -> Answer {
        guard let holding = SlotHolding(evidenceAnswers, 1) else { throw Self.busy }
        let bytes = try await service.evidence(about: subject, upstream: upstream, for: reader)
        var answer = Answer(type: MediaType.evidence) { writer in
            defer { holding.release() }
            // Piece by piece, so that the slot is held until nearly all of it has been taken.
            var rest = ByteBuffer(bytes: bytes)
            while let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceBytes)),
                piece.readableBytes > 0
            {
                try await writer.write(piece)
            }
            try await writer.finish(nil)
        }
        answer.fields[.contentLength] = String(bytes.count)
        return answer.fresh
    }

    private func trace(
        _ subject: String, _ direction: TraceDirection, _ limit: Int?, accept: String?
    ) async throws(Refusal) -> Answer {
        let dot = Negotiation.essence(MediaType.dot)
        let type = Negotiation.choose(accept, from: [MediaType.json, "text/plain", dot])
        let form: TraceForm = type == dot ? .dot : type == "text/plain" ? .table : .json
        let request = TraceRequest(
            subject: subject, direction: direction, limit: limit, form: form)
        let bytes = try await service.trace(request, for: reader)
        let types: [TraceForm: String] = [.dot: MediaType.dot, .table: MediaType.text]
        return Answer(type: types[form] ?? MediaType.json, bytes).fresh
    }

    private func health(readiness: Bool) async -> Answer {
        let health = await service.health()
        let json = JSONValue.object([
            JSONMember("status", .string(health.status)),
            JSONMember("origin", .string(health.origin)),
            JSONMember("size", .number(JSONNumber(health.size))),
        ])
        let status = readiness && !health.isReady ? 503 : 200
        return Answer(status, type: MediaType.json, json.serialized()).fresh
    }

    /// The bytes of a long answer that are handed to the connection at a time.
    private static let pieceBytes = 64 << 10

    private static let busy = Refusal(
        code: "node.busy", field: "",
        reason: "the node has as much in hand as it can hold; try again in a moment")
}
