import Replication

/// A connection between two nodes: frames arrive in the order sent, later, or it is cut.
struct SimulatedConnection {
    struct Frame {
        var bytes: [UInt8]
        var arrivesAt: UInt64
    }

    let id: PeerID
    /// The two nodes, by number of their place in the world.
    let ends: [Int]
    /// The frames on their way to each of the two.
    var underway: [[Frame]] = [[], []]
    /// Who has closed it: what it sent before still arrives.
    var closedBy: Int?

    func side(of node: Int) -> Int { ends[0] == node ? 0 : 1 }

    mutating func send(_ bytes: [UInt8], from node: Int, arrivesAt: UInt64) {
        let other = 1 - side(of: node)
        let last = underway[other].last?.arrivesAt ?? 0
        underway[other].append(Frame(bytes: bytes, arrivesAt: max(last, arrivesAt)))
    }
}
