import EPCIS
import Testing

@Suite struct CorrectionsTests {
    static func event(_ id: String?, _ members: String = "") throws -> Corrections.Event {
        let name = id.map { #""eventID":"\#($0)","# } ?? ""
        let text =
            #"{\#(name)\#(members)"@context":"ex:c","type":"ObjectEvent","epcList":["ex:a"]}"#
        return Corrections.Event(try JSONValue.parse(Array(text.utf8)))
    }

    static func declaration(_ correctives: [String]) -> String {
        let ids = correctives.map { "\"\($0)\"" }.joined(separator: ",")
        return #""errorDeclaration":{"declarationTime":"2026-03-01T08:30:00Z","#
            + #""reason":"incorrect_data","correctiveEventIDs":[\#(ids)]},"#
    }

    @Test func `an event, its declaration and its correction stay, and the last holds`() throws {
        let corrections = Corrections([
            try Self.event("ex:1"), try Self.event("ex:1", Self.declaration(["ex:2"])),
            try Self.event("ex:2"), try Self.event("ex:3"),
        ])
        #expect(corrections.correctedView == [2, 3])
        let standings = corrections.standings
        #expect(standings[0].declaredBy == [1] && standings[0].correctedBy == [2])
        #expect(standings[1].isDeclaration && standings[1].declares == [0])
        #expect(standings[2].corrects == [0] && standings[2].holds)
        #expect(standings[3].holds && standings[3].corrects == [])
        #expect(corrections.missingCorrections == [])
    }

    @Test func `order does not matter, nor the case of a UUID`() throws {
        let id = "urn:uuid:550e8400-e29b-41d4-a716-44665544000A"
        let corrections = Corrections([
            try Self.event("ex:2"), try Self.event(id.lowercased(), Self.declaration(["ex:2"])),
            try Self.event(id),
        ])
        #expect(corrections.correctedView == [0])
        #expect(corrections.standings[0].corrects == [2])
    }

    @Test func `a correction that never came is told`() throws {
        let corrections = Corrections([
            try Self.event("ex:1"), try Self.event("ex:1", Self.declaration(["ex:9"])),
        ])
        #expect(corrections.correctedView == [])
        #expect(corrections.missingCorrections == ["ex:9"])
    }

    @Test func `a declaration of nothing known changes nothing`() throws {
        let corrections = Corrections([
            try Self.event("ex:1"), try Self.event("ex:7", Self.declaration([])),
        ])
        #expect(corrections.correctedView == [0])
        #expect(corrections.standings[1].declares == [])
    }

    @Test func `a corrective event can be declared wrong itself`() throws {
        let corrections = Corrections([
            try Self.event("ex:1"), try Self.event("ex:1", Self.declaration(["ex:2"])),
            try Self.event("ex:2"), try Self.event("ex:2", Self.declaration(["ex:3"])),
            try Self.event("ex:3"),
        ])
        #expect(corrections.correctedView == [4])
    }

    @Test func `events without ID are matched by their hash`() throws {
        let corrections = Corrections([
            try Self.event(nil), try Self.event(nil, Self.declaration([])),
            try Self.event(nil, #""action":"ADD","#),
        ])
        #expect(corrections.standings[1].declares == [0])
        #expect(corrections.correctedView == [2])
    }

    @Test func `a word that does not count changes nothing`() throws {
        let events = [
            try Self.event("ex:1"), try Self.event("ex:1", Self.declaration(["ex:2"])),
            try Self.event("ex:2"),
        ]
        let corrections = Corrections(events) { _, _ in false }
        #expect(corrections.correctedView == [0, 2])
        #expect(corrections.standings[1].isDeclaration && corrections.standings[1].declares == [])
    }

    @Test func `what of a declaration cannot be read is passed over`() throws {
        let value = #"{"errorDeclaration":{"declarationTime":5,"correctiveEventIDs":["ex:2",7]}}"#
        let declaration = ErrorDeclaration(of: try .parse(Array(value.utf8)))
        #expect(declaration?.correctiveEventIDs == ["ex:2"])
        #expect(declaration?.declarationTimeMilliseconds == nil)
        #expect(ErrorDeclaration(of: .object([])) == nil)
    }
}
