import Foundation
import NIOCore
import NIOPosix
import Signatures
import Synchronization
import Testing

@testable import PeerTransport

/// Who is let in, how many of them, and for how long.
struct PeerListenerTests {
    private let node: Party
    private let peer: Party
    private let pins: Pins

    init() throws {
        (node, peer) = (try Party(.esp256), try Party())
        pins = Pins(peer.publicKey)
    }

    private var verifier: PeerVerifier { PeerVerifier(isPinned: pins.contains) }

    private func dial(_ listener: PeerListener) async throws -> PeerConnection {
        try await PeerDialer(identity: peer.identity)
            .connect(to: listener.address, expected: node.publicKey)
    }

    /// Whether a connection carries a frame there and back.
    private func works(_ connection: PeerConnection) async -> Bool {
        var frames = connection.frames.makeAsyncIterator()
        do throws(PeerClosure) {
            try await connection.send([9])
            return try await frames.next() == [9]
        } catch { return false }
    }

    /// Opens a plain connection from an address of this machine.
    private func stranger(_ port: Int, from host: String) async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(to: SocketAddress(ipAddress: host, port: 0))
            .connect(host: "127.0.0.1", port: port).get()
    }

    @Test func `a flood of strangers is bounded, and a peer is served through it`() async throws {
        var limits = PeerLimits()
        limits.handshakes = 16
        limits.handshakesOfSource = 4
        try await withListener(node.identity, verifier, limits: limits) { listener in
            let port = listener.address.port
            try await withThrowingTaskGroup(of: Void.self) { group in
                // Nine addresses, so that both limits are met.
                for number in 2...10 {
                    group.addTask {
                        for _ in 0..<40 {
                            _ = try? await stranger(port, from: "127.0.0.\(number)")
                        }
                    }
                }
                for _ in 0..<20 {
                    let connection = try await dial(listener)
                    #expect(await works(connection))
                    connection.close()
                    _ = await connection.closure()
                    #expect(listener.counts.handshakes <= 16)
                }
                try await group.waitForAll()
            }
            #expect(listener.counts.handshakes <= 16)
        }
    }

    @Test func `control: without the limits the flood stays`() async throws {
        var limits = PeerLimits()
        limits.handshakes = 1_000
        limits.handshakesOfSource = 1_000
        try await withListener(node.identity, verifier, limits: limits) { listener in
            for _ in 0..<40 { _ = try await stranger(listener.address.port, from: "127.0.0.2") }
            #expect(await eventually { listener.counts.handshakes == 40 })
        }
    }

    @Test(arguments: [0, 1])
    func `a slow handshake is cut off, whether silent or dripping`(bytes: Int) async throws {
        var limits = PeerLimits()
        limits.handshakeMilliseconds = 300
        let record = Record()
        try await withListener(node.identity, verifier, limits: limits, record: record) {
            listener in
            let channel = try await stranger(listener.address.port, from: "127.0.0.2")
            let start = ContinuousClock.now
            while channel.isActive, ContinuousClock.now - start < .seconds(30) {
                // The head of a TLS record, whose length says that 512 bytes follow.
                let byte: [UInt8] = bytes == 0 ? [] : [22]
                if !byte.isEmpty { try? await channel.writeAndFlush(ByteBuffer(bytes: byte)).get() }
                try await Task.sleep(for: .milliseconds(150))
            }
            #expect(await eventually { listener.counts == (0, 0) })
            #expect(ContinuousClock.now - start < .seconds(30))
            #expect(record.codes == ["peer.handshake"])
        }
    }

    @Test func `a key has so many connections and no more`() async throws {
        var limits = PeerLimits()
        limits.connectionsOfKey = 2
        try await withListener(node.identity, verifier, limits: limits) { listener in
            let first = try await dial(listener)
            let second = try await dial(listener)
            #expect(await works(first))
            #expect(await works(second))
            let third = try await dial(listener)
            #expect(await works(third) == false)
            first.close()
            _ = await first.closure()
            #expect(await eventually { listener.counts.peers == 1 })
            let fourth = try await dial(listener)
            #expect(await works(fourth))
            #expect(await works(second))
        }
    }

    @Test func `all keys together have so many connections and no more`() async throws {
        var limits = PeerLimits()
        limits.connections = 1
        let other = try Party()
        let verifier = PeerVerifier(isPinned: { _ in true })
        try await withListener(node.identity, verifier, limits: limits) { listener in
            let first = try await dial(listener)
            #expect(await works(first))
            let second = try await PeerDialer(identity: other.identity)
                .connect(to: listener.address, expected: node.publicKey)
            #expect(await works(second) == false)
            #expect(await works(first))
        }
    }

    @Test func `a peer that governance removes is put out and stays out`() async throws {
        let record = Record()
        try await withListener(node.identity, verifier, record: record) { listener in
            let connection = try await dial(listener)
            #expect(await works(connection))
            listener.closeUnpinned()
            #expect(await works(connection))
            pins.remove(peer.publicKey)
            listener.closeUnpinned()
            #expect(await eventually { record.codes == ["peer.removed"] })
            #expect(await works(connection) == false)
            #expect(await works(try dial(listener)) == false)
            #expect(record.served == 1)
        }
    }

    @Test func `the owner can end the connections of one key`() async throws {
        let record = Record()
        try await withListener(node.identity, verifier, record: record) { listener in
            let connection = try await dial(listener)
            #expect(await works(connection))
            listener.close(node.publicKey, .misbehaved, reason: "another key")
            #expect(await works(connection))
            listener.close(peer.publicKey, .misbehaved, reason: "a wrong root")
            #expect(await eventually { record.codes == ["peer.misbehaved"] })
        }
    }

    @Test func `cancelling what runs a listener closes everything`() async throws {
        let record = Record()
        let listener = try await PeerListener.bind(
            PeerAddress("127.0.0.1:0"), identity: node.identity, verifier: verifier,
            limits: PeerLimits(), logger: record.logger)
        let running = Task { await listener.run { await record.echo($0) } }
        let connections = [try await dial(listener), try await dial(listener)]
        for connection in connections { #expect(await works(connection)) }
        let idle = try await stranger(listener.address.port, from: "127.0.0.2")
        #expect(await eventually { listener.counts == (1, 2) })
        running.cancel()
        await running.value
        #expect(listener.counts == (0, 0))
        for connection in connections { #expect(await works(connection) == false) }
        #expect(await eventually { !idle.isActive })
        let closure = await #expect(throws: PeerClosure.self) { try await dial(listener) }
        #expect(closure?.code == .unreachable)
    }

    @Test func `stopping lets what was sent arrive`() async throws {
        let listener = try await PeerListener.bind(
            PeerAddress("127.0.0.1:0"), identity: node.identity, verifier: verifier,
            limits: PeerLimits(), logger: Record().logger)
        let running = Task {
            await listener.run { connection in
                for number in 0..<20 {
                    try? await connection.send([UInt8](repeating: UInt8(number), count: 20_000))
                }
                listener.stop()
            }
        }
        let connection = try await dial(listener)
        var count = 0
        for try await frame in connection.frames {
            #expect(frame == [UInt8](repeating: UInt8(count), count: 20_000))
            count += 1
        }
        #expect(count == 20)
        #expect(await connection.closure().code == .closed)
        await running.value
    }

    @Test func `a call that is cancelled ends, also with a listener that says nothing`()
        async throws
    {
        let silent = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let address = PeerAddress(host: "127.0.0.1", port: silent.localAddress?.port ?? 0)
        let dialer = try PeerDialer(identity: peer.identity)
        let call = Task { try await dialer.connect(to: address, expected: node.publicKey) }
        try await Task.sleep(for: .milliseconds(100))
        call.cancel()
        let closure = await #expect(throws: PeerClosure.self) { try await call.value }
        #expect(closure?.code == .cancelled)
        var limits = PeerLimits()
        limits.handshakeMilliseconds = 200
        let impatient = try PeerDialer(identity: peer.identity, limits: limits)
        let late = await #expect(throws: PeerClosure.self) {
            try await impatient.connect(to: address, expected: node.publicKey)
        }
        #expect(late?.code == .handshake)
        try await silent.close()
    }

    @Test func `where somebody listens nobody else can`() async throws {
        try await withListener(node.identity, verifier) { listener in
            let closure = await #expect(throws: PeerClosure.self) {
                try await PeerListener.bind(
                    listener.address, identity: node.identity, isPinned: { _ in true },
                    logger: Record().logger)
            }
            #expect(closure?.code == .address)
        }
    }

    @Test func `an IPv6 network of 64 bits is one source, an IPv4 address another`() throws {
        func source(_ text: String) throws -> [UInt8] {
            PeerRegistry.source(of: try SocketAddress(ipAddress: text, port: 1))
        }
        #expect(try source("2001:db8::1") == source("2001:db8::ffff:0:1"))
        #expect(try source("2001:db8::1") != source("2001:db8:0:1::1"))
        #expect(try source("::ffff:192.0.2.1") != source("::ffff:192.0.2.2"))
        #expect(try source("192.0.2.1") != source("192.0.2.2"))
    }

    @Test func `an identity shows its key and never its secret`() throws {
        let text = "\(peer.identity) \(peer.key)"
        let secret = try KeyFile.write(peer.key)
        #expect(!text.contains(String(decoding: secret, as: UTF8.self).split(separator: "\n")[1]))
        #expect(text.contains("\(peer.publicKey)"))
    }
}
