/// An identifier in the one spelling this ledger compares, stores and proves (SPEC §4.1).
///
/// EPC URNs and Digital Links of the same GS1 key become the same Digital Link on
/// `https://id.gs1.org`: numeric application identifiers, no stem, no query, one percent-encoding.
/// Of the qualifiers of a GTIN or ITIP only the finest stays: a serial displaces the lot (kept in
/// ``batch``), and a consumer product variant is dropped. Every other absolute URI stays as it is,
/// scheme and host in lower case.
///
/// Equality, hash and order look at ``uri`` alone, which is ASCII.
package struct CanonicalIdentifier: Sendable {
    /// The canonical text.
    package let uri: String
    /// What the identifier identifies.
    package let kind: SubjectKind
    /// The digits that begin with the GS1 company prefix of the key's owner, for `hasPrefix`.
    ///
    /// A GTIN without its indicator digit, an SSCC without its extension digit, a GLN whole, of an
    /// alphanumeric key the leading digits. Nothing for a GTIN-8, which has no company prefix, and
    /// for URIs without GS1 key.
    package let ownershipDigits: String?
    /// The canonical URI of the GTIN a batch or item is of; nothing for keys without GTIN.
    package let product: String?
    /// The canonical URI of the batch an item is of, if its source spelling named the lot too.
    package let batch: String?

    /// The longest text read, in bytes of UTF-8.
    package static let byteLimit = 2_048

    /// Reads any spelling: EPC URN, Digital Link on any domain, or any other absolute URI.
    ///
    /// Takes time linear in the length of the text.
    package init(_ text: String) throws(IdentifierError) {
        let bytes = try Self.limited(text)
        if let known = Self(canonical: bytes, text: text) {
            self = known
            return
        }
        try self.init(whole: bytes)
    }

    /// Reads any spelling, without the shortcut for canonical ones.
    package init(whole bytes: [UInt8]) throws(IdentifierError) {
        let uri = try AbsoluteURI(bytes)
        if let key = try EPCURN.read(uri) {
            self.init(key)
        } else if let key = try DigitalLinkPath(uri)?.identification() {
            self.init(key)
        } else {
            self.init(
                uri: uri.canonical, kind: .other, ownershipDigits: nil, product: nil, batch: nil)
        }
    }

    /// The batch as an identifier of its own; see ``batch``.
    package var batchIdentifier: CanonicalIdentifier? {
        batch.flatMap { try? CanonicalIdentifier($0) }
    }

    /// The product as an identifier of its own; see ``product``.
    package var productIdentifier: CanonicalIdentifier? {
        product.flatMap { try? CanonicalIdentifier($0) }
    }

    init(uri: String, kind: SubjectKind, ownershipDigits: String?, product: String?, batch: String?)
    {
        self.uri = uri
        self.kind = kind
        self.ownershipDigits = ownershipDigits
        self.product = product
        self.batch = batch
    }

    /// The bytes of a text within the limit.
    static func limited(_ text: String) throws(IdentifierError) -> [UInt8] {
        let bytes = text.utf8
        guard bytes.count <= byteLimit else {
            throw IdentifierError(
                "identifier.too-long", bytes,
                "an identifier has at most \(byteLimit) bytes, this one has \(bytes.count)")
        }
        return Array(bytes)
    }
}

extension CanonicalIdentifier: Hashable, Comparable {
    package static func == (left: CanonicalIdentifier, right: CanonicalIdentifier) -> Bool {
        left.uri == right.uri
    }

    package static func < (left: CanonicalIdentifier, right: CanonicalIdentifier) -> Bool {
        left.uri < right.uri
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(uri)
    }
}

extension CanonicalIdentifier: CustomStringConvertible {
    package var description: String { uri }
}
