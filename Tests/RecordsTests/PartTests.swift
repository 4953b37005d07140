import DeterministicCBOR
import MerkleTrees
import Records
import Support
import Testing

@Suite struct PartTests {
    let demo: DemoNetwork

    init() throws { demo = try DemoNetwork() }

    private func part(
        salt: CBORValue = .bytes([UInt8](repeating: 1, count: 16)),
        type: CBORValue = .text("text/plain"), visibility: CBORValue = .unsigned(0),
        content: CBORValue = .bytes([1, 2, 3])
    ) -> [UInt8] {
        CBORValue.array([salt, type, visibility, content]).encoded()
    }

    @Test func `the same content under the same key is the same part`() throws {
        let one = try demo.note("weighed 12 kg", by: demo.supplier)
        #expect(try demo.note("weighed 12 kg", by: demo.supplier) == one)
        #expect(try demo.note("weighed 12 kg", by: demo.carrier) != one)
        #expect(try demo.note("weighed 12 kg", by: demo.supplier, visibility: .open) != one)
        #expect(one.digest == Hash256.sha256(Array("cairn/part/v1".utf8) + [0], one.encoded))
        #expect(try Part.decode(one.encoded) == one)
    }

    @Test func `parts of another shape are refused`() throws {
        #expect(try Part.decode(part()).content == [1, 2, 3])
        let short = CBORValue.bytes([UInt8](repeating: 1, count: 15))
        expectRefusal("part.format") { try Part.decode(part(salt: short)) }
        expectRefusal("part.format") { try Part.decode(part(type: .text(""))) }
        expectRefusal("part.format") { try Part.decode(part(visibility: .unsigned(2))) }
        expectRefusal("part.format") { try Part.decode(part(visibility: .array([]))) }
        expectRefusal("part.format") { try Part.decode(part(content: .text("x"))) }
        expectRefusal("part.format") { try Part.decode(CBORValue.array([]).encoded()) }
        expectRefusal("cbor.trailing-bytes") { try Part.decode(part() + [0]) }
        let unsorted = CBORValue.array([.text("urn:b:1"), .text("urn:a:1")])
        expectRefusal("part.format") { try Part.decode(part(visibility: unsorted)) }
        let twice = CBORValue.array([.text("urn:a:1"), .text("urn:a:1")])
        expectRefusal("part.format") { try Part.decode(part(visibility: twice)) }
    }

    @Test func `the limits of a part are tested on both sides`() throws {
        let most = [UInt8](repeating: 7, count: Limits.partContentBytes)
        #expect(try Part.decode(part(content: .bytes(most))).content.count == most.count)
        expectRefusal("part.too-large") { try Part.decode(part(content: .bytes(most + [7]))) }
        let longest = String(repeating: "t", count: Limits.contentTypeBytes)
        #expect(try Part.decode(part(type: .text(longest))).contentType == longest)
        expectRefusal("part.format") { try Part.decode(part(type: .text(longest + "t"))) }
        let readers = (0...Limits.visibilityOrganisations).map { "urn:o:\(1_000 + $0)" }
        let listed = readers.dropLast().map { CBORValue.text($0) }
        #expect(
            try Part.decode(part(visibility: .array(listed))).visibility
                == .only(readers.dropLast()))
        let tooMany = readers.map { CBORValue.text($0) }
        expectRefusal("part.format") { try Part.decode(part(visibility: .array(tooMany))) }
    }

    @Test func `visibility decides who reads`() {
        let member = Reader.member(organisation: "urn:a:1")
        #expect(Visibility.open.permits(.anonymous))
        #expect(!Visibility.network.permits(.anonymous))
        #expect(Visibility.network.permits(member))
        #expect(Visibility.only(["urn:b:1", "urn:a:1", "urn:a:1"]).permits(member))
        #expect(!Visibility.only(["urn:b:1"]).permits(member))
        #expect(!Visibility.only(["urn:b:1"]).permits(.anonymous))
        #expect(Visibility.only([]).permits(.nodeOperator))
    }
}
