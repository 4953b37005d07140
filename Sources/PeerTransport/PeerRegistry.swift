import Glibc
import NIOCore
import Signatures
import Synchronization

/// The connections of one listener, from the moment each opens until its socket is closed.
final class PeerRegistry: Sendable {
    private struct State {
        var admittance: Admittance
        var next: UInt64 = 0
        var channels: [UInt64: any Channel] = [:]
        var peers: [UInt64: PeerConnection] = [:]
        var isOpen = true
    }

    private let state: Mutex<State>

    init(_ limits: PeerLimits) { state = Mutex(State(admittance: Admittance(limits))) }

    /// Handshakes and peers.
    var counts: (handshakes: Int, peers: Int) { state.withLock(\.admittance.counts) }

    /// Connections with peers, also those that are ending.
    var peers: [PeerConnection] { state.withLock { Array($0.peers.values) } }

    /// Takes in a connection that opens.
    ///
    /// - Returns: its number.
    /// - Throws: `peer.too-many`; `peer.ended` once the registry is closed.
    func arrived(_ channel: any Channel) throws(PeerClosure) -> UInt64 {
        let source = Self.source(of: channel.remoteAddress)
        let (id, arrival, evicted) = state.withLock {
            state -> (UInt64, Admittance.Arrival?, (any Channel)?) in
            guard state.isOpen else { return (0, nil, nil) }
            state.next += 1
            let arrival = state.admittance.arrived(state.next, from: source)
            if arrival != .refused { state.channels[state.next] = channel }
            guard case .welcomeInsteadOf(let other) = arrival else {
                return (state.next, arrival, nil)
            }
            return (state.next, arrival, state.channels[other])
        }
        evicted?.close(promise: nil)
        switch arrival {
        case nil: throw PeerClosure(.ended, "the listener has stopped")
        case .refused: throw PeerClosure(.tooMany, "too many handshakes from one address")
        case .welcome, .welcomeInsteadOf: break
        }
        channel.closeFuture.whenComplete { [self] _ in left(id) }
        return id
    }

    /// Takes in a peer.
    ///
    /// - Throws: `peer.too-many`; `peer.ended` once the registry is closed.
    func proved(_ id: UInt64, _ connection: PeerConnection) throws(PeerClosure) {
        let closure = state.withLock { state -> PeerClosure? in
            guard state.isOpen else { return PeerClosure(.ended, "the listener has stopped") }
            guard state.admittance.proved(id, connection.remoteKey.thumbprint) else {
                return PeerClosure(.tooMany, "too many connections, in all or with this key")
            }
            state.peers[id] = connection
            return nil
        }
        if let closure { throw closure }
    }

    /// Takes nobody in from now on, and ends all connections.
    func close(_ code: PeerClosure.Code, reason: String) {
        let (channels, peers) = state.withLock { state in
            state.isOpen = false
            let handshaking = state.channels.filter { state.peers[$0.key] == nil }
            return (Array(handshaking.values), Array(state.peers.values))
        }
        for channel in channels { channel.close(promise: nil) }
        for peer in peers { peer.close(code, reason: reason) }
    }

    /// Waits until the sockets of all connections are closed.
    func drained() async {
        while let channel = state.withLock({ $0.channels.values.first }) {
            try? await channel.closeFuture.get()
            await Task.yield()
        }
    }

    private func left(_ id: UInt64) {
        state.withLock { state in
            state.admittance.left(id)
            state.channels[id] = nil
            state.peers[id] = nil
        }
    }

    /// What counts as one place: an IPv4 address, or the 64 bits of an IPv6 network, within which
    /// a single machine has as many addresses as it likes.
    static func source(of address: SocketAddress?) -> [UInt8] {
        guard let address, let text = address.ipAddress else { return [] }
        guard case .v6 = address else { return Array(text.utf8) }
        var bytes = [UInt8](repeating: 0, count: 16)
        let isRead = unsafe bytes.withUnsafeMutableBytes {
            unsafe inet_pton(AF_INET6, text, $0.baseAddress)
        }
        guard isRead == 1 else { return [] }
        // Addresses of IPv4 in IPv6 clothes, and loopback, share a network of zeros.
        return bytes.starts(with: [UInt8](repeating: 0, count: 8)) ? bytes : Array(bytes[..<8])
    }
}
