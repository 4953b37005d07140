import EPCIS
import GS1

/// What an event says of each of its things, found by the thing.
///
/// An event may name thousands of them and is asked about each in turn; it is read through once.
final class EventThings: Sendable {
    /// The event.
    let event: EPCISEvent
    /// Everything that the event states, in its order.
    let flows: [EventFlow]
    /// What it consumes, makes and packs, each once, without the batches that spellings name.
    let inputs: [CanonicalIdentifier]
    let outputs: [CanonicalIdentifier]
    let children: [CanonicalIdentifier]
    /// Its sites and parties.
    let context: [CanonicalIdentifier]
    /// The word of the business step; see `EPCISEvent.businessStepWord`.
    let stepWord: String?
    /// Whether it says that another event was wrong.
    let declaresError: Bool
    /// The items whose spelling names a batch, by that.
    private let items: [String: Set<String>]
    private let places: [String: [Int]]
    private let made: Set<String>
    private let packed: Set<String>
    /// Up to so many flows are looked through faster than they are found.
    private static let few = 8

    init(_ event: EPCISEvent) {
        self.event = event
        flows = event.flows
        context = event.sites + event.parties
        stepWord = event.businessStepWord
        declaresError = event.declaresError
        (inputs, outputs, children) = (event.inputs, event.outputs, event.children)
        items = Self.items(of: event)
        guard flows.count > Self.few else {
            (places, made, packed) = ([:], [], [])
            return
        }
        var places: [String: [Int]] = [:]
        for (number, flow) in flows.enumerated() {
            places[flow.subject.uri, default: []].append(number)
        }
        self.places = places
        made = Set(outputs.map(\.uri))
        packed = Set(children.map(\.uri))
    }

    /// What the event states about one thing, in its order.
    func flows(of uri: String) -> [EventFlow] {
        guard flows.count > Self.few else { return flows.filter { $0.subject.uri == uri } }
        return (places[uri] ?? []).map { flows[$0] }
    }

    /// The items whose spelling names a thing as their batch.
    func items(of uri: String) -> Set<String> { items[uri] ?? [] }

    private static func items(of event: EPCISEvent) -> [String: Set<String>] {
        let single =
            [event.parentID].compactMap(\.self) + event.epcList + event.childEPCs
            + event.inputEPCList + event.outputEPCList
        let classes = [
            event.quantityList, event.childQuantityList, event.inputQuantityList,
            event.outputQuantityList,
        ].joined().map(\.epcClass)
        var found: [String: Set<String>] = [:]
        for thing in [single, Array(classes)].joined() {
            if let batch = thing.batch { found[batch, default: []].insert(thing.uri) }
        }
        return found
    }

    /// Whether a transformation makes the thing.
    func makes(_ uri: String) -> Bool {
        flows.count > Self.few ? made.contains(uri) : outputs.contains { $0.uri == uri }
    }

    /// Whether the thing is one of the container's.
    func packs(_ uri: String) -> Bool {
        flows.count > Self.few ? packed.contains(uri) : children.contains { $0.uri == uri }
    }
}
