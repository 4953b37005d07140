import Foundation
import Hummingbird
import HummingbirdCore
import HummingbirdTLS
package import Logging
import NIOCore
import Records
import Synchronization

/// A running HTTP interface of one node.
package actor HTTPListener {
    private let shutDown: @Sendable () async -> Void
    private let running: Task<Void, any Error>
    /// Where it listens, with the port that the system chose.
    package nonisolated let address: ListenAddress

    private init(_ launched: Launched, address: ListenAddress) {
        shutDown = launched.shutDown
        running = launched.running
        self.address = address
    }

    /// Starts to listen; returns when connections are taken.
    ///
    /// - Parameters:
    ///   - service: the node behind the interface.
    ///   - epcis: what it answers under `/epcis`; without it there is nothing there.
    ///   - capturing: what takes documents there; without it nothing does.
    ///   - address: where to listen.
    ///   - callers: whom callers are taken for.
    ///   - tls: the certificate to show; without it the interface speaks plain HTTP.
    ///   - limits: bounds on connections and requests.
    ///   - logger: where the server's own troubles are told.
    /// - Returns: the listener, to be stopped by its owner.
    /// - Throws: if the address is in use or not this machine's.
    package static func start(
        service: any NodeService, epcis: (any EPCISService)? = nil,
        capturing: (any CaptureService)? = nil, address: ListenAddress, callers: CallerPolicy,
        tls: ServerTLS? = nil, limits: HTTPLimits = HTTPLimits(), logger: Logger
    ) async throws(ListenError) -> HTTPListener {
        let responder = Responder(
            service: service, epcis: epcis, capturing: capturing, limits: limits, callers: callers)
        let channel = HTTP1Channel(
            responder: { request, writer, channel in
                try await responder.respond(to: request, writer, on: channel)
            },
            configuration: channelConfiguration(limits))
        let launched: Launched
        if let tls {
            do {
                launched = launch(
                    try TLSChannel(channel, tlsConfiguration: tls.configuration), address, limits,
                    logger)
            } catch {
                throw ListenError(reason: "TLS cannot be set up: \(error)")
            }
        } else {
            launched = launch(channel, address, limits, logger)
        }
        for await port in launched.bound {
            var address = address
            address.port = port
            return HTTPListener(launched, address: address)
        }
        throw await failure(launched.running, address)
    }

    /// A server that has been told to run.
    private struct Launched {
        var shutDown: @Sendable () async -> Void
        var running: Task<Void, any Error>
        /// The port, once it listens.
        var bound: AsyncStream<Int>
    }

    private static func launch(
        _ child: some ServerChildChannel, _ address: ListenAddress, _ limits: HTTPLimits,
        _ logger: Logger
    ) -> Launched {
        let (bound, source) = AsyncStream.makeStream(of: Int.self)
        let server = Server(
            childChannelSetup: child,
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(
                    limits.connections, logger: logger)),
            onServerRunning: { channel in
                source.yield(channel.localAddress?.port ?? address.port)
            },
            eventLoopGroup: EventLoopGroupProvider.singleton.eventLoopGroup, logger: logger)
        let running = Task {
            defer { source.finish() }
            try await server.run()
        }
        return Launched(
            shutDown: { try? await server.shutdownGracefully() }, running: running, bound: bound)
    }

    private static func failure(
        _ running: Task<Void, any Error>, _ address: ListenAddress
    ) async -> ListenError {
        var cause = "the server ended"
        do { try await running.value } catch let error as IOError {
            cause = error.errnoCode == EADDRINUSE ? "the port is in use" : "\(error)"
        } catch { cause = "\(error)" }
        return ListenError(reason: "cannot listen on \(address): \(cause)")
    }

    private static func channelConfiguration(_ limits: HTTPLimits) -> HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            additionalChannelHandlers: [ConnectionGuard(limits: limits)],
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headBytes, maxHeaderListSize: limits.headBytes,
                maxHeaderFieldCount: limits.headFields))
    }

    /// Stops: takes no more connections, lets requests finish, then closes what is left.
    ///
    /// - Parameter drainSeconds: how long requests may take to finish.
    package func stop(drainSeconds: Int64 = 10) async {
        let running = running
        let deadline = Task {
            try? await Task.sleep(for: .seconds(drainSeconds))
            running.cancel()
        }
        let shutDown = shutDown
        let closing = Task { await shutDown() }
        _ = await running.result
        deadline.cancel()
        _ = await closing.value
    }
}
