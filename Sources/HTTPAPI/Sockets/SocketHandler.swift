import NIOCore
import NIOWebSocket

/// The node's end of a WebSocket: sends one message at a time, says nothing else but pings, and is
/// told nothing but pongs (RFC 6455, SPEC §17.4).
///
/// A message goes in pieces, the next when the connection has taken the one before; so what is
/// held for a caller that reads slowly is that message, and a piece of it. Who takes no piece, or
/// answers no ping, in its time is cut off. Used on the loop of its connection only.
final class SocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private enum Phase {
        case open
        /// A close frame was sent, or is being sent.
        case closing
        /// Both sides have said that they end it, and no more is written.
        case over
    }

    private struct Message {
        var rest: ByteBuffer
        var isBegun = false
        var isWritten = false
        var taken: EventLoopPromise<Void>
    }

    /// The bytes of a piece.
    private static let pieceBytes = 32 << 10

    private let limits: HTTPLimits
    private let ending: EventLoopPromise<Void>
    private var context: ChannelHandlerContext?
    private var phase = Phase.open
    private var message: Message?
    private var isPumping = false
    /// The last ping that could not be answered at once: only that one has to be.
    private var heldPing: ByteBuffer?
    /// Whether nothing has come since the node's last ping.
    private var isPinged = false
    private var silence: MovingDeadline?
    private var stall: MovingDeadline?
    private var closing: MovingDeadline?

    /// The end of one connection; `ending` is told once when it begins to end.
    init(limits: HTTPLimits, ending: EventLoopPromise<Void>) {
        self.limits = limits
        self.ending = ending
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        let loop = context.eventLoop
        silence = MovingDeadline(on: loop) { [self] in silenceEnded(context) }
        stall = MovingDeadline(on: loop) { context.close(promise: nil) }
        closing = MovingDeadline(on: loop) { context.close(promise: nil) }
        silence?.set(seconds: limits.socketPingSeconds)
    }

    func handlerRemoved(context: ChannelHandlerContext) { isGone() }

    func channelInactive(context: ChannelHandlerContext) {
        isGone()
        context.fireChannelInactive()
    }

    // MARK: Sending

    /// Sends a message; `taken` is told when the connection has taken all of it and has room.
    func send(_ bytes: ByteBuffer, taken: EventLoopPromise<Void>) {
        guard phase == .open, message == nil, let context else {
            return taken.fail(ChannelError.ioOnClosedChannel)
        }
        message = Message(rest: bytes, taken: taken)
        pump(context)
    }

    private func pump(_ context: ChannelHandlerContext) {
        // To flush may make the connection writable again, and call this.
        guard !isPumping else { return }
        isPumping = true
        defer { isPumping = false }
        while phase == .open, context.channel.isWritable, message != nil { step(context) }
    }

    private func step(_ context: ChannelHandlerContext) {
        guard var next = message else { return }
        guard !next.isWritten else {
            message = nil
            return next.taken.succeed()
        }
        let length = min(next.rest.readableBytes, Self.pieceBytes)
        let piece = next.rest.readSlice(length: length) ?? ByteBuffer()
        next.isWritten = next.rest.readableBytes == 0
        let frame = WebSocketFrame(
            fin: next.isWritten, opcode: next.isBegun ? .continuation : .text, data: piece)
        next.isBegun = true
        message = next
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stall?.clear()
            // What was read is a sign of life, though the pong stands behind it.
            heard()
            if let ping = heldPing { answer(ping, context) }
            pump(context)
        } else {
            stall?.set(seconds: limits.writeStallSeconds)
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Receiving

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard phase == .open else {
            if phase == .closing, frame.opcode == .connectionClose { hangUp(context) }
            return
        }
        heard()
        guard frame.maskKey != nil, !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            return close(.malformed)
        }
        switch frame.opcode {
        case .connectionClose: closed(by: frame, context)
        case .ping: answer(frame.unmaskedData, context)
        case .pong: break
        case .text, .binary, .continuation: close(.talkative)
        default: close(.malformed)
        }
    }

    private func answer(_ ping: ByteBuffer, _ context: ChannelHandlerContext) {
        guard phase == .open else { return }
        guard context.channel.isWritable else { return heldPing = ping }
        heldPing = nil
        let frame = WebSocketFrame(fin: true, opcode: .pong, data: ping)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    private func heard() {
        isPinged = false
        if phase == .open { silence?.set(seconds: limits.socketPingSeconds) }
    }

    private func silenceEnded(_ context: ChannelHandlerContext) {
        guard phase == .open else { return }
        guard !isPinged else { return context.close(promise: nil) }
        isPinged = true
        silence?.set(seconds: limits.socketPongSeconds)
        let frame = WebSocketFrame(fin: true, opcode: .ping, data: ByteBuffer())
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // The rest of a frame that was refused; the other side is to see why before the end.
        if phase != .open, error is ByteToMessageDecoderError { return }
        guard let error = error as? NIOWebSocketError, phase == .open else {
            return context.close(promise: nil)
        }
        if case .invalidFrameLength = error { close(.tooLarge) } else { close(.malformed) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { return close(.stopping) }
        if case .some(.inputClosed) = event as? ChannelEvent { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    // MARK: Ending

    /// Says why the connection ends, waits a moment for the other side to say so too, and ends it.
    func close(_ closure: SocketClosure) {
        guard phase == .open, let context else { return }
        beginClosing()
        write(closure.code, closure.reason, context, promise: nil)
    }

    /// Ends the connection as the other side wishes.
    private func closed(by frame: WebSocketFrame, _ context: ChannelHandlerContext) {
        var data = frame.unmaskedData
        var code = WebSocketErrorCode.normalClosure
        if data.readableBytes > 0 {
            let sent = data.getInteger(at: data.readerIndex, as: UInt16.self) ?? 0
            let isAllowed = (1_000...1_014).contains(sent) && ![1_004, 1_005, 1_006].contains(sent)
            let read = data.readWebSocketErrorCode() ?? .protocolError
            code = isAllowed || (3_000...4_999).contains(sent) ? read : .protocolError
        }
        beginClosing()
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenComplete { [self] _ in hangUp(context) }
        write(code, "", context, promise: written)
    }

    private func beginClosing() {
        phase = .closing
        silence?.clear()
        message?.taken.fail(ChannelError.ioOnClosedChannel)
        message = nil
        heldPing = nil
        ending.succeed()
        closing?.set(seconds: limits.lingerSeconds)
    }

    private func write(
        _ code: WebSocketErrorCode, _ reason: String, _ context: ChannelHandlerContext,
        promise: EventLoopPromise<Void>?
    ) {
        var data = context.channel.allocator.buffer(capacity: 2 + reason.utf8.count)
        data.write(webSocketErrorCode: code)
        data.writeString(reason)
        let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
        context.writeAndFlush(wrapOutboundOut(frame), promise: promise)
    }

    /// Says that no more will be sent, and waits for the other side to see it.
    private func hangUp(_ context: ChannelHandlerContext) {
        guard phase == .closing else { return }
        phase = .over
        closing?.set(seconds: limits.lingerSeconds)
        context.close(mode: .output, promise: nil)
    }

    private func isGone() {
        guard context != nil else { return }
        context = nil
        phase = .over
        for timer in [silence, stall, closing] { timer?.end() }
        (silence, stall, closing) = (nil, nil, nil)
        message?.taken.fail(ChannelError.ioOnClosedChannel)
        message = nil
        // Whoever waits is told once; further calls do nothing.
        ending.succeed()
    }
}
