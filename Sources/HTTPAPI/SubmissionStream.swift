import DeterministicCBOR
import HummingbirdCore
import NIOCore
import Records

/// Answers a stream of submissions while it is being read (SPEC §17, `POST /entries`).
struct SubmissionStream: Sendable {
    /// The node.
    let service: any NodeService
    /// How much may be in hand.
    let limits: HTTPLimits

    /// Reads the body to its end and writes one answer for each submission, in order.
    ///
    /// A submission that is refused does not end the stream; bytes that are not a sequence, or too
    /// many items that are no submission, do, with a last answer that says so. Returns when every
    /// submission in hand has been decided, whether or not the caller is still there.
    ///
    /// - Throws: what writing throws when the caller has gone.
    func run(body: RequestBody, writer: inout any ResponseBodyWriter) async throws {
        let results = OrderedResults(
            countLimit: limits.streamSubmissions, bytesLimit: limits.streamBytes,
            malformedLimit: limits.streamMalformed)
        async let reading: Void = read(body, into: results)
        do {
            while let bytes = await results.take() {
                try await writer.write(ByteBuffer(bytes: bytes))
            }
        } catch {
            await results.abandon()
            await reading
            throw error
        }
        await reading
    }

    private func read(_ body: RequestBody, into results: OrderedResults) async {
        await withDiscardingTaskGroup { group in
            var framer = SubmissionFramer()
            do {
                for try await chunk in body {
                    framer.append(chunk.readableBytesView)
                    while let item = try framer.next() {
                        guard await !results.hasEnough else { throw tooManyMalformed }
                        guard let ordinal = await results.reserve(bytes: item.count) else {
                            return
                        }
                        group.addTask { await decide(item, ordinal, into: results) }
                    }
                }
                try framer.finish()
            } catch {
                await refuseRest(error, into: results)
            }
            await results.finish()
        }
    }

    private func decide(
        _ item: [UInt8], _ ordinal: UInt64, into results: OrderedResults
    ) async {
        do {
            let registration = try await service.submit(item, patiently: true)
            let result = SubmissionResult(ordinal: ordinal, outcome: .success(registration))
            await results.complete(ordinal, with: result.encoded())
        } catch {
            let result = SubmissionResult(ordinal: ordinal, outcome: .failure(error))
            await results.complete(
                ordinal, with: result.encoded(), isMalformed: Self.isMalformed(error))
        }
    }

    /// Whether an item was refused before anything was made of it: such items can be a few bytes
    /// long, and as many as a body has bytes.
    private static func isMalformed(_ refusal: Refusal) -> Bool {
        let families = ["cbor.", "cose.", "submission."]
        return families.contains { refusal.code.hasPrefix($0) }
            || ["statement.header", "statement.payload"].contains(refusal.code)
    }

    private var tooManyMalformed: Refusal {
        Refusal(
            code: "submission.too-many-malformed", field: "submission",
            reason: "\(limits.streamMalformed) items were no submissions; what follows was not "
                + "read")
    }

    /// Answers for the place where the sequence broke off.
    private func refuseRest(_ error: any Error, into results: OrderedResults) async {
        let refusal =
            error as? Refusal
            ?? Refusal(
                code: "cbor.truncated", field: "submission",
                reason: "the connection ended before the sequence did")
        guard let ordinal = await results.reserve(bytes: 0) else { return }
        let result = SubmissionResult(ordinal: ordinal, outcome: .failure(refusal))
        await results.complete(ordinal, with: result.encoded())
    }
}
