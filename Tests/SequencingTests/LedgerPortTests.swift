import Sequencing
import Support
import Testing

struct `The ledger port` {
    @Test func `a ledger in memory does what a ledger must`() throws {
        let complaints = try LedgerConformance.complaints(
            network: DemoNetwork(), ledger: MemoryLedger())
        #expect(complaints == [])
    }

    @Test func `a ledger in memory accuses a writer that skips an index`() throws {
        let network = try DemoNetwork()
        var rig = try SequencerRig(network: network, ledger: MemoryLedger())
        for submission in try network.trade(batches: 1) {
            _ = try rig.stage(try rig.admit(submission))
        }
        var group = try rig.sequencer.seal(
            nowMilliseconds: rig.nowMilliseconds, in: rig.ledger)
        group.firstIndex += 1
        #expect(throws: MemoryLedgerAccusation.self) { try rig.ledger.commit(group) }
    }

    @Test func `a ledger in memory accuses a writer that rewrites a tile`() throws {
        let network = try DemoNetwork()
        var rig = try SequencerRig(network: network, ledger: MemoryLedger())
        let submissions = try network.trade(batches: 1)
        _ = try rig.stage(try rig.admit(submissions[0]))
        let first = try rig.commit()
        _ = try rig.stage(try rig.admit(submissions[1]))
        var group = try rig.sequencer.seal(
            nowMilliseconds: rig.nowMilliseconds, in: rig.ledger)
        group.tiles = first.tiles
        #expect(throws: MemoryLedgerAccusation.self) { try rig.ledger.commit(group) }
    }
}
