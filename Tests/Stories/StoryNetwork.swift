import EPCIS
package import MerkleTrees
package import Records
import Signatures
import Support

/// The network of a story, founded: keys follow from names, so that it is the same each time.
package struct StoryNetwork: Sendable {
    /// The genesis file.
    package let file: GenesisFile
    /// The governance after genesis.
    package let state: GovernanceState

    let logs: [LogKeeper]
    private let seed: String
    private let names: StoryNames
    private let governors: [String]

    /// The network's id.
    package var id: Hash256 { state.network }

    init(_ story: Story) throws {
        let json = story.network
        seed = json["seed"]?.asString ?? story.name
        names = story.names
        let created = try milliseconds(json["created"]?.asString ?? "2025-01-01")
        let founders = json.texts("governors")
        governors = founders.isEmpty ? Array(names.aliases.prefix(1)) : founders
        var described = json["logs"]?.asArray ?? []
        if described.isEmpty { described = [.object([])] }
        let keeper = names.aliases.first ?? ""
        let (seed, names) = (seed, names)
        let origins = try described.map { log in
            let origin = log["origin"]?.asString ?? "ledger.example/log"
            return (
                origin, try names.expand("$" + (log["by"]?.asString ?? keeper)),
                try Self.key(seed, "log \(origin)")
            )
        }
        let document = GenesisDocument(
            name: story.title, createdMilliseconds: created,
            governors: Governors(
                try governors.map {
                    Governor(
                        organisation: try names.expand("$" + $0),
                        key: try Self.key(seed, "governor \($0)").publicKey)
                }, threshold: UInt64(governors.count)),
            organisations: try (json["organisations"]?.asObject ?? []).map {
                try Self.organisation($0, names, seed, created)
            },
            nodes: origins.map {
                LogNode(origin: $0.0, organisation: $0.1, logKey: $0.2.publicKey)
            },
            delegations: try (json["delegations"]?.asArray ?? []).map {
                try Self.delegation(names.expand($0))
            },
            schemes: try (json["schemes"]?.asArray ?? []).map {
                try Scheme.read(json: names.expand($0))
            },
            anchors: try json.texts("anchors").map { try names.expand("$" + $0) },
            policy: Policy(quorum: 0, toleratedLiars: 0, furthestFutureSeconds: 300))
        let first = governors.first ?? ""
        file = try GenesisFile.make(
            document, governors: try governors.map { try Self.key(seed, "governor \($0)") },
            issuer: try names.expand("$" + first), issuerKey: try Self.key(seed, "issuer \(first)"),
            issuedAtSeconds: created / 1_000)
        let state = try file.verified()
        self.state = state
        let file = file
        logs = origins.map {
            LogKeeper(file: file, state: state, origin: $0.0, logKey: $0.2)
        }
    }

    private static func key(_ seed: String, _ name: String) throws -> SigningKey {
        let text = "cairn story \(seed): key \(name)"
        return try SigningKey(ed25519Seed: Hash256.sha256(Array(text.utf8)).bytes)
    }

    private static func organisation(
        _ member: JSONMember, _ names: StoryNames, _ seed: String, _ created: UInt64
    ) throws -> Organisation {
        let (alias, json) = (member.name, member.value)
        let place = "organisations.\(alias)"
        return Organisation(
            uri: try names.expand("$" + alias), name: try json.text("name", place),
            roles: try json.texts("roles").map { text in
                guard let role = OrganisationRole(rawValue: text) else {
                    throw StoryError("\(place): no role \(text)")
                }
                return role
            },
            prefixes: [try json.text("prefix", place)],
            sites: try json.texts("sites").map { try names.expand("$\(alias).\($0)") },
            keys: [
                OrganisationKey(
                    purpose: .issuer, key: try key(seed, "issuer \(alias)").publicKey,
                    fromMilliseconds: created)
            ])
    }

    private static func delegation(_ json: JSONValue) throws -> Delegation {
        Delegation(
            id: try json.text("id", "delegation"), by: try json.text("by", "delegation"),
            to: try json.text("to", "delegation"), prefixes: json.texts("prefixes"),
            sites: json.texts("sites"),
            fromMilliseconds: try milliseconds(json.text("from", "delegation")),
            untilMilliseconds: try json["until"]?.asString.map(milliseconds))
    }

    // MARK: Signing

    func uri(_ alias: String) throws -> String { try names.expand("$" + alias) }

    func issuerKey(_ alias: String) throws -> SigningKey {
        try Self.key(seed, "issuer \(alias)")
    }

    /// The part of an amendment, signed by all governors.
    func amendment(_ changes: [JSONValue], after state: GovernanceState) throws -> GovernanceBody {
        try GovernanceBody.sign(
            body: state.nextAmendment(try changes.map(change)).encoded(),
            governors: try governors.map { try Self.key(seed, "governor \($0)") })
    }

    /// One change: `{"suspend": uri, "from": time}`, `reinstate`, `revokeKey` (of a member's
    /// issuer key), `endDelegation`, `delegate`, `scheme`, `anchors`.
    private func change(_ json: JSONValue) throws -> Change {
        func from() throws -> UInt64 { try milliseconds(json.text("from", "amendment")) }
        switch json.asObject?.first?.name {
        case "suspend":
            return .suspend(
                organisation: try json.text("suspend", "amendment"), fromMilliseconds: try from())
        case "reinstate":
            return .reinstate(
                organisation: try json.text("reinstate", "amendment"), fromMilliseconds: try from())
        case "revokeKey":
            let key = try issuerKey(json.text("revokeKey", "amendment")).publicKey
            return .revokeKey(thumbprint: key.thumbprint, fromMilliseconds: try from())
        case "endDelegation":
            return .endDelegation(
                id: try json.text("endDelegation", "amendment"), fromMilliseconds: try from())
        case "delegate": return .delegate(try Self.delegation(json["delegate"] ?? .null))
        case "scheme": return .scheme(try Scheme.read(json: json["scheme"] ?? .null))
        case "anchors": return .anchors(json.texts("anchors"))
        default: throw StoryError("an amendment has no such change")
        }
    }
}
