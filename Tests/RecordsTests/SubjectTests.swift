import DeterministicCBOR
import MerkleTrees
import Records
import Support
import Testing

@Suite struct SubjectTests {
    let network = Hash256.sha256([1])

    @Test func `a subject key is the hash of network, facet and URI`() {
        let uri = "https://id.gs1.org/01/09521141123454/10/A1"
        let input =
            Array("cairn/subject/v1".utf8) + [0] + network.bytes + [1] + Array(uri.utf8)
        let subject = Subject(facet: .assertions, uri: uri)
        #expect(subject.key(in: network) == Hash256.sha256(input))
        #expect(subject.key(in: .zero) != subject.key(in: network))
        let other = Subject(facet: .events, uri: uri)
        #expect(other.key(in: network) != subject.key(in: network))
    }

    @Test func `subjects are ordered as their encodings are`() {
        var random = SplitMix64(seed: 7)
        let subjects = (0..<200).map { _ in
            Subject(
                facet: Facet(rawValue: UInt8.random(in: 0...2, using: &random)) ?? .events,
                uri: String(
                    repeating: ["a", "b", "é"].randomElement(using: &random) ?? "a",
                    count: Int.random(in: 0...30, using: &random)))
        }
        func bytes(_ subject: Subject) -> [UInt8] {
            CBORValue.array([.unsigned(UInt64(subject.facet.rawValue)), .text(subject.uri)])
                .encoded()
        }
        for left in subjects {
            for right in subjects {
                #expect((left < right) == bytes(left).lexicographicallyPrecedes(bytes(right)))
            }
        }
    }

    @Test func `canonically equivalent spellings are two subjects`() {
        let composed = Subject(facet: .events, uri: "urn:x:\u{E9}")
        let decomposed = Subject(facet: .events, uri: "urn:x:e\u{301}")
        #expect(composed.uri == decomposed.uri)
        #expect(composed != decomposed)
        #expect(composed.key(in: network) != decomposed.key(in: network))
    }

    @Test func `an account names month, site and material`() {
        let account = Subject.account(month: "2026-01", site: "urn:s", material: "urn:m")
        #expect(account == Subject(facet: .account, uri: "urn:cairn:account:2026-01:urn:s urn:m"))
        #expect(Subject.network(.zero).uri.hasSuffix(String(repeating: "0", count: 64)))
    }
}
