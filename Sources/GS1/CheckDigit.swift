/// The check digit of GTIN, GLN, SSCC, GSRN, GDTI, GCN, GRAI and GSIN.
///
/// GS1 General Specifications §7.9.1: weights 3, 1, 3, 1 … from the right of the digits before it;
/// the check digit brings the sum to a multiple of ten.
package enum CheckDigit {
    /// The check digit, in ASCII, of ASCII digits that do not yet carry it.
    ///
    /// Nothing if a byte is no digit.
    package static func digit(for body: some BidirectionalCollection<UInt8>) -> UInt8? {
        var sum = 0
        var weight = 3
        for byte in body.reversed() {
            guard byte.isDigit else { return nil }
            sum += Int(byte - 0x30) * weight
            weight = 4 - weight
            // Keeps the sum small however long the text is.
            sum %= 10
        }
        return 0x30 + UInt8((10 - sum) % 10)
    }
}

/// The pair of check characters at the end of a Global Model Number (AI 8013).
///
/// GS1 General Specifications §7.9.5: the characters' places in CSET 82, weighted with the prime
/// numbers from the right, summed modulo 1021 and written in two characters of five bits each.
package enum CheckCharacters {
    private static let alphabet = Array("23456789ABCDEFGHJKLMNPQRSTUVWXYZ".utf8)
    private static let primes = [
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83,
    ]
    private static let places: [UInt8] = {
        let characters = Array(
            "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
                .utf8)
        var table = [UInt8](repeating: 0xFF, count: 256)
        for (place, character) in characters.enumerated() { table[Int(character)] = UInt8(place) }
        return table
    }()

    /// The two check characters, in ASCII, of a text that does not yet carry them.
    ///
    /// Nothing if the text is longer than 23 characters or leaves CSET 82.
    package static func pair(for body: some BidirectionalCollection<UInt8>) -> [UInt8]? {
        guard body.count <= primes.count else { return nil }
        var sum = 0
        for (byte, prime) in zip(body.reversed(), primes) {
            let place = places[Int(byte)]
            guard place != 0xFF else { return nil }
            sum += Int(place) * prime
        }
        sum %= 1021
        return [alphabet[sum >> 5], alphabet[sum & 31]]
    }
}
