import DeterministicCBOR
import Support

/// The code of the refusal of some bytes, or nil if they are accepted.
func refusal(_ bytes: [UInt8], limits: CBORLimits = CBORLimits()) -> CBORError.Code? {
    do throws(CBORError) {
        _ = try CBORValue.decode(bytes, limits: limits)
        return nil
    } catch {
        return error.kind
    }
}

extension CBORValue {
    /// A random value; maps come without equal keys, but in any order.
    static func random(_ generator: inout SplitMix64, depth: Int = 4) -> CBORValue {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 6), using: &generator) {
        case 0: return .unsigned(number(&generator))
        case 1: return .negative(number(&generator))
        case 2: return .bytes(generator.bytes(Int.random(in: 0..<300, using: &generator)))
        case 3: return .text(randomText(&generator))
        case 4: return .bool(Bool.random(using: &generator))
        case 5: return .null
        case 6:
            let count = Int.random(in: 0..<30, using: &generator)
            return .array((0..<count).map { _ in random(&generator, depth: depth - 1) })
        case 7:
            let keys = Set(
                (0..<Int.random(in: 0..<9, using: &generator)).map { _ in
                    random(&generator, depth: min(1, depth - 1)).sorted
                })
            return .map(
                keys.map {
                    CBORPair(key: $0, value: random(&generator, depth: depth - 1))
                })
        default: return .tagged(number(&generator), random(&generator, depth: depth - 1))
        }
    }

    /// Numbers of every head width, with the borders between the widths.
    private static func number(_ generator: inout SplitMix64) -> UInt64 {
        let borders: [UInt64] = [0, 23, 24, 255, 256, 65_535, 65_536, 1 << 32 - 1, 1 << 32, .max]
        if Bool.random(using: &generator), let border = borders.randomElement(using: &generator) {
            return border
        }
        return generator.next() >> UInt64.random(in: 0..<64, using: &generator)
    }

    private static func randomText(_ generator: inout SplitMix64) -> String {
        let alphabet = Array("azé水𐅑\u{301}\u{0}\u{10ffff}".unicodeScalars)
        var text = ""
        for _ in 0..<Int.random(in: 0..<40, using: &generator) {
            if let scalar = alphabet.randomElement(using: &generator) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    /// The same value with every map in the order of its encoded keys.
    var sorted: CBORValue {
        switch self {
        case .array(let items): .array(items.map(\.sorted))
        case .tagged(let tag, let item): .tagged(tag, item.sorted)
        case .map(let pairs):
            .map(
                pairs.map { CBORPair(key: $0.key.sorted, value: $0.value.sorted) }
                    .sorted { $0.key.encoded().lexicographicallyPrecedes($1.key.encoded()) })
        default: self
        }
    }
}
