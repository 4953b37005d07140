import EPCIS
import GS1
import Lineage
import MerkleTrees
import OrderedCollections
import Queries
import Records

/// What may still be looked at for notices (SPEC §26.5, §19); past it a notice tells what there is.
struct NoticeBudget {
    /// Things in the events that a lineage reads, as often as each event is met.
    var things = 5_000_000
    /// Bytes of the parts and manifests that are decoded.
    var bytes = 16 << 20
    /// What it takes to tell what grants open to the subscriber; one of all that a look goes over.
    var grants = GrantBudget(looks: grantLooks, bytes: grantBytes)

    static let grantLooks = 500_000
    static let grantBytes = 16 << 20

    var isSpent: Bool { things <= 0 || bytes <= 0 || grants.isSpent }

    /// What was spent of a whole budget, as one number: work that takes about as long.
    var spent: Int {
        let whole = NoticeBudget()
        let grantsSpent =
            10 * (Self.grantLooks - grants.looks) + (Self.grantBytes - grants.bytes) / 4
        return whole.things - things + (whole.bytes - bytes) / 4 + grantsSpent
    }
}

/// What an organisation has or had of the things that a record concerns, and of what was made of
/// them, as far as it may see.
struct NoticeSearch {
    /// The most things met for one notice.
    static let thingsLimit = 10_000
    /// The most events whose parts are read for one notice.
    static let eventsLimit = 10_000
    /// The most batches of one product.
    private static let batchesLimit = 1_000

    var notice: Notice
    var budget: NoticeBudget
    let organisation: String
    let governance: GovernanceState
    private var starts: OrderedDictionary<String, Range<Int64>> = [:]
    private var found: Set<String> = []
    private var unsure: [(uri: String, parts: [Hash256])] = []

    init(
        notice: Notice, organisation: String, governance: GovernanceState, budget: NoticeBudget
    ) {
        self.notice = notice
        self.budget = budget
        self.organisation = organisation
        self.governance = governance
    }

    /// Whether what the record concerns is the organisation's own, or the organisation itself.
    var namesOwn: Bool {
        notice.about.contains { governance.owner(of: $0) == organisation }
    }

    /// Whether more may be read; the notice says so where not.
    var hasRoom: Bool {
        mutating get {
            let isSpent = budget.bytes <= 0 || budget.grants.isSpent
            if isSpent { notice.isTruncated = true }
            return !isSpent
        }
    }

    /// Looks from a thing, from a place at some times, or from the places of a member.
    mutating func start(at uri: String, times: Range<Int64> = Int64.min..<Int64.max) {
        if let member = governance.organisations[uri] {
            for site in member.sites { starts[site] = times }
        } else {
            let isPlace = (try? CanonicalIdentifier(uri))?.kind == .site
            starts[uri] = isPlace ? times : Int64.min..<Int64.max
        }
    }

    /// Walks from all starts; the notice then names what was found.
    mutating func findThings(
        _ views: Views, _ ledger: Ledger, _ basis: @escaping (LedgerStore) throws -> ReadingBasis
    ) throws {
        let roots = try roots(views)
        if budget.things > 0, !roots.isEmpty {
            var bounds = TraceBounds(things: Self.thingsLimit)
            bounds.lookedAt = budget.things
            let reader = Reader.member(organisation: organisation)
            let (trace, lookedAt) = try views.reading(
                as: reader, ledger, grants: budget.grants, basis: basis
            ) { events in
                var walk = LineageWalk(source: events, bounds: bounds)
                return (try walk.trace(roots, up: false), walk.lookedAtCount)
            }
            budget.things -= lookedAt
            if trace?.isTruncated ?? false { notice.isTruncated = true }
            for node in trace?.nodes ?? [] where node.kind != .site { take(node) }
        } else if !roots.isEmpty {
            notice.isTruncated = true
        }
        if budget.grants.isSpent { notice.isTruncated = true }
        try ledger.read { store in try readParts(store) }
        let things = found.sorted()
        if things.count > Notice.thingsLimit { notice.isTruncated = true }
        notice.things = Array(things.prefix(Notice.thingsLimit))
    }

    /// The starts, with the batches and items of products among them.
    private mutating func roots(
        _ views: Views
    ) throws -> [(thing: CanonicalIdentifier, times: Range<Int64>)] {
        var roots: [(thing: CanonicalIdentifier, times: Range<Int64>)] = []
        for (uri, times) in starts {
            guard roots.count < Self.thingsLimit else {
                notice.isTruncated = true
                break
            }
            guard let thing = try? CanonicalIdentifier(uri) else { continue }
            roots.append((thing, times))
            guard thing.kind == .product else { continue }
            let things = try views.things(ofProduct: uri, limit: Self.batchesLimit)
            if things.count >= Self.batchesLimit { notice.isTruncated = true }
            roots += things.compactMap { try? CanonicalIdentifier($0) }.map { ($0, times) }
        }
        return roots
    }

    private mutating func take(_ node: TraceNode) {
        let holding = node.events.filter { $0.correction?.holds ?? true }
        let isOwn = holding.contains { event in
            event.issuer == organisation
                || event.site.map { governance.owner(of: $0) == organisation } ?? false
        }
        if isOwn {
            found.insert(node.uri)
        } else if !holding.isEmpty {
            unsure.append((node.uri, holding.map(\.digest)))
        }
    }

    /// Of the things nobody else's event places with the organisation by its issuer or site: those
    /// that were sent to it, or that it owned, as the events' ends tell.
    private mutating func readParts(_ store: LedgerStore) throws {
        var known: [Hash256: Bool] = [:]
        for (uri, parts) in unsure {
            for digest in parts where !found.contains(uri) {
                guard known.count < Self.eventsLimit, budget.bytes > 0 else {
                    notice.isTruncated = true
                    return
                }
                let names = try known[digest] ?? namesOrganisation(digest, store)
                known[digest] = names
                if names { found.insert(uri) }
            }
        }
    }

    private mutating func namesOrganisation(
        _ digest: Hash256, _ store: LedgerStore
    ) throws -> Bool {
        guard let bytes = try store.part(digest) else { return false }
        budget.bytes -= bytes.count
        guard let part = try? Part.decode(bytes),
            case .event(let event)? = try? Content.read(part)
        else { return false }
        return (event.parties + event.transferLocations).contains {
            governance.owner(of: $0.uri) == organisation
        }
    }
}
