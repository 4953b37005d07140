import Foundation
import GS1
import Support
import Testing

/// The unit tests of GS1's own simple Digital Link parser.
@Suite struct GS1DigitalLinkVectors {
    private struct File: Decodable {
        let cases: [Case]
    }

    private struct Case: Decodable {
        let valid: Bool
        let uri: String
        /// The third is the bracketed element string in the order of the link.
        let outputs: [String]
    }

    /// Links of the simple parser that the ledger does not read: why, and the refusal, if any.
    private static let differences: [String: (why: String, code: String?)] = [
        "https://example.com/01/9520123456788/89/ABC123?99=XYZ": (
            "AI 89 is not allocated, so this is a web address; the simple parser does not know "
                + "which qualifiers a key has", nil
        ),
        "https://example.com/01/9520123456788?99=XYZ&89=ABC123": (
            "AI 89 is not allocated; the simple parser knows only lengths of identifiers",
            "identifier.malformed"
        ),
    ]

    @Test func `all 60 links of GS1's parser are read or refused as there or as stated`() throws {
        let cases = try JSONDecoder().decode(
            File.self, from: Data(Vectors.bytes("digital-link/gs1-dl-simple-parser.json"))
        ).cases
        #expect(cases.count == 60)
        var differing = 0
        for vector in cases {
            let result = Result { try DigitalLink.read(vector.uri) }
            if let difference = Self.differences[vector.uri] {
                #expect(Self.refusal(of: result) == difference.code, "\(difference.why)")
                #expect((try? result.get()) == nil)
                differing += 1
            } else if vector.valid {
                let link = try #require(try result.get(), "\(vector.uri)")
                let elements = [link.key] + link.qualifiers + link.attributes
                #expect(elements.map(\.bracketed).joined() == vector.outputs[2], "\(vector.uri)")
            } else {
                // Refused, or a web address that holds no key.
                #expect((try? result.get()) == nil, "\(vector.uri)")
            }
        }
        #expect(differing == Self.differences.count)
    }

    private static func refusal(of result: Result<DigitalLink?, any Error>) -> String? {
        guard case .failure(let error) = result else { return nil }
        return (error as? IdentifierError)?.code
    }
}
