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
    /// A submission that is refused does not end the stream; bytes that are not a sequence do,
    /// with a last answer that says so. Returns when every submission in hand has been decided,
    /// whether or not the caller is still there.
    ///
    /// - Throws: what writing throws when the caller has gone.
    func run(body: RequestBody, writer: inout any ResponseBodyWriter) async throws {
        let results = OrderedResults(
            countLimit: limits.streamSubmissions, bytesLimit: limits.streamBytes)
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
                        guard let ordinal = await results.reserve(bytes: item.count) else {
                            return
                        }
                        group.addTask {
                            let answer = await answer(to: item, ordinal: ordinal)
                            await results.complete(ordinal, with: answer)
                        }
                    }
                }
                try framer.finish()
            } catch {
                await refuseRest(error, into: results)
            }
            await results.finish()
        }
    }

    private func answer(to item: [UInt8], ordinal: UInt64) async -> [UInt8] {
        do {
            let registration = try await service.submit(item, patiently: true)
            return SubmissionResult(ordinal: ordinal, outcome: .success(registration)).encoded()
        } catch {
            return SubmissionResult(ordinal: ordinal, outcome: .failure(error)).encoded()
        }
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
