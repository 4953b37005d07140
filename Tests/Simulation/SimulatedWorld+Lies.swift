import DeterministicCBOR
import MerkleTrees
import Records
import Replication
import Support

// What leaves and reaches nodes that do not keep the rules.
extension SimulatedWorld {
    /// What goes out instead of a frame.
    func altered(_ bytes: [UInt8], from place: Int) -> [[UInt8]] {
        let node = nodes[place]
        if node.isHonest { return node.bug.map { planted($0, bytes, node) } ?? [bytes] }
        guard troubles.lies else { return [bytes] }
        recorded[place, default: []].append(bytes)
        guard chance(1, in: honesty), let message = try? PeerMessage.decode(bytes) else {
            return [bytes]
        }
        sightings.insert(.lieTold)
        switch message {
        case .heads(let heads, let alarms):
            return lie(heads, alarms, of: place).map { $0.encoded() }
        case .answer(let number, let isLast, let answer):
            return lie(number, isLast, answer).map { $0.encoded() }
        case .ask, .hello, .ping, .pong, .bye: return strange(bytes)
        }
    }

    private func strange(_ bytes: [UInt8]) -> [[UInt8]] {
        switch pick(5) {
        case 0: [random.bytes(pick(40)), bytes]
        case 1: [bytes, PeerMessage.answer(random.next(), isLast: true, []).encoded()]
        case 2: [Array(bytes.dropLast())]
        case 3: []
        default: [bytes, bytes]
        }
    }

    private func flipped(_ bytes: [UInt8]) -> [UInt8] {
        guard !bytes.isEmpty else { return bytes }
        var bytes = bytes
        bytes[pick(bytes.count)] ^= UInt8(1 << pick(8))
        return bytes
    }

    private func lie(
        _ heads: [PeerMessage.LogHead], _ alarms: [Hash256], of place: Int
    ) -> [PeerMessage] {
        var heads = heads
        switch pick(7) {
        case 0 where !heads.isEmpty:
            let place = pick(heads.count)
            heads[place].note = flipped(heads[place].note)
        case 1 where heads.count > 1: heads[0].note = heads[1].note
        case 2:
            let digest = forge(heads) ?? Hash256.sha256(random.bytes(8))
            return [.heads(heads, alarms: Set(alarms + [digest]).sorted())]
        case 3: return [.heads([], alarms: [])]
        case 4, 5:
            guard let note = otherView(of: place) else { break }
            sightings.insert(.otherViewTold)
            heads.removeAll { $0.origin == nodes[place].origin }
            heads.append(PeerMessage.LogHead(origin: nodes[place].origin, note: note))
        default: return [.heads(heads, alarms: alarms), .heads(heads, alarms: alarms)]
        }
        return [.heads(heads, alarms: alarms)]
    }

    /// An alarm about a log that is honest, for whoever believes what he does not check.
    private func forge(_ heads: [PeerMessage.LogHead]) -> Hash256? {
        let told = heads.filter { !$0.note.isEmpty }
        guard !told.isEmpty, chance(1, in: 2) else { return nil }
        let head = told[pick(told.count)]
        let sides = (0..<2).map { _ in
            SplitView.Side(note: head.note, root: Hash256.sha256(random.bytes(8)), proof: [])
        }
        let view = SplitView(origin: head.origin, size: 1, sides[0], sides[1])
        let alarm = Alarm(network: network.demo.id, amendments: [], kind: .fork(view))
        forged[alarm.digest] = alarm
        return alarm.digest
    }

    /// A checkpoint of a liar's log as its other half has it.
    private func otherView(of place: Int) -> [UInt8]? {
        let twin = nodes.indices.first { $0 != place && nodes[$0].number == nodes[place].number }
        guard let log = twin.map({ nodes[$0].own }), log.size() > 0 else { return nil }
        let seals = (0..<log.size()).filter { log.checkpoint(ofSeal: $0) != nil }
        return log.checkpoint(ofSeal: seals[pick(seals.count)])
    }

    private func lie(_ number: UInt64, _ isLast: Bool, _ answer: [UInt8]) -> [PeerMessage] {
        switch pick(4) {
        case 0:
            sightings.insert(.answerRefused)
            return [.answer(number, isLast: true, [])]
        case 1: return [.answer(number, isLast: isLast, flipped(answer))]
        case 2: return []
        default: break
        }
        guard isLast, var package = try? EntryPackage.decode(answer) else {
            return [.answer(number, isLast: isLast, random.bytes(pick(200)))]
        }
        let place = pick(package.items.count)
        switch pick(8) {
        case 0: package.items[place].entry = flipped(package.items[place].entry)
        case 1: package.items[place].manifest = package.items[place].manifest.map(flipped)
        case 2: package.items[place].manifest = nil
        case 3: package.items[place].manifest = package.items.first?.manifest
        case 4: package.items[place].governancePart = random.bytes(20)
        case 5: package.items[place].governancePart = nil
        case 6: package.start += 1
        default: package.items.removeLast(package.items.count > 1 ? 1 : 0)
        }
        return [.answer(number, isLast: true, package.encoded())]
    }

    /// An attacker's frame of an earlier session, or one that he changes on the way.
    func attack() {
        let arrived = arrived()
        guard !arrived.isEmpty else { return }
        let (id, side) = arrived[pick(arrived.count)]
        guard let connection = connections[id] else { return }
        let sender = connection.ends[1 - side]
        if let old = recorded[sender], !old.isEmpty, chance(1, in: 2) {
            sightings.insert(.frameReplayed)
            for _ in 0...pick(3) {
                connections[id]?.send(old[pick(old.count)], from: sender, arrivesAt: now)
            }
        } else {
            // What TLS would find: the connection ends, and nothing of the frame is heard. Without
            // it the other side must live with it.
            guard !nodes[sender].isHonest else { return cut(id) }
            sightings.insert(.frameCorrupted)
            connections[id]?.underway[side][0].bytes = flipped(connection.underway[side][0].bytes)
        }
    }

    // MARK: Deceits

    /// What a liar begins once.
    func deceive() {
        switch pick(3) {
        case 0: whisper()
        default: splitView()
        }
    }

    /// The liar begins to show another view of its log to every second node.
    private func splitView() {
        guard let liar = nodes.firstIndex(where: { !$0.isHonest && !$0.isThief }),
            nodes[liar].view == nil, nodes[liar].confidant == nil,
            nodes[liar].number < network.founders, nodes[liar].own.size() > 0
        else { return }
        crash(liar)
        let twin = SimulatedNode(nodes[liar].number, network: network, bug: nil)
        twin.isHonest = false
        twin.disk.contents = nodes[liar].disk.contents
        sightings.insert(.viewSplit)
        nodes[liar].view = 0
        twin.view = 1
        add(twin)
        try? start(liar)
        try? start(nodes.count - 1)
        for place in [liar, nodes.count - 1] { submit(at: place) }
    }

    /// The liar registers what nobody signed, and shows it to one node alone.
    private func whisper() {
        guard let liar = nodes.firstIndex(where: { !$0.isHonest && !$0.isThief }),
            nodes[liar].view == nil, nodes[liar].confidant == nil, nodes[liar].isRunning,
            nodes[liar].own.size() > 0
        else { return }
        for id in connections.keys.sorted() where connections[id]?.ends.contains(liar) ?? false {
            cut(id)
        }
        let others = nodes.indices.filter { nodes[$0].isHonest && canMeet(liar, $0) }
        guard !others.isEmpty else { return }
        let confidant = others[pick(others.count)]
        nodes[liar].confidant = nodes[confidant].number
        forge(at: liar)
        if canMeet(liar, confidant) { connect(liar, confidant) }
    }

    /// Whoever has copied a node's keys and disk says that it is that node, after it has others.
    ///
    /// It shows one log, or two.
    func useStolenKeys() {
        guard let theft, !nodes.contains(where: \.isThief),
            let robbed = nodes.first(where: { $0.isHonest && $0.number == theft.number }),
            robbed.hasNewKey(by: robbed.sealedGovernance), !robbed.isRewound
        else { return }
        stealKeys(theft, of: robbed, views: chance(1, in: 4) ? [nil] : [0, 1])
    }

    func stealKeys(_ theft: Theft, of robbed: SimulatedNode, views: [Int?]) {
        sightings.insert(.keysStolen)
        judge.stolen.insert(robbed.origin)
        for view in views {
            let thief = SimulatedNode(theft.number, network: network, bug: nil)
            thief.isHonest = false
            thief.isThief = true
            thief.view = view
            thief.logKey = theft.logKey
            thief.transportKey = theft.transportKey
            thief.disk.contents = theft.contents
            add(thief)
            try? start(nodes.count - 1)
            submit(at: nodes.count - 1)
            let place = nodes.count - 1
            for other in nodes.indices where canMeet(place, other) { connect(place, other) }
        }
        countLiars()
    }
}
