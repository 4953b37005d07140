import EPCIS
import MerkleTrees
import Notes
import Records
import Replication
import Sequencing
import Storage
import Verdicts

extension RunningNode {
    package func peers() async throws(Refusal) -> [UInt8] {
        let newest = peers?.state.newest
        let governance = newest?.governance ?? published.newest.basis.governance
        var members = [
            JSONMember("origin", .string(origin)),
            JSONMember("size", .number(JSONNumber(published.newest.size))),
            JSONMember(
                "status",
                .string(
                    signingRefusal?.code ?? (isKeyPending ? "node.key-pending" : "ok"))),
            JSONMember("quorum", .number(JSONNumber(governance.policy.quorum))),
        ]
        if let quorum = newest?.quorum {
            members.append(JSONMember("cosignedSize", .number(JSONNumber(quorum.size))))
        }
        let others = governance.nodes.values.filter { $0.origin != origin }
            .sorted { $0.origin.utf8.lexicographicallyPrecedes($1.origin.utf8) }
        members.append(JSONMember("peers", .array(others.map { told($0, in: newest) })))
        members.append(JSONMember("alarms", .array((newest?.alarms ?? []).map(told))))
        let keys = peers?.unlistedKeys(under: governance) ?? []
        if !keys.isEmpty { members.append(JSONMember("keys", .array(keys.map(told)))) }
        return JSONValue.object(members).serialized()
    }

    package func alarm(_ digest: Hash256) async throws(Refusal) -> [UInt8] {
        guard let alarm = peers?.state.newest.alarms.first(where: { $0.digest == digest }) else {
            throw Refusal(
                code: "alarm.unknown", field: "digest",
                reason: "this node knows no alarm \(digest.hex)")
        }
        return alarm.encoded()
    }

    /// What metrics tell of peers; nothing for a node that takes no part among them.
    ///
    /// Labels are the nodes that governance names, so that nobody else can add to them.
    func measurePeers(
        _ gauges: inout [Metric: Double], _ labelled: inout [Metric: [String: Double]]
    ) {
        guard let newest = peers?.state.newest else { return }
        let governance = newest.governance ?? published.newest.basis.governance
        gauges[.alarms] = Double(newest.alarms.count)
        gauges[.quorum] = Double(governance.policy.quorum)
        gauges[.cosignedEntries] = Double(newest.quorum?.size ?? 0)
        gauges[.cosignatures] = Double(newest.cosigners.count)
        for node in governance.nodes.values where node.origin != origin {
            let name = node.origin
            labelled[.peerConnected, default: [:]][name] = newest.connected.contains(name) ? 1 : 0
            guard let mirror = newest.mirrors.first(where: { $0.origin == name }) else { continue }
            labelled[.peerLagEntries, default: [:]][name] = Double(mirror.lag)
            labelled[.peerLagSeconds, default: [:]][name] = Double(lagSeconds(of: mirror) ?? 0)
            labelled[.peerStopped, default: [:]][name] = mirror.stopped == nil ? 0 : 1
        }
    }

    /// For how long a mirror has been behind; nil if it is not, or was never other.
    private func lagSeconds(of mirror: MirrorView) -> UInt64? {
        guard let since = mirror.laggingSince, since > 0 else { return nil }
        let now = nowMilliseconds()
        return now > since ? (now - since) / 1_000 : 0
    }

    private func told(_ node: LogNode, in newest: PeersState.Snapshot?) -> JSONValue {
        var members = [
            JSONMember("origin", .string(node.origin)),
            JSONMember("organisation", .string(node.organisation)),
            JSONMember("connected", .bool(newest?.connected.contains(node.origin) ?? false)),
        ]
        if let end = newest?.ends[node.origin] {
            let now = nowMilliseconds()
            let seconds = now > end.atMilliseconds ? (now - end.atMilliseconds) / 1_000 : 0
            members.append(
                JSONMember(
                    "ended",
                    .object([
                        JSONMember("code", .string(end.code)),
                        JSONMember("reason", .string(end.reason)),
                        JSONMember("secondsAgo", .number(JSONNumber(seconds))),
                        JSONMember("times", .number(JSONNumber(end.count))),
                    ])))
        }
        guard let mirror = newest?.mirrors.first(where: { $0.origin == node.origin }) else {
            return .object(members)
        }
        members.append(JSONMember("size", .number(JSONNumber(mirror.size))))
        members.append(JSONMember("lag", .number(JSONNumber(mirror.lag))))
        if let seconds = lagSeconds(of: mirror) {
            members.append(JSONMember("lagSeconds", .number(JSONNumber(seconds))))
        }
        if let checkpoint = mirror.checkpoint {
            members.append(JSONMember("root", .string(checkpoint.root.hex)))
        }
        members.append(
            JSONMember("cosigners", .array(mirror.cosigners.map { .string($0) })))
        if let stopped = mirror.stopped {
            members.append(JSONMember("stopped", .string(stopped)))
        }
        return .object(members)
    }

    private func told(_ key: PeerWork.UnlistedKey) -> JSONValue {
        let listed = key.isOther ? "lists another" : "lists none"
        let effect = key.purpose == "tls" ? "its peers refuse it" : "its cosignatures do not count"
        return .object([
            JSONMember("purpose", .string(key.purpose)),
            JSONMember(
                "reason",
                .string(
                    "\(key.setting) is not the \(key.purpose) key of this node: governance "
                        + "\(listed), and \(effect); start it with the right one, or register an "
                        + "amendment that lists this one")),
        ])
    }

    private func told(_ alarm: Alarm) -> JSONValue {
        var members = [
            JSONMember("digest", .string(alarm.digest.hex)),
            JSONMember("kind", .string(alarm.kindName)),
        ]
        if let origin = alarm.origin { members.append(JSONMember("origin", .string(origin))) }
        return .object(members)
    }
}
