import NIOCore
package import Signatures

/// A connection with another node whose key was proved, that carries frames in both directions.
///
/// Frames arrive whole and in order, or the connection ends and says why. What a frame means is no
/// matter here. Both directions are bounded: ``send(_:)`` waits while too much is on its way out,
/// and nothing is read while ``frames`` are not taken.
///
/// A dialer learns only with the first frame, or by `peer.refused`, whether the listener has taken
/// its key: in TLS 1.3 the dialer's side of the handshake ends first.
package final class PeerConnection: Sendable {
    /// The TLS key that the other side has proved to have.
    package let remoteKey: VerificationKey
    /// The other side's address, for people.
    package let remoteAddress: String

    let inbound: PeerInbound
    let outbound: PeerOutbound
    private let channel: any Channel
    private let handler: NIOLoopBound<PeerChannel>
    private let frameBytesLimit: Int

    init(
        _ channel: any Channel, remoteKey: VerificationKey, limits: PeerLimits,
        reading handler: NIOLoopBound<PeerChannel>
    ) {
        self.channel = channel
        self.remoteKey = remoteKey
        self.handler = handler
        remoteAddress = channel.remoteAddress?.description ?? "unknown"
        frameBytesLimit = limits.frameBytes
        outbound = PeerOutbound(limits)
        inbound = PeerInbound(limits) {
            channel.eventLoop.execute { handler.value.resumeReading(channel) }
        }
    }

    /// Sends one frame; returns when it is on its way, which is not to say that it arrived.
    ///
    /// Waits while too much that was sent before has not left this machine; if that lasts, the
    /// connection ends. Frames of one task keep their order.
    ///
    /// - Throws: `peer.frame-length` for a frame that the other side would refuse, and nothing is
    ///   sent; how the connection ended; `peer.cancelled`.
    package func send(_ frame: [UInt8]) async throws(PeerClosure) {
        guard !frame.isEmpty, frame.count <= frameBytesLimit,
            let length = UInt32(exactly: frame.count)
        else {
            throw PeerClosure(
                .frameLength,
                "a frame of \(frame.count) bytes; a frame has 1 to \(frameBytesLimit)")
        }
        let bytes = FrameDecoder.headBytes + frame.count
        try await outbound.reserve(bytes)
        var buffer = channel.allocator.buffer(capacity: bytes)
        buffer.writeInteger(length)
        buffer.writeBytes(frame)
        channel.writeAndFlush(buffer, promise: nil)
    }

    /// The frames that come, for one reader.
    package var frames: PeerFrames { PeerFrames(inbound: inbound) }

    /// Ends the connection.
    ///
    /// What was sent may still leave; what came and was not taken is dropped.
    ///
    /// - Parameters:
    ///   - code: why, as both directions then throw it; with `peer.ended` ``frames`` just end.
    ///   - reason: the same for a person.
    package func close(
        _ code: PeerClosure.Code = .ended, reason: String = "this node ended the connection"
    ) {
        let closure = PeerClosure(code, reason)
        inbound.end(closure, dropping: true)
        outbound.end(closure)
        let (channel, handler) = (channel, handler)
        channel.eventLoop.execute { handler.value.endByOwner(closure, channel) }
    }

    /// Waits until the connection is over and its socket closed.
    ///
    /// - Returns: why it ended.
    package func closure() async -> PeerClosure {
        try? await channel.closeFuture.get()
        return inbound.ending ?? PeerClosure(.broken, "the connection broke")
    }
}

/// The frames of a connection, in the order in which they were sent.
///
/// It ends when either side ends the connection in order, and throws every other closure.
package struct PeerFrames: AsyncSequence, Sendable {
    let inbound: PeerInbound

    /// Begins where the last reader stopped; a connection has one reader at a time.
    package func makeAsyncIterator() -> Iterator { Iterator(inbound: inbound) }

    /// Takes frame after frame.
    package struct Iterator: AsyncIteratorProtocol {
        let inbound: PeerInbound

        /// The next frame, or nil at the end.
        ///
        /// - Throws: `peer.cancelled`, and then frames may be taken again; every closure other than
        ///   `peer.closed` and `peer.ended`.
        package mutating func next() async throws(PeerClosure) -> [UInt8]? {
            try await inbound.next()
        }

        /// The next frame, or nil at the end.
        ///
        /// - Throws: as ``next()`` does.
        package mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(PeerClosure) -> [UInt8]? {
            try await inbound.next()
        }
    }
}
