package import EPCIS
import GS1
import MerkleTrees
package import Records
import Signatures

/// Who is who in a network, as programs and people read it.
package struct GovernanceSummary: Sendable {
    private let state: GovernanceState
    private let history: [GovernanceStep]
    private let credentials: [String: [CredentialSummary]]?

    /// Summarises a state of governance.
    ///
    /// - Parameters:
    ///   - state: the newest state.
    ///   - history: the amendments that led to it, if they are known and to be shown.
    ///   - credentials: those of each organisation; nil where they are not known.
    package init(
        _ state: GovernanceState, history: [GovernanceStep] = [],
        credentials: [String: [CredentialSummary]]? = nil
    ) {
        self.state = state
        self.history = history
        self.credentials = credentials
    }

    /// The JSON that `GET /organisations` answers with.
    package var json: JSONValue {
        .object(
            [
                JSONMember("network", .string(state.network.hex)),
                JSONMember("name", .string(state.name)),
                JSONMember("seq", .number(JSONNumber(state.seq))),
                JSONMember("head", .string(state.head.hex)),
                JSONMember("rulesVersion", .number(JSONNumber(state.rulesVersion))),
                JSONMember("threshold", .number(JSONNumber(state.governors.threshold))),
                JSONMember(
                    "governors",
                    .array(state.governors.members.map { .string($0.organisation) })),
                JSONMember(
                    "governorKeys",
                    Self.strings(state.governors.members.map(\.key.thumbprint.hex))),
                JSONMember("organisations", .array(organisations.map(json))),
                JSONMember("nodes", .array(nodes.map(Self.json))),
                JSONMember("delegations", .array(delegations.map(Self.json))),
                JSONMember("anchors", Self.strings(state.anchors)),
                JSONMember("schemes", .array(state.schemeSummaries.map(\.json))),
                JSONMember("quorum", .number(JSONNumber(state.policy.quorum))),
                JSONMember("retention", .array(state.policy.duties.map(Self.json))),
                JSONMember("orderedErasures", Self.strings(state.orderedErasures.map(\.hex))),
            ] + (history.isEmpty ? [] : [JSONMember("amendments", .array(history.map(\.json)))]))
    }

    private var organisations: [Organisation] {
        state.organisations.values.sorted { $0.uri < $1.uri }
    }

    private var nodes: [LogNode] { state.nodes.values.sorted { $0.origin < $1.origin } }

    private var delegations: [Delegation] {
        state.delegations.values.sorted { $0.id < $1.id }
    }

    private static func strings(_ texts: [String]) -> JSONValue {
        .array(texts.map(JSONValue.string))
    }

    private func json(_ organisation: Organisation) -> JSONValue {
        var members = [
            JSONMember("uri", .string(organisation.uri)),
            JSONMember("name", .string(organisation.name)),
            JSONMember("roles", Self.strings(organisation.roles.map(\.rawValue))),
            JSONMember("prefixes", Self.strings(organisation.prefixes)),
            JSONMember("sites", Self.strings(organisation.sites)),
            JSONMember("keys", .array(organisation.keys.map(json))),
            JSONMember(
                "suspensions",
                .array(
                    state.suspensions(of: organisation.uri).steps.map { step in
                        .object([
                            JSONMember("suspended", .bool(step.isSuspended)),
                            JSONMember("from", Self.time(step.fromMilliseconds)),
                        ])
                    })),
        ]
        if let credentials {
            let own = credentials[organisation.uri] ?? []
            members.append(JSONMember("credentials", .array(own.map(\.json))))
        }
        return .object(members)
    }

    private func json(_ key: OrganisationKey) -> JSONValue {
        var members = [
            JSONMember("purpose", .string(key.purpose.rawValue)),
            JSONMember("thumbprint", .string(key.key.thumbprint.hex)),
            JSONMember("from", Self.time(key.fromMilliseconds)),
        ]
        if let revoked = state.key(key.key.thumbprint)?.revokedFromMilliseconds {
            members.append(JSONMember("revokedFrom", Self.time(revoked)))
        }
        return .object(members)
    }

    private static func time(_ milliseconds: UInt64) -> JSONValue {
        .string(timeText(milliseconds))
    }

    private static func timeText(_ milliseconds: UInt64) -> String {
        Timestamp.text(milliseconds: Int64(clamping: milliseconds))
    }

    private static func json(_ duty: RetentionDuty) -> JSONValue {
        .object([
            JSONMember("name", .string(duty.name)), JSONMember("kinds", strings(duty.kinds)),
            JSONMember("seconds", .number(JSONNumber(duty.seconds))),
        ])
    }

    private static func json(_ node: LogNode) -> JSONValue {
        .object([
            JSONMember("origin", .string(node.origin)),
            JSONMember("organisation", .string(node.organisation)),
            JSONMember("logKey", .string(node.logKey.thumbprint.hex)),
        ])
    }

    private static func json(_ delegation: Delegation) -> JSONValue {
        .object([
            JSONMember("id", .string(delegation.id)), JSONMember("by", .string(delegation.by)),
            JSONMember("to", .string(delegation.to)),
            JSONMember("prefixes", strings(delegation.prefixes)),
            JSONMember("sites", strings(delegation.sites)),
            JSONMember("from", time(delegation.fromMilliseconds)),
            JSONMember("until", delegation.untilMilliseconds.map(time) ?? .null),
        ])
    }

    /// A table for people, without control characters: names must not steer a terminal.
    package var table: String {
        var lines = [
            "network     \(state.network.hex)", "name        \(state.name)",
            "governance  seq \(state.seq), head \(state.head.hex)",
            "governors   \(state.governors.threshold) of \(state.governors.members.count) sign",
        ]
        for governor in state.governors.members {
            lines.append("            \(governor.key.thumbprint.hex)  \(governor.organisation)")
        }
        lines.append(
            state.policy.quorum == 0
                ? "quorum      none: answers are unwitnessed"
                : "quorum      \(state.policy.quorum) cosignatures")
        for duty in state.policy.duties {
            lines.append(
                "keeps       \(duty.kinds.joined(separator: ", ")) for \(duty.seconds) seconds: "
                    + duty.name)
        }
        for part in state.orderedErasures { lines.append("erase       \(part.hex)") }
        for anchor in state.anchors { lines.append("anchor      \(anchor)") }
        lines += ["", "organisations"] + organisations.flatMap(lines(of:))
        lines += ["", "nodes"]
        for node in nodes { lines.append("  \(node.origin)  by \(node.organisation)") }
        if !delegations.isEmpty { lines += ["", "delegations"] }
        for delegation in delegations {
            let scope = (delegation.prefixes + delegation.sites).joined(separator: ", ")
            lines.append("  \(delegation.by) → \(delegation.to): \(scope)")
            let until = delegation.untilMilliseconds.map { " until \(Self.timeText($0))" } ?? ""
            let from = Self.timeText(delegation.fromMilliseconds)
            lines.append("    \(delegation.id), from \(from)\(until)")
        }
        lines += state.schemeLines
        lines += history.flatMap(\.lines)
        return lines.map { PrintableText.of($0) + "\n" }.joined()
    }

    private func lines(of organisation: Organisation) -> [String] {
        let roles = organisation.roles.map(\.rawValue).joined(separator: ", ")
        var lines = ["  \(organisation.name)  (\(roles))", "    \(organisation.uri)"]
        if !organisation.prefixes.isEmpty {
            lines.append("    prefixes \(organisation.prefixes.joined(separator: ", "))")
        }
        for site in organisation.sites { lines.append("    site \(site)") }
        for key in organisation.keys {
            let revoked = state.key(key.key.thumbprint)?.revokedFromMilliseconds
            lines.append(
                "    \(key.purpose.rawValue) key \(key.key.thumbprint.hex) from "
                    + Self.timeText(key.fromMilliseconds)
                    + (revoked.map { ", revoked from \(Self.timeText($0))" } ?? ""))
        }
        for step in state.suspensions(of: organisation.uri).steps {
            let from = Self.timeText(step.fromMilliseconds)
            lines.append("    \(step.isSuspended ? "suspended" : "reinstated") from \(from)")
        }
        return lines
    }
}

/// An amendment that was registered, for a network's history.
package struct GovernanceStep: Sendable {
    private let summary: AmendmentSummary
    private let seq: UInt64
    private let digest: Hash256
    private let registeredAtMilliseconds: UInt64

    /// An amendment with the governance it changed and when a log registered it.
    ///
    /// - Throws: `governance.*` unless it follows that governance.
    package init(
        _ file: AmendmentFile, of state: GovernanceState, registeredAtMilliseconds: UInt64
    ) throws(Refusal) {
        summary = try AmendmentSummary(file, of: state)
        seq = file.amendment.seq
        digest = file.digest
        self.registeredAtMilliseconds = registeredAtMilliseconds
    }

    private var time: String {
        Timestamp.text(milliseconds: Int64(clamping: registeredAtMilliseconds))
    }

    var lines: [String] {
        ["", "amendment \(seq), registered \(time), \(digest.hex)"]
            + summary.changes.map { "  \($0)" } + summary.signers.map { "  signed by \($0)" }
    }

    var json: JSONValue {
        .object([
            JSONMember("seq", .number(JSONNumber(seq))), JSONMember("digest", .string(digest.hex)),
            JSONMember("registered", .string(time)),
            JSONMember("changes", .array(summary.changes.map(JSONValue.string))),
            JSONMember("signers", .array(summary.signers.map(JSONValue.string))),
        ])
    }
}
