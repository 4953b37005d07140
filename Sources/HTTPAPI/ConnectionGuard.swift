import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Ends connections whose other side takes too long, in whichever direction.
///
/// Every state of a connection has a deadline: waiting for a request head, from the head to the
/// end of the answer, an answer that is not read. A stream of submissions has a long deadline
/// but must keep moving. A caller that sends a byte now and then meets the same deadlines.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: HTTPLimits
    private var deadline: Scheduled<Void>?
    private var window: Scheduled<Void>?
    private var stall: Scheduled<Void>?
    private var movedBytes = 0
    // A caller may send the next request before it has read the answer to the last.
    private var requestsBegun = 0
    private var requestsEnded = 0
    private var answersEnded = 0
    private var mustClose = false

    private var isRequestOpen: Bool { requestsEnded < requestsBegun }
    private var isAnswerOpen: Bool { answersEnded < requestsBegun }

    /// A guard for one connection.
    init(limits: HTTPLimits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        setDeadline(limits.headSeconds, context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        cancelAll()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancelAll()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): began(head, context)
        case .body(let buffer): movedBytes += buffer.readableBytes
        case .end: requestsEnded += 1
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let part = unwrapOutboundIn(data)
        switch part {
        case .head(let head):
            if Self.closes(head.headerFields) { mustClose = true }
        case .body(let buffer): movedBytes += buffer.readableBytes
        case .end: break
        }
        context.write(data, promise: promise)
        if case .end = part { answerEnded(context) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        stall?.cancel()
        stall = nil
        if !context.channel.isWritable {
            stall = close(after: limits.writeStallSeconds, context)
        }
        context.fireChannelWritabilityChanged()
    }

    // MARK: Requests

    private func began(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        requestsBegun += 1
        if Self.closes(head.headerFields) { mustClose = true }
        guard MediaType.isStream(head) else { return setDeadline(limits.requestSeconds, context) }
        setDeadline(limits.streamSeconds, context)
        startWindow(context)
    }

    private func answerEnded(_ context: ChannelHandlerContext) {
        answersEnded += 1
        window?.cancel()
        window = nil
        if requestsEnded < answersEnded || (mustClose && !isAnswerOpen) {
            linger(context)
        } else {
            setDeadline(isAnswerOpen ? limits.requestSeconds : limits.headSeconds, context)
        }
    }

    private static func closes(_ fields: HTTPFields) -> Bool {
        fields[.connection]?.lowercased() == "close"
    }

    /// Says that no more will be sent, and reads on for a moment: closing at once while the
    /// caller still sends would make its system throw the answer away.
    private func linger(_ context: ChannelHandlerContext) {
        setDeadline(limits.lingerSeconds, context)
        context.flush()
        context.close(mode: .output, promise: nil)
    }

    // MARK: Timers

    private func setDeadline(_ seconds: Int64, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = close(after: seconds, context)
    }

    private func close(
        after seconds: Int64, _ context: ChannelHandlerContext
    ) -> Scheduled<Void> {
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        return context.eventLoop.scheduleTask(in: .seconds(seconds)) {
            bound.value.close(promise: nil)
        }
    }

    private func startWindow(_ context: ChannelHandlerContext) {
        movedBytes = 0
        window?.cancel()
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        window = context.eventLoop.scheduleTask(in: .seconds(limits.streamWindowSeconds)) {
            let (guardian, context) = bound.value
            guardian.windowEnded(context)
        }
    }

    private func windowEnded(_ context: ChannelHandlerContext) {
        guard isAnswerOpen else { return }
        if movedBytes < limits.streamWindowBytes, isRequestOpen {
            context.close(promise: nil)
        } else {
            startWindow(context)
        }
    }

    private func cancelAll() {
        for timer in [deadline, window, stall] { timer?.cancel() }
        deadline = nil
        window = nil
        stall = nil
    }
}
