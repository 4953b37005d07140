import Foundation
import Signatures
import Synchronization
import Testing

@testable import PeerTransport

/// Both directions are bounded, and every wait has an end.
struct FlowTests {
    private let node: Party
    private let peer: Party
    private let verifier: PeerVerifier

    init() throws {
        (node, peer) = (try Party(), try Party())
        let pins = Pins(peer.publicKey)
        verifier = PeerVerifier(isPinned: pins.contains)
    }

    /// A side that shakes hands as it should, and then does what it likes.
    private func hostile(_ listener: PeerListener, sending bytes: [UInt8]) async throws
        -> HostileChannel
    {
        try await HostileSide(client: (), peer.identity)
            .connect(port: listener.address.port, sending: bytes)
    }

    private func dial(
        _ listener: PeerListener, limits: PeerLimits = PeerLimits()
    ) async throws -> PeerConnection {
        try await PeerDialer(identity: peer.identity, limits: limits)
            .connect(to: listener.address, expected: node.publicKey)
    }

    /// Sends until nothing more is taken; what was taken, and why it ended.
    private func flood(
        _ connection: PeerConnection, frameBytes: Int, upTo limit: Int
    ) async -> (bytes: Int, mostInFlight: Int, closure: PeerClosure?) {
        let frame = [UInt8](repeating: 1, count: frameBytes)
        var (bytes, most) = (0, 0)
        do throws(PeerClosure) {
            while bytes < limit {
                try await connection.send(frame)
                bytes += frame.count
                most = max(most, connection.outbound.inFlightBytes)
            }
            return (bytes, most, nil)
        } catch {
            return (bytes, most, error)
        }
    }

    @Test(arguments: [1_000, 65_536, 1 << 20])
    func `a peer that does not read is cut off, and costs no more than the limits`(
        frameBytes: Int
    ) async throws {
        var limits = PeerLimits()
        limits.writeMilliseconds = 300
        let held = Mutex(0)
        try await withListener(
            node.identity, verifier,
            serve: { connection in
                // Takes nothing; what it is sent must stay in bounds here too.
                _ = await connection.closure()
                held.withLock { $0 = connection.inbound.heldBytes }
            },
            { listener in
                let connection = try await dial(listener, limits: limits)
                let sent = await flood(connection, frameBytes: frameBytes, upTo: 1 << 30)
                #expect(sent.closure?.code == .unread)
                #expect(sent.mostInFlight <= max(limits.outboundBytes, frameBytes + 4))
                // What the two systems' sockets took in is not ours to bound exactly.
                #expect(sent.bytes < 16 << 20)
                #expect(await connection.closure().code == .unread)
                #expect(await eventually { held.withLock(\.self) > 0 })
                #expect(held.withLock(\.self) < 4 << 20)
            })
    }

    @Test func `control: without the deadline the same peer is waited for`() async throws {
        try await withListener(
            node.identity, verifier, serve: { _ = await $0.closure() },
            { listener in
                let connection = try await dial(listener)
                let flooding = Task { await flood(connection, frameBytes: 65_536, upTo: 1 << 30) }
                try await Task.sleep(for: .milliseconds(1_200))
                flooding.cancel()
                #expect(await flooding.value.closure?.code == .cancelled)
                connection.close()
            })
    }

    @Test func `many senders at once are let through in turn and in bounds`() async throws {
        let record = Record()
        try await withListener(node.identity, verifier, record: record) { listener in
            var limits = PeerLimits()
            limits.outboundBytes = 10_000
            let connection = try await dial(listener, limits: limits)
            await withTaskGroup(of: Void.self) { group in
                for number in 0..<200 {
                    group.addTask {
                        try? await connection.send([UInt8](repeating: UInt8(number), count: 4_000))
                    }
                }
                group.addTask {
                    var frames = connection.frames.makeAsyncIterator()
                    for _ in 0..<200 { _ = try? await frames.next() }
                }
            }
            #expect(Set(record.frames.map { $0[0] }).count == 200)
            #expect(connection.outbound.inFlightBytes == 0)
            connection.close()
        }
    }

    @Test func `a slow reader loses nothing, and its slowness is not held against the peer`()
        async throws
    {
        var limits = PeerLimits()
        limits.idleMilliseconds = 5_000
        limits.frameMilliseconds = 5_000
        limits.inboundBytes = 100_000
        let frames = (0..<300).map { [UInt8](repeating: UInt8($0 % 256), count: 1 + $0 * 200) }
        let taken = Mutex<(frames: [[UInt8]], most: Int, end: PeerClosure?)>(([], 0, nil))
        let isDone = Mutex(false)
        try await withListener(
            node.identity, verifier, limits: limits,
            serve: { connection in
                try? await Task.sleep(for: .milliseconds(6_000))
                do throws(PeerClosure) {
                    var iterator = connection.frames.makeAsyncIterator()
                    while let frame = try await iterator.next() {
                        let held = connection.inbound.heldBytes
                        let count = taken.withLock { state in
                            state.frames.append(frame)
                            state.most = max(state.most, held)
                            return state.frames.count
                        }
                        if count.isMultiple(of: 50) {
                            try? await Task.sleep(for: .milliseconds(20))
                        }
                    }
                } catch {
                    taken.withLock { $0.end = error }
                }
                isDone.withLock { $0 = true }
            },
            { listener in
                let connection = try await dial(listener)
                for frame in frames { try await connection.send(frame) }
                connection.close()
                #expect(await eventually { isDone.withLock(\.self) })
                let result = taken.withLock(\.self)
                #expect(result.end == nil)
                #expect(result.frames == frames)
                // The limit, what one turn of the loop reads beyond it, and what the system held
                // when the peer said that it had ended.
                #expect(result.most < 100_000 + (2 << 20))
            })
    }

    @Test(arguments: [0, UInt32(1 << 20) + 1, 1 << 31, UInt32.max])
    func `a length that none has ends a connection at once`(length: UInt32) async throws {
        let record = Record()
        try await withListener(node.identity, verifier, record: record) { listener in
            let good = FrameDecoder.head(of: 2) + [1, 2]
            let side = try await hostile(listener, sending: good + FrameDecoder.head(of: length))
            #expect(await eventually { side.log.isClosed && !record.codes.isEmpty })
            #expect(record.codes == ["peer.frame-length"])
            #expect(record.frames == [[1, 2]])
        }
    }

    @Test func `frames may come one byte at a time`() async throws {
        let record = Record()
        try await withListener(node.identity, verifier, record: record) { listener in
            let side = try await hostile(listener, sending: [])
            for byte in FrameDecoder.head(of: 3) + [7, 8, 9] + FrameDecoder.head(of: 1) + [4] {
                try await side.send([byte])
            }
            #expect(await eventually { record.frames == [[7, 8, 9], [4]] })
            await side.close()
        }
    }

    @Test func `an end inside a frame is no end in order`() async throws {
        let record = Record()
        try await withListener(node.identity, verifier, record: record) { listener in
            let side = try await hostile(listener, sending: FrameDecoder.head(of: 3) + [1])
            try await Task.sleep(for: .milliseconds(100))
            await side.close()
            #expect(await eventually { record.codes == ["peer.truncated"] })
        }
    }

    @Test func `a frame that drips is cut off though bytes keep coming`() async throws {
        var limits = PeerLimits()
        limits.frameMilliseconds = 400
        let record = Record()
        try await withListener(node.identity, verifier, limits: limits, record: record) {
            listener in
            let side = try await hostile(listener, sending: FrameDecoder.head(of: 1_000))
            let start = ContinuousClock.now
            while !side.log.isClosed, ContinuousClock.now - start < .seconds(30) {
                try? await side.send([1])
                try? await Task.sleep(for: .milliseconds(20))
            }
            #expect(await eventually { record.codes == ["peer.slow"] })
            #expect(ContinuousClock.now - start < .seconds(30))
        }
    }

    @Test func `a silent peer is cut off, one that says something is not`() async throws {
        var limits = PeerLimits()
        limits.idleMilliseconds = 5_000
        let record = Record()
        try await withListener(node.identity, verifier, limits: limits, record: record) {
            listener in
            let side = try await hostile(listener, sending: [])
            for _ in 0..<12 {
                try await side.send(FrameDecoder.head(of: 1) + [5])
                try await Task.sleep(for: .milliseconds(500))
            }
            #expect(record.codes.isEmpty && !side.log.isClosed)
            #expect(await eventually { record.codes == ["peer.idle"] })
        }
    }

    @Test func `a reader that is cancelled leaves the connection as it is`() async throws {
        try await withListener(node.identity, verifier) { listener in
            let connection = try await dial(listener)
            let reading = Task { () async -> PeerClosure? in
                var frames = connection.frames.makeAsyncIterator()
                do throws(PeerClosure) {
                    _ = try await frames.next()
                    return nil
                } catch { return error }
            }
            try await Task.sleep(for: .milliseconds(50))
            reading.cancel()
            #expect(await reading.value?.code == .cancelled)
            try await connection.send([1])
            var frames = connection.frames.makeAsyncIterator()
            #expect(try await frames.next() == [1])
            connection.close()
        }
    }

    @Test func `frames that no peer would take are not sent`() async throws {
        try await withListener(node.identity, verifier) { listener in
            let connection = try await dial(listener)
            for count in [0, (1 << 20) + 1] {
                let closure = await #expect(throws: PeerClosure.self) {
                    try await connection.send([UInt8](repeating: 0, count: count))
                }
                #expect(closure?.code == .frameLength)
            }
            connection.close(.misbehaved, reason: "for a test")
            let closure = await #expect(throws: PeerClosure.self) { try await connection.send([1]) }
            #expect(closure?.code == .misbehaved)
        }
    }
}
