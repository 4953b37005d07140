import DeterministicCBOR
package import GS1

/// What an organisation says once about a product, a site, a plot or itself (SPEC §8.8).
///
/// Names, where it is, what its units weigh: the body of a `master-data` record.
/// It holds from the record's `from` until its `until` or the next record about the same thing.
/// Lists are sorted when they are encoded; `read(_:)` refuses any other order.
package struct MasterData: Hashable, Sendable {
    /// What kind of thing it is about.
    package enum Kind: String, CaseIterable, Hashable, Sendable {
        /// A kind of goods.
        case product
        /// A place where goods are made, kept or handled.
        case site
        /// A piece of land where something grows or is taken from.
        case plot
        /// A party.
        case organisation
    }

    /// What kind of thing it is about.
    package var kind: Kind
    /// Names by language (BCP 47); `und` where the language is not known.
    package var names: [String: String] = [:]
    /// Parts of the address by name: one of ``addressParts``.
    package var address: [String: String] = [:]
    /// Where it is.
    package var coordinates: Coordinates?
    /// The outline of a plot or site: a GeoJSON geometry (RFC 7946) as compact JSON.
    package var geometry: String?
    /// What one unit of it is in another.
    package var conversions: [Conversion] = []
    /// What a pack of it holds.
    package var packs: [Pack] = []
    /// Anything else: attributes by name, a URI or a word of the GS1 Web Vocabulary.
    package var attributes: [Attribute] = []

    /// Master data that says nothing yet.
    package init(kind: Kind) {
        self.kind = kind
    }

    /// The content type of the record's body.
    package static let contentType = "application/vnd.cairn.master-data+cbor"

    /// The parts of an address, as the GS1 Web Vocabulary names them; `countryCode` has the two
    /// letters of ISO 3166-1.
    package static let addressParts: Set<String> = [
        "streetAddress", "postOfficeBoxNumber", "postalCode", "addressLocality", "addressRegion",
        "countryCode", "country",
    ]
}

extension MasterData {
    /// A place on the ellipsoid WGS 84, in degrees.
    package struct Coordinates: Hashable, Sendable {
        /// −90…90, north positive.
        package var latitude: ExactDecimal
        /// −180…180, east positive.
        package var longitude: ExactDecimal

        /// A place.
        package init(latitude: ExactDecimal, longitude: ExactDecimal) {
            self.latitude = latitude
            self.longitude = longitude
        }
    }

    /// One unit of a product is so many of another: a piece weighs 0.25 kg.
    package struct Conversion: Hashable, Sendable {
        /// The unit that is converted (UN Rec 20).
        package var from: UnitCode
        /// The unit it is converted to.
        package var to: UnitCode
        /// How many of `to` one of `from` is; above zero.
        package var factor: ExactDecimal

        /// A conversion.
        package init(from: UnitCode, to: UnitCode, factor: ExactDecimal) {
            self.from = from
            self.to = to
            self.factor = factor
        }
    }

    /// What a pack holds: twelve of another product, or half a kilogram.
    package struct Pack: Hashable, Sendable {
        /// The product inside, canonical; nil where only the amount is said.
        package var content: String?
        /// How much of it; above zero.
        package var quantity: ExactDecimal
        /// In which unit (UN Rec 20).
        package var unit: UnitCode

        /// A pack.
        package init(content: String?, quantity: ExactDecimal, unit: UnitCode) {
            self.content = content
            self.quantity = quantity
            self.unit = unit
        }
    }

    /// A named value.
    package struct Attribute: Hashable, Sendable {
        /// A URI, or a word of the GS1 Web Vocabulary.
        package var name: String
        /// The value.
        package var value: String

        /// An attribute.
        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}

extension MasterData {
    /// The body's deterministic CBOR.
    package func encoded() -> [UInt8] {
        var pairs = [member(1, .text(kind.rawValue))]
        if !names.isEmpty { pairs.append(member(2, Self.pairs(names))) }
        if !address.isEmpty { pairs.append(member(3, Self.pairs(address))) }
        if let coordinates {
            let place = [coordinates.latitude, coordinates.longitude]
            pairs.append(member(4, .array(place.map { .text($0.description) })))
        }
        if let geometry { pairs.append(member(5, .text(geometry))) }
        if !conversions.isEmpty {
            let items = Set(conversions).map { conversion in
                CBORValue.array([
                    .text(conversion.from.text), .text(conversion.to.text),
                    .text(conversion.factor.description),
                ])
            }
            pairs.append(member(6, Self.sorted(items)))
        }
        if !packs.isEmpty {
            let items = Set(packs).map { pack in
                CBORValue.array([
                    pack.content.map { .text($0) } ?? .null, .text(pack.quantity.description),
                    .text(pack.unit.text),
                ])
            }
            pairs.append(member(7, Self.sorted(items)))
        }
        if !attributes.isEmpty {
            let items = Set(attributes).map { CBORValue.array([.text($0.name), .text($0.value)]) }
            pairs.append(member(8, Self.sorted(items)))
        }
        return CBORValue.map(pairs).encoded()
    }

    /// The record that says it about a thing.
    ///
    /// - Parameters:
    ///   - subject: the thing's canonical URI.
    ///   - fromMilliseconds: from when it holds.
    ///   - untilMilliseconds: until when; nil: until said otherwise.
    /// - Returns: the record, not read back yet.
    package func record(
        about subject: String, fromMilliseconds: UInt64, untilMilliseconds: UInt64? = nil
    ) -> Record {
        var record = Record(kind: .masterData)
        record.about = [subject]
        record.fromMilliseconds = fromMilliseconds
        record.untilMilliseconds = untilMilliseconds
        record.body = RecordBody(contentType: Self.contentType, bytes: encoded())
        return record
    }

    private func member(_ key: UInt64, _ value: CBORValue) -> CBORPair {
        CBORPair(key: .unsigned(key), value: value)
    }

    private static func pairs(_ texts: [String: String]) -> CBORValue {
        sorted(texts.map { .array([.text($0.key), .text($0.value)]) })
    }

    /// A list in the order of the items' encodings.
    private static func sorted(_ items: [CBORValue]) -> CBORValue {
        let encodings = items.map { ($0, $0.encoded()) }
        return .array(
            encodings.sorted { $0.1.lexicographicallyPrecedes($1.1) }.map(\.0))
    }
}
