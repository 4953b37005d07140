import Foundation
import GS1
import Support
import Testing

/// The normalisations of the reference implementation of the CBV event hash.
///
/// The ledger's canonical form agrees with the hash's, except for the inputs named here.
@Suite struct GS1NormaliserVectors {
    private struct File: Decodable {
        let cases: [Case]
    }

    private struct Case: Decodable {
        let input: String
        let expected: String?
    }

    private enum Outcome: Equatable {
        case canonical(String)
        case refused(code: String)
    }

    /// Inputs the ledger reads otherwise than the reference: why, and what it makes of them.
    private static let differences: [String: (why: String, outcome: Outcome)] = [
        "http://example.de/gtin-8/01/97803111": (
            "the reference does not check the check digit, which is 1 and should be 9",
            .refused(code: "identifier.check-digit")
        ),
        "http://example.de/01/040123451234/cpv/344/lot/ABD": (
            "the reference does not check the check digit, which is 4 and should be 5",
            .refused(code: "identifier.check-digit")
        ),
        "http://id.gs1.org/01/9780345418913/99/utfgf": (
            "a key and what does not qualify it", .refused(code: "identifier.malformed")
        ),
        "https://id.gs1.org/8006/04012345123456/22/ABCD/10/XYZ": (
            "an ITIP without piece and total", .refused(code: "identifier.malformed")
        ),
        "42": ("no absolute URI", .refused(code: "identifier.malformed")),
        "Hello World!": ("no absolute URI", .refused(code: "identifier.malformed")),
    ]

    /// The reference returns nothing for what it cannot normalise; such a URI stays as it is.
    @Test func `all 70 reference normalisations agree or differ as stated`() throws {
        let cases = try JSONDecoder().decode(
            File.self, from: Data(Vectors.bytes("digital-link/cbv-hash-dl-normaliser.json"))
        ).cases
        #expect(cases.count == 70)
        var differing: Set<String> = []
        for vector in cases {
            let actual = Self.outcome(of: vector.input)
            if let difference = Self.differences[vector.input] {
                #expect(actual == difference.outcome, "\(vector.input): \(difference.why)")
                differing.insert(vector.input)
            } else {
                #expect(actual == .canonical(vector.expected ?? vector.input), "\(vector.input)")
            }
        }
        #expect(differing == Set(Self.differences.keys))
    }

    @Test func `the form for the event hash agrees with all 70`() throws {
        let cases = try JSONDecoder().decode(
            File.self, from: Data(Vectors.bytes("digital-link/cbv-hash-dl-normaliser.json"))
        ).cases
        #expect(cases.count == 70)
        for vector in cases {
            #expect(ConstrainedLink.text(of: vector.input) == vector.expected, "\(vector.input)")
        }
    }

    private static func outcome(of text: String) -> Outcome {
        do {
            return .canonical(try CanonicalIdentifier(text).uri)
        } catch {
            return .refused(code: error.code)
        }
    }
}
