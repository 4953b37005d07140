import Logging
import Records
import Replication
import Sequencing
import Storage

extension RunningNode {
    /// Registers the amendments that other logs hold and this one does not (SPEC §25.6), with the
    /// statements by which they were registered there.
    ///
    /// What cannot be registered is logged once a minute and tried again: the signer's key may have
    /// ended since, and then a member has to register the amendment here.
    func adoptAmendments() async {
        guard signingRefusal == nil, let peers else { return }
        let basis = published.newest.basis
        guard let governance = peers.state.newest.governance,
            governance.seq > basis.governance.seq,
            peers.mayAdopt(after: basis.governance.seq, nowMilliseconds: nowMilliseconds())
        else { return }
        for mirror in peers.state.newest.mirrors {
            do {
                let submissions = try amendments(in: mirror.origin, after: basis.governance.seq)
                guard !submissions.isEmpty else { continue }
                let admitted = try submissions.map { try admit($0, under: basis) }
                switch await writer.register(amendments: admitted) {
                case .registered(let leafIndex, _):
                    peers.logger.notice(
                        "amendments that stand in another log are registered here too",
                        metadata: [
                            "code": "log.amended", "log": "\(mirror.origin)",
                            "leaf": .stringConvertible(leafIndex),
                            "count": .stringConvertible(admitted.count),
                        ])
                    return
                case .refused(let refusal): throw refusal
                case .admitAgain: return
                }
            } catch {
                let error = NodeError(error)
                peers.failedToAdopt(
                    after: basis.governance.seq, nowMilliseconds: nowMilliseconds())
                peers.logger.warning(
                    "an amendment that stands in another log cannot be registered here",
                    metadata: [
                        "code": "\(error.code)", "log": "\(mirror.origin)",
                        "reason": "\(error.reason)",
                    ])
            }
        }
    }

    /// The statements that carry a mirrored log's amendments from a number on, with all that is
    /// signed with them.
    private func amendments(
        in origin: String, after seq: UInt64
    ) throws -> [Submission] {
        guard let replicas = peers?.replicas else { return [] }
        let key = Subject.network(network).key(in: network)
        return try replicas.read(origin) { ledger in
            // Genesis is the first link.
            let links = try ledger.links(of: key).dropFirst(Int(clamping: seq) + 1)
            return try links.prefix(Limits.sealStatements).compactMap { link in
                guard let entry = try ledger.entry(at: link.leafIndex),
                    case .statement(_, let statement) = try LogEntry.decode(entry),
                    let bytes = try ledger.manifest(at: link.leafIndex)
                else { return nil }
                let manifest = try Manifest.decode(bytes)
                return Submission(
                    statement: statement, manifest: bytes,
                    parts: try manifest.partDigests.compactMap { try ledger.part($0) })
            }
        }
    }
}
