import DeterministicCBOR
import Support
import Testing

/// The examples of RFC 8949 appendix A that lie in our data model, and those that do not.
@Suite struct CBORExamples {
    static let accepted: [(CBORValue, String)] = [
        (.unsigned(0), "00"), (.unsigned(1), "01"), (.unsigned(10), "0a"), (.unsigned(23), "17"),
        (.unsigned(24), "1818"), (.unsigned(25), "1819"), (.unsigned(100), "1864"),
        (.unsigned(1000), "1903e8"), (.unsigned(1_000_000), "1a000f4240"),
        (.unsigned(1_000_000_000_000), "1b000000e8d4a51000"),
        (.unsigned(.max), "1bffffffffffffffff"), (.negative(.max), "3bffffffffffffffff"),
        (.tagged(2, .bytes([1, 0, 0, 0, 0, 0, 0, 0, 0])), "c249010000000000000000"),
        (.tagged(3, .bytes([1, 0, 0, 0, 0, 0, 0, 0, 0])), "c349010000000000000000"),
        (.integer(-1), "20"), (.integer(-10), "29"), (.integer(-100), "3863"),
        (.integer(-1000), "3903e7"), (.bool(false), "f4"), (.bool(true), "f5"), (.null, "f6"),
        (
            .tagged(0, .text("2013-03-21T20:04:00Z")),
            "c074323031332d30332d32315432303a30343a30305a"
        ),
        (.tagged(1, .unsigned(1_363_896_240)), "c11a514b67b0"),
        (.tagged(23, .bytes([1, 2, 3, 4])), "d74401020304"),
        (.tagged(24, .bytes(Hex.bytes("6449455446"))), "d818456449455446"),
        (
            .tagged(32, .text("http://www.example.com")),
            "d82076687474703a2f2f7777772e6578616d706c652e636f6d"
        ),
        (.bytes([]), "40"), (.bytes([1, 2, 3, 4]), "4401020304"), (.text(""), "60"),
        (.text("a"), "6161"), (.text("IETF"), "6449455446"), (.text("\"\\"), "62225c"),
        (.text("ü"), "62c3bc"), (.text("水"), "63e6b0b4"), (.text("𐅑"), "64f0908591"),
        (.array([]), "80"),
        (.array([.unsigned(1), .unsigned(2), .unsigned(3)]), "83010203"),
        (
            .array([
                .unsigned(1), .array([.unsigned(2), .unsigned(3)]),
                .array([.unsigned(4), .unsigned(5)]),
            ]), "8301820203820405"
        ),
        (
            .array((1...25).map { .unsigned($0) }),
            "98190102030405060708090a0b0c0d0e0f101112131415161718181819"
        ),
        (.map([]), "a0"),
        (.map([CBORPair(1, .unsigned(2)), CBORPair(3, .unsigned(4))]), "a201020304"),
        (
            .map([
                CBORPair("a", .unsigned(1)), CBORPair("b", .array([.unsigned(2), .unsigned(3)])),
            ]), "a26161016162820203"
        ),
        (
            .array([.text("a"), .map([CBORPair("b", .text("c"))])]), "826161a161626163"
        ),
    ]

    @Test(arguments: accepted.indices)
    func `an example of RFC 8949 has exactly its encoding`(index: Int) throws {
        let (value, hex) = Self.accepted[index]
        #expect(Hex.text(value.encoded()) == hex)
        #expect(try CBORValue.decode(Hex.bytes(hex)) == value)
    }

    /// What RFC 8949 §4.2.1, our data model or RFC 8949 §3 and appendix F do not allow.
    static let refused: [(String, CBORError.Code)] = [
        // Heads longer than needed, for every major type and width.
        ("1817", .nonDeterministic), ("1900ff", .nonDeterministic),
        ("1a0000ffff", .nonDeterministic), ("1b00000000ffffffff", .nonDeterministic),
        ("3800", .nonDeterministic), ("390000", .nonDeterministic),
        ("580100", .nonDeterministic), ("59000100", .nonDeterministic),
        ("780161", .nonDeterministic), ("7a0000000161", .nonDeterministic),
        ("980100", .nonDeterministic), ("9b000000000000000100", .nonDeterministic),
        ("b8010000", .nonDeterministic), ("b900010000", .nonDeterministic),
        ("d80100", .nonDeterministic), ("d9000100", .nonDeterministic),
        // Indefinite lengths.
        ("5f42010243030405ff", .nonDeterministic),
        ("7f657374726561646d696e67ff", .nonDeterministic),
        ("9fff", .nonDeterministic), ("9f018202039f0405ffff", .nonDeterministic),
        ("bf61610161629f0203ffff", .nonDeterministic), ("ff", .nonDeterministic),
        ("81ff", .nonDeterministic),
        // Key order and uniqueness.
        ("a203040102", .nonDeterministic), ("a2616201616101", .nonDeterministic),
        ("a2616101616102", .nonDeterministic), ("a201020102", .nonDeterministic),
        ("a262616101616201", .nonDeterministic), ("a220000000", .nonDeterministic),
        // Floating point, undefined, simple values.
        ("f90000", .unsupported), ("f98000", .unsupported), ("f97e00", .unsupported),
        ("fa47c35000", .unsupported), ("fb3ff199999999999a", .unsupported), ("f7", .unsupported),
        ("f0", .unsupported), ("e0", .unsupported), ("f818", .unsupported), ("f8ff", .unsupported),
        ("f814", .unsupported),
        // Reserved heads (RFC 8949 appendix F).
        ("1c", .unsupported), ("1d", .unsupported), ("1e", .unsupported), ("3c", .unsupported),
        ("5c", .unsupported), ("7d", .unsupported), ("9e", .unsupported), ("bc", .unsupported),
        ("dd", .unsupported), ("fe", .unsupported), ("1f", .unsupported), ("3f", .unsupported),
        ("df", .unsupported),
        // Text that is not UTF-8: overlong, surrogate, beyond U+10FFFF, cut off.
        ("61ff", .unsupported), ("62c080", .unsupported), ("63eda080", .unsupported),
        ("64f4908080", .unsupported), ("62e6b0", .unsupported),
        // The end comes too early.
        ("", .truncated), ("18", .truncated), ("19 01", .truncated), ("41", .truncated),
        ("8201", .truncated), ("a1", .truncated), ("a20102 03", .truncated), ("c0", .truncated),
        ("61", .truncated),
        // Something follows.
        ("0000", .trailingBytes), ("f6ff", .trailingBytes),
    ]

    @Test(arguments: refused.indices)
    func `what is not deterministic or not ours is refused for its own reason`(index: Int) {
        let (hex, kind) = Self.refused[index]
        let error = #expect(throws: CBORError.self, "\(hex)") {
            try CBORValue.decode(Hex.bytes(hex))
        }
        #expect(error?.kind == kind, "\(hex)")
    }
}
