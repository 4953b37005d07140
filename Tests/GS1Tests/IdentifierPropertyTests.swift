import GS1
import Support
import Testing

/// A small linear generator: the seed is printed with a failure and replays it.
private struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return state ^ (state >> 29)
    }
}

@Suite struct IdentifierPropertyTests {
    private static let pieces = [
        "urn:", "epc:", "id:", "class:", "idpat:", "sgtin:", "lgtin:", "sgln:", "grai:", "cpi:",
        "4012345.", "011111.", "00005.", "98%22", "*", ".", "%2F", "%30", "%7e", "%C3%a9",
        "https://",
        "HTTP://", "id.gs1.org", "A.Example", ":443", "/01/", "04012345123456", "4012345123456",
        "/10/", "/21/", "/22/", "/235/", "/414/", "4012345000054", "/254/", "0", "AB12", "/8010/",
        "?", "17=271231", "&", "#", "/", "uuid:", "did:web:", "x", "~", "!", "(", "%25", "gtin",
    ]

    @Test(arguments: 0..<4)
    func `the canonical text is its own canonical text`(seed: UInt64) throws {
        var generator = SeededGenerator(state: seed &* 977 &+ 5)
        var accepted = 0
        for _ in 0..<5_000 {
            let count = Int.random(in: 1...9, using: &generator)
            var text = Bool.random(using: &generator) ? "https://a.example" : "urn:epc:id:"
            for _ in 0..<count { text += Self.pieces.randomElement(using: &generator) ?? "" }
            guard let identifier = try? CanonicalIdentifier(text) else { continue }
            accepted += 1
            let again = try CanonicalIdentifier(identifier.uri)
            #expect(again.uri == identifier.uri, "seed \(seed): \(text)")
            #expect(again.kind == identifier.kind, "seed \(seed): \(text)")
            #expect(again.ownershipDigits == identifier.ownershipDigits, "seed \(seed): \(text)")
            #expect(again.product == identifier.product, "seed \(seed): \(text)")
            #expect(identifier.uri.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F })
        }
        #expect(accepted > 500, "\(accepted)")
    }

    @Test func `any bytes are read or refused, never a crash`() {
        var generator = SeededGenerator(state: 11)
        for _ in 0..<5_000 {
            let count = Int.random(in: 0...60, using: &generator)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let text = String(decoding: bytes, as: UTF8.self)
            _ = try? CanonicalIdentifier("https://a/01/09520123456788/" + text)
            _ = try? CanonicalIdentifier("urn:epc:id:" + text)
            _ = try? CanonicalIdentifier(text)
            _ = ExactDecimal(text)
        }
    }

    @Test func `every serial character is the same in a URN and a link`() throws {
        let characters = Array(
            "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz")
        var generator = SeededGenerator(state: 3)
        for first in characters {
            let tail = (0..<6).compactMap { _ in characters.randomElement(using: &generator) }
            let serial = String([first] + tail)
            let encoded = serial.utf8.map { "%" + String(0x100 + Int($0), radix: 16).dropFirst() }
            let link = try CanonicalIdentifier(
                "https://id.gs1.org/01/09520123456788/21/" + encoded.joined())
            // What the EPC grammar excludes is encoded there, the rest stands as it is.
            let inURN = zip(serial, encoded).map { "\"#%&/<>?".contains($0) ? $1 : String($0) }
            let urn = "urn:epc:id:sgtin:9520123.045678." + inURN.joined()
            #expect(try CanonicalIdentifier(urn) == link, "\(serial)")
            #expect(try DigitalLink.read(link.uri)?.qualifiers.first?.bracketed == "(21)" + serial)
        }
    }
}
