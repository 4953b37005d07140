import DeterministicCBOR
import GS1
package import MerkleTrees

/// What kind of statement a record makes, beside EPCIS events (SPEC §8.3).
package enum RecordKind: String, CaseIterable, Hashable, Sendable {
    case certificate
    case transcribedCertificate = "transcribed-certificate"
    case accreditation
    case delegation
    case allocation
    case grant
    case revocation
    case suspension
    case recall
    case dispute
    case resolution
    case erasure
    case masterData = "master-data"
    case periodBalance = "period-balance"

    /// Whether records of this kind must be visible to the network and may not be erased.
    package var mustStayVisible: Bool {
        switch self {
        case .delegation, .revocation, .suspension, .recall, .erasure, .resolution: true
        default: false
        }
    }

    /// The member keys this kind must and may have, beside `kind` (SPEC §8.3).
    var members: (required: Set<RecordMember>, optional: Set<RecordMember>) {
        switch self {
        case .certificate: ([.id, .about, .from, .body], [.until, .scope])
        case .transcribedCertificate: ([.id, .about, .from, .body, .reason], [.until, .scope])
        case .accreditation: ([.id, .about, .from, .scope], [.until, .body])
        case .delegation: ([.id, .from, .to, .scope], [.about, .until, .body])
        case .allocation: ([.id, .about, .target, .quantity], [.body, .scope])
        case .grant: ([.about, .to], [.id, .from, .until, .scope])
        case .revocation, .suspension: ([.target, .from, .reason], [.until, .body])
        case .recall: ([.about, .from, .reason], [.id, .until, .body])
        case .dispute: ([.about, .target, .reason], [.id, .body])
        case .resolution: ([.about, .target, .reason], [.body])
        case .erasure: ([.target, .keys, .reason], [])
        case .masterData: ([.about, .from, .body], [.until])
        case .periodBalance: ([.id, .month, .material, .site, .head], [.body, .quantity])
        }
    }

    /// Whether `target` names a record by URI, a part by digest, or either.
    var target: RecordTargetForm {
        switch self {
        case .allocation, .revocation, .suspension, .resolution: .uri
        case .erasure: .digest
        default: .either
        }
    }
}

/// The form a record's `target` may take.
enum RecordTargetForm {
    case uri, digest, either
}

/// The integer keys of a record's map (SPEC §8.3).
package enum RecordMember: UInt64, CaseIterable, Hashable, Sendable {
    case kind = 1
    case id, about, target, from, until, to, keys, body, quantity
    case month, material, site, reason, scope, head
}

/// What a record acts on: another record, or a part.
package enum RecordTarget: Hashable, Sendable {
    /// A record, by its canonical URI.
    case record(String)
    /// A part, by its digest.
    case part(Hash256)
}

/// One name and value of a record's scope, such as `prefix` `9521234`.
package struct ScopeItem: Hashable, Comparable, Sendable {
    /// What is scoped: `prefix`, `site`, `scheme`, `criterion` and others.
    package var name: String
    /// The value, in the form the name asks for.
    package var value: String

    /// Makes a scope item.
    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Bytewise order by name, then value.
    package static func < (left: ScopeItem, right: ScopeItem) -> Bool {
        left.name == right.name
            ? left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
            : left.name.utf8.lexicographicallyPrecedes(right.name.utf8)
    }
}

/// A signed assertion other than an EPCIS event: a certificate, a delegation, a revocation,
/// an erasure and so on (SPEC §8.3).
///
/// All URIs are canonical (SPEC §4.1); times are milliseconds since 1970. `read(_:)` refuses
/// members that the kind does not have, so two programs never disagree on the rows a record needs.
package struct Record: Hashable, Sendable {
    /// What the record says.
    package var kind: RecordKind
    /// The record's own URI, under which it can be revoked.
    package var id: String?
    /// What it is about: canonical URIs, sorted.
    package var about: [String] = []
    /// The record or part it acts on.
    package var target: RecordTarget?
    /// When it begins to hold.
    package var fromMilliseconds: UInt64?
    /// When it ceases to hold.
    package var untilMilliseconds: UInt64?
    /// The organisations it is given to.
    package var to: [String] = []
    /// The subject keys an erasure repeats.
    package var keys: [Hash256] = []
    /// The document it carries: content type and bytes.
    package var body: RecordBody?
    /// Decimal text and UN Rec 20 unit.
    package var quantity: RecordQuantity?
    /// `YYYY-MM`, UTC.
    package var month: String?
    /// The material of an account.
    package var material: String?
    /// The site of an account.
    package var site: String?
    /// Why, for people.
    package var reason: String?
    /// What it covers.
    package var scope: [ScopeItem] = []
    /// The account chain head a balance was drawn at.
    package var head: ChainHead?

    /// The part that an erasure names.
    package var erasedPart: Hash256? {
        guard kind == .erasure, case .part(let digest) = target else { return nil }
        return digest
    }

    /// Makes a record of a kind; its members are set one by one and checked when it is read.
    package init(kind: RecordKind) {
        self.kind = kind
    }
}

/// The document a record carries.
package struct RecordBody: Hashable, Sendable {
    /// Its media type.
    package var contentType: String
    /// Its bytes.
    package var bytes: [UInt8]

    /// Makes a body.
    package init(contentType: String, bytes: [UInt8]) {
        self.contentType = contentType
        self.bytes = bytes
    }
}

/// A quantity as it was written.
package struct RecordQuantity: Hashable, Sendable {
    /// The exact decimal, as text.
    package var amount: String
    /// UN Rec 20 code, two or three characters.
    package var unit: String

    /// Makes a quantity.
    package init(amount: String, unit: String) {
        self.amount = amount
        self.unit = unit
    }
}

extension Record {
    /// The record's deterministic CBOR.
    package func encoded() -> [UInt8] {
        var pairs: [CBORPair] = [pair(.kind, .text(kind.rawValue))]
        if let id { pairs.append(pair(.id, .text(id))) }
        if !about.isEmpty { pairs.append(pair(.about, .array(about.map(CBORValue.text)))) }
        switch target {
        case .record(let uri): pairs.append(pair(.target, .text(uri)))
        case .part(let digest): pairs.append(pair(.target, .bytes(digest.bytes)))
        case nil: break
        }
        if let fromMilliseconds { pairs.append(pair(.from, .unsigned(fromMilliseconds))) }
        if let untilMilliseconds { pairs.append(pair(.until, .unsigned(untilMilliseconds))) }
        if !to.isEmpty { pairs.append(pair(.to, .array(to.map(CBORValue.text)))) }
        if !keys.isEmpty {
            pairs.append(pair(.keys, .array(keys.map { .bytes($0.bytes) })))
        }
        if let body {
            pairs.append(pair(.body, .array([.text(body.contentType), .bytes(body.bytes)])))
        }
        if let quantity {
            let value = CBORValue.array([.text(quantity.amount), .text(quantity.unit)])
            pairs.append(pair(.quantity, value))
        }
        if let month { pairs.append(pair(.month, .text(month))) }
        if let material { pairs.append(pair(.material, .text(material))) }
        if let site { pairs.append(pair(.site, .text(site))) }
        if let reason { pairs.append(pair(.reason, .text(reason))) }
        if !scope.isEmpty {
            let items = scope.map { CBORValue.array([.text($0.name), .text($0.value)]) }
            pairs.append(pair(.scope, .array(items)))
        }
        if let head {
            let value = CBORValue.array([.unsigned(head.count), .bytes(head.hash.bytes)])
            pairs.append(pair(.head, value))
        }
        return CBORValue.map(pairs).encoded()
    }

    private func pair(_ member: RecordMember, _ value: CBORValue) -> CBORPair {
        CBORPair(key: .unsigned(member.rawValue), value: value)
    }
}
