/// The bare words that JSON writes for values of the Core Business Vocabulary and the GS1 Web
/// Vocabulary, and the spellings that XML has for them (EPCIS 2.0 §10.2, CBV 2.0 §7).
enum XMLWords {
    /// A closed list of words.
    enum List {
        case businessStep, disposition, transactionType, sourceDestinationType, errorReason
        case component, measurement

        /// What stands before a word in the spellings of XML.
        var spellings: [String] {
            switch self {
            case .businessStep: ["urn:epcglobal:cbv:bizstep:"] + Self.cbv("BizStep-")
            case .disposition: ["urn:epcglobal:cbv:disp:"] + Self.cbv("Disp-")
            case .transactionType: ["urn:epcglobal:cbv:btt:"] + Self.cbv("BTT-")
            case .sourceDestinationType: ["urn:epcglobal:cbv:sdt:"] + Self.cbv("SDT-")
            case .errorReason: ["urn:epcglobal:cbv:er:"] + Self.cbv("ER-")
            case .component: Self.cbv("Comp-")
            case .measurement:
                [
                    "gs1:", "https://gs1.org/voc/", "http://gs1.org/voc/",
                    "https://www.gs1.org/voc/", "https://ref.gs1.org/voc/",
                ]
            }
        }

        private static func cbv(_ kind: String) -> [String] {
            [
                "cbv:", "https://ref.gs1.org/cbv/", "http://ref.gs1.org/cbv/",
                "https://ns.gs1.org/cbv/", "http://ns.gs1.org/cbv/",
            ].map { $0 + kind }
        }
    }

    /// The word of a value of the list; a user's own value as it is.
    static func word(_ value: String, of list: List) -> String {
        for spelling in list.spellings where value.utf8.starts(with: spelling.utf8) {
            return String(Substring(value.utf8.dropFirst(spelling.utf8.count)))
        }
        return value
    }

    /// A decimal or double of XML Schema as the number JSON writes for it, every digit kept: a
    /// plus sign and zeros in front go, zeros around the point come; nil for `INF` and `NaN`.
    static func number(_ text: String) -> String? {
        var rest = text.utf8[...]
        var result = ""
        if rest.first == UInt8(ascii: "+") {
            rest.removeFirst()
        } else if rest.first == UInt8(ascii: "-") {
            result = "-"
            rest.removeFirst()
        }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction = rest[rest.startIndex..<rest.startIndex]
        if rest.first == UInt8(ascii: ".") {
            fraction = rest.dropFirst().prefix(while: isDigit)
            rest = rest.dropFirst(1 + fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty else { return nil }
        let significant = whole.drop { $0 == UInt8(ascii: "0") }
        result += significant.isEmpty ? "0" : String(Substring(significant))
        if !fraction.isEmpty { result += "." + String(Substring(fraction)) }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            result += "E"
            rest.removeFirst()
            if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") {
                result += rest.first == UInt8(ascii: "-") ? "-" : ""
                rest.removeFirst()
            }
            let exponent = rest.prefix(while: isDigit)
            guard !exponent.isEmpty else { return nil }
            result += String(Substring(exponent))
            rest = rest.dropFirst(exponent.count)
        }
        return rest.isEmpty ? result : nil
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
