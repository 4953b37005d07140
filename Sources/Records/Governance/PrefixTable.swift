/// Which organisation owns which GS1 company prefix (SPEC §9.1).
///
/// No prefix of one organisation may begin with a prefix of another, so at most one organisation
/// covers any digits. Prefixes are kept as numbers with a leading 1, their stems by division.
struct PrefixTable: Sendable {
    private var owners: [UInt64: String] = [:]
    /// For each proper stem of a prefix: how many prefixes of which owner lie below it.
    private var below: [UInt64: [String: Int]] = [:]

    /// The organisation with a prefix that these digits begin with.
    func owner(covering digits: String) -> String? {
        var number: UInt64 = 1
        var length = 0
        for byte in digits.utf8 {
            guard (0x30...0x39).contains(byte), length < Limits.companyPrefixDigits.upperBound
            else { return nil }
            number = number * 10 + UInt64(byte - 0x30)
            length += 1
            if let owner = owners[number] { return owner }
        }
        return nil
    }

    /// Gives prefixes to an organisation, or names the first that is another's.
    mutating func add(_ prefixes: [String], to owner: String) -> (prefix: String, other: String)? {
        for prefix in prefixes {
            if let other = self.owner(covering: prefix), other != owner { return (prefix, other) }
            let number = Self.number(prefix)
            if let other = below[number]?.keys.filter({ $0 != owner }).min(by: precedesBytewise) {
                return (prefix, other)
            }
            owners[number] = owner
            for stem in Self.stems(of: number) { below[stem, default: [:]][owner, default: 0] += 1 }
        }
        return nil
    }

    /// Takes prefixes from the organisation that has them.
    mutating func remove(_ prefixes: [String], of owner: String) {
        for prefix in prefixes {
            let number = Self.number(prefix)
            guard owners[number] == owner else { continue }
            owners[number] = nil
            for stem in Self.stems(of: number) {
                guard let count = below[stem]?[owner] else { continue }
                below[stem]?[owner] = count > 1 ? count - 1 : nil
            }
        }
    }

    /// The digits, at most 12, after a leading 1, so that leading zeros count.
    private static func number(_ prefix: String) -> UInt64 {
        prefix.utf8.reduce(1) { $0 * 10 + UInt64($1 &- 0x30) }
    }

    private static func stems(of number: UInt64) -> [UInt64] {
        var stems: [UInt64] = []
        var stem = number / 10
        while stem > 1 {
            stems.append(stem)
            stem /= 10
        }
        return stems
    }
}
