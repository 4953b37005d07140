import Foundation
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import Signatures
import Synchronization

@testable import PeerTransport

/// A node's key and what it shows with it.
struct Party {
    let key: SigningKey
    let identity: PeerIdentity

    init(_ algorithm: Signatures.SignatureAlgorithm = .ed25519) throws {
        var randomness = SystemRandomNumberGenerator()
        key = SigningKey.generate(algorithm, randomness: &randomness)
        identity = try PeerIdentity(key)
    }

    var publicKey: VerificationKey { key.publicKey }
}

/// The keys that governance names.
final class Pins: Sendable {
    private let keys: Mutex<Set<VerificationKey>>

    init(_ keys: VerificationKey...) { self.keys = Mutex(Set(keys)) }

    func contains(_ key: VerificationKey) -> Bool { keys.withLock { $0.contains(key) } }
    func remove(_ key: VerificationKey) { keys.withLock { _ = $0.remove(key) } }
}

/// What a listener told its log and its owner.
final class Record: Sendable {
    private let state = Mutex<(codes: [String], served: Int, frames: [[UInt8]])>(([], 0, []))

    var codes: [String] { state.withLock(\.codes) }
    var served: Int { state.withLock(\.served) }
    var frames: [[UInt8]] { state.withLock(\.frames) }

    func add(code: String) { state.withLock { $0.codes.append(code) } }
    func addServed() { state.withLock { $0.served += 1 } }
    func add(frame: [UInt8]) { state.withLock { $0.frames.append(frame) } }

    var logger: Logger {
        var logger = Logger(label: "peers") { _ in RecordingLog(record: self) }
        logger.logLevel = .trace
        return logger
    }

    /// Serves a connection: every frame is sent back.
    func echo(_ connection: PeerConnection) async {
        addServed()
        do throws(PeerClosure) {
            var frames = connection.frames.makeAsyncIterator()
            while let frame = try await frames.next() {
                add(frame: frame)
                try await connection.send(frame)
            }
            add(code: "end")
        } catch {
            add(code: error.code.rawValue)
        }
    }
}

private struct RecordingLog: LogHandler {
    let record: Record
    var logLevel = Logger.Level.trace
    var metadata: Logger.Metadata = [:]
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
        if let code = event.metadata?["code"] { record.add(code: "\(code)") }
    }
}

/// Waits until something holds; false after some seconds.
func eventually(seconds: Double = 60, _ holds: () async -> Bool) async -> Bool {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
        if await holds() { return true }
        try? await Task.sleep(for: .milliseconds(10))
    }
    return await holds()
}

/// Runs a listener on a free port of this machine for as long as the body takes.
func withListener<Result>(
    _ identity: PeerIdentity, _ verifier: PeerVerifier, limits: PeerLimits = PeerLimits(),
    record: Record = Record(), address: String = "127.0.0.1:0",
    serve: (@Sendable (PeerConnection) async -> Void)? = nil,
    _ body: (PeerListener) async throws -> Result
) async throws -> Result {
    let listener = try await PeerListener.bind(
        PeerAddress(address), identity: identity, verifier: verifier, limits: limits,
        logger: record.logger)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            await listener.run { connection in
                if let serve { await serve(connection) } else { await record.echo(connection) }
            }
        }
        defer { group.cancelAll() }
        return try await body(listener)
    }
}

/// A side of a connection that keeps to none of the rules, or to all but one.
struct HostileSide {
    var configuration: TLSConfiguration

    init(client: Void, _ identity: PeerIdentity?) {
        configuration = TLSConfiguration.makeClientConfiguration()
        harden(identity)
    }

    init(server: Void, _ identity: PeerIdentity) {
        configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [], privateKey: .privateKey(identity.privateKey))
        harden(identity)
    }

    private mutating func harden(_ identity: PeerIdentity?) {
        if let identity {
            configuration.certificateChain = [.certificate(identity.certificate)]
            configuration.privateKey = .privateKey(identity.privateKey)
        }
        configuration.certificateVerification = .none
        configuration.signingSignatureAlgorithms = [.ed25519, .ecdsaSecp256R1Sha256]
        configuration.verifySignatureAlgorithms = [.ed25519, .ecdsaSecp256R1Sha256]
        configuration.applicationProtocols = ["cairn/1"]
        configuration.minimumTLSVersion = .tlsv12
    }

    /// Shows a certificate and signs with another key than its own.
    mutating func steal(_ victim: PeerIdentity, signingWith key: SigningKey) {
        configuration.certificateChain = [.certificate(victim.certificate)]
        configuration.privateKey = .privateKey(
            NIOSSLPrivateKey(customPrivateKey: ForeignKey(key: key)))
    }

    /// Connects and sends bytes as soon as its own handshake is over.
    func connect(port: Int, sending bytes: [UInt8]) async throws -> HostileChannel {
        let context = try NIOSSLContext(configuration: configuration)
        let log = HostileLog()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLClientHandler(context: context, serverHostname: nil),
                        HostileHandler(log))
                }
            }.connect(host: "127.0.0.1", port: port).get()
        let side = HostileChannel(channel: channel, log: log)
        try? await side.send(bytes)
        return side
    }

    /// Listens for one test.
    func listen() async throws -> HostileChannel {
        let context = try NIOSSLContext(configuration: configuration)
        let log = HostileLog()
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(
                        NIOSSLServerHandler(context: context), HostileHandler(log))
                }
            }.bind(host: "127.0.0.1", port: 0).get()
        return HostileChannel(channel: channel, log: log)
    }
}

/// What a hostile side has received.
final class HostileLog: Sendable {
    private let state = Mutex<(bytes: [UInt8], closed: Bool)>(([], false))
    var bytes: [UInt8] { state.withLock(\.bytes) }
    var isClosed: Bool { state.withLock(\.closed) }
    func add(_ bytes: [UInt8]) { state.withLock { $0.bytes += bytes } }
    func close() { state.withLock { $0.closed = true } }
}

final class HostileHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let log: HostileLog
    init(_ log: HostileLog) { self.log = log }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        log.add(Array(unwrapInboundIn(data).readableBytesView))
    }
    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        log.close()
        context.close(promise: nil)
    }
    func channelInactive(context: ChannelHandlerContext) { log.close() }
}

struct HostileChannel {
    let channel: any Channel
    let log: HostileLog
    var port: Int { channel.localAddress?.port ?? 0 }

    func send(_ bytes: [UInt8]) async throws {
        try await channel.writeAndFlush(ByteBuffer(bytes: bytes)).get()
    }
    func close() async { try? await channel.close().get() }
}

/// A private key behind the certificate of somebody else.
struct ForeignKey: NIOSSLCustomPrivateKey, Hashable {
    let key: SigningKey
    var signatureAlgorithms: [NIOSSL.SignatureAlgorithm] { [.ed25519] }
    func sign(
        channel: any Channel, algorithm: NIOSSL.SignatureAlgorithm, data: ByteBuffer
    ) -> EventLoopFuture<ByteBuffer> {
        channel.eventLoop.makeCompletedFuture {
            ByteBuffer(bytes: try key.sign(Array(data.readableBytesView)))
        }
    }
    func decrypt(channel: any Channel, data: ByteBuffer) -> EventLoopFuture<ByteBuffer> {
        channel.eventLoop.makeFailedFuture(ChannelError.operationUnsupported)
    }
    static func == (left: ForeignKey, right: ForeignKey) -> Bool {
        left.key.publicKey == right.key.publicKey
    }
    func hash(into hasher: inout Hasher) { hasher.combine(key.publicKey) }
}
