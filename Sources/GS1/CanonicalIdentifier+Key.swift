extension CanonicalIdentifier {
    /// The canonical identifier of a checked GS1 key.
    init(_ key: IdentificationKey) {
        switch key.key.code {
        case "01", "8006": self.init(tradeItem: key)
        default: self.init(plain: key)
        }
    }

    /// GTIN and ITIP: the finest of serial, third-party serial and lot decides.
    private init(tradeItem key: IdentificationKey) {
        let itself = Self.path([key.key])
        let batch = key.qualifier("10").map { itself + Self.path([.init(code: "10", value: $0)]) }
        let serial = key.qualifiers.first { $0.code == "21" || $0.code == "235" }
        let product =
            key.key.code == "01"
            ? itself : Self.path([.init(code: "01", value: Array(key.key.value.prefix(14)))])
        let finest = serial.map { itself + Self.path([$0]) } ?? batch ?? itself
        self.init(
            uri: Self.base + finest,
            kind: serial != nil ? .item : batch != nil ? .batch : .product,
            ownershipDigits: Self.ownershipDigits(of: key),
            product: finest == itself ? nil : Self.base + product,
            batch: serial == nil ? nil : batch.map { Self.base + $0 })
    }

    /// All other keys: the qualifiers stay, but for the GLN extension "0", which means none.
    private init(plain key: IdentificationKey) {
        let qualifiers = key.qualifiers.filter { !($0.code == "254" && $0.value == [0x30]) }
        self.init(
            uri: Self.base + Self.path([key.key] + qualifiers), kind: Self.kind(of: key),
            ownershipDigits: Self.ownershipDigits(of: key), product: nil, batch: nil)
    }

    private static let base = "https://id.gs1.org"

    private static func path(_ elements: [ElementString]) -> String {
        var output: [UInt8] = []
        for element in elements {
            output += [0x2F] + element.code.utf8 + [0x2F]
            PercentEncoding.append(element.value, to: &output)
        }
        return output.asText
    }

    private static func kind(of key: IdentificationKey) -> SubjectKind {
        switch key.key.code {
        case "00": .logisticUnit
        case "253": .document
        case "414": .site
        case "417": .organisation
        case "8003", "8004": .asset
        case "8010": key.qualifiers.isEmpty ? .product : .item
        default: .other
        }
    }

    private static func ownershipDigits(of key: IdentificationKey) -> String? {
        let identifier = ApplicationIdentifier.named(key.key.code)
        guard let digits = identifier?.ownershipDigits(of: key.key.value) else { return nil }
        // A GTIN-8 padded to 14 digits: its own prefix is no company's.
        let isTradeItem = key.key.code == "01" || key.key.code == "8006"
        let isGTIN8 = isTradeItem && key.key.value.starts(with: "000000".utf8)
        return isGTIN8 ? nil : digits.asText
    }
}
