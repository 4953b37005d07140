import Glibc
import NIOCore
import NIOSSL
import NIOTLS
import Signatures

/// One connection on its event loop: who is there, what has come, what goes, and by when.
///
/// It stands behind the TLS handler. Until the handshake is over and the other side is admitted,
/// nothing of what arrives is looked at. From then on every state has a deadline: nothing arrives,
/// a frame stays unfinished, what was sent is not taken. While the reader is behind, nothing is
/// read, and the deadlines for what arrives stand still.
final class PeerChannel: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum Phase {
        case handshaking
        case open
        case over
    }

    private let limits: PeerLimits
    private let verifier: PeerVerifier
    /// Takes the connection in; throws what speaks against it.
    private let admit: (PeerConnection) throws(PeerClosure) -> Void
    /// Called once, when the connection was never admitted.
    private let failed: (PeerClosure) -> Void
    private var connection: PeerConnection?
    private var phase = Phase.handshaking
    /// What went wrong first, to be told when the handshake is over.
    private var verdict: PeerClosure?
    private var deadlines: Deadlines?
    private var mayRead = true
    private var readWaits = false
    private var insideFrameAfter: UInt64?
    private var submittedBytes = 0
    private var writtenBytes = 0
    /// The write deadline is met when so many bytes have been written.
    private var writeMark = 0

    /// A connection whose handshake begins.
    init(
        limits: PeerLimits, verifier: PeerVerifier,
        admit: @escaping (PeerConnection) throws(PeerClosure) -> Void,
        failed: @escaping (PeerClosure) -> Void
    ) {
        self.limits = limits
        self.verifier = verifier
        self.admit = admit
        self.failed = failed
    }

    func handlerAdded(context: ChannelHandlerContext) {
        deadlines = Deadlines(on: context.eventLoop) { [self] in passed($0, context) }
        deadlines?.set(.handshake, milliseconds: limits.handshakeMilliseconds)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        over(PeerClosure(.ended, "the connection was given up"))
        // The connection holds this handler.
        (deadlines, connection) = (nil, nil)
    }

    // MARK: Handshake

    /// Whether the other side's certificate may pass; asked by TLS within the handshake.
    func mayPass(_ certificate: NIOSSLCertificate?) -> Bool {
        guard let certificate else { return false }
        do throws(PeerClosure) {
            _ = try verifier.key(of: certificate)
            return true
        } catch {
            verdict = error
            return false
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case TLSUserEvent.handshakeCompleted(let negotiated) = event, phase == .handshaking {
            opened(negotiated, context)
        }
        context.fireUserInboundEventTriggered(event)
    }

    /// A session that TLS resumed has shown no certificate now: so the key is judged here too.
    private func opened(_ negotiated: String?, _ context: ChannelHandlerContext) {
        do throws(PeerClosure) {
            guard negotiated == PeerTLS.protocolName || !verifier.rules.protocolName else {
                throw PeerClosure(
                    .handshake, "the other side does not speak \(PeerTLS.protocolName)")
            }
            let connection = PeerConnection(
                context.channel, remoteKey: try remoteKey(context), limits: limits,
                reading: NIOLoopBound(self, eventLoop: context.eventLoop))
            try admit(connection)
            self.connection = connection
        } catch {
            return end(error, context)
        }
        phase = .open
        deadlines?.clear(.handshake)
        deadlines?.set(.idle, milliseconds: limits.idleMilliseconds)
    }

    private func remoteKey(
        _ context: ChannelHandlerContext
    ) throws(PeerClosure) -> VerificationKey {
        let shown = try? context.pipeline.syncOperations.nioSSL_peerCertificate()
        if let certificate = shown { return try verifier.key(of: certificate) }
        guard let anonymous = verifier.rules.anonymous else {
            throw PeerClosure(.handshake, "the other side has shown no certificate")
        }
        return anonymous
    }

    // MARK: What comes

    func read(context: ChannelHandlerContext) {
        if mayRead { context.read() } else { readWaits = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard phase == .open, let connection else { return }
        let progress = connection.inbound.append(unwrapInboundIn(data).readableBytesView)
        if progress.isRefused {
            return end(PeerClosure(.frameLength, "a frame has a length that none has"), context)
        }
        mayRead = progress.wantsMore
        guard mayRead else {
            deadlines?.clear(.idle)
            deadlines?.clear(.frame)
            insideFrameAfter = nil
            return
        }
        deadlines?.set(.idle, milliseconds: limits.idleMilliseconds)
        follow(progress.insideFrameAfter)
        guard readWaits else { return }
        readWaits = false
        context.read()
    }

    /// Each frame has its own deadline, which bytes of it do not move.
    private func follow(_ frame: UInt64?) {
        if let frame {
            guard frame != insideFrameAfter else { return }
            deadlines?.set(.frame, milliseconds: limits.frameMilliseconds)
        } else {
            deadlines?.clear(.frame)
        }
        insideFrameAfter = frame
    }

    /// Reads on, because the reader has caught up.
    func resumeReading(_ channel: any Channel) {
        guard phase == .open, !mayRead else { return }
        mayRead = true
        deadlines?.set(.idle, milliseconds: limits.idleMilliseconds)
        if connection?.inbound.isInsideFrame == true {
            deadlines?.set(.frame, milliseconds: limits.frameMilliseconds)
        }
        guard readWaits else { return }
        readWaits = false
        channel.read()
    }

    // MARK: What goes

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let bytes = unwrapOutboundIn(data).readableBytes
        let written = promise ?? context.eventLoop.makePromise()
        submittedBytes += bytes
        if deadlines?.isSet(.write) == false { startWriteDeadline() }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        written.futureResult.whenComplete { _ in bound.value.wrote(bytes) }
        context.write(data, promise: written)
    }

    private func wrote(_ bytes: Int) {
        writtenBytes += bytes
        connection?.outbound.release(bytes)
        guard phase == .open, writtenBytes >= writeMark else { return }
        if writtenBytes < submittedBytes { startWriteDeadline() } else { deadlines?.clear(.write) }
    }

    /// All that is on its way now must be gone in time; what comes later has a deadline of its own.
    private func startWriteDeadline() {
        writeMark = submittedBytes
        deadlines?.set(.write, milliseconds: limits.writeMilliseconds)
    }

    // MARK: Ends

    /// Ends the connection from this side.
    func end(_ closure: PeerClosure, _ context: ChannelHandlerContext) {
        over(closure)
        context.close(promise: nil)
    }

    /// Ends the connection because its owner says so.
    func endByOwner(_ closure: PeerClosure, _ channel: any Channel) {
        over(closure)
        channel.close(promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch phase {
        case .over: break
        case .handshaking:
            end(verdict ?? PeerClosure(.handshake, "TLS did not come about: \(error)"), context)
        case .open: end(Self.breakage(error, connection?.inbound.isUntouched == true), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        switch phase {
        case .over: break
        case .handshaking:
            over(verdict ?? PeerClosure(.handshake, "the other side ended the handshake"))
        case .open:
            let isInside = connection?.inbound.isInsideFrame == true
            over(
                isInside
                    ? PeerClosure(.truncated, "the other side ended inside a frame")
                    : PeerClosure(.closed, "the other side ended the connection"))
        }
        context.fireChannelInactive()
    }

    private static func breakage(_ error: any Error, _ isUntouched: Bool) -> PeerClosure {
        if isUntouched, error is BoringSSLError {
            return PeerClosure(
                .refused,
                "the other side refused this node's key: its network lists another for this node, "
                    + "or has removed it")
        }
        return PeerClosure(.broken, "the connection broke: \(error)")
    }

    private func passed(_ kind: Deadlines.Kind, _ context: ChannelHandlerContext) {
        switch kind {
        case .handshake:
            let limit = limits.handshakeMilliseconds
            end(PeerClosure(.handshake, "the handshake took more than \(limit) ms"), context)
        case .idle:
            let limit = limits.idleMilliseconds
            end(PeerClosure(.idle, "nothing came for \(limit) ms"), context)
        case .frame:
            let limit = limits.frameMilliseconds
            end(PeerClosure(.slow, "a frame took more than \(limit) ms"), context)
        case .write:
            let limit = limits.writeMilliseconds
            // Else the system would go on offering it to the other side, in memory of ours.
            _ = (context.channel as? any SocketOptionProvider)?
                .setSoLinger(linger(l_onoff: 1, l_linger: 0))
            end(PeerClosure(.unread, "what was sent was not taken in \(limit) ms"), context)
        }
    }

    private func over(_ closure: PeerClosure) {
        guard phase != .over else { return }
        let wasOpen = phase == .open
        phase = .over
        deadlines?.end()
        guard wasOpen, let connection else { return failed(closure) }
        connection.inbound.end(closure, dropping: false)
        connection.outbound.end(closure)
    }
}
