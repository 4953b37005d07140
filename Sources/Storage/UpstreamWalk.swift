import EPCIS
import GS1
import MerkleTrees
import Records
import Sequencing

/// What lies upstream of some things, as one organisation's own events in a ledger tell it.
///
/// By the rules of SPEC §15.2, over the parts of that issuer alone: from outputs to inputs and
/// their process, from a container to its contents, from contents to their container, which is only
/// held, and from an item to the batch its spelling named.
struct UpstreamWalk {
    let store: LedgerStore
    let network: Hash256
    let issuer: String

    private var opened: Set<String> = []
    private var held: Set<String> = []
    private var work: [String] = []
    private var eventsRead = 0

    init(store: LedgerStore, network: Hash256, issuer: String) {
        self.store = store
        self.network = network
        self.issuer = issuer
    }

    /// The subject keys of the things and of all that lies upstream of them.
    ///
    /// What is beyond the limit of things, or of events read on the way, is not among them.
    mutating func keys(upstreamOf things: [String], limit: Int) throws -> Set<Hash256> {
        for thing in things { open(thing) }
        while let uri = work.popLast(), opened.count + held.count < limit, eventsRead < limit {
            for event in try events(about: uri) {
                eventsRead += 1
                follow(event, from: uri)
            }
        }
        return Grant.keys(of: opened.union(held), in: network)
    }

    private mutating func open(_ uri: String) {
        if opened.insert(uri).inserted { work.append(uri) }
    }

    private mutating func hold(_ uri: String) {
        if !opened.contains(uri), held.insert(uri).inserted { work.append(uri) }
    }

    private func events(about uri: String) throws -> [EPCISEvent] {
        var events: [EPCISEvent] = []
        let key = Subject(facet: .events, uri: uri).key(in: network)
        for link in try store.links(of: key) where try store.origin(at: link.leafIndex).issuer == issuer
        {
            guard let encoded = try store.manifest(at: link.leafIndex) else { continue }
            let rows = try Manifest.decode(encoded).rows
            guard rows.indices.contains(Int(link.row)),
                let bytes = try store.part(rows[Int(link.row)].part),
                let part = try? Part.decode(bytes), case .event(let event)? = try? Content.read(part)
            else { continue }
            events.append(event)
        }
        return events
    }

    private mutating func follow(_ event: EPCISEvent, from uri: String) {
        let packs = event.type == .aggregation || event.type == .association
        if packs, event.children.contains(where: { $0.uri == uri }), let parent = event.parentID {
            hold(parent.uri)
        }
        guard opened.contains(uri) else { return }
        let process = event.transformationID?.uri
        if process == uri || event.outputs.contains(where: { $0.uri == uri }) {
            for input in event.inputs { open(input.uri) }
            if let process { open(process) }
        }
        if packs, event.parentID?.uri == uri {
            for child in event.children { open(child.uri) }
        }
        for flow in event.flows where flow.subject.uri == uri {
            if let batch = flow.subject.batch { open(batch) }
        }
    }
}
