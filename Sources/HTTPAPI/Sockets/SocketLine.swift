import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// A connection that goes on as a WebSocket, as tasks use it.
struct SocketLine: Sendable {
    private let handler: NIOLoopBound<SocketHandler>
    private let channel: any Channel
    private let ending: EventLoopFuture<Void>

    /// Takes HTTP out of a connection whose answer 101 was written, and puts WebSocket frames in.
    ///
    /// What encrypts the connection stays. The guard of HTTP connections goes with HTTP:
    /// ``SocketHandler`` has deadlines of its own.
    ///
    /// - Throws: if the connection is gone.
    init(on channel: any Channel, limits: HTTPLimits) async throws {
        self = try await channel.eventLoop.submit {
            try SocketLine(replacingHTTPOn: channel, limits)
        }.get()
    }

    private init(replacingHTTPOn channel: any Channel, _ limits: HTTPLimits) throws {
        let pipeline = channel.pipeline.syncOperations
        let watch = try pipeline.handler(type: ConnectionGuard.self)
        let parts = [
            try pipeline.context(handlerType: ConnectionGuard.self),
            try pipeline.context(handlerType: HTTP1ToHTTPServerCodec.self),
            try pipeline.context(handlerType: HTTPResponseEncoder.self),
            try pipeline.context(handlerType: ByteToMessageHandler<HTTPRequestDecoder>.self),
        ]
        let promise = channel.eventLoop.makePromise(of: Void.self)
        let handler = SocketHandler(limits: limits, ending: promise)
        ending = promise.futureResult
        self.handler = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        self.channel = channel
        do {
            try pipeline.addHandlers(
                [
                    WebSocketFrameEncoder(),
                    ByteToMessageHandler(
                        WebSocketFrameDecoder(maxFrameSize: limits.socketFrameBytes)), handler,
                ], position: .before(watch))
        } catch {
            promise.fail(error)
            throw error
        }
        for part in parts { pipeline.removeHandler(context: part, promise: nil) }
        if watch.isQuiescing { handler.close(.stopping) }
        // The guard held back what came after the request.
        pipeline.read()
    }

    /// Sends a message; returns when the connection has taken it.
    ///
    /// - Throws: if the connection ends before.
    func send(_ bytes: [UInt8]) async throws {
        let handler = handler
        try await channel.eventLoop.flatSubmit {
            let taken = handler.eventLoop.makePromise(of: Void.self)
            handler.value.send(ByteBuffer(bytes: bytes), taken: taken)
            return taken.futureResult
        }.get()
    }

    /// Waits until the connection begins to end, for whatever reason.
    func waitForEnding() async { try? await ending.get() }

    /// Ends the connection, unless it is ending, and waits until it is gone.
    func close(_ closure: SocketClosure) async {
        let handler = handler
        try? await channel.eventLoop.submit { handler.value.close(closure) }.get()
    }

    /// Waits until the connection is gone.
    func waitForEnd() async { try? await channel.closeFuture.get() }
}
