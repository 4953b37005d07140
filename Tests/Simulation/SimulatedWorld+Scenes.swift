import MerkleTrees
import Notes
import Records
import Replication

// Runs of which each step is given.
extension SimulatedWorld {
    /// Nodes 0 and 1 are shown two logs under the key that the last node has given up, before they
    /// hear of its new one; then all hear of it, and are connected.
    ///
    /// - Parameter isChangedAgain: whether it has yet another key by then.
    /// - Throws: what refuses an amendment, or a node cannot start with.
    package func forkUnderStolenKey(isChangedAgain: Bool) throws {
        let place = nodes.count - 1
        let robbed = nodes[place]
        try giveLogKey(place)
        try start(place)
        connectAll(0...place)
        exchangeSome()
        // It alone knows.
        for id in connections.keys.sorted() { cut(id) }
        register(governors.made[0], at: place)
        guard let theft else { return judge.accuse("the log has no other key") }
        stealKeys(theft, of: robbed, views: [0, 1])
        connectAll(0...1)
        exchangeSome()
        for thief in nodes.indices where nodes[thief].isThief { crash(thief) }
        if isChangedAgain {
            try giveLogKey(place)
            try start(place)
        }
        try spreadAmendments()
    }

    /// A node registers among its peers what nobody signed, and they hear of it: all of them, or
    /// one that is connected with the others.
    package func registerForged(at place: Int, shownTo witness: Int? = nil) {
        nodes[place].isHonest = false
        for id in connections.keys.sorted() where witness != nil { cut(id) }
        nodes[place].confidant = witness
        connectAll(0...nodes.count - 1)
        exchangeSome()
        forge(at: place)
        exchangeSome()
    }

    /// Somebody who has the key of the last node's log shows all nodes a checkpoint far beyond its
    /// end; the node stops and starts again.
    ///
    /// - Throws: what does not make a checkpoint, or the node cannot start with.
    package func tellFarBeyondEnd() throws {
        let place = nodes.count - 1
        let robbed = nodes[place]
        judge.stolen.insert(robbed.origin)
        let text = try Checkpoint(
            origin: robbed.origin, size: 1 << 39, root: .sha256(Array("nothing".utf8))
        ).text
        let key = robbed.keeper.logKeys[robbed.logKey]
        let note = try SignedNote.sign(text: text, name: robbed.origin, key: key).serialized()
        let head = PeerMessage.LogHead(origin: robbed.origin, note: note)
        let told = PeerMessage.heads([head], alarms: []).encoded()
        connectAll(0...place)
        exchangeSome()
        for (id, connection) in connections.sorted(by: { $0.key < $1.key }) {
            for end in connection.ends {
                attempt(end) { try nodes[end].handle(.received(PeerID(id), told), now) }
            }
        }
        exchangeSome()
        crash(place)
        try start(place)
        connectAll(0...place)
        exchangeSome()
    }

    /// The last node is given another key at the end that its log has here, and starts with it;
    /// all come to know of that.
    ///
    /// - Throws: what refuses the amendment, or the node cannot start with.
    package func cutOffWhatLiesBeyond() throws {
        let place = nodes.count - 1
        try giveLogKey(place)
        try start(place)
        try spreadAmendments()
    }

    /// The first node registers all that was decided, and all are connected.
    private func spreadAmendments() throws {
        for amendment in governors.made { register(amendment, at: 0) }
        isSpread = true
        connectAll(0...nodes.count - 1)
        try settle(withQuorum: true)
    }

    private func connectAll(_ places: ClosedRange<Int>) {
        for one in places {
            for other in places where other > one && canMeet(one, other) { connect(one, other) }
        }
    }

    private func exchangeSome() {
        for _ in 0..<10 {
            now += 100
            _ = exchange()
        }
    }
}
