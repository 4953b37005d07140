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
        for amendment in governors.made { register(amendment, at: 0) }
        isSpread = true
        connectAll(0...place)
        try settle(withQuorum: true)
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
