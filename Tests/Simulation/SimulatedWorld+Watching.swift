import DeterministicCBOR
import MerkleTrees
import Records
import Replication
import Sequencing

// What is seen of nodes, for the judge and the list of rare states.
extension SimulatedWorld {
    /// Looks on at an honest node.
    func watch(_ node: SimulatedNode) {
        node.onEffect = { [unowned self, unowned node] effect in
            judge.heard(effect, of: node, honest: honestOrigins)
            if case .alarmed(let alarm) = effect, judge.stolen.contains(alarm.origin ?? "") {
                sightings.insert(.voidAlarm)
            }
            if case .alarmed(let alarm) = effect,
                nodes.contains(where: {
                    $0.origin == alarm.origin && $0.confidant == node.number
                })
            {
                sightings.insert(.alarmWhispered)
            }
        }
        node.onGate = { [unowned self] isBehind in
            sightings.insert(isBehind ? .behindRefused : .gateWaited)
        }
        node.disk.onCommit = { [unowned self, unowned node] origin, group in
            judge.committed(group, of: origin, by: node)
            if judge.stolen.contains(origin),
                governors.newest.isVoid(PeerMessage.LogHead(origin: origin, note: group.checkpoint))
            {
                sightings.insert(.voidMirrored)
            }
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
        node.disk.onDrop = { [unowned self, unowned node] origin in
            judge.dropped(origin, by: node)
            sightings.insert(.voidDropped)
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
    func watch(_ bytes: [UInt8], of node: SimulatedNode, to peer: SimulatedNode) {
        guard let message = try? PeerMessage.decode(bytes) else {
            return judge.accuse("\(node.origin) sends what cannot be read")
        }
        switch message {
        case .heads(let heads, _):
            for head in heads { judge.told(head, by: node) }
            if case let lost = node.disk.contents.lostSize, lost > 0, node.own.size() > lost {
                sightings.insert(.wentOnAfterLoss)
            }
            if node.number == network.founders,
                heads.contains(where: { cosigned($0, by: node.origin) })
            {
                sightings.insert(.admittedCosigned)
            }
        case .ask(_, .entries(let origin, let start, let size)):
            judge.asked(about: origin, by: node)
            node.isFetching = true
            if start % 256 != 0 { sightings.insert(.resumedAmidPackage) }
            if start == 0, size > 4 { sightings.insert(.catchUpFromNothing) }
        case .ask(_, .parts(let origin, let digests)):
            judge.asked(about: origin, by: node)
            for digest in digests { partsAsked[node.number, default: [:]][digest, default: 0] += 1 }
        case .ask(_, .alarm): sightings.insert(.alarmAskedFor)
        case .answer(_, _, let answer):
            guard case .array(let items) = try? CBORValue.decode(answer) else { return }
            let parts = items.compactMap { $0.asBytes.flatMap { try? Part.decode($0) } }
            judge.gave(parts, by: node, to: peer, at: now)
            if parts.isEmpty, suspends(peer, node) { sightings.insert(.partDeniedToSuspended) }
        default: break
        }
    }

    private func cosigned(_ head: PeerMessage.LogHead, by origin: String) -> Bool {
        String(decoding: head.note, as: UTF8.self).contains("\n— \(origin) ")
    }

    private func heed(
        _ heads: [PeerMessage.LogHead], of from: SimulatedNode, at node: SimulatedNode
    ) {
        guard let known = node.replicator?.governance else { return }
        for head in heads {
            if known.isVoid(head) { sightings.insert(.voidTold) }
            if known.hasRemoved(log: head.origin) { sightings.insert(.removedStillTold) }
            let changes = governors.newest.logKeys(origin: head.origin)?.rotations.count ?? 0
            if head.origin == from.origin, from.hasNewKey(by: from.sealedGovernance),
                known.logKeys(origin: head.origin)?.rotations.count ?? 0 < changes
            {
                sightings.insert(.logKeyLearntLate)
            }
        }
        let removed = governors.newest.hasRemoved(log: node.origin)
        if removed, !known.hasRemoved(log: node.origin) { sightings.insert(.removedUnawares) }
    }

    /// A frame reaches a node.
    func heed(_ bytes: [UInt8], from sender: Int, at place: Int) {
        for byte in bytes { trace = (trace ^ UInt64(byte)) &* 0x100_0000_01B3 }
        let (from, node) = (nodes[sender], nodes[place])
        guard node.isHonest, let message = try? PeerMessage.decode(bytes) else { return }
        switch message {
        case .heads(let heads, _):
            judge.hears(from.origin, node)
            heed(heads, of: from, at: node)
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
