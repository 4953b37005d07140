import NIOCore
import NIOPosix
import NIOSSL
package import Signatures
import Synchronization

/// Makes connections to other nodes.
package struct PeerDialer: Sendable {
    private let tls: NIOSSLContext
    private let limits: PeerLimits
    private let rules: PeerRules

    /// A dialer that shows an identity.
    ///
    /// - Throws: `peer.handshake` when TLS cannot be set up with it.
    package init(
        identity: PeerIdentity, limits: PeerLimits = PeerLimits()
    ) throws(PeerClosure) {
        try self.init(identity: identity, limits: limits, rules: PeerRules())
    }

    /// A dialer, perhaps by rules that a test has softened.
    init(identity: PeerIdentity, limits: PeerLimits, rules: PeerRules) throws(PeerClosure) {
        do {
            tls = try PeerTLS.dialing(identity, rules, limits)
        } catch {
            throw PeerClosure(.handshake, "TLS cannot be set up: \(error)")
        }
        self.limits = limits
        self.rules = rules
    }

    /// Connects to a node.
    ///
    /// The name in the address is resolved by the system and does not have to match anything: only
    /// the key does.
    ///
    /// - Parameters:
    ///   - address: where governance says that it listens.
    ///   - expected: the key that it must prove.
    /// - Returns: the connection, to be closed by its owner.
    /// - Throws: `peer.unreachable`, `peer.handshake`, `peer.certificate`, `peer.not-pinned`,
    ///   `peer.cancelled`.
    package func connect(
        to address: PeerAddress, expected: VerificationKey
    ) async throws(PeerClosure) -> PeerConnection {
        let attempt = DialAttempt()
        do {
            return try await withTaskCancellationHandler {
                let channel = try await bootstrap(attempt, expected)
                    .connect(host: address.host, port: address.port).get()
                return try await attempt.outcome(of: channel)
            } onCancel: {
                attempt.cancel()
            }
        } catch let closure as PeerClosure {
            throw attempt.isCancelled ? PeerClosure(.cancelled, "the call was cancelled") : closure
        } catch {
            throw attempt.isCancelled
                ? PeerClosure(.cancelled, "the call was cancelled")
                : PeerClosure(.unreachable, "\(address) cannot be reached: \(error)")
        }
    }

    private func bootstrap(_ attempt: DialAttempt, _ expected: VerificationKey) -> ClientBootstrap {
        let verifier = PeerVerifier(isPinned: { $0 == expected }, rules: rules)
        let (tls, limits) = (tls, limits)
        return ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.milliseconds(limits.handshakeMilliseconds))
            .channelOption(.socketOption(.so_rcvbuf), value: .init(limits.socketBytes))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let outcome = channel.eventLoop.makePromise(of: PeerConnection.self)
                    guard attempt.began(channel, outcome.futureResult) else {
                        outcome.fail(CancellationError())
                        throw CancellationError()
                    }
                    let handler = PeerChannel(
                        limits: limits, verifier: verifier,
                        admit: { connection throws(PeerClosure) in outcome.succeed(connection) },
                        failed: { outcome.fail($0) })
                    let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                    let client = try NIOSSLClientHandler(
                        context: tls, serverHostname: nil,
                        customVerificationCallback: { certificates, promise in
                            promise.succeed(
                                bound.value.mayPass(certificates.first)
                                    ? .certificateVerified : .failed)
                        })
                    try channel.pipeline.syncOperations.addHandlers(client, handler)
                }
            }
    }
}

/// The sockets that one call opens; a name with several addresses takes several.
private final class DialAttempt: Sendable {
    private struct State {
        var isCancelled = false
        var channels: [ObjectIdentifier: (any Channel, EventLoopFuture<PeerConnection>)] = [:]
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock(\.isCancelled) }

    /// Notes a socket; false when the call was cancelled.
    func began(_ channel: any Channel, _ outcome: EventLoopFuture<PeerConnection>) -> Bool {
        state.withLock { state in
            guard !state.isCancelled else { return false }
            state.channels[ObjectIdentifier(channel)] = (channel, outcome)
            return true
        }
    }

    /// How the handshake on a socket ends.
    func outcome(of channel: any Channel) async throws -> PeerConnection {
        guard let (_, outcome) = state.withLock({ $0.channels[ObjectIdentifier(channel)] }) else {
            throw PeerClosure(.unreachable, "the connection was given up")
        }
        return try await outcome.get()
    }

    /// Closes every socket.
    func cancel() {
        let channels = state.withLock { state in
            state.isCancelled = true
            return Array(state.channels.values)
        }
        for (channel, _) in channels { channel.close(promise: nil) }
    }
}
