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
        guard chance(1, in: 6), let message = try? PeerMessage.decode(bytes) else { return [bytes] }
        sightings.insert(.lieTold)
        switch message {
        case .heads(let heads, let alarms): return lie(heads, alarms).map { $0.encoded() }
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

    private func lie(_ heads: [PeerMessage.LogHead], _ alarms: [Hash256]) -> [PeerMessage] {
        var heads = heads
        switch pick(5) {
        case 0 where !heads.isEmpty:
            let place = pick(heads.count)
            heads[place].note = flipped(heads[place].note)
        case 1 where heads.count > 1: heads[0].note = heads[1].note
        case 2:
            return [.heads(heads, alarms: (alarms + [Hash256.sha256(random.bytes(8))]).sorted())]
        case 3: return [.heads([], alarms: [])]
        default: return [.heads(heads, alarms: alarms), .heads(heads, alarms: alarms)]
        }
        return [.heads(heads, alarms: alarms)]
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

    // MARK: Planted bugs

    private func planted(
        _ bug: PlantedBug, _ bytes: [UInt8], _ node: SimulatedNode
    ) -> [[UInt8]] {
        guard case .heads(var heads, let alarms) = try? PeerMessage.decode(bytes) else {
            return [bytes]
        }
        switch bug {
        case .hidesAlarms: return [PeerMessage.heads(heads, alarms: []).encoded()]
        case .stripsCosignatures:
            for place in heads.indices {
                guard
                    let note = try? CosignedNote(
                        heads[place].note, origin: heads[place].origin, under: network.demo.state),
                    note.cosigners.contains(node.origin),
                    let cut = String(decoding: heads[place].note, as: UTF8.self)
                        .components(droppingLine: "— \(node.origin) ")
                else { continue }
                heads[place].note = cut
            }
            return [PeerMessage.heads(heads, alarms: alarms).encoded()]
        default: return [bytes]
        }
    }

    func receive(_ bytes: [UInt8], from peer: PeerID, at place: Int) throws -> [PeerEffect] {
        let node = nodes[place]
        guard let bug = node.bug, let message = try? PeerMessage.decode(bytes) else {
            return try node.handle(.received(peer, bytes), now)
        }
        switch (bug, message) {
        case (.isDeaf, .heads(_, let alarms)):
            let nothing = PeerMessage.heads([], alarms: alarms).encoded()
            return try node.handle(.received(peer, nothing), now)
        case (.neverAnswers, .ask(let number, .entries)):
            return [.send(peer, PeerMessage.answer(number, isLast: true, []).encoded())]
        case (.servesPartsToAll, .ask(let number, .parts(let origin, let digests))):
            let log = node.disk.log(origin)
            let parts = digests.compactMap { log.part($0) }
            let answer = CBORValue.array(parts.map { .bytes($0) }).encoded()
            return [.send(peer, PeerMessage.answer(number, isLast: true, answer).encoded())]
        case (.cosignsUnseen, .heads(let heads, _)):
            return try cosigned(heads, by: node, for: peer)
                + node.handle(.received(peer, bytes), now)
        default: return try node.handle(.received(peer, bytes), now)
        }
    }

    private func cosigned(
        _ heads: [PeerMessage.LogHead], by node: SimulatedNode, for peer: PeerID
    ) throws -> [PeerEffect] {
        var told: [PeerMessage.LogHead] = []
        for head in heads where head.origin != node.origin && !head.note.isEmpty {
            guard
                var note = try? CosignedNote(
                    head.note, origin: head.origin, under: network.demo.state)
            else { continue }
            let cosigner = Cosigner(name: node.origin, key: node.keeper.cosignerKeys[0])
            guard try note.cosign(as: cosigner, nowSeconds: now / 1_000) else { continue }
            told.append(PeerMessage.LogHead(origin: head.origin, note: note.bytes))
        }
        return told.isEmpty ? [] : [.send(peer, PeerMessage.heads(told, alarms: []).encoded())]
    }
}

extension String {
    /// The bytes without the line that begins so; nil if there is none.
    fileprivate func components(droppingLine start: String) -> [UInt8]? {
        let lines = split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.contains(where: { $0.hasPrefix(start) }) else { return nil }
        return Array(lines.filter { !$0.hasPrefix(start) }.joined(separator: "\n").utf8)
    }
}
