import Signatures

/// A key whose secret is one repeated byte.
func testKey(_ algorithm: SignatureAlgorithm, seed: UInt8 = 7) throws -> SigningKey {
    let secret = [UInt8](repeating: seed, count: 32)
    return switch algorithm {
    case .ed25519: try SigningKey(ed25519Seed: secret)
    case .esp256: try SigningKey(p256Scalar: secret)
    }
}

/// The bytes of a hexadecimal string.
func hex(_ text: String) -> [UInt8] {
    let digits = text.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map {
        UInt8(digits[$0] << 4 | digits[$0 + 1])
    }
}

/// The code with which a body refuses, or nil when it does not.
func keyRefusal(_ body: () throws(KeyError) -> Void) -> String? {
    keyError(body)?.code
}

/// The refusal of a body, or nil.
func keyError(_ body: () throws(KeyError) -> Void) -> KeyError? {
    do {
        try body()
        return nil
    } catch {
        return error
    }
}

/// A generator that yields given words in turn, for ever.
struct CycledWords: RandomNumberGenerator {
    var words: [UInt64]
    var index = 0

    mutating func next() -> UInt64 {
        defer { index = (index + 1) % words.count }
        return words[index]
    }
}
