import MerkleTrees

/// Who may be connected to a listener, by numbers alone.
///
/// Strangers can only be in a handshake, so handshakes are counted apart from peers, and by where
/// they come from. Where all places are taken, the oldest one of the source that has most of them
/// gives way: so a peer gets through a flood from many places if it goes about it quickly. Peers
/// are counted by key, and a peer that has all its connections gets no other.
struct Admittance {
    /// What becomes of a connection that opens.
    enum Arrival: Equatable {
        /// It may begin its handshake.
        case welcome
        /// It may, and another one must end at once.
        case welcomeInsteadOf(UInt64)
        /// Its source has as many as it may.
        case refused
    }

    private let limits: PeerLimits
    /// Sources of handshakes by number of the connection, which are given in order.
    private var handshakes: [UInt64: [UInt8]] = [:]
    private var handshakesOfSource: [[UInt8]: Int] = [:]
    private var peers: [UInt64: Hash256] = [:]
    private var connectionsOfKey: [Hash256: Int] = [:]

    init(_ limits: PeerLimits) { self.limits = limits }

    /// Handshakes and peers that are counted.
    var counts: (handshakes: Int, peers: Int) { (handshakes.count, peers.count) }

    /// A connection has opened.
    mutating func arrived(_ id: UInt64, from source: [UInt8]) -> Arrival {
        guard handshakesOfSource[source, default: 0] < limits.handshakesOfSource else {
            return .refused
        }
        var arrival = Arrival.welcome
        if handshakes.count >= limits.handshakes, let evicted = leastWelcome {
            left(evicted)
            arrival = .welcomeInsteadOf(evicted)
        }
        handshakes[id] = source
        handshakesOfSource[source, default: 0] += 1
        return arrival
    }

    /// A connection has proved its key; whether it may stay.
    ///
    /// One that may not counts as a handshake until its socket is closed.
    mutating func proved(_ id: UInt64, _ key: Hash256) -> Bool {
        guard handshakes[id] != nil, peers.count < limits.connections,
            connectionsOfKey[key, default: 0] < limits.connectionsOfKey
        else { return false }
        left(id)
        peers[id] = key
        connectionsOfKey[key, default: 0] += 1
        return true
    }

    /// A connection is over.
    mutating func left(_ id: UInt64) {
        if let source = handshakes.removeValue(forKey: id) {
            Self.countDown(&handshakesOfSource, source)
        }
        if let key = peers.removeValue(forKey: id) { Self.countDown(&connectionsOfKey, key) }
    }

    /// The oldest handshake of a source that has most of them.
    private var leastWelcome: UInt64? {
        handshakes.max { left, right in
            let ofLeft = handshakesOfSource[left.value, default: 0]
            let ofRight = handshakesOfSource[right.value, default: 0]
            return (ofLeft, right.key) < (ofRight, left.key)
        }?.key
    }

    private static func countDown<Key>(_ counts: inout [Key: Int], _ key: Key) {
        counts[key] = counts[key].flatMap { $0 > 1 ? $0 - 1 : nil }
    }
}
