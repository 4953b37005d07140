import PeerTransport
import Replication
import Synchronization

/// One connection with a peer, and what waits to be sent through it.
final class PeerLink: Sendable {
    /// More than this may not wait: the peer is not reading.
    static let waitingBytesLimit = 32 << 20
    /// While more than this waits, nothing of the peer is read.
    static let pauseBytes = 4 << 20

    let id: PeerID
    let origin: String
    let connection: PeerConnection

    private struct Line {
        var frames: [[UInt8]] = []
        var bytes = 0
        /// Whether it was told to close.
        var isClosed = false
        /// Why nothing can be sent any more.
        var failure: PeerClosure?
    }

    /// Told of each frame that was sent, with its bytes.
    private let onSent: @Sendable (Int) -> Void
    private let line = Mutex(Line())
    private let bell: AsyncStream<Void>
    private let rings: AsyncStream<Void>.Continuation

    init(
        _ id: PeerID, _ origin: String, _ connection: PeerConnection,
        onSent: @escaping @Sendable (Int) -> Void
    ) {
        self.onSent = onSent
        self.id = id
        self.origin = origin
        self.connection = connection
        (bell, rings) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Lets a frame wait for its turn; a peer that does not read is cut off.
    func send(_ frame: [UInt8]) {
        let isTooMuch = line.withLock { line in
            guard !line.isClosed, line.failure == nil else { return false }
            line.frames.append(frame)
            line.bytes += frame.count
            return line.bytes > Self.waitingBytesLimit
        }
        if isTooMuch {
            connection.close(.unread, reason: "it does not read what it asked for")
        } else {
            rings.yield()
        }
    }

    /// Whether so much waits that nothing more of the peer is to be read.
    var isFull: Bool { line.withLock { $0.bytes > Self.pauseBytes } }

    /// Whether it was told to close.
    var isClosing: Bool { line.withLock(\.isClosed) }

    /// Why nothing can be sent any more; unless the peer ended it in order, nothing that came is
    /// dealt with then either, since answers go nowhere.
    var failure: PeerClosure? { line.withLock(\.failure) }

    /// Closes the connection once what waits has been sent.
    func close() {
        line.withLock { $0.isClosed = true }
        rings.yield()
    }

    /// Sends what waits, until the connection is over.
    func sending() async {
        for await _ in bell {
            while true {
                let (frames, isClosed) = line.withLock { line in
                    defer { line.frames = [] }
                    return (line.frames, line.isClosed)
                }
                for frame in frames {
                    do throws(PeerClosure) {
                        try await connection.send(frame)
                    } catch {
                        return fail(error)
                    }
                    line.withLock { $0.bytes -= frame.count }
                    onSent(frame.count)
                }
                if frames.isEmpty {
                    if isClosed { return connection.close() }
                    break
                }
            }
        }
    }

    /// Drops what waits: nobody will take it.
    private func fail(_ closure: PeerClosure) {
        line.withLock { line in
            line.failure = closure
            (line.frames, line.bytes) = ([], 0)
        }
    }

    /// Sends nothing more.
    func end() { rings.finish() }
}
