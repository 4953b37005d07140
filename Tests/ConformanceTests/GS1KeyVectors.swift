import Foundation
import GS1
import Support
import Testing

/// EPC URNs judged and converted by epcpy, an independent implementation of the EPC standard.
@Suite struct GS1KeyVectors {
    private struct File: Decodable {
        let cases: [Case]
    }

    private struct Case: Decodable {
        let urn: String
        let epcpy: String
        let elementString: String?

        enum CodingKeys: String, CodingKey {
            case urn, epcpy
            case elementString = "gs1_element_string"
        }
    }

    /// URNs the ledger judges otherwise: why, and the code of the refusal.
    private static let differences: [String: (why: String, code: String)] = [
        "urn:epc:id:giai:42512183..SENSOR.TR-07-AVE-583:1": (
            "31 characters, one more than a GIAI has; epcpy cuts the text at the second colon",
            "identifier.malformed"
        )
    ]

    @Test func `all 231 URNs are judged and converted as by epcpy or as stated`() throws {
        let cases = try JSONDecoder().decode(
            File.self, from: Data(Vectors.bytes("digital-link/gs1-keys-epcpy.json"))
        ).cases
        #expect(cases.count == 231)
        var (accepted, refused, differing) = (0, 0, 0)
        for vector in cases {
            let result = Result { try CanonicalIdentifier(vector.urn) }
            if let difference = Self.differences[vector.urn] {
                let error = #expect(throws: IdentifierError.self) { try result.get() }
                #expect(error?.code == difference.code, "\(difference.why)")
                differing += 1
            } else if vector.epcpy == "accept" {
                let expected = try #require(vector.elementString)
                #expect(try Self.elementString(of: result.get()) == Self.comparable(expected))
                accepted += 1
            } else {
                #expect(throws: IdentifierError.self, "\(vector.urn)") { try result.get() }
                refused += 1
            }
        }
        #expect(differing == Self.differences.count)
        #expect(accepted == 123 && refused == 107, "\(accepted) \(refused)")
    }

    @Test func `every URN that is read comes back from its canonical form`() throws {
        let cases = try JSONDecoder().decode(
            File.self, from: Data(Vectors.bytes("digital-link/gs1-keys-epcpy.json"))
        ).cases
        var count = 0
        for vector in cases {
            guard let identifier = try? CanonicalIdentifier(vector.urn) else { continue }
            let fields = vector.urn.split(separator: ":", maxSplits: 4)
            let length = fields[4].prefix { $0 != "." }.count
            #expect(try identifier.epcURN(companyPrefixLength: length) == vector.urn)
            count += 1
        }
        #expect(count == 123)
    }

    /// epcpy writes the GLN extension "0" out; the canonical form drops it.
    private static func comparable(_ elementString: String) -> String {
        let isPlainGLN = elementString.hasPrefix("(414)") && elementString.hasSuffix("(254)0")
        return isPlainGLN ? String(elementString.dropLast("(254)0".count)) : elementString
    }

    private static func elementString(of identifier: CanonicalIdentifier) throws -> String {
        let link = try #require(try DigitalLink.read(identifier.uri))
        return ([link.key] + link.qualifiers).map(\.bracketed).joined()
    }
}
