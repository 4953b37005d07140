import HTTPTypes
import HummingbirdCore
import NIOCore
import Records
import Synchronization

/// What a WebSocket is for: a feed, for as long as its caller may be told of it (SPEC §17.4).
struct SocketSession: Sendable {
    /// What is sent.
    var feed: any EventFeed
    /// Refuses the caller that opened it, once it may ask no more.
    var requireCaller: @Sendable () async throws(Refusal) -> Void
    /// The place among the WebSockets at a time, held by this value.
    var seat: CallerSlots.Holding
    var limits: HTTPLimits

    /// Takes the offer with an answer, and serves the connection until it is gone.
    func run(
        _ head: HTTPResponse, _ writer: consuming ResponseWriter, on channel: any Channel
    ) async throws {
        defer { seat.release() }
        _ = try await writer.writeHead(head)
        let line = try await SocketLine(on: channel, limits: limits)
        await withTaskGroup(of: SocketClosure?.self) { group in
            group.addTask { await tell(line) }
            group.addTask { await watchCaller() }
            group.addTask {
                await line.waitForEnding()
                return nil
            }
            let first = await group.next() ?? nil
            // Without a reason the connection is ending already, or the task was cancelled.
            await line.close(first ?? .stopping)
            group.cancelAll()
        }
        await line.waitForEnd()
    }

    /// Sends what the feed has, one document when the one before was taken.
    private func tell(_ line: SocketLine) async -> SocketClosure? {
        do {
            while true {
                let document = try await feed.next()
                try await requireCaller()
                try await line.send(document)
            }
        } catch let end as FeedEnd {
            return switch end {
            case .gone(let reason): .withdrawn(reason)
            case .failed: .failed
            case .stopped: .stopping
            }
        } catch let refusal as Refusal {
            return .withdrawn(refusal.code)
        } catch {
            return nil
        }
    }

    /// Asks now and then, as long as there is nothing to send.
    private func watchCaller() async -> SocketClosure? {
        do {
            while true {
                try await Task.sleep(for: .seconds(limits.socketCheckSeconds))
                try await requireCaller()
            }
        } catch let refusal as Refusal {
            return .withdrawn(refusal.code)
        } catch {
            return nil
        }
    }
}

extension CallerSlots {
    /// Takes a place among the WebSockets that may be open at a time.
    ///
    /// - Throws: `node.busy`, `subscription.limit`.
    func seat(for reader: Reader, share: Int) throws(Refusal) -> Holding {
        switch take(reader) {
        case .taken(let holding): return holding
        case .noneLeft: throw Responder.busy
        case .shareUsedUp:
            throw Refusal(
                code: "subscription.limit", field: "",
                reason: "an organisation has at most \(share) WebSockets open here; close one, or "
                    + "subscribe with a webhook")
        }
    }
}
