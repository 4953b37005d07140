import Foundation
import NIOSSL
import Signatures
import Testing

@testable import PeerTransport

/// Row H4: whoever is not who governance names is refused before a byte of protocol.
struct HandshakeTests {
    private static let day: TimeInterval = 86_400
    private static let hello = FrameDecoder.head(of: 5) + Array("hello".utf8)

    @Test(arguments: Signatures.SignatureAlgorithm.allCases, Signatures.SignatureAlgorithm.allCases)
    func `two nodes that know each other exchange frames`(
        listening: Signatures.SignatureAlgorithm, dialing: Signatures.SignatureAlgorithm
    ) async throws {
        let (node, peer) = (try Party(listening), try Party(dialing))
        let pins = Pins(peer.publicKey)
        let seen = Record()
        try await withListener(
            node.identity, PeerVerifier(isPinned: pins.contains), record: seen,
            serve: { connection in
                if connection.remoteKey == peer.publicKey { await seen.echo(connection) }
            },
            { listener in
                let connection = try await PeerDialer(identity: peer.identity)
                    .connect(to: listener.address, expected: node.publicKey)
                #expect(connection.remoteKey == node.publicKey)
                var frames = connection.frames.makeAsyncIterator()
                for size in [1, 100, 1 << 20] {
                    let frame = [UInt8](repeating: 3, count: size)
                    try await connection.send(frame)
                    #expect(try await frames.next() == frame)
                }
                connection.close()
                #expect(await connection.closure().code == .ended)
                #expect(await eventually { seen.codes == ["end"] })
            })
    }

    enum Fault: CaseIterable {
        case noCertificate, expired, notYetValid, stolenCertificate, stranger, removed
        case tls12, otherProtocol, noProtocol
    }

    /// A dialer with one fault, and the rules without the one that finds it out.
    private func side(
        _ fault: Fault, _ pinned: Party, _ identities: (expired: PeerIdentity, later: PeerIdentity)
    ) throws -> (side: HostileSide, code: PeerClosure.Code, softened: PeerRules) {
        var rules = PeerRules()
        var side = HostileSide(client: (), pinned.identity)
        var code = PeerClosure.Code.handshake
        switch fault {
        case .noCertificate:
            side = HostileSide(client: (), nil)
            rules.anonymous = pinned.publicKey
        case .expired:
            side = HostileSide(client: (), identities.expired)
            (code, rules.validity) = (.certificate, false)
        case .notYetValid:
            side = HostileSide(client: (), identities.later)
            (code, rules.validity) = (.certificate, false)
        case .stolenCertificate:
            side.steal(pinned.identity, signingWith: try Party().key)
        case .stranger, .removed:
            if fault == .stranger { side = HostileSide(client: (), try Party().identity) }
            (code, rules.pinning) = (.notPinned, false)
        case .tls12:
            side.configuration.maximumTLSVersion = .tlsv12
            rules.tls13Only = false
        case .otherProtocol:
            side.configuration.applicationProtocols = ["h2"]
            rules.protocolName = false
        case .noProtocol:
            side.configuration.applicationProtocols = []
            rules.protocolName = false
        }
        return (side, code, rules)
    }

    private func identities(
        of party: Party
    ) throws -> (expired: PeerIdentity, later: PeerIdentity) {
        let now = Date()
        return (
            try PeerIdentity(party.key, validFrom: now - 2 * Self.day, until: now - Self.day),
            try PeerIdentity(party.key, validFrom: now + Self.day, until: .noExpiry)
        )
    }

    @Test(arguments: Fault.allCases)
    func `a listener refuses a dialer with a fault before a byte of protocol`(
        fault: Fault
    ) async throws {
        let (node, peer) = (try Party(), try Party())
        let pins = Pins(peer.publicKey)
        if fault == .removed { pins.remove(peer.publicKey) }
        let (side, code, _) = try side(fault, peer, identities(of: peer))
        let record = Record()
        try await withListener(
            node.identity, PeerVerifier(isPinned: pins.contains), record: record
        ) { listener in
            let dialer = try await side.connect(port: listener.address.port, sending: Self.hello)
            #expect(await eventually { dialer.log.isClosed && !record.codes.isEmpty })
            #expect(record.codes == [code.rawValue])
            #expect(record.served == 0)
            #expect(dialer.log.bytes.isEmpty)
            #expect(await eventually { listener.counts == (0, 0) })
        }
    }

    @Test(arguments: Fault.allCases)
    func `control: without the rule that finds it out, the fault gets through`(
        fault: Fault
    ) async throws {
        let (node, peer) = (try Party(), try Party())
        let pins = Pins(peer.publicKey)
        if fault == .removed { pins.remove(peer.publicKey) }
        var (side, _, rules) = try side(fault, peer, identities(of: peer))
        // TLS has no switch for this one: the control is the same with the right key.
        if fault == .stolenCertificate { side.steal(peer.identity, signingWith: peer.key) }
        let record = Record()
        try await withListener(
            node.identity, PeerVerifier(isPinned: pins.contains, rules: rules), record: record
        ) { listener in
            let dialer = try await side.connect(port: listener.address.port, sending: Self.hello)
            #expect(await eventually { dialer.log.bytes == Self.hello })
            #expect(record.frames == [Array("hello".utf8)])
            await dialer.close()
        }
    }

    /// A listener with one fault, and the rules without the one that finds it out.
    private func listening(
        _ fault: Fault, _ node: Party
    ) throws -> (side: HostileSide, code: PeerClosure.Code, softened: PeerRules)? {
        let identities = try identities(of: node)
        var (side, code, rules) = try side(fault, node, identities)
        let configuration = side.configuration
        switch fault {
        case .noCertificate, .removed: return nil
        case .expired: side = HostileSide(server: (), identities.expired)
        case .notYetValid: side = HostileSide(server: (), identities.later)
        case .stranger: side = HostileSide(server: (), try Party().identity)
        case .stolenCertificate, .tls12, .otherProtocol, .noProtocol:
            side = HostileSide(server: (), node.identity)
            side.configuration.privateKey = configuration.privateKey
            side.configuration.maximumTLSVersion = configuration.maximumTLSVersion
            side.configuration.applicationProtocols = configuration.applicationProtocols
        }
        return (side, code, rules)
    }

    @Test(arguments: Fault.allCases)
    func `a dialer refuses a listener with a fault, and sends it nothing`(
        fault: Fault
    ) async throws {
        let (node, peer) = (try Party(), try Party())
        guard let (side, code, rules) = try listening(fault, node) else { return }
        let listener = try await side.listen()
        let address = PeerAddress(host: "127.0.0.1", port: listener.port)
        let limits = PeerLimits()
        let closure = await #expect(throws: PeerClosure.self) {
            try await PeerDialer(identity: peer.identity, limits: limits)
                .connect(to: address, expected: node.publicKey)
        }
        #expect(closure?.code == code)
        #expect(listener.log.bytes.isEmpty)
        if fault != .stolenCertificate {
            let dialer = try PeerDialer(identity: peer.identity, limits: limits, rules: rules)
            let connection = try await dialer.connect(to: address, expected: node.publicKey)
            try await connection.send(Array("hello".utf8))
            #expect(await eventually { listener.log.bytes == Self.hello })
            connection.close()
        }
        await listener.close()
    }

    @Test func `a dialer that was refused is told so`() async throws {
        let (node, stranger) = (try Party(), try Party())
        try await withListener(node.identity, PeerVerifier(isPinned: { _ in false })) { listener in
            let connection = try await PeerDialer(identity: stranger.identity)
                .connect(to: listener.address, expected: node.publicKey)
            var frames = connection.frames.makeAsyncIterator()
            let closure = await #expect(throws: PeerClosure.self) { try await frames.next() }
            #expect(closure?.code == .refused)
        }
    }

    @Test func `nobody there is told apart from somebody else there`() async throws {
        let peer = try Party()
        let closure = await #expect(throws: PeerClosure.self) {
            try await PeerDialer(identity: peer.identity)
                .connect(to: PeerAddress("127.0.0.1:1"), expected: peer.publicKey)
        }
        #expect(closure?.code == .unreachable)
    }

    @Test(arguments: [
        "", "host", ":1", "host:", "host:65536", "host:-1", "::1:80", "a b:1", "[::1]", "[]:1",
    ])
    func `what is no address is refused`(text: String) {
        #expect(throws: PeerClosure.self) { try PeerAddress(text) }
    }
}
