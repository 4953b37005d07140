package import MerkleTrees

/// What a record is about: a canonical URI, seen under one facet (SPEC §4.2).
///
/// Equality and order are those of bytes: `[facet, uri]` as CBOR, so a shorter URI comes before a
/// longer one. Swift's own string comparison would take canonically equivalent spellings for one.
package struct Subject: Sendable {
    /// Which of the subject's chains.
    package let facet: Facet
    /// The URI in its canonical form (SPEC §4.1), not checked here.
    package let uri: String

    /// The subject with this facet and this canonical URI.
    package init(facet: Facet, uri: String) {
        self.facet = facet
        self.uri = uri
    }

    /// The key under which a network's logs index this subject.
    package func key(in network: Hash256) -> Hash256 {
        var message = Domain.subject
        message.reserveCapacity(message.count + 33 + uri.utf8.count)
        network.append(to: &message)
        message.append(facet.rawValue)
        message += uri.utf8
        return Hash256.sha256(message)
    }

    /// The account of one material at one site in one month (`YYYY-MM`, UTC).
    package static func account(month: String, site: String, material: String) -> Subject {
        Subject(facet: .account, uri: "\(accountPrefix)\(month):\(site) \(material)")
    }

    /// The URI whose owner the subject belongs to: of an account its site, else its own.
    package var ownedURI: String {
        guard facet == .account, uri.hasPrefix(Self.accountPrefix) else { return uri }
        let place = uri.dropFirst(Self.accountPrefix.utf8.count + "YYYY-MM:".utf8.count)
        return String(place.prefix { $0 != " " })
    }

    private static let accountPrefix = "urn:cairn:account:"

    /// The network itself, in whose chain all governance stands.
    package static func network(_ id: Hash256) -> Subject {
        Subject(facet: .assertions, uri: networkURI(id))
    }

    /// The URI that names a network: its id in lower-case hexadecimal.
    package static func networkURI(_ id: Hash256) -> String { "urn:cairn:network:\(id.hex)" }
}

extension Subject: Hashable {
    /// Whether facet and URI agree byte for byte.
    package static func == (left: Subject, right: Subject) -> Bool {
        left.facet == right.facet && TextBytes.areSame(left.uri, right.uri)
    }

    /// Feeds facet and URI to a hasher.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(facet)
        hasher.combine(uri)
    }
}

extension Subject: Comparable {
    /// The order of the CBOR encodings of `[facet, uri]`.
    package static func < (left: Subject, right: Subject) -> Bool {
        if left.facet != right.facet { return left.facet.rawValue < right.facet.rawValue }
        let counts = (left.uri.utf8.count, right.uri.utf8.count)
        if counts.0 != counts.1 { return counts.0 < counts.1 }
        return TextBytes.precedes(left.uri, right.uri)
    }
}
