import EPCIS
import GS1
import MerkleTrees
import Records
import Sequencing

/// What may still be read for the grants of one issuer that reach upstream, in one question
/// (SPEC §5.1, §19).
///
/// Things and events alone do not bound the work: one event can be a megabyte, and one thing can
/// have a long chain.
struct UpstreamBudget {
    /// Links in the chains of the things met.
    var links = 20_000
    /// Parts that are decoded.
    var parts = 10_000
    /// Bytes of the parts and manifests that are decoded.
    var bytes = 32 << 20

    var isSpent: Bool { links <= 0 || parts <= 0 || bytes <= 0 }
}

/// What lies upstream of some things, as one organisation's own events in a ledger tell it.
///
/// By the rules of SPEC §15.2, over the parts of that issuer alone: from outputs to inputs and
/// their process, from a container to its contents, from contents to their container, which is only
/// held, and from an item to the batch its spelling named. Each part and each manifest is decoded
/// once, and each list of an event followed once, whatever the number of its things.
struct UpstreamWalk {
    let store: LedgerStore
    let network: Hash256
    let issuer: String
    /// What may still be read.
    private(set) var budget: UpstreamBudget
    /// Throws when nobody waits for the answer any more.
    private let check: () throws -> Void

    private var opened: Set<String> = []
    private var held: Set<String> = []
    private var work: [String] = []
    private var eventsRead = 0
    private var events: [Step] = []
    /// Where in `events` a part's is; nil where it is none.
    private var numbers: [Hash256: Int?] = [:]
    /// The parts of the issuer's statements, by leaf and row; none of another's.
    private var statements: [UInt64: [Hash256]] = [:]

    init(
        store: LedgerStore, network: Hash256, issuer: String,
        budget: UpstreamBudget = UpstreamBudget(), check: @escaping () throws -> Void = {}
    ) {
        self.store = store
        self.network = network
        self.issuer = issuer
        self.budget = budget
        self.check = check
    }

    /// The subject keys of the things and of all that lies upstream of them.
    ///
    /// What is beyond the limit of things, or of events met on the way, or beyond the budget is not
    /// among them.
    mutating func keys(upstreamOf things: [String], limit: Int) throws -> Set<Hash256> {
        for thing in things { open(thing) }
        while let uri = work.popLast(), opened.count + held.count < limit, eventsRead < limit,
            !budget.isSpent
        {
            try check()
            for number in try events(about: uri) {
                eventsRead += 1
                follow(number, from: uri)
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

    // MARK: Reading

    private mutating func events(about uri: String) throws -> [Int] {
        var found: [Int] = []
        let key = Subject(facet: .events, uri: uri).key(in: network)
        // A chain longer than what is left is not walked to its beginning.
        guard let links = try store.links(of: key, atMost: UInt64(max(0, budget.links))) else {
            budget.links = 0
            return []
        }
        for link in links {
            budget.links -= 1
            guard !budget.isSpent else { break }
            let parts = try parts(at: link.leafIndex)
            guard parts.indices.contains(Int(link.row)),
                let number = try number(of: parts[Int(link.row)])
            else { continue }
            found.append(number)
        }
        return found
    }

    private mutating func parts(at leaf: UInt64) throws -> [Hash256] {
        if let known = statements[leaf] { return known }
        var parts: [Hash256] = []
        if try store.origin(at: leaf).issuer == issuer, let encoded = try store.manifest(at: leaf) {
            budget.bytes -= encoded.count
            parts = try Manifest.decode(encoded).rows.map(\.part)
        }
        statements[leaf] = parts
        return parts
    }

    private mutating func number(of part: Hash256) throws -> Int? {
        if let known = numbers[part] { return known }
        var number: Int?
        if let bytes = try store.part(part) {
            budget.parts -= 1
            budget.bytes -= bytes.count
            if budget.bytes >= 0, let part = try? Part.decode(bytes),
                case .event(let event)? = try? Content.read(part)
            {
                number = events.count
                events.append(Step(event))
            }
        }
        numbers[part] = .some(number)
        return number
    }

    // MARK: Following

    /// What the walk needs of an event, to be asked for each of its things.
    private struct Step {
        var process: String?
        /// The container, if it packs.
        var container: String?
        var children: Set<String> = []
        var inputs: [String]
        var outputs: Set<String>
        /// The batches that spellings of items named.
        var batches: [String: Set<String>] = [:]
        var hasOpenedInputs = false
        var hasOpenedChildren = false

        init(_ event: EPCISEvent) {
            process = event.transformationID?.uri
            inputs = event.inputs.map(\.uri)
            outputs = Set(event.outputs.map(\.uri))
            if event.type == .aggregation || event.type == .association {
                container = event.parentID?.uri
                children = Set(event.children.map(\.uri))
            }
            for flow in event.flows {
                guard let batch = flow.subject.batch else { continue }
                batches[flow.subject.uri, default: []].insert(batch)
            }
        }
    }

    private mutating func follow(_ number: Int, from uri: String) {
        if let container = events[number].container, events[number].children.contains(uri) {
            hold(container)
        }
        guard opened.contains(uri) else { return }
        let process = events[number].process
        let isMade = process == uri || events[number].outputs.contains(uri)
        if isMade, !events[number].hasOpenedInputs {
            events[number].hasOpenedInputs = true
            for input in events[number].inputs { open(input) }
            if let process { open(process) }
        }
        if events[number].container == uri, !events[number].hasOpenedChildren {
            events[number].hasOpenedChildren = true
            for child in events[number].children.sorted() { open(child) }
        }
        for batch in events[number].batches[uri, default: []].sorted() { open(batch) }
    }
}
