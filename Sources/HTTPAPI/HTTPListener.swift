import Foundation
import Hummingbird
import HummingbirdCore
package import Logging
import NIOCore
package import Records
import Synchronization

/// A running HTTP interface of one node.
package actor HTTPListener {
    private let server: Server<HTTP1Channel>
    private let running: Task<Void, any Error>
    /// Where it listens, with the port that the system chose.
    package nonisolated let address: ListenAddress

    private init(
        server: Server<HTTP1Channel>, running: Task<Void, any Error>, address: ListenAddress
    ) {
        self.server = server
        self.running = running
        self.address = address
    }

    /// Starts to listen; returns when connections are taken.
    ///
    /// - Parameters:
    ///   - service: the node behind the interface.
    ///   - address: where to listen.
    ///   - reader: whom every caller is taken for.
    ///   - limits: bounds on connections and requests.
    ///   - logger: where the server's own troubles are told.
    /// - Returns: the listener, to be stopped by its owner.
    /// - Throws: if the address is in use or not this machine's.
    package static func start(
        service: any NodeService, address: ListenAddress, reader: Reader,
        limits: HTTPLimits = HTTPLimits(), logger: Logger
    ) async throws(ListenError) -> HTTPListener {
        let responder = Responder(service: service, limits: limits, reader: reader)
        let channel = HTTP1Channel(
            responder: { request, writer, _ in
                try await responder.respond(to: request, writer)
            },
            configuration: channelConfiguration(limits))
        let (bound, source) = AsyncStream.makeStream(of: Int.self)
        let server = Server(
            childChannelSetup: channel,
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
        for await port in bound {
            var address = address
            address.port = port
            return HTTPListener(server: server, running: running, address: address)
        }
        throw await failure(running, address)
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
        let server = server
        let closing = Task { try? await server.shutdownGracefully() }
        _ = await running.result
        deadline.cancel()
        _ = await closing.value
    }
}
