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
        if let since = mirror.laggingSince, since > 0 {
            let now = nowMilliseconds()
            let seconds = now > since ? (now - since) / 1_000 : 0
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

    private func told(_ alarm: Alarm) -> JSONValue {
        var members = [
            JSONMember("digest", .string(alarm.digest.hex)),
            JSONMember("kind", .string(alarm.kindName)),
        ]
        if let origin = alarm.origin { members.append(JSONMember("origin", .string(origin))) }
        return .object(members)
    }
}
