import MerkleTrees
import Notes
import Records
import Replication
import Signatures
import Support

// What the governors decide, and what becomes of it at the nodes.
extension SimulatedWorld {
    /// A log registers the next amendment, or those that other logs have, or the other one of the
    /// first number.
    func amend(_ place: Int) throws {
        let node = nodes[place]
        guard node.isRunning else { return }
        if hasContradiction, place % 2 == 1 {
            register(network.contradiction, at: place)
            return try admitNode()
        }
        let known = Int(node.sealedGovernance?.seq ?? 0)
        if known >= governors.made.count {
            try decide()
        } else if chance(1, in: 2) {
            adopt(at: place)
        }
        if known < governors.made.count { register(governors.made[known], at: place) }
        try admitNode()
    }

    func register(_ amendment: Submission, at place: Int) {
        let node = nodes[place]
        let size = node.own.size()
        attempt(place) { try node.register(amendment, now) }
        guard node.own.size() > size else { return }
        let isKnown = nodes.contains {
            $0 !== node && $0.own.leafIndex(ofStatement: amendment.id) != nil
        }
        sightings.insert(isKnown ? .amendedTwice : .amended)
    }

    func adopt(at place: Int) {
        let node = nodes[place]
        let (size, seq) = (node.own.size(), node.sealedGovernance?.seq ?? 0)
        attempt(place) { try node.adopt(now) }
        guard node.own.size() > size else { return }
        sightings.insert(.adopted)
        if node.sealedGovernance?.seq ?? 0 > seq + 1 { sightings.insert(.adoptedTogether) }
    }

    /// The node that an amendment admits begins to mirror.
    private func admitNode() throws {
        let admitted = network.keepers[network.founders]
        guard !nodes.contains(where: { $0.origin == admitted.origin }),
            nodes.contains(where: { $0.replicator?.governance.nodes[admitted.origin] != nil })
        else { return }
        let node = SimulatedNode(network.founders, network: network, bug: nil)
        add(node)
        watch(node)
        sightings.insert(.nodeAdmitted)
        try start(nodes.count - 1)
    }

    // MARK: Deciding

    /// The governors make the next of the amendments that they are going to make.
    private func decide() throws {
        guard let decision = decisions.first else { return }
        if case .logKey = decision { return try rotate() }
        decisions.removeFirst()
        let keepers = network.keepers
        let state = governors.newest
        let founder = nodes[pick(network.founders)]
        switch decision {
        case .admit:
            // With a node more, the same quorum would not do.
            let policy = SimulatedNetwork.policy(nodes: state.nodes.count + 1)
            try governors.decide([.policy(policy), .node(keepers[network.founders].node)])
        case .cosignerKey:
            guard let node = state.nodes[founder.origin] else { return }
            let key = founder.keeper.cosignerKeys[1].publicKey
            try governors.decide([.node(node.with(cosignerKey: key, tlsKey: node.tlsKey))])
        case .transportKey:
            guard let node = state.nodes[founder.origin] else { return }
            let key = founder.keeper.transportKeys[1].publicKey
            try governors.decide([.node(node.with(cosignerKey: node.cosignerKey, tlsKey: key))])
        case .logKey: break
        case .suspend:
            guard governors.suspended == nil else { return }
            let from = now + [0, 30_000][pick(2)] - [0, 60_000][pick(2)]
            let member = network.demo.members[pick(3)]
            try governors.suspend(member.uri, fromMilliseconds: from)
            sightings.insert(.suspended)
        case .reinstate:
            try governors.reinstate(fromMilliseconds: now)
            sightings.insert(.reinstated)
        case .remove:
            guard state.nodes[founder.origin] != nil else { return }
            let left = nodes.filter { $0.origin != founder.origin }
            try governors.remove(founder.origin, lies: left.contains { !$0.isHonest })
            sightings.insert(.nodeRemoved)
        }
        judge.governance = governors.newest
    }

    /// A node stops, is given another key for its log, and the governors list it from the log's end
    /// on.
    private func rotate() throws {
        let able = nodes.indices.filter {
            nodes[$0].isHonest && nodes[$0].maySign && nodes[$0].own.size() > 0
        }
        guard !able.isEmpty else { return }
        decisions.removeFirst()
        let place = able[pick(able.count)]
        try giveLogKey(place)
        if chance(1, in: 2) { try start(place) }
        let others = able.filter { $0 != place && nodes[$0].isRunning }
        if chance(1, in: 2), !others.isEmpty {
            try amend(others[pick(others.count)])
        }
    }

    /// An operator registers with the node itself that its log has another key.
    func confirmKey(of place: Int) throws {
        let node = nodes[place]
        guard node.isRunning, node.isHonest, node.hasNewKey(by: governors.newest),
            !node.hasNewKey(by: node.sealedGovernance), chance(1, in: 2)
        else { return }
        try amend(place)
    }

    func giveLogKey(_ place: Int) throws {
        let node = nodes[place]
        let listed = governors.newest.nodes[node.origin]?.logKey
        guard node.own.size() > 0, node.logKey + 1 < node.keeper.logKeys.count,
            listed == node.keeper.logKeys[node.logKey].publicKey,
            let keys = governors.newest.logKeys(origin: node.origin),
            keys.rotations.last?.size ?? 0 <= node.own.size()
        else { return }
        crash(place)
        theft =
            theft
            ?? Theft(
                number: node.number, logKey: node.logKey, transportKey: node.transportKey,
                contents: node.disk.contents)
        let key = node.keeper.logKeys[node.logKey + 1]
        if node.bug != .keepsOldKey { node.logKey += 1 }
        try governors.decide([
            .rotateLogKey(
                origin: node.origin, key: key.publicKey, size: node.own.size(),
                root: node.own.root)
        ])
        judge.governance = governors.newest
        sightings.insert(.logKeyChanged)
    }

    // MARK: Calm

    /// The governors give each node that has lost something another key, and a member registers
    /// all that was decided with a node that takes it.
    func spreadDecisions() throws {
        guard !hasContradiction else { return }
        for place in nodes.indices where nodes[place].isHonest {
            let node = nodes[place]
            guard node.replicator?.isBehind ?? false,
                node.disk.contents.lostSize <= node.own.size()
            else { continue }
            try giveLogKey(place)
            try start(place)
        }
        for place in nodes.indices where nodes[place].isHonest && nodes[place].maySign {
            guard !nodes[place].hasNewKey(by: governors.newest),
                !governors.newest.hasRemoved(log: nodes[place].origin)
            else { continue }
            let known = Int(nodes[place].sealedGovernance?.seq ?? 0)
            for amendment in governors.made.dropFirst(known) { register(amendment, at: place) }
            guard nodes[place].sealedGovernance?.seq == governors.newest.seq else { continue }
            isSpread = true
            if chance(1, in: 2) { return }
        }
    }

    func adoptEverywhere() {
        for place in nodes.indices where nodes[place].isHonest { adopt(at: place) }
    }

    /// Operators give their nodes the cosigner keys that governance lists.
    func changeCosignerKeys() throws {
        for (place, node) in nodes.enumerated() where node.isHonest {
            let listed = node.replicator?.governance.nodes[node.origin]?.cosignerKey
            guard let key = node.keeper.cosignerKeys.firstIndex(where: { $0.publicKey == listed }),
                key != node.cosignerKey
            else { continue }
            crash(place)
            node.cosignerKey = key
            sightings.insert(.cosignerKeyChanged)
            try start(place)
        }
    }

    /// An operator whose node's peers refuse it tries its other key, until all know the new one.
    func changeTransportKeys(_ round: Int) {
        for (place, node) in nodes.enumerated() where node.isHonest {
            let new = node.keeper.transportKeys[1].publicKey
            guard governors.newest.nodes[node.origin]?.tlsKey == new else { continue }
            let isKnown = honest.allSatisfy {
                $0 === node || $0.replicator?.governance.nodes[node.origin]?.tlsKey == new
            }
            let key = isKnown ? 1 : round / 4 % 2
            guard key != node.transportKey else { continue }
            crash(place)
            node.transportKey = key
            sightings.insert(.transportKeyChanged)
            try? start(place)
        }
    }
}

extension SimulatedNode {
    /// Whether a governance has given its log another key than the first.
    func hasNewKey(by governance: GovernanceState?) -> Bool {
        !(governance?.logKeys(origin: origin)?.rotations.isEmpty ?? true)
    }
}

extension GovernanceState {
    /// Whether a checkpoint bears no line of the key that its log has at its size, and one of a
    /// key that the log gave up before.
    func isVoid(_ head: PeerMessage.LogHead) -> Bool {
        guard let note = try? SignedNote.parse(head.note),
            let size = (try? Checkpoint(parsing: note.text))?.size
        else { return false }
        let former = formerLogVerifiers(origin: head.origin, size: size)
        return former.contains { key in note.signatures.contains { $0.keyID == key.keyID } }
    }
}
