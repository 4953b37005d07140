import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import Records

/// Ends connections whose other side takes too long, in whichever direction.
///
/// Every state of a connection has a deadline: waiting for a request head, from the head to the
/// end of the answer, an answer that is not read. A stream of submissions has a long deadline
/// but must keep moving; every other body must arrive at a least pace. A caller that sends a byte
/// now and then meets the same deadlines. Whoever is too slow with a body is told so (408).
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let limits: HTTPLimits
    private var deadline: MovingDeadline?
    private var window: MovingDeadline?
    private var stall: MovingDeadline?
    private var movedBytes = 0
    /// Whether the newest request is a stream of submissions.
    private var isStream = false
    // A caller may send the next request before it has read the answer to the last.
    private var requestsBegun = 0
    private var requestsEnded = 0
    private var answersBegun = 0
    private var answersEnded = 0
    private var mustClose = false
    private var pace: UploadPace
    /// Whether the newest request offers to go on in another protocol.
    private var offersUpgrade = false
    /// Whether nothing is read, and whether something would have been: what follows such an offer
    /// is for that protocol, and waits outside until it is taken or refused.
    private var holdsReads = false
    private var isReadHeld = false
    /// Whether the server has begun to stop.
    private(set) var isQuiescing = false
    /// Whether the guard itself has answered: what others write has no place any more.
    private var isCutOff = false

    private var isRequestOpen: Bool { requestsEnded < requestsBegun }
    private var isAnswerOpen: Bool { answersEnded < requestsBegun }
    /// Whether the newest request is the only one without an answer, and nothing of that is sent.
    private var isNextToAnswer: Bool {
        answersBegun == answersEnded && answersEnded + 1 == requestsBegun
    }

    /// A guard for one connection.
    init(limits: HTTPLimits) {
        self.limits = limits
        pace = UploadPace(windowBytes: limits.bodyWindowBytes)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let loop = context.eventLoop
        deadline = MovingDeadline(on: loop) { [self] in cutOff(context) }
        window = MovingDeadline(on: loop) { [self] in windowEnded(context) }
        stall = MovingDeadline(on: loop) { context.close(promise: nil) }
        deadline?.set(seconds: limits.headSeconds)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        cancelAll()
    }

    func channelInactive(context: ChannelHandlerContext) {
        cancelAll()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isCutOff else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): began(head, context)
        case .body(let buffer):
            movedBytes += buffer.readableBytes
            pace.received(buffer.readableBytes)
        case .end:
            requestsEnded += 1
            holdsReads = offersUpgrade
        }
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        if holdsReads { isReadHeld = true } else { context.read() }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent { isQuiescing = true }
        context.fireUserInboundEventTriggered(event)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isCutOff else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        let part = unwrapOutboundIn(data)
        switch part {
        case .head(let head):
            if head.status.kind != .informational { answersBegun += 1 }
            if Self.closes(head.headerFields) { mustClose = true }
        case .body(let buffer): movedBytes += buffer.readableBytes
        case .end: break
        }
        context.write(data, promise: promise)
        if case .end = part { answerEnded(context) }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable {
            stall?.clear()
        } else {
            stall?.set(seconds: limits.writeStallSeconds)
        }
        context.fireChannelWritabilityChanged()
    }

    /// Tells a caller whose head is past the limits why it is not read.
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard case HTTPParserError.headerOverflow = error, !isCutOff, !isRequestOpen, !isAnswerOpen
        else { return context.fireErrorCaught(error) }
        refuse(
            Refusal(
                code: "request.head-too-large", field: "",
                reason: "a request has at most \(limits.headFields) fields, and "
                    + "\(limits.headBytes) bytes in its head"), context)
    }

    // MARK: Requests

    private func began(_ head: HTTPRequest, _ context: ChannelHandlerContext) {
        requestsBegun += 1
        // The parser takes what follows an offer to upgrade for another protocol, and reads none.
        offersUpgrade = head.headerFields[.upgrade] != nil
        if Self.closes(head.headerFields) || offersUpgrade { mustClose = true }
        isStream = MediaType.isStream(head)
        deadline?.set(seconds: isStream ? limits.streamSeconds : limits.requestSeconds)
        pace = UploadPace(windowBytes: limits.bodyWindowBytes)
        startWindow()
    }

    private func answerEnded(_ context: ChannelHandlerContext) {
        answersEnded += 1
        // A window that is open for the next request goes on.
        if !isAnswerOpen { window?.clear() }
        if requestsEnded < answersEnded || (mustClose && !isAnswerOpen) {
            linger(context)
        } else {
            deadline?.set(seconds: isAnswerOpen ? limits.requestSeconds : limits.headSeconds)
        }
    }

    private static func closes(_ fields: HTTPFields) -> Bool {
        fields[.connection]?.lowercased() == "close"
    }

    /// Says that no more will be sent, and reads on for a moment: closing at once while the
    /// caller still sends would make its system throw the answer away.
    private func linger(_ context: ChannelHandlerContext) {
        deadline?.set(seconds: limits.lingerSeconds)
        context.flush()
        context.close(mode: .output, promise: nil)
        holdsReads = false
        if isReadHeld { context.read() }
        isReadHeld = false
    }

    // MARK: Timers

    /// Ends the connection; a caller that is still sending its body is told why.
    private func cutOff(_ context: ChannelHandlerContext) {
        guard !isCutOff, isRequestOpen, isNextToAnswer else { return context.close(promise: nil) }
        refuse(
            Refusal(
                code: "request.deadline", field: "body",
                reason: "the body comes too slowly: at least \(limits.bodyWindowBytes) bytes in "
                    + "\(limits.bodyWindowSeconds) s, and all of it in "
                    + "\(limits.requestSeconds) s"), context)
    }

    /// Answers in the node's place; what others write from then on has no place any more.
    private func refuse(_ refusal: Refusal, _ context: ChannelHandlerContext) {
        isCutOff = true
        let problem = Problem(refusal)
        let body = problem.json
        var fields = HTTPFields()
        fields[.contentType] = Problem.jsonType
        fields[.contentLength] = String(body.count)
        fields[.connection] = "close"
        let head = HTTPResponse(status: .init(code: problem.status), headerFields: fields)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(ByteBuffer(bytes: body))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: nil)
        linger(context)
    }

    private func startWindow() {
        movedBytes = 0
        window?.set(seconds: isStream ? limits.streamWindowSeconds : limits.bodyWindowSeconds)
    }

    private func windowEnded(_ context: ChannelHandlerContext) {
        if isStream { streamWindowEnded(context) } else { bodyWindowEnded(context) }
    }

    private func streamWindowEnded(_ context: ChannelHandlerContext) {
        guard isAnswerOpen else { return }
        if movedBytes < limits.streamWindowBytes, isRequestOpen {
            context.close(promise: nil)
        } else {
            startWindow()
        }
    }

    private func bodyWindowEnded(_ context: ChannelHandlerContext) {
        guard isRequestOpen, answersBegun < requestsBegun else { return }
        // While an answer before is being sent, it is not the caller that the body waits for.
        guard !isNextToAnswer || pace.windowPassed() else { return cutOff(context) }
        startWindow()
    }

    private func cancelAll() {
        for timer in [deadline, window, stall] { timer?.end() }
        (deadline, window, stall) = (nil, nil, nil)
    }
}
