import Simulation
import Testing

struct `A plain run` {
    @Test func `three honest nodes mirror, cosign and reach their quorum`() throws {
        let world = try SimulatedWorld(seed: 1, founders: 3, troubles: .none)
        try world.run(steps: 40)
        #expect(world.judge.accusations == [])
        #expect(world.sightings.isSuperset(of: [.mayGoOn, .quorumReached]))
        for node in world.nodes {
            #expect(node.own.size() > 2)
            #expect(node.quorumSize == node.own.size())
        }
    }
}
