import Replication
import Support

// The course of a run: trouble, then calm.
extension SimulatedWorld {
    /// Runs so many steps with trouble, then the calm end with its checks.
    ///
    /// - Parameters:
    ///   - steps: how many.
    ///   - place: a node whose disk goes back, after two thirds, to what it was after one.
    /// - Throws: what the network cannot be made with.
    package func run(steps: Int, forgetting place: Int? = nil) throws {
        var copy: SimulatedDisk.Contents?
        for number in 0..<steps {
            try step()
            if let place, number >= steps / 3, copy == nil, nodes[place].own.size() > 0 {
                copy = nodes[place].disk.contents
            }
            if let place, let copy, number == steps * 2 / 3, !hasRewound {
                try rewind(place, to: copy)
            }
            if !judge.accusations.isEmpty { return }
        }
        try calmDown()
    }

    private func step() throws {
        now += chance(1, in: 60) ? 1_000 * UInt64(1 + pick(40)) : UInt64(1 + pick(60))
        for (id, side) in arrived() where chance(3, in: 4) { deliver(id, to: side) }
        switch acts[pick(acts.count)] {
        case .tick:
            let place = pick(nodes.count)
            tick(place)
            if chance(1, in: 4) { adopt(at: place) }
            try confirmKey(of: place)
            if troubles.lies { useStolenKeys() }
        case .submit: submit(at: pick(nodes.count))
        case .connect:
            let met = nodes.indices.flatMap { one in
                nodes.indices.filter { $0 > one && canMeet(one, $0) }.map { (one, $0) }
            }
            if !met.isEmpty {
                let (one, other) = met[pick(met.count)]
                connect(one, other)
            }
        case .part: part()
        case .cut: cutSome()
        case .crash: if troubles.crashes { crash(pick(nodes.count)) }
        case .start: try start(pick(nodes.count))
        case .clock: if troubles.clocks { changeClock(of: nodes[pick(nodes.count)]) }
        case .disk: if troubles.disks { spoilDisk(of: pick(nodes.count)) }
        case .backup: if troubles.disks { try backup(pick(nodes.count)) }
        case .split: if troubles.lies { deceive() }
        case .attack: if troubles.lies { attack() }
        case .amend: if troubles.amendments { try amend(pick(nodes.count)) }
        case .erase: erase(at: pick(nodes.count))
        }
    }

    private func cutSome() {
        let all = connections.keys.sorted()
        if !all.isEmpty { cut(all[pick(all.count)]) }
    }

    // MARK: Ordinary things

    func tick(_ place: Int) {
        guard nodes[place].isRunning else { return }
        attempt(place) { try nodes[place].handle(.tick, now) }
        closeUnpinned(at: place)
    }

    func submit(at place: Int) {
        guard nodes[place].isRunning, nodes[place].own.size() > 0 else { return }
        let size = nodes[place].own.size()
        if nodes[place].own.isLax, chance(1, in: 8) { return forge(at: place) }
        // Again until it is one that this log does not have, unless it takes one twice.
        for _ in 0..<4 where nodes[place].isRunning && nodes[place].own.size() == size {
            let isOld = nodes[place].own.isLax && chance(1, in: 4)
            let number = isOld ? pick(nextSubmission + 1) : nextSubmission
            let submission = network.submissions[number % network.submissions.count]
            nextSubmission += 1
            attempt(place) { try nodes[place].register(submission, now) }
        }
    }

    /// A log registers that a part of it is erased.
    private func erase(at place: Int) {
        guard nodes[place].isRunning else { return }
        let log = nodes[place].own
        let orders = network.erasures.sorted { $0.key < $1.key }.map(\.value)
            .filter { log.parts[$0.part] != nil }
        guard !orders.isEmpty else { return }
        let order = orders[pick(orders.count)].submission
        attempt(place) { try nodes[place].register(order, now) }
    }

    // MARK: Trouble

    private func part() {
        guard !troubles.isCalm else { return }
        if parts.contains(where: { $0 != 0 }) {
            if Set(parts).count > 1 { sightings.insert(.partitionHealed) }
            parts = parts.map { _ in 0 }
            return
        }
        sightings.insert(.partition)
        parts = parts.map { _ in pick(2) }
        for id in connections.keys.sorted() {
            guard let ends = connections[id]?.ends, parts[ends[0]] != parts[ends[1]] else {
                continue
            }
            cut(id)
        }
    }

    private func changeClock(of node: SimulatedNode) {
        switch pick(4) {
        case 0:
            let before = node.clock(now)
            node.clockOffset = Int64(pick(1_200_000)) - 600_000
            node.frozenAt = nil
            if node.clock(now) < before { sightings.insert(.clockBackwards) }
        case 1:
            node.frozenAt = node.clock(now)
            sightings.insert(.clockFrozen)
        default:
            node.frozenAt = nil
            node.clockOffset = 0
        }
    }

    private func spoilDisk(of place: Int) {
        guard nodes[place].isRunning else { return }
        let disk = nodes[place].disk
        // Some kinds of writes are so rare that one must wait for them.
        let kinds = [.ownGroup] + SimulatedDisk.Write.allCases
        disk.struck = chance(1, in: 2) ? kinds[pick(kinds.count)] : nil
        disk.sparedWrites = pick(disk.struck == nil ? 6 : 2)
        disk.fault = [.full, .torn(isKept: true), .torn(isKept: false)][pick(3)]
    }

    /// Keeps a copy of a disk, or goes back to it: once in a run, since one that has forgotten is
    /// no help to another.
    private func backup(_ place: Int) throws {
        let node = nodes[place]
        // A node that forgets its new key would believe whoever has the former one.
        let mayForget = !node.isHonest || !hasRewound && !judge.stolen.contains(node.origin)
        guard let backup = node.backup, mayForget, chance(1, in: 2) else {
            if node.own.size() > 0, node.backup == nil || chance(1, in: 4) {
                node.backup = node.disk.contents
            }
            return
        }
        guard node.isHonest else {
            // A liar's log forks as soon as it grows.
            sightings.insert(.liarForgot)
            crash(place)
            node.disk.contents = backup
            return try start(place)
        }
        try rewind(place, to: backup)
    }

    private func rewind(_ place: Int, to copy: SimulatedDisk.Contents) throws {
        let node = nodes[place]
        sightings.insert(.oldBackup)
        hasRewound = true
        crash(place)
        node.isRewound = true
        node.disk.contents = copy
        judge.rewind(node)
        try start(place)
        // Whoever brings a node up from a copy looks whether it comes up.
        for other in nodes.indices where canMeet(place, other) && chance(2, in: 3) {
            connect(place, other)
        }
    }

    // MARK: Calm

    /// All that is honest is up and connected: after a while all must agree.
    func calmDown() throws {
        troubles = .none
        parts = parts.map { _ in 0 }
        for (place, node) in nodes.enumerated() {
            node.disk.repair()
            node.frozenAt = nil
            if !node.isHonest { crash(place) }
        }
        if chance(1, in: 2) { for id in connections.keys.sorted() { cut(id) } }
        try takeUpAll()
        try settle(withQuorum: false)
        guard judge.accusations.isEmpty else { return }
        try spreadDecisions()
        try changeCosignerKeys()
        for place in nodes.indices where nodes[place].isHonest { submit(at: place) }
        try settle(withQuorum: true)
        for node in honest { judge.checkAcknowledged(by: node) }
    }

    private func takeUpAll() throws {
        for (place, node) in nodes.enumerated() where node.isHonest { try start(place) }
    }

    func settle(withQuorum: Bool) throws {
        var differences: [String] = []
        for round in 0..<200 {
            now += round < 40 ? 100 : 5_000
            changeTransportKeys(round)
            for (one, other) in pairs() where canMeet(one, other) { connect(one, other) }
            guard exchange() else { return judge.accuse("the nodes never fall silent") }
            try takeUpAll()
            if withQuorum { adoptEverywhere() }
            guard judge.accusations.isEmpty else { return }
            guard round >= 3 else { continue }
            differences = disagreements(withQuorum: withQuorum)
            if differences.isEmpty { return }
        }
        for difference in differences.prefix(4) { judge.accuse("in the end \(difference)") }
    }

    /// Delivers everything that is said, and what is answered to it.
    ///
    /// - Returns: whether it came to an end.
    func exchange() -> Bool {
        var frames = 0
        while frames < 4_000 {
            now += 5
            let arrived = arrived()
            if arrived.isEmpty { break }
            for (id, side) in arrived {
                deliver(id, to: side)
                frames += 1
            }
        }
        for place in nodes.indices { tick(place) }
        return frames < 4_000
    }

    func forge(at place: Int) {
        let submission = network.submissions[nextSubmission % network.submissions.count]
        nextSubmission += 1
        attempt(place) { try nodes[place].forge(submission, now) }
    }

    private func pairs() -> [(Int, Int)] {
        nodes.indices.flatMap { one in
            nodes.indices.filter { $0 > one && nodes[$0].isHonest && nodes[one].isHonest }
                .map { (one, $0) }
        }
    }
}
