import EPCIS
import GS1

/// A time that a thing spent in a container.
struct Packing {
    var container: String
    /// Who says that it was put there.
    var teller: String
    /// From when on, and when it was there no more.
    var times: Range<Int64>
    /// How much of it, as it was said last.
    var stated: [StatedAmount]
}

/// Times in which something holds, apart from each other and in order.
struct Times {
    private(set) var spans: [Range<Int64>] = []

    /// Whether something holds at a time.
    func contains(_ time: Int64) -> Bool {
        let place = spans.firstPlace { $0.upperBound > time }
        return place < spans.count && spans[place].contains(time)
    }

    /// Adds a time; gives what of it is new.
    mutating func add(_ time: Range<Int64>) -> [Range<Int64>] {
        let first = spans.firstPlace { $0.upperBound >= time.lowerBound }
        var (next, start) = (first, time.lowerBound)
        var new: [Range<Int64>] = []
        var whole = time
        while next < spans.count, spans[next].lowerBound <= time.upperBound {
            let span = spans[next]
            if start < span.lowerBound { new.append(start..<span.lowerBound) }
            start = max(start, span.upperBound)
            whole =
                min(whole.lowerBound, span.lowerBound)..<max(whole.upperBound, span.upperBound)
            next += 1
        }
        if start < time.upperBound { new.append(start..<time.upperBound) }
        spans.replaceSubrange(first..<next, with: [whole])
        return new
    }
}

extension Array {
    /// The first place from which on something holds, of what is sorted by that.
    func firstPlace(_ holds: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = low + (high - low) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The containers in which something was, and when.
struct Surroundings {
    var times: [String: Times] = [:]
    /// Who says so.
    var tellers: Set<String> = []
}

/// Where things were packed, and in what those containers were (SPEC §24.4).
final class Packings<Facts: MovementFacts> {
    private let facts: Facts
    /// The times of each thing in each container, by time; those in one container are apart.
    private var known: [String: [[Packing]]] = [:]

    init(_ facts: Facts) {
        self.facts = facts
    }

    /// Where a thing was packed itself.
    func of(_ thing: String) -> [Packing] { byContainer(thing).flatMap(\.self) }

    /// The containers in which something packed was, those of containers too; leaves out what one
    /// teller says, if one is named.
    func around(_ packing: Packing, without teller: String? = nil) -> Surroundings {
        var found = Surroundings()
        var waiting = [packing]
        while let inner = waiting.popLast() {
            guard inner.teller != teller else { continue }
            found.tellers.insert(inner.teller)
            for time in found.times[inner.container, default: Times()].add(inner.times) {
                for outer in byContainer(inner.container) {
                    let first = outer.firstPlace { $0.times.upperBound > time.lowerBound }
                    for var stay in outer[first...] {
                        guard stay.times.lowerBound < time.upperBound else { break }
                        stay.times = stay.times.clamped(to: time)
                        waiting.append(stay)
                    }
                }
            }
        }
        return found
    }

    private func byContainer(_ thing: String) -> [[Packing]] {
        if let known = known[thing] { return known }
        let found = read(thing)
        known[thing] = found
        return found
    }

    private func read(_ thing: String) -> [[Packing]] {
        var open: [String: Packing] = [:]
        var closed: [String: [Packing]] = [:]
        func close(_ container: String, at time: Int64) {
            guard var stay = open.removeValue(forKey: container),
                stay.times.lowerBound < time
            else { return }
            stay.times = stay.times.lowerBound..<time
            closed[container, default: []].append(stay)
        }
        for number in facts.eventsAbout[thing] ?? [] {
            let (told, event) = (facts.events[number], facts.events[number].event)
            guard event.type == .aggregation, let parent = event.parentID?.uri, parent != thing
            else { continue }
            guard told.things.flows(of: thing).contains(where: { $0.place == .child }) else {
                continue
            }
            let stated = told.things.amountsWithItems(of: thing, in: [.child])
            let time = event.eventTimeMilliseconds
            if event.action == .add {
                // From now on it holds what is said last.
                close(parent, at: time)
                open[parent] = Packing(
                    container: parent, teller: told.issuer, times: time..<Int64.max, stated: stated)
            } else if event.action == .delete {
                close(parent, at: time + 1)
            }
        }
        for container in open.keys { close(container, at: .max) }
        return closed.sorted { $0.key < $1.key }.map(\.value)
    }
}
