import Records
import Replication
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

    @Test func `whom a liar shows alone what nobody signed tells all others`() throws {
        for bug in [nil, PlantedBug.hidesAlarms] {
            let world = try SimulatedWorld(seed: 1, founders: 4, troubles: .none, bug: bug)
            try world.run(steps: 40)
            world.registerForged(at: 3, shownTo: 0)
            #expect(world.judge.accusations == [])
            let known = world.nodes.prefix(3).map { $0.disk.contents.alarms.map(\.kindName) }
            #expect(known[0] == ["entry"])
            #expect(known[1...].allSatisfy { $0 == (bug == nil ? ["entry"] : []) })
        }
    }

    @Test func `a log goes on that a stolen key has signed far beyond its end`() throws {
        let world = try SimulatedWorld(seed: 1, founders: 4, troubles: .none)
        try world.run(steps: 40)
        let node = world.nodes[3]
        let size = node.own.size()
        try world.tellFarBeyondEnd()
        #expect(node.isBehind)
        #expect(node.disk.contents.losses.values.map(\.keyChanges) == [0])
        try world.cutOffWhatLiesBeyond()
        #expect(world.judge.accusations == [])
        #expect(!node.isBehind)
        #expect(node.own.size() > size)
        // Under its new key it is as before: what that has signed beyond its end is a loss.
        try world.tellFarBeyondEnd()
        #expect(node.isBehind)
        #expect(node.disk.contents.losses.values.map(\.keyChanges) == [1])
    }

    @Test(arguments: [false, true])
    func `a key that was given up convicts nobody, once that is known`(again: Bool) throws {
        let world = try SimulatedWorld(seed: 1, founders: 4, troubles: .none)
        try world.run(steps: 40)
        try world.forkUnderStolenKey(isChangedAgain: again)
        #expect(world.judge.accusations == [])
        #expect(world.sightings.isSuperset(of: [.voidAlarm, .voidMirrored, .voidDropped]))
        for node in world.nodes.prefix(4) {
            #expect(node.disk.log(world.nodes[3].origin).size() == world.nodes[3].own.size())
        }
    }
}
