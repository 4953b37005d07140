import MerkleTrees
import Records
import Replication
import Signatures
import Support

/// Nodes, their network, their clocks and everything that goes wrong, from one seed.
package final class SimulatedWorld {
    /// What may go wrong in a run.
    package struct Troubles: Sendable {
        package var isCalm = false
        package var crashes = true
        package var lies = true
        package var clocks = true
        package var disks = true
        package var amendments = true

        package static let none = Troubles(
            isCalm: true, crashes: false, lies: false, clocks: false, disks: false,
            amendments: false)
    }

    /// What somebody copied of a node.
    struct Theft {
        /// Which node.
        let number: Int
        let logKey: Int
        let transportKey: Int
        let contents: SimulatedDisk.Contents
    }

    package let seed: UInt64
    package internal(set) var nodes: [SimulatedNode] = []
    package internal(set) var judge = Judge()
    package internal(set) var sightings: Set<Sighting> = []
    package let network: SimulatedNetwork
    var random: SplitMix64
    /// The true time.
    var now: UInt64
    var connections: [UInt64: SimulatedConnection] = [:]
    var nextConnection: UInt64 = 1
    /// Which part of a parted network each node is in.
    var parts: [Int] = []
    var troubles: Troubles
    var nextSubmission = 0
    /// Old frames of liars, to be sent again.
    var recorded: [Int: [[UInt8]]] = [:]
    /// Who makes amendments, and what they are still going to decide.
    var governors: SimulatedGovernors
    var decisions: [SimulatedGovernors.Decision]
    /// A node as it was when its keys were copied, before it had others.
    var theft: Theft?
    /// Whether all that was decided has been registered where everybody comes to know it.
    var isSpread = false
    let hasContradiction: Bool
    var hasRewound = false
    /// Alarms that prove nothing, of which liars have told.
    var forged: [Hash256: Alarm] = [:]
    /// One of how many frames of a liar is a lie.
    let honesty: UInt64
    /// How likely each act is in this run.
    let acts: [Act]
    /// How often each node has asked for a part.
    var partsAsked: [Int: [Hash256: Int]] = [:]
    /// A digest of all that was delivered: the same for the same seed.
    package internal(set) var trace: UInt64 = 0

    /// A world; `bug` is put into one of its honest nodes.
    package init(
        seed: UInt64, founders: Int? = nil, troubles: Troubles = Troubles(),
        bug: PlantedBug? = nil, decisions planned: [SimulatedGovernors.Decision]? = nil
    ) throws {
        self.seed = seed
        random = SplitMix64(seed: seed)
        self.troubles = troubles
        let size = Int([3, 3, 4, 4, 5, 3, 4, 7][Int(random.next() % 8)])
        network = try SimulatedNetwork.network(founders: founders ?? size)
        let lateness = random.next() % 16
        let isFar = troubles.clocks && lateness == 0
        now = (isFar ? 4_291_747_200_000 : DemoNetwork.startMilliseconds) + 3_600_000
        let contradicts = random.next() % 8 == 0
        hasContradiction = troubles.amendments && contradicts && planned == nil
        governors = SimulatedGovernors(of: network)
        let drawn = SimulatedGovernors.Decision.drawn(&random)
        decisions = planned ?? (hasContradiction ? [.admit, .cosignerKey] : drawn)
        acts = Act.drawn(&random)
        honesty = [3, 8, 25, 100][Int(random.next() % 4)]
        if isFar { sightings.insert(.farFuture) }
        for number in 0..<network.founders {
            add(SimulatedNode(number, network: network, bug: number == 0 ? bug : nil))
        }
        if troubles.lies, network.founders > 3 || random.next() % 3 == 0 {
            let liar = nodes[network.founders - 1]
            liar.isHonest = random.next() % 4 == 0
            if !liar.isHonest, random.next() % 4 == 0 { liar.disk.beLax(about: liar.origin) }
        }
        for node in honest { watch(node) }
        countLiars()
        judge.governorsLie = hasContradiction
        for place in nodes.indices { try start(place) }
        for one in nodes.indices {
            for other in nodes.indices where other > one && random.next() % 4 != 0 {
                connect(one, other)
            }
        }
    }

    var honest: [SimulatedNode] { nodes.filter(\.isHonest) }
    /// Those that keep the rules, whoever else has had their keys.
    var honestOrigins: Set<String> {
        let liars = Set(nodes.filter { !$0.isHonest && !$0.isThief }.map(\.origin))
        return Set(nodes.map(\.origin)).subtracting(liars)
    }

    /// Tells the judge what can be promised: a thief lies in the name of a node that does not.
    func countLiars() {
        let liars = Set(nodes.filter { !$0.isHonest }.map(\.origin)).count
        if liars > Int(network.demo.state.policy.toleratedLiars) { judge.holdsQuorums = false }
        if !judge.holdsQuorums || hasContradiction { judge.holdsOneQuorum = false }
    }

    func chance(_ one: UInt64, in all: UInt64) -> Bool { random.next() % all < one }
    func pick(_ count: Int) -> Int { Int(random.next() % UInt64(count)) }

    func add(_ node: SimulatedNode) {
        nodes.append(node)
        parts.append(0)
    }

    // MARK: Nodes

    func start(_ place: Int) throws {
        let node = nodes[place]
        guard !node.isRunning else { return }
        if node.isHonest { judge.started(node) }
        do {
            try node.start()
        } catch {
            judge.accuse("\(node.origin) cannot start: \(error)")
            return
        }
        attempt(place) { try node.handle(.tick, now) }
    }

    func crash(_ place: Int) {
        if nodes[place].isFetching { sightings.insert(.restartedWhileFetching) }
        nodes[place].isFetching = false
        nodes[place].crash()
        for id in connections.keys.sorted() where connections[id]?.ends.contains(place) ?? false {
            cut(id)
        }
    }

    /// Lets a node do something; what its disk fails with ends it.
    func attempt(_ place: Int, _ body: () throws -> [PeerEffect]) {
        do {
            perform(try body(), of: place)
        } catch is SimulatedFailure {
            crash(place)
        } catch {
            judge.accuse("\(nodes[place].origin) fails: \(error)")
            crash(place)
        }
    }

    func perform(_ effects: [PeerEffect], of place: Int) {
        let node = nodes[place]
        for effect in effects {
            switch effect {
            case .send(let peer, let bytes): send(bytes, to: peer, from: place)
            case .disconnect(let peer, let violation):
                note(violation)
                let ends = connections[peer.number]?.ends ?? []
                if let other = ends.first(where: { $0 != place }), node.isHonest,
                    nodes[other].isHonest
                {
                    judge.cutOff(nodes[other], by: node, violation)
                }
                close(peer.number, by: place)
            case .quorum: sightings.insert(.quorumReached)
            case .alarmed(let alarm):
                if case .amendments = alarm.kind { sightings.insert(.amendmentAlarm) }
                if case .fork = alarm.kind { sightings.insert(.forkAlarm) }
                if case .entries = alarm.kind { sightings.insert(.entriesAlarm) }
                if case .entry = alarm.kind { sightings.insert(.entryAlarm) }
            case .mirrored: node.isFetching = false
            case .stopped: break
            case .mayGoOn: sightings.insert(.mayGoOn)
            case .behind: sightings.insert(.behind)
            case .recovered: sightings.insert(.recovered)
            }
        }
    }

    // MARK: Connections

    func canMeet(_ one: Int, _ other: Int) -> Bool {
        one != other && nodes[one].isRunning && nodes[other].isRunning
            && parts[one] == parts[other] && nodes[one].origin != nodes[other].origin
            && views(one, other) && pins(one, other) && pins(other, one)
            && !connections.values.contains { $0.ends == [one, other] || $0.ends == [other, one] }
    }

    /// A log that shows two views shows each to every second node.
    private func views(_ one: Int, _ other: Int) -> Bool {
        for (shown, to) in [(one, other), (other, one)] {
            if let view = nodes[shown].view, nodes[to].number % 2 != view { return false }
            if let one = nodes[shown].confidant, nodes[to].number != one { return false }
        }
        return true
    }

    /// Whether the key that a node shows is the one that governance lists for it, as far as the
    /// other knows.
    private func pins(_ one: Int, _ other: Int) -> Bool {
        let node = nodes[other]
        let listed = nodes[one].replicator?.governance.nodes[node.origin]?.tlsKey
        let isPinned = listed == node.keeper.transportKeys[node.transportKey].publicKey
        if listed != nil, !isPinned { sightings.insert(.refusedForKey) }
        return isPinned
    }

    /// Ends the connections of a node whose key governance does not name any more.
    func closeUnpinned(at place: Int) {
        for id in connections.keys.sorted() {
            guard let connection = connections[id], connection.ends.contains(place),
                let other = connection.ends.first(where: { $0 != place }),
                nodes[place].isRunning, !pins(place, other)
            else { continue }
            cut(id)
        }
    }

    func connect(_ one: Int, _ other: Int) {
        let id = nextConnection
        nextConnection += 1
        connections[id] = SimulatedConnection(id: PeerID(id), ends: [one, other])
        for (place, peer) in [(one, other), (other, one)] {
            attempt(place) {
                try nodes[place].handle(.connected(PeerID(id), origin: nodes[peer].origin), now)
            }
        }
    }

    /// A connection is gone, with all that is under way.
    func cut(_ id: UInt64) {
        guard let connection = connections.removeValue(forKey: id) else { return }
        if connection.underway.contains(where: { !$0.isEmpty }) { sightings.insert(.cutInFlight) }
        for place in connection.ends where nodes[place].isRunning && connection.closedBy != place {
            attempt(place) { try nodes[place].handle(.disconnected(PeerID(id)), now) }
        }
    }

    private func close(_ id: UInt64, by place: Int) {
        guard var connection = connections[id] else { return }
        if connection.closedBy != nil {
            connections[id] = nil
            return
        }
        connection.closedBy = place
        connection.underway[connection.side(of: place)] = []
        connections[id] = connection
        if connection.underway.allSatisfy(\.isEmpty) { cut(id) }
    }

    private func send(_ bytes: [UInt8], to peer: PeerID, from place: Int) {
        guard let connection = connections[peer.number], connection.closedBy == nil else { return }
        let node = nodes[place]
        if node.isHonest {
            watch(bytes, of: node, to: nodes[connection.ends[1 - connection.side(of: place)]])
        }
        for frame in altered(bytes, from: place) {
            let delay = troubles.isCalm ? 5 : 1 + random.next() % (chance(1, in: 20) ? 4_000 : 90)
            connections[peer.number]?.send(frame, from: place, arrivesAt: now + delay)
        }
    }

    /// Hands over the next frame of a connection to one of its ends.
    func deliver(_ id: UInt64, to side: Int) {
        guard var connection = connections[id], !connection.underway[side].isEmpty else { return }
        let place = connection.ends[side]
        let frame = connection.underway[side].removeFirst()
        connections[id] = connection
        if let closer = connection.closedBy, closer == place { return }
        heed(frame.bytes, from: connection.ends[1 - side], at: place)
        attempt(place) { try receive(frame.bytes, from: PeerID(id), at: place) }
        if let left = connections[id], left.closedBy != nil,
            left.underway.allSatisfy(\.isEmpty)
        {
            cut(id)
        }
    }

    /// The frames that have arrived, by connection and side.
    func arrived() -> [(id: UInt64, side: Int)] {
        var arrived: [(id: UInt64, side: Int)] = []
        for (id, connection) in connections.sorted(by: { $0.key < $1.key }) {
            for side in 0..<2 {
                if let first = connection.underway[side].first, first.arrivesAt <= now {
                    arrived.append((id, side))
                }
            }
        }
        return arrived
    }
}
