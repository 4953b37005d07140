import MerkleTrees
import Records
import Support
import Testing

@Suite struct DemoNetworkTests {
    @Test func `the demo network founds itself`() throws {
        let demo = try DemoNetwork()
        #expect(demo.state.organisations.count == 3)
        #expect(demo.state.head == demo.id)
        let again = try DemoNetwork()
        #expect(again.file == demo.file)
    }

    @Test func `a demo event is admitted`() throws {
        let demo = try DemoNetwork()
        let event = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning",
            batches: [(demo.supplier.batch("A1"), "12.5")], site: demo.supplier.site)
        let submission = try demo.submission(event: event, by: demo.supplier)
        let admitted = try Admission(governance: demo.state, facts: NoFacts()).admit(
            submission, nowMilliseconds: DemoNetwork.startMilliseconds)
        #expect(admitted.parts.count == 1)
        #expect(admitted.manifest.rows.count == 2)
    }
}
