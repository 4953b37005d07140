import Glibc
package import Logging
import NIOCore
import NIOPosix
import NIOSSL
package import Signatures
import Synchronization

/// Takes connections from other nodes.
///
/// It lets in whoever proves a key that governance names, up to the limits, and nobody else. It is
/// bound when made; ``run(_:)`` hands out the connections.
package final class PeerListener: Sendable {
    /// Where it listens, with the port that the system chose.
    package let address: PeerAddress

    private let channel: any Channel
    private let registry: PeerRegistry
    private let accepted: AsyncStream<PeerConnection>
    private let arrivals: AsyncStream<PeerConnection>.Continuation
    private let verifier: PeerVerifier

    private init(
        _ channel: any Channel, _ address: PeerAddress, _ verifier: PeerVerifier,
        _ registry: PeerRegistry, _ accepted: AsyncStream<PeerConnection>,
        _ arrivals: AsyncStream<PeerConnection>.Continuation
    ) {
        self.channel = channel
        self.address = address
        self.verifier = verifier
        self.registry = registry
        self.accepted = accepted
        self.arrivals = arrivals
    }

    /// Begins to listen.
    ///
    /// - Parameters:
    ///   - address: a numeric address of this machine; port 0 lets the system choose.
    ///   - identity: what to show.
    ///   - isPinned: whether governance names a key as another node's. Asked in every handshake, on
    ///     a thread that others wait for: it must answer at once.
    ///   - limits: bounds on connections, waits and buffers.
    ///   - logger: where refusals are told, at level `debug`.
    /// - Returns: the listener, to be run and stopped by its owner.
    /// - Throws: `peer.address`.
    package static func bind(
        _ address: PeerAddress, identity: PeerIdentity,
        isPinned: @escaping @Sendable (VerificationKey) -> Bool, limits: PeerLimits = PeerLimits(),
        logger: Logger
    ) async throws(PeerClosure) -> PeerListener {
        try await bind(
            address, identity: identity, verifier: PeerVerifier(isPinned: isPinned),
            limits: limits, logger: logger)
    }

    /// Begins to listen, perhaps by rules that a test has softened.
    static func bind(
        _ address: PeerAddress, identity: PeerIdentity, verifier: PeerVerifier, limits: PeerLimits,
        logger: Logger
    ) async throws(PeerClosure) -> PeerListener {
        let registry = PeerRegistry(limits)
        let (accepted, arrivals) = AsyncStream.makeStream(
            of: PeerConnection.self, bufferingPolicy: .unbounded)
        do {
            let tls = try PeerTLS.listening(identity, verifier.rules, limits)
            let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .serverChannelOption(.backlog, value: 128)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.socketOption(.so_rcvbuf), value: .init(limits.socketBytes))
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try prepare(channel, tls, verifier, limits, registry, arrivals, logger)
                    }
                }
                .bind(host: address.host, port: address.port).get()
            let port = channel.localAddress?.port ?? address.port
            return PeerListener(
                channel, PeerAddress(host: address.host, port: port), verifier, registry, accepted,
                arrivals)
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw PeerClosure(.address, "cannot listen on \(address): the port is in use")
        } catch {
            throw PeerClosure(.address, "cannot listen on \(address): \(error)")
        }
    }

    private static func prepare(
        _ channel: any Channel, _ tls: NIOSSLContext, _ verifier: PeerVerifier,
        _ limits: PeerLimits, _ registry: PeerRegistry,
        _ arrivals: AsyncStream<PeerConnection>.Continuation, _ logger: Logger
    ) throws {
        let id = try registry.arrived(channel)
        let handler = PeerChannel(
            limits: limits, verifier: verifier,
            admit: { connection throws(PeerClosure) in
                try registry.proved(id, connection)
                // At most as many wait here as there may be peers.
                arrivals.yield(connection)
            },
            failed: { closure in
                logger.debug(
                    "a connection was refused",
                    metadata: [
                        "code": "\(closure.code.rawValue)", "reason": "\(closure.reason)",
                        "from": "\(channel.remoteAddress?.description ?? "unknown")",
                    ])
            })
        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
        let server = NIOSSLServerHandler(
            context: tls,
            customVerificationCallback: { certificates, promise in
                promise.succeed(
                    bound.value.mayPass(certificates.first) ? .certificateVerified : .failed)
            })
        try channel.pipeline.syncOperations.addHandlers(server, handler)
    }

    /// Hands out connections until the listener is stopped or the task cancelled, and then waits
    /// for all of them to be closed.
    ///
    /// - Parameter serve: called for each connection, in a task of its own, which is cancelled with
    ///   this one; when it returns, the connection is closed.
    package func run(_ serve: @escaping @Sendable (PeerConnection) async -> Void) async {
        await withTaskCancellationHandler {
            await withDiscardingTaskGroup { group in
                for await connection in accepted {
                    group.addTask {
                        await serve(connection)
                        connection.close()
                    }
                }
            }
        } onCancel: {
            stop()
        }
        await registry.drained()
        try? await channel.closeFuture.get()
    }

    /// Stops: takes no more connections, and ends those that stand, after what was sent.
    package func stop() {
        channel.close(promise: nil)
        registry.close(.ended, reason: "this node stops")
        arrivals.finish()
    }

    /// Ends every connection whose key governance names no longer: to be called when governance has
    /// changed, and after the change shows in `isPinned`.
    package func closeUnpinned() {
        for connection in registry.peers where !verifier.isPinned(connection.remoteKey) {
            connection.close(.removed, reason: "governance no longer names this key")
        }
    }

    /// Ends every connection with one key.
    package func close(_ key: VerificationKey, _ code: PeerClosure.Code, reason: String) {
        for connection in registry.peers where connection.remoteKey == key {
            connection.close(code, reason: reason)
        }
    }

    /// Connections in their handshake, and connections with peers.
    package var counts: (handshakes: Int, peers: Int) { registry.counts }
}
