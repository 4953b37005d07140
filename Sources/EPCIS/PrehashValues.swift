import GS1

/// Values as the event hash writes them (CBV 2.0 §8.9.2, rules 5 to 18).
struct PrehashValues {
    let prefixes: Prefixes

    /// One spelling for a value: words and compact URIs expanded, numbers plain, links canonical.
    ///
    /// The rule for numbers holds for texts that look like one, too: XML has nothing else.
    func canonical(_ text: String, wordPrefix: String?) -> String {
        guard !text.isEmpty else { return "" }
        if let wordPrefix, Self.isWord(text) { return wordPrefix + text }
        let expanded = prefixes.expanded(text) ?? Self.expandedByGS1(text) ?? text
        let current = wordPrefix == nil ? expanded : Prefixes.current(expanded)
        let modern = Self.webTerm(current) ?? current
        return Self.number(modern) ?? ConstrainedLink.text(of: modern) ?? modern
    }

    /// A word of a list stands alone: no scheme, no number.
    private static func isWord(_ text: String) -> Bool {
        text.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x61...0x7a).contains($0 | 0x20) || $0 == 0x5f
        } && number(text) == nil
    }

    /// Rule 15: these two prefixes need no context.
    private static func expandedByGS1(_ text: String) -> String? {
        if text.hasPrefix("cbv:") { return Vocabulary.namespace + text.dropFirst(4) }
        if text.hasPrefix("gs1:") { return "https://ref.gs1.org/voc/" + text.dropFirst(4) }
        return nil
    }

    private static let urns = [
        ("urn:epcglobal:cbv:bizstep:", "BizStep-"), ("urn:epcglobal:cbv:disp:", "Disp-"),
        ("urn:epcglobal:cbv:btt:", "BTT-"), ("urn:epcglobal:cbv:sdt:", "SDT-"),
        ("urn:epcglobal:cbv:er:", "ER-"),
    ]

    /// Rule 14: the URN of a word as its web address.
    private static func webTerm(_ text: String) -> String? {
        for (urn, prefix) in urns where text.hasPrefix(urn) {
            return Vocabulary.namespace + prefix + text.dropFirst(urn.count)
        }
        return nil
    }

    /// Rules 8 and 9: in UTC with three digits of a second's fraction, the fourth rounds up.
    ///
    /// A text that is no time of the years 1970 to 9999 stays as it is.
    static func time(_ text: String) -> String {
        guard let time = try? ZonedTime(text) else { return text }
        let fraction = text.utf8.drop { $0 != UInt8(ascii: ".") }.dropFirst()
        let fourth = fraction.prefix { (0x30...0x39).contains($0) }.dropFirst(3).first
        let isRoundedUp = fourth.map { $0 >= UInt8(ascii: "5") } ?? false
        return ZonedTime.text(milliseconds: time.milliseconds + (isRoundedUp ? 1 : 0))
    }
}

// MARK: - Numbers

extension PrehashValues {
    /// Digits that a number may have when its exponent is written out; longer ones stay as text.
    private static let digitsLimit = 400

    /// Rule 6: no sign `+`, no exponent, no leading or trailing zeros; nothing if it is no number.
    static func number(_ text: String) -> String? {
        var rest = ArraySlice(text.utf8)
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let whole = rest.prefix(while: isDigit)
        rest = rest.dropFirst(whole.count)
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            fraction = rest.prefix(while: isDigit)
            rest = rest.dropFirst(fraction.count)
        }
        guard !whole.isEmpty || !fraction.isEmpty, let power = exponent(rest) else { return nil }
        let digits = Array(whole + fraction)
        guard digits.contains(where: { $0 != 0x30 }) else { return "0" }
        guard digits.count <= digitsLimit, abs(power) <= digitsLimit else { return nil }
        return plain(digits, point: whole.count + power, isNegative: isNegative)
    }

    /// The number behind `e` or `E`; 0 for nothing, nil for anything else.
    private static func exponent(_ bytes: ArraySlice<UInt8>) -> Int? {
        guard let mark = bytes.first else { return 0 }
        guard mark | 0x20 == UInt8(ascii: "e") else { return nil }
        var rest = bytes.dropFirst()
        let isNegative = rest.first == UInt8(ascii: "-")
        if isNegative || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
        guard !rest.isEmpty, rest.allSatisfy(isDigit) else { return nil }
        // Beyond the limit it does not matter how far.
        let value = rest.reduce(0) { min($0 * 10 + Int($1 - 0x30), 1_000_000) }
        return isNegative ? -value : value
    }

    /// Digits with the point behind the first `point` of them; zeros are added or cut as needed.
    private static func plain(_ digits: [UInt8], point: Int, isNegative: Bool) -> String {
        let zeros = [UInt8](repeating: 0x30, count: max(0, -point))
        let padding = [UInt8](repeating: 0x30, count: max(0, point - digits.count))
        let all = zeros + digits + padding
        let split = max(0, point)
        let whole = all[..<split].drop { $0 == 0x30 }
        var fraction = all[split...]
        while fraction.last == 0x30 { fraction.removeLast() }
        var output: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
        output += whole.isEmpty ? [0x30] : whole
        if !fraction.isEmpty { output += [UInt8(ascii: ".")] + fraction }
        return String(decoding: output, as: UTF8.self)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}
