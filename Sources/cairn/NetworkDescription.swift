import EPCIS
import Foundation
import Records
import Signatures

/// The JSON description of a network from which its genesis document is made.
///
/// Key paths are relative to the description; unknown members are refused, so that a misspelt
/// one is not silently without effect.
struct NetworkDescription: Decodable {
    var name: String
    var created: String
    var governors: GovernorsDescription
    var organisations: [OrganisationDescription]
    var nodes: [NodeDescription]?
    var delegations: [DelegationDescription]?
    var anchors: [String]?
    var policy: PolicyDescription?

    struct GovernorsDescription: Decodable {
        var threshold: UInt64
        var members: [GovernorDescription]
    }

    struct GovernorDescription: Decodable {
        var organisation: String
        var key: String
    }

    struct OrganisationDescription: Decodable {
        var uri: String
        var name: String
        var roles: [String]?
        var prefixes: [String]?
        var sites: [String]?
        var keys: [KeyDescription]
    }

    struct KeyDescription: Decodable {
        var purpose: String
        var key: String
        var from: String?
    }

    struct NodeDescription: Decodable {
        var origin: String
        var organisation: String
        var logKey: String
        var cosignerKey: String?
        var tlsKey: String?
        var address: String?
    }

    struct DelegationDescription: Decodable {
        var id: String
        var by: String
        var to: String
        var prefixes: [String]?
        var sites: [String]?
        var from: String
        var until: String?
    }

    struct PolicyDescription: Decodable {
        var quorum: UInt64
        var toleratedLiars: UInt64
        var furthestFutureSeconds: UInt64
    }

    private enum CodingKeys: CodingKey {
        case name, created, governors, organisations, nodes, delegations, anchors, policy
    }

    private var folder = ""
    private var schemes: [Scheme] = []

    /// Reads a description.
    init(_ bytes: [UInt8], file: String, folder: String) throws {
        do {
            let json = try JSONValue.parse(bytes)
            try Self.checkMembers(json, of: "", file: file)
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
            schemes = try SchemeDescription.schemes(of: json, folder: folder, file: file)
        } catch let error as JSONError {
            throw CommandFailure(
                .badInput, "\(file): \(error.reason) at byte \(error.offset) (\(error.code))")
        } catch let error as DecodingError {
            throw CommandFailure(.badInput, "\(file): \(Self.explain(error))")
        }
        self.folder = folder
    }

    /// The members each object may have, by where it stands.
    private static let members: [String: Set<String>] = [
        "": [
            "name", "created", "governors", "organisations", "nodes", "delegations", "anchors",
            "policy", "schemes",
        ],
        "governors": ["threshold", "members"], "governors.members": ["organisation", "key"],
        "organisations": ["uri", "name", "roles", "prefixes", "sites", "keys"],
        "organisations.keys": ["purpose", "key", "from"],
        "nodes": ["origin", "organisation", "logKey", "cosignerKey", "tlsKey", "address"],
        "delegations": ["id", "by", "to", "prefixes", "sites", "from", "until"],
        "policy": ["quorum", "toleratedLiars", "furthestFutureSeconds"],
    ]

    private static func checkMembers(_ value: JSONValue, of path: String, file: String) throws {
        switch value {
        case .array(let items):
            for item in items { try checkMembers(item, of: path, file: file) }
        case .object(let found):
            let known = members[path] ?? []
            for member in found {
                let place = path.isEmpty ? member.name : "\(path).\(member.name)"
                guard known.contains(member.name) else {
                    throw CommandFailure(
                        .badInput,
                        "\(file): \(place) is no member of a description; "
                            + "known are \(known.sorted().joined(separator: ", "))")
                }
                // Schemes have a reader of their own.
                if place != "schemes" {
                    try checkMembers(member.value, of: place, file: file)
                }
            }
        default: return
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        func path(_ keys: [any CodingKey]) -> String {
            keys.reduce("") { path, key in
                guard let index = key.intValue else {
                    return path + (path.isEmpty ? "" : ".") + key.stringValue
                }
                return path + "[\(index)]"
            }
        }
        switch error {
        case .keyNotFound(let key, let context):
            return "\(path(context.codingPath + [key])) is missing; see genesis/README.md"
        case .typeMismatch(_, let context), .valueNotFound(_, let context),
            .dataCorrupted(let context):
            return "\(path(context.codingPath)): \(context.debugDescription)"
        @unknown default: return "\(error)"
        }
    }

    // MARK: The document

    /// The genesis document it describes.
    func document() throws -> GenesisDocument {
        let created = try milliseconds(created, "created")
        return GenesisDocument(
            name: name, createdMilliseconds: created, rulesVersion: RowRules.version,
            governors: Governors(
                try governors.members.map {
                    Governor(organisation: $0.organisation, key: try key($0.key))
                }, threshold: governors.threshold),
            organisations: try organisations.map { try organisation($0, created: created) },
            nodes: try (nodes ?? []).map(node),
            delegations: try (delegations ?? []).map(delegation),
            schemes: schemes, anchors: anchors ?? [],
            policy: Policy(
                quorum: policy?.quorum ?? 0, toleratedLiars: policy?.toleratedLiars ?? 0,
                furthestFutureSeconds: policy?.furthestFutureSeconds ?? 600))
    }

    private func key(_ path: String) throws -> VerificationKey {
        let stem = path.hasPrefix("/") ? "" : folder.hasSuffix("/") ? folder : folder + "/"
        return try Files.publicKey(stem + path)
    }

    private func milliseconds(_ text: String, _ field: String) throws -> UInt64 {
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: false)
        guard let date = try? style.parse(text), date.timeIntervalSince1970 >= 0 else {
            throw CommandFailure(
                .badInput, "\(field): \(text) is no time; write 2026-06-01T00:00:00Z")
        }
        return UInt64(date.timeIntervalSince1970 * 1_000)
    }

    private func organisation(
        _ description: OrganisationDescription, created: UInt64
    ) throws -> Organisation {
        let field = "organisation \(description.uri)"
        return Organisation(
            uri: description.uri, name: description.name,
            roles: try (description.roles ?? []).map { text in
                guard let role = OrganisationRole(rawValue: text) else {
                    let known = OrganisationRole.allCases.map(\.rawValue).joined(separator: ", ")
                    throw CommandFailure(
                        .badInput, "\(field): role \(text) is unknown; known are \(known)")
                }
                return role
            },
            prefixes: description.prefixes ?? [], sites: description.sites ?? [],
            keys: try description.keys.map { item in
                guard let purpose = KeyPurpose(rawValue: item.purpose) else {
                    let known = KeyPurpose.allCases.map(\.rawValue).joined(separator: ", ")
                    throw CommandFailure(
                        .badInput,
                        "\(field): purpose \(item.purpose) is unknown; known are \(known)")
                }
                return OrganisationKey(
                    purpose: purpose, key: try key(item.key),
                    fromMilliseconds: try item.from.map { try milliseconds($0, field) } ?? created)
            })
    }

    private func node(_ description: NodeDescription) throws -> LogNode {
        LogNode(
            origin: description.origin, organisation: description.organisation,
            logKey: try key(description.logKey), cosignerKey: try description.cosignerKey.map(key),
            tlsKey: try description.tlsKey.map(key), address: description.address)
    }

    private func delegation(_ description: DelegationDescription) throws -> Delegation {
        Delegation(
            id: description.id, by: description.by, to: description.to,
            prefixes: description.prefixes ?? [], sites: description.sites ?? [],
            fromMilliseconds: try milliseconds(description.from, "delegation \(description.id)"),
            untilMilliseconds: try description.until.map {
                try milliseconds($0, "delegation \(description.id)")
            })
    }
}
