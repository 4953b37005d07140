import DeterministicCBOR
import EPCIS
import MerkleTrees
import Records
import Support
import Testing

/// The worked vectors of SPEC §8.1: which events can be read, and what of them decides nothing.
@Suite struct VectorsOfContents {
    static func cases() throws -> [VectorCase] {
        let cases = try VectorFile("event-content").cases
        try #require(cases.count >= 250)
        return cases
    }

    @Test func `an audit reads of an event what the rules name and nothing else`() throws {
        for vector in try Self.cases() {
            let content = try vector.bytes("content")
            try expect(vector) { try Content.read(part(content)) }?.check { found in
                let rows = try vector.rows("expect").map(required)
                #expect(RowRules.rows(of: found, in: .zero) == Set(rows), "\(vector.name)")
            }
        }
    }

    @Test func `codes are those of the vectors, but for JSON's own`() throws {
        for vector in try Self.cases() where vector.has("error") {
            let error = try vector.text("error")
            let found = refusal(try vector.bytes("content"), by: .rules)?.code ?? ""
            let isAlike =
                found == error || found.hasPrefix("json.") && error.hasPrefix("json.")
            #expect(isAlike, "\(vector.name): \(found), not \(error)")
        }
    }

    @Test func `an admission reads the schema too, and then the same event`() throws {
        var loose = 0
        for vector in try Self.cases() where vector.has("expect") {
            let content = try vector.bytes("content")
            let found = refusal(content, by: .schema).map { "\($0.code) \($0.field)" }
            let expected = vector.has("admission") ? try vector.text("admission") : nil
            #expect(found == expected, "\(vector.name)")
            loose += found == nil ? 0 : 1
            guard found == nil else { continue }
            let strict = try EPCISEvent.read(content, by: .schema)
            #expect(try strict == EPCISEvent.read(content, by: .rules), "\(vector.name)")
        }
        #expect(loose >= 30)
    }

    @Test func `what the rules refuse the schema refuses`() throws {
        for vector in try Self.cases() where vector.has("error") {
            #expect(refusal(try vector.bytes("content"), by: .schema) != nil, "\(vector.name)")
        }
    }

    private func refusal(_ content: [UInt8], by strictness: EventStrictness) -> Refusal? {
        do {
            _ = try Content.read(part(content), events: strictness)
            return nil
        } catch {
            return error as? Refusal
        }
    }

    private func part(_ content: [UInt8]) throws -> Part {
        let part = CBORValue.array([
            .bytes([UInt8](repeating: 0, count: 16)), .text(PartContentType.event), .unsigned(0),
            .bytes(content),
        ])
        return try Part.decode(part.encoded())
    }

    private func required(_ row: [VectorScalar]) throws -> RequiredRow {
        let subject = Subject(
            facet: try #require(row[0].number.flatMap { Facet(rawValue: UInt8($0)) }),
            uri: try #require(row[1].text))
        let role = try #require(row[2].number.flatMap { Role(rawValue: UInt8($0)) })
        return RequiredRow(key: subject.key(in: .zero), role: role, subject: subject)
    }
}
