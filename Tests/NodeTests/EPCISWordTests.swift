import Support
import Testing

@testable import Node

/// Words of CBV in the spellings that callers have (SPEC §17.2).
struct EPCISWordTests {
    @Test func `a word of CBV is one word in every spelling`() async throws {
        let node = try TestNode()
        try await node.serve { _, caller in
            _ = try await caller.post(try node.commissioning("COTTON"))
            for (word, isKnown) in [
                ("commissioning", true), ("cbv:BizStep-commissioning", true),
                ("https://ref.gs1.org/cbv/BizStep-commissioning", true),
                ("https://ns.gs1.org/cbv/BizStep-commissioning", true),
                ("urn:epcglobal:cbv:bizstep:commissioning", true),
                ("urn:epcglobal:cbv:bizstep:shipping", false),
                ("urn:epcglobal:cbv:disp:commissioning", false),
            ] {
                let segment = HTTPCaller.segment(word)
                let place = "/epcis/bizSteps/\(segment)"
                #expect(try await caller.get(place).status == (isKnown ? 200 : 404), "\(word)")
                let events = try await caller.get("\(place)/events")
                #expect(events.text.contains("COTTON") == isKnown, "\(word)")
                let found = try await caller.get("/epcis/events?EQ_bizStep=\(segment)")
                #expect(found.text.contains("COTTON") == isKnown, "\(word)")
            }
            let none = try await caller.get("/epcis/dispositions/urn:epcglobal:cbv:disp:active")
            #expect(none.status == 404)
        }
    }
}
