import MerkleTrees
import Records
import Replication

// What is seen of nodes, for the judge and the list of rare states.
extension SimulatedWorld {
    /// Looks on at an honest node.
    func watch(_ node: SimulatedNode) {
        node.onEffect = { [unowned self, unowned node] effect in
            judge.heard(effect, of: node, honest: honestOrigins)
        }
        node.onGate = { [unowned self] isBehind in
            sightings.insert(isBehind ? .behindRefused : .gateWaited)
        }
        node.disk.onCommit = { [unowned self, unowned node] origin, group in
            judge.committed(group, of: origin, by: node)
        }
        node.disk.onSupply = { [unowned self, unowned node] origin, parts in
            judge.supplied(parts, to: node)
            sightings.insert(.partSupplied)
            for part in parts where partsAsked[node.number]?[part.digest] ?? 0 > 1 {
                sightings.insert(.partOpenedLater)
            }
        }
        node.disk.onErase = { [unowned self, unowned node] origin in
            sightings.insert(origin == node.origin ? .erased : .erasedAtMirror)
        }
        node.disk.onErased = { [unowned self] in sightings.insert(.erasedPassedBy) }
        node.disk.onFault = { [unowned self] fault, write in
            note(fault, write)
        }
    }

    private func note(_ fault: SimulatedDisk.Fault, _ write: SimulatedDisk.Write) {
        guard case .torn(let isKept) = fault else {
            sightings.insert(.diskFull)
            return
        }
        sightings.insert(isKept ? .tornAndKept : .tornAndLost)
        switch write {
        case .ownGroup: sightings.insert(.tornOwn)
        case .mirrorGroups: sightings.insert(.tornMirror)
        case .checkpoint: sightings.insert(.tornCheckpoint)
        case .parts: sightings.insert(.tornParts)
        case .alarm: sightings.insert(.tornAlarm)
        }
    }

    func note(_ violation: PeerViolation) {
        switch violation.code {
        case "peer.message": sightings.insert(.cutForMessage)
        case "peer.checkpoint": sightings.insert(.cutForCheckpoint)
        case "peer.proof": sightings.insert(.cutForProof)
        case "peer.silent": sightings.insert(.cutForSilence)
        case "peer.part": sightings.insert(.cutForPart)
        case "peer.alarm": sightings.insert(.cutForAlarm)
        default: break
        }
    }

    /// What an honest node sends.
    func watch(_ bytes: [UInt8], of node: SimulatedNode) {
        guard let message = try? PeerMessage.decode(bytes) else {
            return judge.accuse("\(node.origin) sends what cannot be read")
        }
        switch message {
        case .heads(let heads, _):
            for head in heads { judge.told(head, by: node) }
            if node.number == network.founders,
                heads.contains(where: { cosigned($0, by: node.origin) })
            {
                sightings.insert(.admittedCosigned)
            }
        case .ask(_, .entries(_, let start, let size)):
            node.isFetching = true
            if start % 256 != 0 { sightings.insert(.resumedAmidPackage) }
            if start == 0, size > 4 { sightings.insert(.catchUpFromNothing) }
        case .ask(_, .parts(_, let digests)):
            for digest in digests { partsAsked[node.number, default: [:]][digest, default: 0] += 1 }
        case .ask(_, .alarm): sightings.insert(.alarmAskedFor)
        default: break
        }
    }

    private func cosigned(_ head: PeerMessage.LogHead, by origin: String) -> Bool {
        String(decoding: head.note, as: UTF8.self).contains("\n— \(origin) ")
    }

    /// A frame reaches a node.
    func heed(_ bytes: [UInt8], from sender: Int, at place: Int) {
        for byte in bytes { trace = (trace ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let (from, node) = (nodes[sender], nodes[place])
        guard node.isHonest, let message = try? PeerMessage.decode(bytes) else { return }
        switch message {
        case .heads:
            judge.hears(from.origin, node)
            let known = (from.replicator?.governance.seq, node.replicator?.governance.seq)
            if let one = known.0, let other = known.1, one != other {
                sightings.insert(.amendedUnevenly)
            }
        case .answer(_, _, let answer):
            guard let alarm = try? Alarm.decode(answer) else { return }
            if from.isHonest, !node.alarmed.contains(alarm.digest) {
                sightings.insert(.alarmSpread)
            }
        default: break
        }
    }
}
