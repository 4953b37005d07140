import DeterministicCBOR
import Notes
import Records
import Replication
import Support

// What nodes with a planted bug do.
extension SimulatedWorld {
    func planted(
        _ bug: PlantedBug, _ bytes: [UInt8], _ node: SimulatedNode
    ) -> [[UInt8]] {
        guard case .heads(var heads, let alarms) = try? PeerMessage.decode(bytes) else {
            return [bytes]
        }
        switch bug {
        case .hidesAlarms: return [PeerMessage.heads(heads, alarms: []).encoded()]
        case .stripsCosignatures:
            for place in heads.indices {
                let (origin, note) = (heads[place].origin, heads[place].note)
                guard let state = node.replicator?.governance,
                    let cosigned = try? CosignedNote(note, origin: origin, under: state)
                else { continue }
                heads[place].note = cosigned.logNote
            }
            return [PeerMessage.heads(heads, alarms: alarms).encoded()]
        default: return [bytes]
        }
    }

    func receive(_ bytes: [UInt8], from peer: PeerID, at place: Int) throws -> [PeerEffect] {
        let node = nodes[place]
        if !node.isHonest, !forged.isEmpty,
            case .ask(let number, .alarm(let digest)) = try? PeerMessage.decode(bytes),
            let alarm = forged[digest]
        {
            sightings.insert(.forgedAlarm)
            let answer = PeerMessage.answer(number, isLast: true, alarm.encoded())
            return [.send(peer, answer.encoded())]
        }
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
        case (.servesSuspended, .ask(let number, .parts(let origin, let digests))):
            let (asker, log) = (nodes[asker(of: peer, at: place)], node.disk.log(origin))
            guard suspends(asker, node) else { break }
            let reader = Reader.member(organisation: asker.keeper.organisation)
            let parts = digests.compactMap { log.part($0) }.filter {
                (try? Part.decode($0))?.visibility.permits(reader) ?? false
            }
            let answer = CBORValue.array(parts.map { .bytes($0) }).encoded()
            return [.send(peer, PeerMessage.answer(number, isLast: true, answer).encoded())]
        case (.cosignsUnseen, .heads(let heads, _)):
            return try cosigned(heads, by: node, for: peer)
                + node.handle(.received(peer, bytes), now)
        case (.obeysOldKey, .heads(let heads, _)):
            let governance = node.replicator?.governance
            let given = heads.filter { governance?.isVoid($0) ?? false }
            return try cosigned(given, by: node, for: peer)
                + node.handle(.received(peer, bytes), now)
        case (.cosignsRemoved, .heads(let heads, _)):
            let governance = node.replicator?.governance
            let given = heads.filter { governance?.hasRemoved(log: $0.origin) ?? false }
            return try cosigned(given, by: node, for: peer)
                + node.handle(.received(peer, bytes), now)
        default: break
        }
        return try node.handle(.received(peer, bytes), now)
    }

    private func asker(of peer: PeerID, at place: Int) -> Int {
        connections[peer.number]?.ends.first { $0 != place } ?? place
    }

    /// Whether a node knows that the organisation of another is suspended.
    func suspends(_ other: SimulatedNode, _ node: SimulatedNode) -> Bool {
        node.replicator?.governance.suspensions(of: other.keeper.organisation)
            .isSuspended(atMilliseconds: node.clock(now)) ?? false
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
