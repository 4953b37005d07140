import EPCIS
package import GS1
package import MerkleTrees

/// A row that the content of a part asks for: equal by key and role.
package struct RequiredRow: Hashable, Sendable {
    /// The subject key.
    package var key: Hash256
    /// The role.
    package var role: Role
    /// The subject, where the content names it (an erasure repeats bare keys).
    package var subject: Subject?

    /// Makes a required row.
    package init(key: Hash256, role: Role, subject: Subject?) {
        self.key = key
        self.role = role
        self.subject = subject
    }

    /// Equal when key and role are.
    package static func == (left: RequiredRow, right: RequiredRow) -> Bool {
        left.key == right.key && left.role == right.role
    }

    /// Hashes what `==` compares.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(key)
        hasher.combine(role)
    }
}

/// Rules version 1: which rows a part must have (SPEC §8).
///
/// The rows depend on the content and the network alone, so whoever holds a part can tell whether
/// its issuer listed it under every subject it speaks of.
package struct RowRules: Sendable {
    /// The version these rules are.
    package static let version: UInt64 = 1

    private let network: Hash256
    private var rows: Set<RequiredRow> = []

    private init(network: Hash256) {
        self.network = network
    }

    /// The rows of a content, or nil for an attachment, whose rows its issuer chooses (SPEC §8.4).
    package static func rows(of content: Content, in network: Hash256) -> Set<RequiredRow>? {
        var rules = RowRules(network: network)
        switch content {
        case .event(let event): rules.add(event)
        case .record(let record): rules.add(record)
        case .governance: return governance(in: network)
        case .attachment: return nil
        }
        return rules.rows
    }

    /// The one row of a governance part (SPEC §8.2).
    package static func governance(in network: Hash256) -> Set<RequiredRow> {
        var rules = RowRules(network: network)
        rules.add(.network(network), .assert)
        return rules.rows
    }

    private mutating func add(_ subject: Subject, _ role: Role) {
        rows.insert(RequiredRow(key: subject.key(in: network), role: role, subject: subject))
    }

    private mutating func add(_ event: EPCISEvent) {
        let movesMaterial = event.type == .object || event.type == .transformation
        let site = movesMaterial ? event.primarySite?.uri : nil
        for flow in event.flows {
            let role = Role(flow.role)
            add(Subject(facet: .events, uri: flow.subject.uri), role)
            if let batch = flow.subject.batch {
                add(Subject(facet: .events, uri: batch), .mention)
            }
            if let site, role != .mention, let material = flow.subject.material {
                add(.account(month: event.monthUTC, site: site, material: material), role)
            }
        }
        if event.flows.isEmpty, let site = event.primarySite {
            add(Subject(facet: .events, uri: site.uri), .mention)
        }
        if let process = event.transformationID {
            add(Subject(facet: .events, uri: process.uri), .mention)
        }
        for certificate in event.certificationInfo {
            add(Subject(facet: .assertions, uri: certificate.uri), .mention)
        }
    }

    private mutating func assert(_ uris: [String]) {
        for uri in uris { add(Subject(facet: .assertions, uri: uri), .assert) }
    }

    private mutating func assertID(of record: Record) {
        if let id = record.id { add(Subject(facet: .assertions, uri: id), .assert) }
    }

    private mutating func add(_ record: Record) {
        switch record.kind {
        case .certificate, .transcribedCertificate, .accreditation, .recall, .dispute, .masterData:
            assertID(of: record)
            assert(record.about)
        case .delegation:
            assertID(of: record)
            assert(record.to)
            assert(record.about)
        case .allocation:
            addAllocation(record)
        case .grant:
            assertID(of: record)
            assert(record.about)
            for uri in record.to { add(Subject(facet: .assertions, uri: uri), .mention) }
        case .revocation, .suspension, .resolution:
            assert(record.about)
            if case .record(let target) = record.target { assert([target]) }
        case .erasure:
            for key in record.keys {
                rows.insert(RequiredRow(key: key, role: .assert, subject: nil))
            }
        case .periodBalance:
            assertID(of: record)
            if let account = record.account, let site = record.site {
                add(account, .assert)
                assert([site])
            }
        }
    }

    private mutating func addAllocation(_ record: Record) {
        for uri in record.about { add(Subject(facet: .events, uri: uri), .allocate) }
        if case .record(let credential) = record.target {
            add(Subject(facet: .account, uri: credential), .allocate)
            add(Subject(facet: .assertions, uri: credential), .mention)
        }
    }
}

extension Role {
    /// The role of a row for what an event does with a thing.
    init(_ role: FlowRole) {
        switch role {
        case .create: self = .create
        case .consume: self = .consume
        case .move: self = .move
        case .mention: self = .mention
        }
    }
}

extension CanonicalIdentifier {
    /// What an account of this thing counts: the product of a batch or item, or the product itself.
    package var material: String? {
        kind == .product ? uri : product
    }
}

extension Record {
    /// The account that a period balance is about; nil for records without site, material, month.
    package var account: Subject? {
        guard let month, let site, let material else { return nil }
        return .account(month: month, site: site, material: material)
    }
}
