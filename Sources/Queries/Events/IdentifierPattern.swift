package import GS1

/// What a `MATCH_*` parameter or a comparison of identifiers accepts (EPCIS 2.0 §8.2.7.1.1).
///
/// Identifiers are compared in canonical form, so URN and Digital Link spellings of one thing are
/// one. A class of serialised things is the same whether written as `urn:epc:idpat:sgtin:P.IR.*`
/// or as Digital Link without serial: it accepts itself and every serial of it, no lot.
package enum IdentifierPattern: Hashable, Sendable {
    /// One identifier, a canonical URI.
    case exactly(String)
    /// A class, a canonical URI, and every URI that begins with `instances`.
    case classOf(String, instances: String)
    /// A pattern whose fields are compared one by one.
    case fields(EPCPattern)

    /// Reads a `MATCH_*` value.
    package init(_ text: String) throws(IdentifierError) {
        let pattern = EPCPattern(text)
        if let pattern, !pattern.isClass {
            self = .fields(pattern)
            return
        }
        let identifier = try CanonicalIdentifier(text)
        let instances = Self.instances(of: identifier)
        self = instances.map { .classOf(identifier.uri, instances: $0) } ?? .exactly(identifier.uri)
    }

    /// Reads a value of a parameter that compares identifiers and knows no patterns.
    package init(exactly text: String) throws(IdentifierError) {
        self = .exactly(try CanonicalIdentifier(text).uri)
    }

    /// The canonical URI, if one identifier is meant.
    package var exactURI: String? {
        if case .exactly(let uri) = self { uri } else { nil }
    }

    /// Whether an identifier is among those meant.
    package func accepts(_ identifier: CanonicalIdentifier) -> Bool {
        switch self {
        case .exactly(let uri): identifier.uri == uri
        case .classOf(let uri, let instances):
            identifier.uri == uri
                || identifier.uri.utf8.count > instances.utf8.count
                    && identifier.uri.utf8.starts(with: instances.utf8)
        case .fields(let pattern): pattern.accepts(identifier)
        }
    }

    /// What the URIs of all serials of a class begin with; nothing if it is no class.
    private static func instances(of identifier: CanonicalIdentifier) -> String? {
        let uri = identifier.uri
        let path = uri.utf8.dropFirst("https://id.gs1.org".utf8.count)
        if identifier.kind == .product {
            return uri + (path.starts(with: "/8010/".utf8) ? "/8011/" : "/21/")
        }
        // Keys whose serial follows without a separator: type and check digit have a fixed length.
        let isBare =
            path.starts(with: "/8003/".utf8) && path.count == 6 + 14
            || path.starts(with: "/253/".utf8) && path.count == 5 + 13
            || path.starts(with: "/255/".utf8) && path.count == 5 + 13
        return isBare && uri.utf8.starts(with: "https://id.gs1.org/".utf8) ? uri : nil
    }
}

/// An EPC pure identity pattern with wildcards in more than its last field (EPC TDS §8).
package struct EPCPattern: Hashable, Sendable {
    /// The scheme: `sgtin`.
    package let scheme: String
    /// The fields, percent-decoded; nothing for `*`.
    package let fields: [[UInt8]?]

    /// The number of fields of each scheme; the last may hold full stops.
    private static let fieldCounts = [
        "sgtin": 3, "lgtin": 3, "upui": 3, "itip": 5, "sscc": 2, "sgln": 3, "pgln": 2, "grai": 3,
        "giai": 2, "gsrn": 2, "gsrnp": 2, "gdti": 3, "cpi": 3, "sgcn": 3, "ginc": 2, "gsin": 2,
    ]

    /// Reads `urn:epc:idpat:…`; nothing for any other text, and where a wildcard is not followed
    /// by wildcards to the end.
    init?(_ text: String) {
        let lead = "urn:epc:".utf8
        guard text.utf8.count > lead.count,
            zip(text.utf8, lead).allSatisfy({ $0 == $1 || $0 | 0x20 == $1 })
        else { return nil }
        let parts = text.utf8.dropFirst(lead.count).split(
            separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].elementsEqual("idpat".utf8) else { return nil }
        self.init(scheme: String(Substring(parts[1])), body: Array(parts[2]))
        let wildcards = fields.drop { $0 != nil }
        guard wildcards.allSatisfy({ $0 == nil }), fields.allSatisfy({ $0 != [] }),
            isPrefixWhole
        else { return nil }
    }

    private init?(scheme: String, body: [UInt8]) {
        guard let count = Self.fieldCounts[scheme] else { return nil }
        let pieces = body.split(
            separator: UInt8(ascii: "."), maxSplits: count - 1, omittingEmptySubsequences: false)
        guard pieces.count == count else { return nil }
        self.scheme = scheme
        var fields: [[UInt8]?] = []
        for piece in pieces {
            if piece.elementsEqual("*".utf8) {
                fields.append(nil)
                continue
            }
            guard let decoded = Self.decoded(piece) else { return nil }
            fields.append(decoded)
        }
        self.fields = fields
    }

    /// Whether all but the serial is given: such a pattern is a class and has a canonical URI.
    ///
    /// Not that of unit packs: their serials stand under a qualifier of their own.
    var isClass: Bool {
        fields.last == .some(nil) && !fields.dropLast().contains(nil) && scheme != "upui"
            && ["sgtin", "grai", "gdti", "sgcn", "cpi", "itip"].contains(scheme)
    }

    private var isPrefixWhole: Bool {
        guard let prefix = fields.first ?? nil else { return true }
        return (6...12).contains(prefix.count) && prefix.allSatisfy { (0x30...0x39).contains($0) }
    }

    /// Whether an identifier's URN, with this pattern's company prefix, fits field by field.
    func accepts(_ identifier: CanonicalIdentifier) -> Bool {
        let length = fields.first.flatMap { $0?.count } ?? 6
        guard let urn = try? identifier.epcURN(companyPrefixLength: length) else { return false }
        let parts = urn.utf8.split(separator: UInt8(ascii: ":"), maxSplits: 4)
        guard parts.count == 5, parts[3].elementsEqual(scheme.utf8),
            let other = EPCPattern(scheme: scheme, body: Array(parts[4]))
        else { return false }
        return zip(fields, other.fields).allSatisfy { $0 == nil || $0 == $1 }
    }

    private static func decoded(_ encoded: ArraySlice<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        var rest = encoded
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                output.append(byte)
                continue
            }
            let digits = rest.prefix(2)
            guard digits.count == 2,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16),
                digits.first != UInt8(ascii: "+")
            else { return nil }
            rest = rest.dropFirst(2)
            output.append(value)
        }
        return output
    }
}
