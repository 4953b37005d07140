import EPCIS
import HTTPTypes
import HummingbirdCore
import NIOCore
import Records
import Verdicts

extension Responder {
    /// Verdicts of one stream that are being made or wait for their turn.
    private static let verdictsInHand = 4

    func answer(
        toVerdicts route: Route, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        switch route {
        case .verdict(let subject, let request):
            let bytes = try await evidenceAnswers.answering(asking.reader) {
                () throws(Refusal) in
                try await service.verdict(about: subject, request, for: asking.reader)
            }
            return Answer(type: MediaType.json, bytes).fresh
        case .claims(let subject):
            let bytes = try await evidenceAnswers.answering(asking.reader) {
                () throws(Refusal) in
                try await service.claims(about: subject, for: asking.reader)
            }
            return Answer(type: MediaType.json, bytes).fresh
        default: return try await verdicts(asking)
        }
    }

    /// One verdict a line, in the order of the subjects, as they are made.
    private func verdicts(_ asking: Asking) async throws(Refusal) -> Answer {
        let holding = try verdictStreams.holding(for: asking.reader)
        let asked = try VerdictsRequest(try await body(of: asking))
        let service = service
        let (reader, eventLoop) = (asking.reader, asking.eventLoop)
        return Answer(type: MediaType.jsonLines) { writer in
            defer { holding.release() }
            let results = OrderedResults(
                countLimit: Self.verdictsInHand, bytesLimit: .max, malformedLimit: .max)
            async let judging: Void = Self.judge(asked, service, reader, into: results)
            do {
                while let bytes = await results.take() {
                    try await writer.write(ByteBuffer(bytes: bytes))
                    // The turn of the connection's loop: no faster than the caller reads.
                    try await eventLoop.submit {}.get()
                }
            } catch {
                await results.abandon()
                await judging
                throw error
            }
            await judging
            try await writer.finish(nil)
        }.fresh
    }

    private static func judge(
        _ asked: VerdictsRequest, _ service: any NodeService, _ reader: Reader,
        into results: OrderedResults
    ) async {
        await withDiscardingTaskGroup { group in
            for subject in asked.subjects {
                guard let ordinal = await results.reserve(bytes: 0) else { return }
                group.addTask {
                    let line = await line(subject, asked.request, service, reader)
                    await results.complete(ordinal, with: line)
                }
            }
            await results.finish()
        }
    }

    private static func line(
        _ subject: String, _ request: ClaimRequest, _ service: any NodeService, _ reader: Reader
    ) async -> [UInt8] {
        do {
            return try await service.verdict(about: subject, request, for: reader) + [0x0A]
        } catch {
            let told = JSONValue.object([
                JSONMember("subject", .string(subject)),
                JSONMember(
                    "error",
                    .object([
                        JSONMember("code", .string(error.code)),
                        JSONMember("field", .string(error.field)),
                        JSONMember("detail", .string(error.reason)),
                    ])),
            ])
            return told.serialized() + [0x0A]
        }
    }

    private func body(of asking: Asking) async throws(Refusal) -> [UInt8] {
        let type = Negotiation.essence(asking.request.headers[.contentType] ?? "")
        guard type == MediaType.json else {
            throw Refusal(
                code: "request.media-type", field: "content-type",
                reason: "the body is \(MediaType.json), not '\(type)'")
        }
        guard let holding = SlotHolding(submissionBytes, 0) else { throw Self.busy }
        defer { holding.release() }
        var bytes: [UInt8] = []
        do {
            for try await chunk in asking.request.body {
                guard bytes.count + chunk.readableBytes <= VerdictsRequest.bodyBytes else {
                    throw Refusal(
                        code: "request.too-large", field: "body",
                        reason: "the body has more than \(VerdictsRequest.bodyBytes) bytes")
                }
                guard holding.grow(by: chunk.readableBytes) else { throw Self.busy }
                bytes.append(contentsOf: chunk.readableBytesView)
            }
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(
                code: "json.end", field: "body",
                reason: "the connection ended before the body did")
        }
        return bytes
    }
}
