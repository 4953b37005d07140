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
    let service: any NodeService
    let epcis: (any EPCISService)?
    let capturing: (any CaptureService)?
    let limits: HTTPLimits
    let callers: CallerPolicy
    private let counts = RequestCounts()
    let submissionBytes: Slots
    private let streams: Slots
    let evidenceAnswers: CallerSlots
    let verdictStreams: CallerSlots
    let epcisAnswers: CallerSlots
    private let traces: CallerSlots
    let sockets: CallerSlots
    let witnessRequests: Slots
    let witnessBytes: Slots

    /// A responder that takes callers for whom a policy says.
    init(
        service: any NodeService, epcis: (any EPCISService)?,
        capturing: (any CaptureService)?, limits: HTTPLimits,
        callers: CallerPolicy
    ) {
        self.service = service
        self.epcis = epcis
        self.capturing = capturing
        self.limits = limits
        self.callers = callers
        submissionBytes = Slots(limits.submissionBytesTogether)
        streams = Slots(limits.streams)
        evidenceAnswers = CallerSlots(
            limits.evidenceAnswers, share: limits.evidenceAnswersOfCaller)
        verdictStreams = CallerSlots(
            limits.verdictStreams, share: limits.verdictStreamsOfCaller)
        witnessRequests = Slots(limits.witnessRequests)
        witnessBytes = Slots(limits.witnessBytesTogether)
        epcisAnswers = CallerSlots(
            limits.epcisAnswers, share: limits.epcisAnswersOfCaller)
        traces = CallerSlots(limits.traces, share: limits.tracesOfCaller)
        sockets = CallerSlots(limits.sockets, share: limits.socketsOfCaller)
    }

    /// Answers one request; returns when its connection is gone if that goes on as a WebSocket.
    func respond(
        to request: Request, _ writer: consuming ResponseWriter, on channel: any Channel
    ) async throws {
        if request.headers[.expect]?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        var answer = await answer(to: request, on: channel.eventLoop)
        answer.fields[.date] = HTTPDate.now()
        if let socket = answer.socket {
            let head = HTTPResponse(status: .switchingProtocols, headerFields: answer.fields)
            return try await socket.run(head, writer, on: channel)
        }
        // Nothing is read after such a request (ConnectionGuard); a caller that keeps its
        // connections must not wait on this one.
        if request.headers[.upgrade] != nil { answer.fields[.connection] = "close" }
        if let length = answer.body.contentLength {
            answer.fields[.contentLength] = String(length)
        }
        let head = HTTPResponse(
            status: HTTPResponse.Status(code: answer.status), headerFields: answer.fields)
        let body = request.method == .head ? ResponseBody() : answer.body
        try await writer.write(response: head, body: body)
    }

    private func answer(to request: Request, on eventLoop: any EventLoop) async -> Answer {
        let accept = request.headers[.accept]
        var name = "none"
        var result: Answer
        do throws(Refusal) {
            try checkHost(request)
            let (row, route) = try Route.resolve(
                method: request.method.rawValue, target: request.head.path ?? "")
            name = "\(row.method) \(row.pattern)"
            let caller = try await caller(of: request)
            try Self.authorise(caller, for: row)
            let asking = Asking(request: request, caller: caller, eventLoop: eventLoop)
            result = try await answer(to: route, asking)
        } catch  where Self.isEPCIS(request) {
            result = EPCISProblem(error).answer.fresh
        } catch {
            let isEntries = request.head.path?.hasPrefix("/entries") == true
            let form =
                isEntries
                ? Negotiation.choose(accept, from: [Problem.jsonType, Problem.cborType])
                : nil
            result = Answer(Problem(error), asCBOR: form == Problem.cborType).fresh
        }
        counts.count(name, result.status)
        return result
    }

    /// A request whose caller may make it.
    struct Asking {
        var request: Request
        var caller: Caller
        var reader: Reader { caller.reader }
        /// The loop of the request's connection.
        var eventLoop: any EventLoop
        var accept: String? { request.headers[.accept] }
        /// What is asked for before the question mark, as it was sent.
        var path: String { String((request.head.path ?? "").prefix { $0 != "?" }) }
        /// What stands after it.
        var query: String {
            String((request.head.path ?? "").drop { $0 != "?" }.dropFirst())
        }
    }

    /// Refuses a request that is not meant for this machine, or may be read in two ways.
    private func checkHost(_ request: Request) throws(Refusal) {
        // The first Host line became the authority; a further one stayed among the fields.
        let isRepeated = request.headers.contains { $0.name.canonicalName == "host" }
        guard !isRepeated, let authority = request.head.authority.flatMap(Authority.init) else {
            throw Refusal(
                code: "request.host-field", field: "host",
                reason: "a request has one Host field, a host and perhaps a port, such as "
                    + "127.0.0.1:8080")
        }
        guard authority.isLoopback || !callers.requiresLoopbackHost else {
            throw Refusal(
                code: "request.host", field: "host",
                reason: "this node is asked as localhost or 127.0.0.1")
        }
    }

    private func answer(
        to route: Route, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        switch route {
        case .submit: return try await submit(asking)
        case .receipt(let id): return try await receipt(of: id, at: nil, asking)
        case .keySet: return Answer(type: MediaType.cbor, try await service.keySet()).fresh
        case .key(let thumbprint):
            return Answer(type: MediaType.cbor, try await service.key(thumbprint: thumbprint))
        case .evidence(let subject, let upstream, let other):
            return try await evidence(about: subject, upstream: upstream, onlyFor: other, asking)
        case .trace(let request): return try await trace(request, asking)
        case .organisations:
            let bytes = try await service.organisations(for: asking.reader)
            return Answer(type: MediaType.json, bytes).fresh
        case .peers: return Answer(type: MediaType.json, try await service.peers()).fresh
        case .alarm(let digest):
            return Answer(type: MediaType.alarm, try await service.alarm(digest))
        case .addCheckpoint: return try await addCheckpoint(asking)
        case .witnessed(let originHash): return try await witnessed(originHash)
        case .health(let readiness): return await health(readiness: readiness)
        case .metrics: return try await metrics()
        case .document: return APIDocument.answer
        case .epcis(let route): return try await epcis(route, asking)
        case .verdict, .verdicts, .claims:
            return try await answer(toVerdicts: route, asking)
        case .checkpoint, .tile, .manifest, .part, .consistency:
            return try await log(route, for: asking.reader)
        }
    }

    private func log(_ route: Route, for reader: Reader) async throws(Refusal) -> Answer {
        switch route {
        case .tile(let path):
            let tile = try await service.tile(path: path, for: reader)
            let answer = Answer(type: MediaType.bytes, tile)
            return path.hasPrefix("tile/entries/") ? answer.keptByCaller : answer.kept
        case .manifest(let index):
            let manifest = try await service.manifest(at: index, for: reader)
            return Answer(type: MediaType.cbor, manifest).keptByCaller
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

    private func submit(_ asking: Asking) async throws(Refusal) -> Answer {
        let type = Negotiation.essence(asking.request.headers[.contentType] ?? "")
        switch type {
        case MediaType.submission: return try await submitOne(asking)
        case MediaType.submissionSequence: return try submitMany(asking.request)
        default:
            throw Refusal(
                code: "request.media-type", field: "content-type",
                reason: "entries are \(MediaType.submission) or \(MediaType.submissionSequence), "
                    + "not '\(type)'")
        }
    }

    private func submitOne(_ asking: Asking) async throws(Refusal) -> Answer {
        guard let holding = SlotHolding(submissionBytes, 0) else { throw Self.busy }
        defer { holding.release() }
        let bytes = try await WholeBody.submission.read(asking.request, holding: holding)
        let registration = try await service.submit(bytes, patiently: false)
        var answer = try await receipt(
            of: registration.id, at: registration.leafIndex, asking)
        answer.status = registration.isNew ? 201 : 200
        answer.fields[.location] = "/entries/\(registration.id.hex)"
        return answer
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

    private func receipt(
        of id: Hash256, at leafIndex: UInt64?, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        let type = Negotiation.choose(asking.accept, from: ["text/plain", MediaType.coseReceipt])
        let form: ReceiptForm = type == MediaType.coseReceipt ? .cose : .logProof
        let bytes = try await service.receipt(
            of: id, at: leafIndex, form: form, for: asking.reader)
        return Answer(type: form == .cose ? MediaType.coseReceipt : MediaType.text, bytes).fresh
    }

    // MARK: Questions

    private func evidence(
        about subject: String, upstream: Bool, onlyFor other: String?, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        let holding = try evidenceAnswers.holding(for: asking.reader)
        let bytes = try await service.evidence(
            about: subject, upstream: upstream, for: asking.reader, onlyFor: other)
        let eventLoop = asking.eventLoop
        var answer = Answer(type: MediaType.evidence) { writer in
            defer { holding.release() }
            // Piece by piece, so that the slot is held until nearly all of it has been taken. A
            // write returns before the connection knows of it: without the turn of its loop the
            // writer would run ahead of a caller that does not read, and let the slot go.
            var rest = ByteBuffer(bytes: bytes)
            while let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceBytes)),
                piece.readableBytes > 0
            {
                try await writer.write(piece)
                try await eventLoop.submit {}.get()
            }
            try await writer.finish(nil)
        }
        answer.fields[.contentLength] = String(bytes.count)
        return answer.fresh
    }

    private func trace(
        _ asked: TraceRequest, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        let dot = Negotiation.essence(MediaType.dot)
        let type = Negotiation.choose(asking.accept, from: [MediaType.json, "text/plain", dot])
        let form: TraceForm = type == dot ? .dot : type == "text/plain" ? .table : .json
        var request = asked
        request.form = form
        let bytes = try await traces.answering(asking.reader) { [request] () throws(Refusal) in
            try await service.trace(request, for: asking.reader)
        }
        let types: [TraceForm: String] = [.dot: MediaType.dot, .table: MediaType.text]
        return Answer(type: types[form] ?? MediaType.json, bytes).fresh
    }

    private func health(readiness: Bool) async -> Answer {
        let health = await service.health()
        var members = [
            JSONMember("status", .string(health.status)),
            JSONMember("origin", .string(health.origin)),
            JSONMember("size", .number(JSONNumber(health.size))),
            JSONMember("alarms", .number(JSONNumber(health.alarms))),
        ]
        if let witness = health.witness { members.append(JSONMember("witness", .string(witness))) }
        let status = readiness && !health.isReady ? 503 : 200
        let json = JSONValue.object(members).serialized()
        return Answer(status, type: MediaType.json, json).fresh
    }

    private func metrics() async throws(Refusal) -> Answer {
        let own = counts.text([
            ("cairn_evidence_answers", "Evidence files being made or sent.", evidenceAnswers.inUse),
            ("cairn_submission_streams", "Sequences of submissions being read.", streams.inUse),
            (
                "cairn_submission_bytes", "Bytes of single submissions being received.",
                submissionBytes.inUse
            ),
            ("cairn_event_sockets", "WebSockets that are told of events.", sockets.inUse),
        ])
        let bytes = try await service.metrics() + Array(own.utf8)
        return Answer(type: MediaType.metrics, bytes).fresh
    }

    /// The bytes of a long answer that are handed to the connection at a time.
    private static let pieceBytes = 64 << 10

    static let busy = Refusal(
        code: "node.busy", field: "",
        reason: "the node has as much in hand as it can hold; try again in a moment")
}
