import MerkleTrees
import Records
import Support
import Verdicts

/// One way to tamper with evidence without any key, and the steps that must reject what comes out.
struct Mutation {
    /// What it does.
    let name: String
    /// The steps of SPEC §15.3 that may reject it; were one of them left out, the test would fail.
    let steps: Set<EvidenceStep>
    /// Tampers; false if there is nothing of the kind to tamper with.
    let apply: (inout Evidence, inout SplitMix64, Evidence) -> Bool

    init(
        _ name: String, _ steps: EvidenceStep...,
        apply: @escaping (inout Evidence, inout SplitMix64, Evidence) -> Bool
    ) {
        self.name = name
        self.steps = Set(steps)
        self.apply = apply
    }

    /// Every way.
    static var all: [Mutation] {
        frame + checkpointAndSeal + transitions + entries + index + chains + links + parts
            + alarms
    }
}

/// A random place in a collection.
func place(in items: some RandomAccessCollection, _ random: inout SplitMix64) -> Int? {
    items.isEmpty ? nil : Int.random(in: 0..<items.count, using: &random)
}

/// A hash with one bit turned.
func turned(_ hash: Hash256, _ random: inout SplitMix64) -> Hash256 {
    var bytes = hash.bytes
    bytes[Int.random(in: 0..<32, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    return Hash256(bytes) ?? .zero
}

/// Drops, repeats, turns or adds one hash of a path.
func spoil(_ path: inout [Hash256], _ random: inout SplitMix64) {
    switch (UInt8.random(in: 0..<4, using: &random), place(in: path, &random)) {
    case (0, let place?): path.remove(at: place)
    case (1, let place?): path.insert(path[place], at: place)
    case (2, let place?): path[place] = turned(path[place], &random)
    default: path.append(Hash256.sha256(random.bytes(8)))
    }
}

extension Mutation {
    static var alarms: [Mutation] {
        [
            Mutation("an alarm that proves nothing", .alarm) { evidence, random, _ in
                let log = evidence.logs[0]
                let note = Array(log.checkpoint.utf8)
                let sides = (0..<2).map { _ in
                    SplitView.Side(note: note, root: turned(.zero, &random), proof: [])
                }
                guard sides[0].root != sides[1].root else { return false }
                let view = SplitView(
                    origin: log.origin, size: 2, sides[0], sides[1])
                let alarm = Alarm(network: evidence.network, amendments: [], kind: .fork(view))
                evidence.alarms.append(alarm.encoded())
                return true
            }
        ]
    }

    static var frame: [Mutation] {
        [
            Mutation("another network", .genesis) { evidence, random, _ in
                evidence.network = turned(evidence.network, &random)
                return true
            },
            Mutation("another subject asked about", .closure) { evidence, random, _ in
                let uris = evidence.asked.map(\.uri).filter {
                    $0 != evidence.question.uri && !$0.contains(" ") && !$0.contains("network")
                }
                evidence.question.uri = uris.randomElement(using: &random) ?? "urn:x:y"
                return true
            },
            Mutation("a spelling that is not canonical asked about", .format) { evidence, _, _ in
                evidence.question.uri = "HTTPS" + evidence.question.uri.dropFirst(5)
                return true
            },
            Mutation("another scope", .closure) { evidence, _, _ in
                evidence.question.scope = evidence.question.scope == .subject ? .upstream : .subject
                return true
            },
            Mutation("an asked subject dropped", .format, .governance, .closure, .index, .chain) {
                evidence, random, _ in
                guard let place = place(in: evidence.asked, &random) else { return false }
                evidence.asked.remove(at: place)
                return true
            },
            Mutation("a subject asked too many", .closure, .index) { evidence, random, _ in
                let uri = "urn:x:\(random.next())"
                evidence.asked.append(Subject(facet: .account, uri: uri))
                evidence.asked.sort()
                return evidence.asked.last?.uri == uri
            },
            Mutation("asked subjects swapped", .format) { evidence, random, _ in
                guard let place = place(in: evidence.asked.dropLast(), &random) else {
                    return false
                }
                evidence.asked.swapAt(place, place + 1)
                return true
            },
            Mutation("a log twice", .format) { evidence, _, _ in
                evidence.logs.append(evidence.logs[0])
                return true
            },
            Mutation("no log", .format) { evidence, _, _ in
                evidence.logs = []
                return true
            },
            Mutation("another origin", .checkpoint) { evidence, _, _ in
                evidence.logs[0].origin += "/b"
                return true
            },
            Mutation("the log of another network", .format, .part, .governance) {
                evidence, _, other in
                evidence.logs = other.logs
                return true
            },
        ]
    }

    static var checkpointAndSeal: [Mutation] {
        [
            // The same key signs both networks' logs here, so the signature alone would pass.
            Mutation("another network's checkpoint", .seal) { evidence, _, other in
                evidence.logs[0].checkpoint = other.logs[0].checkpoint
                return true
            },
            Mutation("a character of the checkpoint changed", .checkpoint) { evidence, random, _ in
                var bytes = Array(evidence.logs[0].checkpoint.utf8)
                guard let place = place(in: bytes, &random) else { return false }
                bytes[place] = bytes[place] == 0x41 ? 0x42 : 0x41
                evidence.logs[0].checkpoint = String(decoding: bytes, as: UTF8.self)
                return true
            },
            Mutation("a signature line twice", .checkpoint) { evidence, _, _ in
                let lines = evidence.logs[0].checkpoint.split(
                    separator: "\n", omittingEmptySubsequences: false)
                evidence.logs[0].checkpoint += lines[lines.count - 2] + "\n"
                return true
            },
            Mutation("an earlier seal as the last", .seal) { evidence, random, _ in
                let seals = evidence.logs[0].transitions.flatMap { [$0.before, $0.after] }
                guard let seal = seals.randomElement(using: &random) else { return false }
                evidence.logs[0].seal = seal.bytes
                evidence.logs[0].sealPath = seal.path
                return true
            },
            Mutation("a byte of the seal changed", .seal) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].seal, &random) else { return false }
                evidence.logs[0].seal[place] ^= UInt8.random(in: 1...255, using: &random)
                return true
            },
            Mutation("the seal's path spoilt", .seal) { evidence, random, _ in
                spoil(&evidence.logs[0].sealPath, &random)
                return true
            },
            Mutation("a statement as the last seal", .seal) { evidence, random, _ in
                guard let entry = evidence.logs[0].entries.randomElement(using: &random)
                else { return false }
                evidence.logs[0].seal = entry.bytes
                return true
            },
        ]
    }

    static var transitions: [Mutation] {
        [
            Mutation("a transition dropped", .transition) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].transitions, &random)
                else { return false }
                evidence.logs[0].transitions.remove(at: place)
                return true
            },
            Mutation("a transition twice", .transition) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].transitions, &random)
                else { return false }
                evidence.logs[0].transitions.insert(evidence.logs[0].transitions[place], at: place)
                return true
            },
            Mutation("a transition's seals swapped", .transition) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].transitions, &random)
                else { return false }
                let found = evidence.logs[0].transitions[place]
                evidence.logs[0].transitions[place] = EvidenceTransition(
                    before: found.after, after: found.before)
                return true
            },
            Mutation("a transition's path spoilt", .transition) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].transitions, &random)
                else { return false }
                if Bool.random(using: &random) {
                    spoil(&evidence.logs[0].transitions[place].before.path, &random)
                } else {
                    spoil(&evidence.logs[0].transitions[place].after.path, &random)
                }
                return true
            },
            Mutation("a transition at another index", .transition) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].transitions, &random)
                else { return false }
                evidence.logs[0].transitions[place].after.index += 1
                return true
            },
            Mutation("the last seal as the one that brought the change", .transition) {
                evidence, random, _ in
                guard let place = place(in: evidence.logs[0].transitions, &random),
                    let last = evidence.logs[0].entries.last
                else { return false }
                evidence.logs[0].transitions[place].after = IncludedEntry(
                    index: last.index + 1, bytes: evidence.logs[0].seal,
                    path: evidence.logs[0].sealPath)
                return true
            },
        ]
    }

    static var entries: [Mutation] {
        [
            Mutation("an entry dropped", .entry) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].entries, &random) else { return false }
                evidence.logs[0].entries.remove(at: place)
                return true
            },
            Mutation("an entry added", .format) { evidence, random, other in
                guard var entry = other.logs[0].entries.randomElement(using: &random)
                else { return false }
                entry.index = (evidence.logs[0].entries.last?.index ?? 0) + 1
                evidence.logs[0].entries.append(entry)
                return true
            },
            Mutation("entries in another order", .format) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].entries.dropLast(), &random)
                else { return false }
                evidence.logs[0].entries.swapAt(place, place + 1)
                return true
            },
            Mutation("two entries' bytes swapped", .entry) { evidence, random, _ in
                let count = evidence.logs[0].entries.count
                guard count > 1, let place = place(in: 0..<(count - 1), &random)
                else { return false }
                let bytes = evidence.logs[0].entries[place].bytes
                evidence.logs[0].entries[place].bytes = evidence.logs[0].entries[place + 1].bytes
                evidence.logs[0].entries[place + 1].bytes = bytes
                return true
            },
            Mutation("a byte of an entry changed", .entry) { evidence, random, _ in
                guard let entry = place(in: evidence.logs[0].entries, &random),
                    let place = place(in: evidence.logs[0].entries[entry].bytes, &random)
                else { return false }
                evidence.logs[0].entries[entry].bytes[place] ^= UInt8.random(
                    in: 1...255, using: &random)
                return true
            },
            Mutation("an entry's path spoilt", .entry) { evidence, random, _ in
                guard let place = place(in: evidence.logs[0].entries, &random) else { return false }
                spoil(&evidence.logs[0].entries[place].path, &random)
                return true
            },
            Mutation("another network's entry in place of one", .entry) { evidence, random, other in
                guard let place = place(in: evidence.logs[0].entries.dropFirst(), &random),
                    let entry = other.logs[0].entries.last
                else { return false }
                evidence.logs[0].entries[place + 1].bytes = entry.bytes
                evidence.logs[0].entries[place + 1].path = entry.path
                return true
            },
        ]
    }
}
