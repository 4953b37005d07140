import DeterministicCBOR
package import MerkleTrees
package import Signatures

/// One change of governance (SPEC §9.2).
package enum Change: Hashable, Sendable {
    /// A new organisation.
    case admit(Organisation)
    /// Another name, roles, prefixes and sites of a known one; its key list is empty here.
    case describe(Organisation)
    /// Statements an organisation registers from then on do not count.
    case suspend(organisation: String, fromMilliseconds: UInt64)
    /// They count again.
    case reinstate(organisation: String, fromMilliseconds: UInt64)
    /// A further key of an organisation.
    case addKey(organisation: String, key: OrganisationKey)
    /// What was registered with this key before stands; what was registered from then on falls.
    case revokeKey(thumbprint: Hash256, fromMilliseconds: UInt64)
    /// A new node, or a known one's new address, cosigner or tls key.
    case node(LogNode)
    /// Another log key; the old one is void above this size, at which the root is pinned.
    case rotateLogKey(origin: String, key: VerificationKey, size: UInt64, root: Hash256)
    /// A node and its log are of the network no more.
    case removeNode(origin: String)
    /// A new delegation.
    case delegate(Delegation)
    /// The end of a delegation.
    case endDelegation(id: String, fromMilliseconds: UInt64)
    /// Other governors, from the next amendment on.
    case governors(Governors)
    /// A new or another claim scheme.
    case scheme(Scheme)
    /// Other accreditation anchors.
    case anchors([String])
    /// Another policy.
    case policy(Policy)
    /// Other row rules.
    case rules(version: UInt64)
    /// Any member may have this part erased, for this reason.
    case erase(part: Hash256, reason: String)
}

extension Change {
    var cbor: CBORValue {
        switch self {
        case .admit(let organisation): .array([.text("admit"), organisation.cbor])
        case .describe(let organisation): .array([.text("describe"), organisation.cbor])
        case .suspend(let uri, let from): .array([.text("suspend"), .text(uri), .unsigned(from)])
        case .reinstate(let uri, let from):
            .array([.text("reinstate"), .text(uri), .unsigned(from)])
        case .addKey(let uri, let key): .array([.text("add-key"), .text(uri), key.cbor])
        case .revokeKey(let thumbprint, let from):
            .array([.text("revoke-key"), .bytes(thumbprint.bytes), .unsigned(from)])
        case .node(let node): .array([.text("node"), node.cbor])
        case .rotateLogKey(let origin, let key, let size, let root):
            .array([
                .text("rotate-log-key"), .text(origin), keyCBOR(key), .unsigned(size),
                .bytes(root.bytes),
            ])
        case .removeNode(let origin): .array([.text("remove-node"), .text(origin)])
        case .delegate(let delegation): .array([.text("delegate"), delegation.cbor])
        case .endDelegation(let id, let from):
            .array([.text("end-delegation"), .text(id), .unsigned(from)])
        case .governors(let governors):
            .array([.text("governors"), governors.listCBOR, .unsigned(governors.threshold)])
        case .scheme(let scheme): .array([.text("scheme"), scheme.cbor])
        case .anchors(let uris): .array([.text("anchors"), .array(uris.map { .text($0) })])
        case .policy(let policy): .array([.text("policy"), policy.cbor])
        case .rules(let version): .array([.text("rules"), .unsigned(version)])
        case .erase(let part, let reason):
            .array([.text("erase"), .bytes(part.bytes), .text(reason)])
        }
    }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        guard case .array(let items) = value, let name = items.first?.asText else {
            throw shape.refusal(field, "a change is an array that begins with its name")
        }
        switch (name, items.count) {
        case ("admit", 2):
            self = .admit(try Organisation(cbor: items[1], shape: shape, field: field))
        case ("describe", 2):
            self = .describe(try Organisation(cbor: items[1], shape: shape, field: field))
        case ("node", 2): self = .node(try LogNode(cbor: items[1], shape: shape, field: field))
        case ("remove-node", 2):
            self = .removeNode(origin: try shape.origin(items[1], "\(field).origin"))
        case ("delegate", 2):
            self = .delegate(try Delegation(cbor: items[1], shape: shape, field: field))
        case ("governors", 3):
            self = .governors(
                try Governors(list: items[1], threshold: items[2], shape: shape, field: field))
        case ("scheme", 2): self = .scheme(try Scheme(cbor: items[1], shape: shape, field: field))
        case ("anchors", 2): self = .anchors(try shape.canonicalURIs(items[1], field))
        case ("policy", 2): self = .policy(try Policy(cbor: items[1], shape: shape, field: field))
        case ("rules", 2): self = .rules(version: try shape.unsigned(items[1], field))
        default: self = try Self.keyOrTerm(name, items, shape, field)
        }
    }

    private static let names: Set<String> = [
        "admit", "describe", "suspend", "reinstate", "add-key", "revoke-key", "node",
        "rotate-log-key", "remove-node", "delegate", "end-delegation", "governors", "scheme",
        "anchors", "policy",
        "rules", "erase",
    ]

    /// The changes that name a key or a time.
    private static func keyOrTerm(
        _ name: String, _ items: [CBORValue], _ shape: ShapeReader, _ field: String
    ) throws(Refusal) -> Change {
        switch (name, items.count) {
        case ("suspend", 3):
            return .suspend(
                organisation: try shape.canonicalURI(items[1], field),
                fromMilliseconds: try shape.time(items[2], "\(field).from"))
        case ("reinstate", 3):
            return .reinstate(
                organisation: try shape.canonicalURI(items[1], field),
                fromMilliseconds: try shape.time(items[2], "\(field).from"))
        case ("add-key", 3):
            return .addKey(
                organisation: try shape.canonicalURI(items[1], field),
                key: try OrganisationKey(cbor: items[2], shape: shape, field: "\(field).key"))
        case ("revoke-key", 3):
            return .revokeKey(
                thumbprint: try shape.hash(items[1], "\(field).thumbprint"),
                fromMilliseconds: try shape.time(items[2], "\(field).from"))
        case ("rotate-log-key", 5):
            return .rotateLogKey(
                origin: try shape.origin(items[1], "\(field).origin"),
                key: try shape.noteKey(items[2], "\(field).key"),
                size: try shape.unsigned(items[3], "\(field).size"),
                root: try shape.hash(items[4], "\(field).root"))
        case ("erase", 3):
            return .erase(
                part: try shape.hash(items[1], "\(field).part"),
                reason: try shape.text(items[2], 1...4_096, "\(field).reason"))
        case ("end-delegation", 3):
            return .endDelegation(
                id: try shape.uri(items[1], "\(field).id"),
                fromMilliseconds: try shape.time(items[2], "\(field).from"))
        default:
            guard Self.names.contains(name) else {
                throw Refusal(
                    code: "governance.change", field: field, reason: "\(name) is no known change")
            }
            throw shape.refusal(field, "\(items.count - 1) values are not those of \(name)")
        }
    }
}
