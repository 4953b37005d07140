import MerkleTrees
import Notes
import Records
import Sequencing

// The node's own log: how far its peers know it, whether some of it was lost, and whether it may
// grow (SPEC §25.4, §25.6).
extension Replicator {
    // MARK: Taking up

    /// Reads the own log's newest checkpoint.
    mutating func takeUpOwn() throws {
        let note = try store.read(identity.origin) { ledger -> [UInt8]? in
            let size = try ledger.size()
            return size > 0 ? try ledger.checkpoint(ofSeal: size - 1) : nil
        }
        own = note.flatMap {
            try? CosignedNote($0, origin: identity.origin, under: governance)
        }
    }

    /// Cosigns the own log: its node is one of the cosigners.
    mutating func cosignOwn() throws {
        guard let cosigner else { return }
        _ = try own?.cosign(as: cosigner, nowSeconds: wallMilliseconds / 1_000)
    }

    /// Finds the newest of the last checkpoints that has a quorum.
    mutating func takeUpQuorum() throws {
        let needed = governance.policy.quorum
        guard needed > 0 else { return }
        let (origin, governance) = (identity.origin, governance)
        quorum = try store.read(origin) { ledger -> (UInt64, [UInt8])? in
            var end = try ledger.size()
            for _ in 0..<Self.sealsLookedAt {
                guard let seal = try ledger.seal(before: end) else { return nil }
                if let bytes = try ledger.checkpoint(ofSeal: seal),
                    let note = try? CosignedNote(bytes, origin: origin, under: governance),
                    UInt64(note.cosigners.count) >= needed
                {
                    return (seal + 1, bytes)
                }
                end = seal
            }
            return nil
        }
    }

    private static var sealsLookedAt: Int { 256 }

    /// Another node's view of the own log: cosignatures, or proof that it was forked.
    mutating func learnOwn(_ note: CosignedNote) throws {
        let size = note.checkpoint.size
        guard let own, size <= own.checkpoint.size else {
            guard size > lostSize else { return }
            // Remembered before anything of it is taken: from now on the log needs another key.
            let changes = governance.logKeys(origin: identity.origin)?.rotations.count ?? 0
            let loss = Loss(size: size, keyChanges: changes)
            try store.keep(loss: loss)
            losses.removeAll { $0.keyChanges == changes }
            losses.append(loss)
            mayGoOn = false
            effects.append(.behind(size: size))
            return try takeUpRecovery()
        }
        guard try isWhole(note, of: identity.origin, newest: own) else { return }
        let stored = try store.read(identity.origin) { try $0.checkpoint(ofSeal: size - 1) }
        guard let stored,
            var kept = try? CosignedNote(stored, origin: identity.origin, under: governance)
        else { return }
        if kept.merge(note) {
            try store.keep(checkpoint: kept.bytes, ofSeal: size - 1, of: identity.origin)
            if size == own.checkpoint.size {
                self.own = kept
                retell()
            }
        }
        let needed = governance.policy.quorum
        if needed > 0, UInt64(kept.cosigners.count) >= needed, size > quorum?.size ?? 0 {
            quorum = (size, kept.bytes)
            effects.append(.quorum(size: size, note: kept.bytes))
        }
    }

    // MARK: Recovering

    /// The largest size of the own log that its node has lost, of those that are not void; 0 if
    /// none.
    package var lostSize: UInt64 {
        losses.greatestSize(under: governance.logKeys(origin: identity.origin))
    }

    /// Whether the own log was once longer than it is here, and governance has not given it another
    /// key at its end since: the key that signed what is lost may sign nothing in its place.
    package var isBehind: Bool {
        guard !losses.isEmpty else { return false }
        let last = governance.logKeys(origin: identity.origin)?.rotations.last
        guard let last, let own else { return true }
        return last.size < lostSize || own.checkpoint.size < last.size
    }

    /// While the node is behind, it takes its own log from its peers as it takes theirs.
    mutating func takeUpRecovery() throws {
        let origin = identity.origin
        guard isBehind else {
            mirrors[origin] = nil
            return
        }
        guard mirrors[origin] == nil else { return }
        mirrors[origin] = Mirrored(mirror: try resumed(origin), kept: own)
    }

    // MARK: Going on with the own log

    /// Counts who has said how far the own log goes: n − q + f + 1 of the others must have, since
    /// then one of them is honest and in every quorum.
    mutating func checkWhetherToGoOn() {
        guard !mayGoOn, !isBehind else { return }
        let others = governance.nodes.values.filter {
            $0.cosignerKey != nil && $0.origin != identity.origin
        }.map(\.origin)
        let isOne = governance.nodes[identity.origin]?.cosignerKey != nil
        let cosigners = UInt64(others.count) + (isOne ? 1 : 0)
        let policy = governance.policy
        let needed =
            cosigners + policy.toleratedLiars + 1 - min(policy.quorum, cosigners)
        // A checkpoint of the own log that cannot be read yet may lie ahead of it.
        let heard = sessions.values.filter {
            $0.hasToldHeads && !$0.unread.contains(identity.origin)
        }
        let told = Set(heard.map(\.origin)).intersection(others)
        guard UInt64(told.count) >= min(needed, UInt64(others.count)) else { return }
        mayGoOn = true
        effects.append(.mayGoOn)
    }
}
