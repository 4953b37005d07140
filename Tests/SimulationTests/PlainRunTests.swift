import Records
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

    @Test func `who registers what nobody signed is convicted by that entry`() throws {
        let world = try SimulatedWorld(seed: 1, founders: 4, troubles: .none)
        try world.run(steps: 40)
        world.registerForged(at: 3)
        #expect(world.judge.accusations == [])
        #expect(world.sightings.contains(.entryAlarm))
        for node in world.nodes.prefix(3) {
            #expect(node.disk.contents.alarms.map(\.kindName) == ["entry"])
            #expect(node.disk.contents.alarms.map(\.origin) == [world.nodes[3].origin])
        }
    }
}
