import EPCIS
import GS1
import OrderedCollections

/// What a container holds, as the events about it tell one after another (SPEC §24.4).
struct PackedContents {
    /// By whom each thing was put there.
    private(set) var packers: [String: Set<String>] = [:]
    /// What is there, and how much of it was put there last, less what was taken out since.
    private var there: OrderedDictionary<String, StatedAmount> = [:]
    private let usedAtMilliseconds: Int64?

    /// Of a container that was used up: what is said to have left it later was used up too.
    init(usedAt milliseconds: Int64?) {
        usedAtMilliseconds = milliseconds
    }

    /// What is there, in the order in which it was put there.
    var held: [String] { Array(there.keys) }

    /// Whether something was put there and nothing is left.
    var isEmptied: Bool { there.isEmpty && !packers.isEmpty }

    /// Reads an event that names the container as parent.
    mutating func take(_ things: EventThings, by actor: String) {
        let event = things.event
        guard event.type == .aggregation || event.type == .association else { return }
        if event.action == .add {
            for child in things.children {
                packers[child.uri, default: []].insert(actor)
                there[child.uri] = Self.total(things.stated(of: child.uri, in: [.child]))
            }
        } else if event.action == .delete,
            usedAtMilliseconds.map({ event.eventTimeMilliseconds < $0 }) ?? true
        {
            if things.children.isEmpty { there = [:] }
            for child in things.children { takeOut(child.uri, things) }
        }
    }

    private mutating func takeOut(_ uri: String, _ things: EventThings) {
        guard let put = there[uri] else { return }
        let taken = Self.total(things.stated(of: uri, in: [.child]))
        let left = put.amount.flatMap { all in
            taken?.amount.flatMap {
                Amounts.converted(
                    $0, from: Amounts.unit(taken?.unit), to: Amounts.unit(put.unit))
            }.flatMap { all - $0 }
        }
        if let left, left > .zero { there[uri]?.amount = left } else { there[uri] = nil }
    }

    /// What one event states of a thing altogether, in the unit of its first amount.
    private static func total(_ stated: [StatedAmount]) -> StatedAmount? {
        guard var sum = stated.first else { return nil }
        for other in stated.dropFirst() {
            let more = other.amount.flatMap {
                Amounts.converted(
                    $0, from: Amounts.unit(other.unit), to: Amounts.unit(sum.unit))
            }
            sum.amount = sum.amount.flatMap { left in more.flatMap { left + $0 } }
        }
        return sum
    }
}
