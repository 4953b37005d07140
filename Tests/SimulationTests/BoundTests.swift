import MerkleTrees
import Replication
import Simulation
import Testing

struct `A peer without measure` {
    @Test func `is cut off before its answer fills the memory`() throws {
        let world = try SimulatedWorld(seed: 1, founders: 3, troubles: .none)
        try world.run(steps: 20)
        let reason = try world.cutOffOfEndlessAnswer(pieceBytes: ReplicationLimits.answerPieceBytes)
        #expect(reason == "peer.message")
    }
}
