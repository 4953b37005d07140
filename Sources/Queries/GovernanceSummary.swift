package import EPCIS
import GS1
import MerkleTrees
package import Records
import Signatures

/// Who is who in a network, as programs and people read it.
package struct GovernanceSummary: Sendable {
    private let state: GovernanceState

    /// Summarises a state of governance.
    package init(_ state: GovernanceState) {
        self.state = state
    }

    /// The JSON that `GET /organisations` answers with.
    package var json: JSONValue {
        .object([
            JSONMember("network", .string(state.network.hex)),
            JSONMember("name", .string(state.name)),
            JSONMember("seq", .number(JSONNumber(state.seq))),
            JSONMember("head", .string(state.head.hex)),
            JSONMember("rulesVersion", .number(JSONNumber(state.rulesVersion))),
            JSONMember("threshold", .number(JSONNumber(state.governors.threshold))),
            JSONMember(
                "governors",
                .array(state.governors.members.map { .string($0.organisation) })),
            JSONMember("organisations", .array(organisations.map(Self.json))),
            JSONMember("nodes", .array(nodes.map(Self.json))),
            JSONMember("delegations", .array(delegations.map(Self.json))),
            JSONMember("schemes", .array(state.schemeSummaries.map(\.json))),
            JSONMember("quorum", .number(JSONNumber(state.policy.quorum))),
        ])
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

    private static func json(_ organisation: Organisation) -> JSONValue {
        .object([
            JSONMember("uri", .string(organisation.uri)),
            JSONMember("name", .string(organisation.name)),
            JSONMember("roles", strings(organisation.roles.map(\.rawValue))),
            JSONMember("prefixes", strings(organisation.prefixes)),
            JSONMember("sites", strings(organisation.sites)),
            JSONMember(
                "keys",
                .array(
                    organisation.keys.map { key in
                        .object([
                            JSONMember("purpose", .string(key.purpose.rawValue)),
                            JSONMember("thumbprint", .string(key.key.thumbprint.hex)),
                        ])
                    })),
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
        ])
    }

    /// A table for people, without control characters: names must not steer a terminal.
    package var table: String {
        var lines = [
            "network     \(state.network.hex)", "name        \(state.name)",
            "governance  seq \(state.seq), head \(state.head.hex)",
            "governors   \(state.governors.threshold) of \(state.governors.members.count) sign",
            state.policy.quorum == 0
                ? "quorum      none: answers are unwitnessed"
                : "quorum      \(state.policy.quorum) cosignatures", "", "organisations",
        ]
        for organisation in organisations {
            let roles = organisation.roles.map(\.rawValue).joined(separator: ", ")
            lines.append("  \(organisation.name)  (\(roles))")
            lines.append("    \(organisation.uri)")
            if !organisation.prefixes.isEmpty {
                lines.append("    prefixes \(organisation.prefixes.joined(separator: ", "))")
            }
            for site in organisation.sites { lines.append("    site \(site)") }
        }
        lines += ["", "nodes"]
        for node in nodes { lines.append("  \(node.origin)  by \(node.organisation)") }
        if !delegations.isEmpty { lines += ["", "delegations"] }
        for delegation in delegations {
            let scope = (delegation.prefixes + delegation.sites).joined(separator: ", ")
            lines.append("  \(delegation.by) → \(delegation.to): \(scope)")
        }
        lines += state.schemeLines
        return lines.map { Self.printable($0) + "\n" }.joined()
    }

    private static func printable(_ text: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            let category = scalar.properties.generalCategory
            let steers =
                category == .control || category == .format || category == .lineSeparator
                || category == .paragraphSeparator
            shown.append(steers ? "?" : scalar)
        }
        return String(shown)
    }
}
