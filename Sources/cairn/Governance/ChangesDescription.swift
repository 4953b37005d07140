import EPCIS
import Foundation
import MerkleTrees
import Records
import Signatures

/// The JSON description of changes from which an amendment is made (SPEC §9.4).
///
/// Paths are relative to the description; unknown members are refused, so that a misspelt one is
/// not silently without effect.
struct ChangesDescription {
    private let file: String
    private let changes: [JSONValue]

    /// Reads a description.
    init(reading path: String) throws {
        file = path
        let root = try Self.parse(path)
        guard case .object(let members) = root, members.map(\.name) == ["changes"],
            let changes = root["changes"]?.asArray
        else {
            throw CommandFailure(
                .badInput, "\(path): an object is expected with one member, changes, an array")
        }
        guard !changes.isEmpty else {
            throw CommandFailure(.badInput, "\(path): changes: is empty")
        }
        self.changes = changes
    }

    private static func parse(_ path: String) throws -> JSONValue {
        do {
            return try JSONValue.parse(try Files.read(path, as: .json))
        } catch let error as JSONError {
            throw CommandFailure(
                .badInput, "\(path): \(error.reason) at byte \(error.offset) (\(error.code))")
        }
    }

    /// The changes, each read with what the ones before it leave.
    ///
    /// - Parameters:
    ///   - state: the governance to change.
    ///   - now: from when keys count that do not say.
    /// - Returns: the changes, in order.
    /// - Throws: what is wrong and where.
    func changes(of state: GovernanceState, nowMilliseconds now: UInt64) throws -> [Change] {
        let folder = URL(filePath: file).deletingLastPathComponent().path(percentEncoded: false)
        var context = DescribedObject.Context(file: file, folder: folder, state: state)
        var found: [Change] = []
        for (index, value) in changes.enumerated() {
            let reader = ChangeReader(context: context, nowMilliseconds: now)
            let (name, change) = try reader.change(value, at: "changes[\(index)]")
            do {
                context.state = try context.state.trying(
                    change, field: "changes[\(index)].\(name)")
            } catch {
                throw CommandFailure(error, about: file)
            }
            found.append(change)
        }
        return found
    }

    /// A join request in a file of its own.
    fileprivate static func request(_ path: String) throws -> JSONValue {
        let value = try parse(path)
        guard value[JoinRequest.versionName] != nil else {
            throw CommandFailure(
                .badInput, "\(path): is no join request; cairn network join makes one")
        }
        return value
    }
}

/// Reads one change of a description.
private struct ChangeReader {
    let context: DescribedObject.Context
    let nowMilliseconds: UInt64

    private typealias Reading = @Sendable (ChangeReader, JSONValue, String) throws -> Change

    private static let readers: [String: Reading] = [
        "admit": { .admit(try $0.admitted($1, $2)) },
        "describe": { .describe(try $0.described($1, $2)) },
        "suspend": { reader, value, place in
            let (uri, from) = try reader.standing(value, place)
            return .suspend(organisation: uri, fromMilliseconds: from)
        },
        "reinstate": { reader, value, place in
            let (uri, from) = try reader.standing(value, place)
            return .reinstate(organisation: uri, fromMilliseconds: from)
        },
        "add-key": { try $0.addedKey($1, $2) }, "revoke-key": { try $0.revokedKey($1, $2) },
        "node": { .node(try $0.node($1, $2)) }, "rotate-log-key": { try $0.rotation($1, $2) },
        "remove-node": { reader, value, place in
            .removeNode(origin: try reader.object(value, place, ["origin"]).text("origin"))
        },
        "delegate": { .delegate(try $0.delegation($1, $2)) },
        "end-delegation": { reader, value, place in
            let end = try reader.object(value, place, ["id", "from"])
            return .endDelegation(
                id: try end.text("id"), fromMilliseconds: try end.milliseconds("from"))
        },
        "governors": { .governors(try $0.governors($1, $2)) },
        "anchors": { .anchors(try $0.anchors($1, $2)) },
        "policy": { .policy(try $0.policy($1, $2)) },
        "scheme": { reader, value, place in
            let (file, folder) = (reader.context.file, reader.context.folder)
            return .scheme(
                try SchemeDescription.scheme(value, folder: folder, place: "\(file): \(place)"))
        },
        "erase": { reader, value, place in
            let order = try reader.object(value, place, ["part", "reason"])
            return .erase(part: try order.hash("part"), reason: try order.text("reason"))
        },
    ]

    /// The change that an object with one member describes, and its name.
    func change(_ value: JSONValue, at place: String) throws -> (name: String, change: Change) {
        let known = Self.readers.keys.sorted().joined(separator: ", ")
        guard let members = value.asObject, let member = members.first, members.count == 1 else {
            throw context.failure(
                place, "a change is an object with one member that names it: \(known)")
        }
        guard let read = Self.readers[member.name] else {
            throw context.failure(
                "\(place).\(member.name)", "is no known change; known are \(known)")
        }
        return (member.name, try read(self, member.value, "\(place).\(member.name)"))
    }

    private func object(
        _ value: JSONValue, _ place: String, _ known: [String]
    ) throws -> DescribedObject {
        try DescribedObject(value, at: place, known: known, in: context)
    }

    // MARK: Organisations

    private static let organisationMembers = ["uri", "name", "roles", "prefixes", "sites"]

    /// A new organisation, described here or by a join request, in a file of its own or put here.
    private func admitted(_ value: JSONValue, _ place: String) throws -> Organisation {
        var value = value
        if let path = value.asString {
            do {
                value = try ChangesDescription.request(context.path(path))
            } catch let error as CommandFailure {
                throw context.failure(place, error.message)
            }
        }
        let isRequest = value[JoinRequest.versionName] != nil
        let found = try object(
            value, place,
            Self.organisationMembers + ["keys"]
                + (isRequest ? [JoinRequest.versionName, "network"] : []))
        let keys = try found.objects(
            "keys", known: ["purpose", "key", "from"] + (isRequest ? ["proof"] : []))
        let organisation = Organisation(
            uri: try found.text("uri"), name: try found.text("name"),
            roles: try found.texts("roles").map(found.role),
            prefixes: try found.texts("prefixes"), sites: try found.texts("sites"),
            keys: try keys.map(key))
        if isRequest { try check(organisation, found, keys) }
        return organisation
    }

    /// Checks that an organisation asked for just this, with all of its keys.
    private func check(
        _ organisation: Organisation, _ found: DescribedObject, _ keys: [DescribedObject]
    ) throws {
        guard try found.value(JoinRequest.versionName).asNumber?.text == JoinRequest.version else {
            throw found.failure(
                JoinRequest.versionName, "this program knows version \(JoinRequest.version) only")
        }
        var proofs: [Hash256: [UInt8]] = [:]
        for key in keys {
            guard let proof = Base64.standard.decode(try key.text("proof")) else {
                throw key.failure("proof", "is no base64")
            }
            proofs[try key.key("key").thumbprint] = proof
        }
        do {
            let request = JoinRequest(
                network: try found.hash("network"), organisation: organisation, proofs: proofs)
            try request.check(for: context.state.network)
        } catch let refusal as Refusal {
            throw context.failure(
                "\(found.place).\(refusal.field)", "\(refusal.reason) (\(refusal.code))")
        }
    }

    /// A key with its purpose; it counts from now on unless it says from when.
    private func key(_ found: DescribedObject) throws -> OrganisationKey {
        OrganisationKey(
            purpose: try found.purpose("purpose"), key: try found.key("key"),
            fromMilliseconds: try found.milliseconds("from", else: nowMilliseconds))
    }

    /// A known organisation; what is left out stays as it is.
    private func described(_ value: JSONValue, _ place: String) throws -> Organisation {
        let found = try object(value, place, Self.organisationMembers)
        let uri = try found.text("uri")
        guard let known = context.state.organisations[uri] else {
            throw found.failure("uri", "\(uri) is no member of the network; admit it")
        }
        return Organisation(
            uri: uri, name: try found.text("name", else: known.name),
            roles: found.has("roles") ? try found.texts("roles").map(found.role) : known.roles,
            prefixes: try found.texts("prefixes", else: known.prefixes),
            sites: try found.texts("sites", else: known.sites))
    }

    private func standing(_ value: JSONValue, _ place: String) throws -> (String, UInt64) {
        let found = try object(value, place, ["organisation", "from"])
        return (try found.text("organisation"), try found.milliseconds("from"))
    }

    // MARK: Keys and nodes

    private func addedKey(_ value: JSONValue, _ place: String) throws -> Change {
        let found = try object(value, place, ["organisation", "purpose", "key", "from"])
        return .addKey(organisation: try found.text("organisation"), key: try key(found))
    }

    private func revokedKey(_ value: JSONValue, _ place: String) throws -> Change {
        let found = try object(value, place, ["key", "from"])
        return .revokeKey(
            thumbprint: try found.key("key").thumbprint,
            fromMilliseconds: try found.milliseconds("from"))
    }

    /// A node; of a known one, what is left out stays as it is.
    private func node(_ value: JSONValue, _ place: String) throws -> LogNode {
        let found = try object(
            value, place,
            ["origin", "organisation", "logKey", "cosignerKey", "tlsKey", "address"])
        let origin = try found.text("origin")
        let known = context.state.nodes[origin]
        guard let logKey = try found.key("logKey", else: known?.logKey) else {
            throw found.failure("logKey", "is missing")
        }
        return LogNode(
            origin: origin,
            organisation: try found.text("organisation", else: known?.organisation),
            logKey: logKey, cosignerKey: try found.key("cosignerKey", else: known?.cosignerKey),
            tlsKey: try found.key("tlsKey", else: known?.tlsKey),
            address: found.names("address")
                ? found.has("address") ? try found.text("address") : nil : known?.address)
    }

    private func rotation(_ value: JSONValue, _ place: String) throws -> Change {
        let found = try object(value, place, ["origin", "key", "size", "root"])
        return .rotateLogKey(
            origin: try found.text("origin"), key: try found.key("key"),
            size: try found.number("size"), root: try found.hash("root"))
    }

    // MARK: Delegations, governors and rules

    private func delegation(_ value: JSONValue, _ place: String) throws -> Delegation {
        let found = try object(
            value, place, ["id", "by", "to", "prefixes", "sites", "from", "until"])
        let delegation = Delegation(
            id: try found.text("id"), by: try found.text("by"), to: try found.text("to"),
            prefixes: try found.texts("prefixes"), sites: try found.texts("sites"),
            fromMilliseconds: try found.milliseconds("from"),
            untilMilliseconds: found.has("until") ? try found.milliseconds("until") : nil)
        // The rules for amendments let it pass, and it would be without effect.
        let owned = context.state.organisations[delegation.by]?.prefixes ?? []
        for prefix in delegation.prefixes where !owned.contains(where: prefix.hasPrefix) {
            throw found.failure("prefixes", "\(delegation.by) does not own the prefix \(prefix)")
        }
        return delegation
    }

    private func governors(_ value: JSONValue, _ place: String) throws -> Governors {
        let found = try object(value, place, ["threshold", "members"])
        return Governors(
            try found.objects("members", known: ["organisation", "key"]).map {
                Governor(organisation: try $0.text("organisation"), key: try $0.key("key"))
            }, threshold: try found.number("threshold"))
    }

    private func anchors(_ value: JSONValue, _ place: String) throws -> [String] {
        guard let uris = value.asArray?.map(\.asString), !uris.contains(nil) else {
            throw context.failure(place, "an array of organisations' URIs is expected here")
        }
        return uris.compactMap { $0 }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// A policy; what is left out stays as it is.
    private func policy(_ value: JSONValue, _ place: String) throws -> Policy {
        let found = try object(
            value, place, ["quorum", "toleratedLiars", "furthestFutureSeconds", "retention"])
        let known = context.state.policy
        return Policy(
            quorum: try found.number("quorum", else: known.quorum),
            toleratedLiars: try found.number("toleratedLiars", else: known.toleratedLiars),
            furthestFutureSeconds: try found.number(
                "furthestFutureSeconds", else: known.furthestFutureSeconds),
            duties: found.has("retention")
                ? try found.objects("retention", known: ["name", "kinds", "days"]).map(duty)
                : known.duties)
    }

    private func duty(_ found: DescribedObject) throws -> RetentionDuty {
        let kinds = try found.texts("kinds")
        for kind in kinds where !RetentionDuty.knownKinds.contains(kind) {
            let known = RetentionDuty.knownKinds.joined(separator: ", ")
            throw found.failure("kinds", "\(kind) is no kind of part; known are \(known)")
        }
        let days = try found.number("days")
        guard days <= Self.daysLimit else {
            throw found.failure("days", "at most \(Self.daysLimit)")
        }
        return RetentionDuty(name: try found.text("name"), kinds: kinds, seconds: days * 86_400)
    }

    /// A hundred years.
    private static let daysLimit: UInt64 = 36_525
}
