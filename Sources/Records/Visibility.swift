import DeterministicCBOR

/// Who may read a part (SPEC §5).
package enum Visibility: Hashable, Sendable {
    /// Everybody.
    case open
    /// Every member of the network.
    case network
    /// These organisations: URIs sorted bytewise, unique, 1…256.
    case organisations([String])

    /// Who may read entries of a log, in bundles, receipts and evidence: who says something when is
    /// for members.
    package static let entries = Visibility.network
    /// Who may read manifests: the keys in them are pseudonyms, no more.
    package static let manifests = Visibility.network

    /// Whether this reader may see what has this visibility; of parts, ``Disclosure`` says the rest.
    package func permits(_ reader: Reader) -> Bool {
        switch (self, reader) {
        case (.open, _), (_, .nodeOperator): true
        case (.network, .member): true
        case (.organisations(let listed), .member(let organisation)):
            listed.contains { $0.utf8.elementsEqual(organisation.utf8) }
        case (_, .anonymous): false
        }
    }

    /// The visibility that lists these organisations, sorted and without repetition.
    package static func only(_ organisations: some Sequence<String>) -> Visibility {
        var listed: [String] = []
        for uri in organisations.sorted(by: precedesBytewise)
        where !(listed.last.map { $0.utf8.elementsEqual(uri.utf8) } ?? false) {
            listed.append(uri)
        }
        return .organisations(listed)
    }

    var cbor: CBORValue {
        switch self {
        case .open: .unsigned(0)
        case .network: .unsigned(1)
        case .organisations(let listed): .array(listed.map { .text($0) })
        }
    }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        switch value {
        case .unsigned(0): self = .open
        case .unsigned(1): self = .network
        case .array:
            let count = 1...Limits.visibilityOrganisations
            self = .organisations(try shape.sortedTexts(value, count: count, field))
        default: throw shape.refusal(field, "visibility is 0, 1 or a list of organisation URIs")
        }
    }
}

/// Who asks to read a part.
package enum Reader: Hashable, Sendable {
    /// Somebody the node does not know.
    case anonymous
    /// An organisation of the network.
    case member(organisation: String)
    /// The operator of the node itself, who holds the database anyway.
    case nodeOperator
}
