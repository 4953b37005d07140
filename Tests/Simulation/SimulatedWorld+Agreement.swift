import MerkleTrees
import Notes
import Records
import Replication
import Sequencing
import Signatures

// Whether all honest nodes have come to the same.
extension SimulatedWorld {
    /// The honest nodes of the network: the one that is admitted only once all honest ones must
    /// know it, since the log that brought its amendment may be a liar's, or have forgotten it.
    private var members: [SimulatedNode] {
        honest.filter { node in
            guard !governors.newest.hasRemoved(log: node.origin) else { return false }
            guard node.number >= network.founders else { return true }
            let others = honest.filter { $0 !== node }
            let isSpread = others.allSatisfy {
                $0.replicator?.governance.nodes[node.origin] != nil
            }
            let isListed = others.contains {
                !$0.isBehind && $0.sealedGovernance?.nodes[node.origin] != nil
            }
            return !governorsLied && (isSpread || isListed)
        }
    }

    /// Whether there are two amendments of one number: then nodes follow the one they met first,
    /// and who is a member or what makes a quorum is not one for all.
    private var governorsLied: Bool {
        honest.contains { $0.disk.contents.alarms.contains { $0.origin == nil } }
    }

    func disagreements(withQuorum: Bool) -> [String] {
        let honest = members
        var found: [String] = []
        let accused = Set(honest.flatMap { convicted(by: $0) })
        for node in honest {
            let own = convicted(by: node)
            for origin in accused.subtracting(own)
            where !governors.newest.hasRemoved(log: origin) {
                found.append("\(node.origin) has no alarm about \(origin)")
            }
        }
        for origin in Set(nodes.map(\.origin)).sorted() where !accused.contains(origin) {
            guard !governors.newest.hasRemoved(log: origin) else { continue }
            found += disagreements(about: origin, withQuorum: withQuorum)
        }
        return found + (isSpread ? ignorance(of: honest) : [])
    }

    /// Whom the alarms that a node keeps convict: nobody by a key that the log has given up.
    private func convicted(by node: SimulatedNode) -> Set<String> {
        let alarms = node.disk.contents.alarms.filter {
            (try? $0.accused(under: node.genesis, newest: governors.newest)) != nil
        }
        return Set(alarms.map { $0.origin ?? "" })
    }

    /// Who does not know all that was decided and registered, or deals with who was removed.
    private func ignorance(of members: [SimulatedNode]) -> [String] {
        var found: [String] = []
        for node in members {
            if node.replicator?.governance.head != governors.newest.head {
                found.append("\(node.origin) does not know the newest amendment")
            }
            for peer in node.replicator?.connectedOrigins ?? []
            where governors.newest.hasRemoved(log: peer) {
                found.append("\(node.origin) is connected with \(peer), which was removed")
            }
        }
        return found
    }

    /// Whether all members know with which keys a log is signed: a log cannot show its new key
    /// itself.
    private func isReadable(_ origin: String) -> Bool {
        let keys = governors.newest.logKeys(origin: origin)?.keys
        return members.allSatisfy { node in
            node.origin == origin
                || node.replicator?.governance.logKeys(origin: origin)?.keys == keys
        }
    }

    private func disagreements(about origin: String, withQuorum: Bool) -> [String] {
        let isHonest = honestOrigins.contains(origin)
        let keeper = nodes.first { $0.origin == origin && $0.isHonest }
        let honest = members
        var found: [String] = []
        // Of a log that went back on an old copy, or is a liar's, entries may be left whose
        // checkpoint nobody has any more: they can be neither told nor shown.
        let isRewound = keeper?.isRewound ?? true
        func told(_ log: SimulatedLog) -> Int {
            isRewound ? Int(log.newestCheckpointSize ?? 0) : log.allEntries.count
        }
        guard !isHonest || isReadable(origin) else { return [] }
        let longest = honest.map { $0.disk.log(origin) }.max { told($0) < told($1) }
        guard let longest else { return [] }
        for node in honest {
            let log = node.disk.log(origin)
            if log.allEntries.prefix(told(log)) != longest.allEntries.prefix(told(log)) {
                found.append("\(node.origin) holds another \(origin), and no alarm")
            }
            // A liar may have shown more to some, and shows nothing any more.
            guard isHonest, told(log) != told(longest) else { continue }
            if node === keeper, node.isBehind {
                sightings.insert(.staysBehind)
                continue
            }
            found.append(
                "\(node.origin) holds \(told(log)) of \(origin)'s \(told(longest)) entries")
        }
        guard let keeper, found.isEmpty, !keeper.isBehind else { return found }
        // One that has more than is told of is stuck with it.
        let isOne = honest.allSatisfy { $0.disk.log(origin).size() == keeper.own.size() }
        guard isOne || !isRewound else { return found }
        found += missingParts(of: keeper)
        if withQuorum, !governorsLied {
            found += missingCosignatures(of: keeper) + missingLines(of: keeper)
        }
        return found
    }

    /// What nodes lack of the parts that they may see.
    private func missingParts(of keeper: SimulatedNode) -> [String] {
        var found: [String] = []
        for (digest, encoded) in keeper.own.parts {
            guard let part = try? Part.decode(encoded) else { continue }
            for node in members where node !== keeper {
                let reader = Reader.member(organisation: node.keeper.organisation)
                let isThere = node.disk.log(keeper.origin).part(digest) != nil
                if node.disk.log(keeper.origin).erased.contains(digest) { continue }
                if !part.visibility.permits(reader) {
                    sightings.insert(.partWithheld)
                    if isThere { judge.accuse("\(node.origin) has a part it may not see") }
                } else if !isThere, part.visibility == .open || !wasSuspended(node) {
                    found.append("\(node.origin) lacks a part of \(keeper.origin)")
                }
            }
        }
        for node in members where node !== keeper {
            let log = node.disk.log(keeper.origin)
            for digest in keeper.own.erased where log.part(digest) != nil {
                found.append("\(node.origin) has a part that \(keeper.origin) has erased")
            }
        }
        return found
    }

    private func wasSuspended(_ node: SimulatedNode) -> Bool {
        !governors.newest.suspensions(of: node.keeper.organisation).steps.isEmpty
    }

    /// Every copy of a log's newest checkpoint has the lines of all who could sign it.
    private func missingLines(of keeper: SimulatedNode) -> [String] {
        let log = keeper.own
        guard log.size() > 0 else { return [] }
        var found: [String] = []
        for node in members {
            guard let governance = node.replicator?.governance,
                governance.nodes[keeper.origin] != nil
            else { continue }
            let bytes = node.disk.log(keeper.origin).checkpoint(ofSeal: log.size() - 1) ?? []
            let note = try? CosignedNote(bytes, origin: keeper.origin, under: governance)
            let known = Set(note?.cosigners ?? [])
            let signers = members.filter { $0.cosigns(under: governance) }.map(\.origin)
            // A node's own line goes under its own copy when it tells of it.
            for signer in signers.sorted() where !known.contains(signer) && signer != node.origin {
                found.append(
                    "\(node.origin) lacks the line of \(signer) at \(log.size()) of "
                        + keeper.origin)
            }
        }
        return found
    }

    private func missingCosignatures(of keeper: SimulatedNode) -> [String] {
        let log = keeper.own
        guard log.size() > 0, let governance = keeper.replicator?.governance,
            let bytes = log.checkpoint(ofSeal: log.size() - 1)
        else { return [] }
        let up = members.count { $0.origin != keeper.origin && governance.nodes[$0.origin] != nil }
        let quorum = Int(governance.policy.quorum)
        guard up >= quorum else { return [] }
        let note = try? CosignedNote(bytes, origin: keeper.origin, under: governance)
        guard let note, note.cosigners.count >= quorum,
            keeper.replicator?.quorum?.size == log.size()
        else {
            let reached = keeper.replicator?.quorum?.size ?? 0
            return [
                "\(keeper.origin) has \(note?.cosigners ?? []) at \(log.size()), not \(quorum); "
                    + "its quorum is at \(reached)"
            ]
        }
        return []
    }
}

extension SimulatedNode {
    /// Whether a governance and its own list the key that it has.
    fileprivate func cosigns(under governance: GovernanceState) -> Bool {
        let key = keeper.cosignerKeys[cosignerKey].publicKey
        return governance.nodes[origin]?.cosignerKey == key
            && replicator?.governance.nodes[origin]?.cosignerKey == key
    }
}
