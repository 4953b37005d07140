import EPCIS
import Foundation
import GRDB
import MerkleTrees
package import Records
package import Sequencing

/// What decides who may read parts, beside the parts themselves, at one moment (SPEC §5.1).
package struct ReadingBasis: Sendable {
    /// The governance under which each part was registered.
    package var history: GovernanceHistory
    /// What was revoked, grants among it.
    package var delegations: RecordedDelegations
    /// The present, for grants that begin and end.
    package var nowMilliseconds: UInt64

    /// Gathers a basis.
    package init(
        history: GovernanceHistory, delegations: RecordedDelegations, nowMilliseconds: UInt64
    ) {
        self.history = history
        self.delegations = delegations
        self.nowMilliseconds = nowMilliseconds
    }
}

/// Tells whether one reader may read parts of a ledger, within one snapshot of it (SPEC §5.1).
///
/// Grants are found through the views and read from the ledger: views that were changed can hide a
/// grant and invent none. A part that its visibility opens costs no look at anything else, one that
/// it does not costs its statement, and grants are looked for only where the part's issuer has made
/// the reader one. It belongs to one read, on one thread.
package final class ReadingRights {
    /// How many things upstream of a grant's are followed, and events on the way there.
    static let upstreamLimit = 10_000
    /// Bytes of the grants of one issuer that are read in one question.
    static let grantBytesLimit = 32 << 20

    private let reader: Reader
    private let store: LedgerStore
    private let makeBasis: (LedgerStore) throws -> ReadingBasis
    private let views: ViewsReading
    private var basis: ReadingBasis?
    private var granting: Set<String>?
    private var grants: [Hash256: Grant?] = [:]
    private var upstream: [Hash256: Set<Hash256>] = [:]
    /// By issuer: what one lets be read takes nothing from the grants of another.
    private var budgets: [String: UpstreamBudget] = [:]
    /// The statement whose parts were asked for last, with the keys of each: many parts of one are
    /// asked for in turn.
    private var statement: (leaf: UInt64, keys: [Hash256: Set<Hash256>])?
    private var grantBytes: [String: Int] = [:]
    private let grantBytesLimit: Int
    /// Of all issuers together.
    private let budget: GrantBudget
    private let check: () throws -> Void

    /// How the views are read.
    enum ViewsReading {
        /// Within a read that goes on.
        case within(Database)
        /// Each time anew.
        case through(Views)
    }

    /// The rights of a reader, with the views read each time they are needed.
    ///
    /// Long work for grants calls `check`, which throws when nobody waits for it any more.
    package convenience init(
        of reader: Reader, in store: LedgerStore, views: Views,
        check: @escaping () throws -> Void = {},
        basis: @escaping (LedgerStore) throws -> ReadingBasis
    ) {
        self.init(of: reader, in: store, views: .through(views), check: check, basis: basis)
    }

    init(
        of reader: Reader, in store: LedgerStore, views: ViewsReading,
        grantBytesLimit: Int = ReadingRights.grantBytesLimit,
        budget: GrantBudget = GrantBudget(), check: @escaping () throws -> Void = {},
        basis: @escaping (LedgerStore) throws -> ReadingBasis
    ) {
        self.grantBytesLimit = grantBytesLimit
        self.budget = budget
        self.check = check
        self.reader = reader
        self.store = store
        self.views = views
        makeBasis = basis
    }

    /// Whether the reader may read a part that the ledger has.
    ///
    /// - Throws: ``StorageError``, and what the basis throws.
    package func permit(_ part: Part) throws -> Bool {
        if part.visibility.permits(reader) { return true }
        guard case .member(let organisation) = reader,
            let leaf = try store.uses(of: part.digest).min()
        else { return false }
        let issuer = try store.origin(at: leaf).issuer
        if issuer.utf8.elementsEqual(organisation.utf8) { return true }
        let audience = Disclosure.audience(
            of: part.visibility, content: try? Content.read(part), issuer: issuer,
            governance: try known().history.state(at: leaf))
        return try audience.permits(reader) || isGranted(part.digest, at: leaf, by: issuer)
    }

    /// Whether a grant lets the reader read a part, of which the first statement and its issuer are
    /// known.
    func isGranted(_ part: Hash256, at leaf: UInt64, by issuer: String) throws -> Bool {
        guard case .member(let organisation) = reader, !isSpent else { return false }
        budget.take(looks: 1)
        guard try issuers(to: organisation).contains(issuer) else { return false }
        let keys = try keys(of: part, at: leaf)
        for digest in try candidates(for: organisation, issuer, keys.map(\.bytes)) {
            guard let grant = try grant(digest, by: issuer) else { continue }
            let network = try known().history.newest.network
            let things = Grant.keys(of: grant.about, in: network)
            if !keys.isDisjoint(with: things) { return true }
        }
        for digest in try candidates(for: organisation, issuer, [[]]) {
            guard let grant = try grant(digest, by: issuer), grant.reachesUpstream else { continue }
            if !keys.isDisjoint(with: try keysUpstream(of: grant, digest)) { return true }
        }
        return false
    }

    /// Whether so much was done for grants that they open nothing more.
    var isSpent: Bool { budget.isSpent }

    /// Who has made the reader a grant at any time, as far as the views know.
    func issuers(to organisation: String) throws -> Set<String> {
        if let granting { return granting }
        let found = try viewed { database in
            try String.fetchSet(
                database.cachedStatement(
                    sql: "SELECT DISTINCT issuer FROM opening WHERE organisation = ?"),
                arguments: [organisation])
        }
        granting = found
        return found
    }

    private func known() throws -> ReadingBasis {
        if let basis { return basis }
        let made = try makeBasis(store)
        basis = made
        return made
    }

    private func viewed<Value>(_ body: (Database) throws -> Value) throws -> Value {
        switch views {
        case .within(let database): try body(database)
        case .through(let views):
            try StorageError.mapping(Views.fileName) { try views.pool.read(body) }
        }
    }

    // MARK: Grants

    private func keys(of part: Hash256, at leaf: UInt64) throws -> Set<Hash256> {
        if let statement, statement.leaf == leaf { return statement.keys[part, default: []] }
        var keys: [Hash256: Set<Hash256>] = [:]
        if let encoded = try store.manifest(at: leaf) {
            budget.take(bytes: encoded.count)
            for row in try Manifest.decode(encoded).rows {
                keys[row.part, default: []].insert(row.key)
            }
        }
        statement = (leaf, keys)
        return keys[part, default: []]
    }

    private func candidates(
        for organisation: String, _ issuer: String, _ keys: [[UInt8]]
    ) throws -> [Hash256] {
        try viewed { database in
            let select = try database.cachedStatement(
                sql: """
                    SELECT r.digest FROM opening o JOIN record r ON r.number = o.record
                    WHERE o.organisation = ? AND o.issuer = ? AND o.key = ? LIMIT ?
                    """)
            var found: [Hash256] = []
            for key in keys where !isSpent {
                let rows = try Data.fetchAll(
                    select, arguments: [organisation, issuer, Data(key), budget.looks])
                budget.take(looks: 1 + rows.count)
                found += rows.compactMap { Hash256([UInt8]($0)) }
            }
            return found
        }
    }

    /// The grant that a part is, if it stands, is the issuer's, and is in force for the reader.
    private func grant(_ digest: Hash256, by issuer: String) throws -> Grant? {
        if let known = grants[digest] { return known }
        let grant = try readGrant(digest, by: issuer)
        grants[digest] = .some(grant)
        return grant
    }

    private func readGrant(_ digest: Hash256, by issuer: String) throws -> Grant? {
        guard case .member(let organisation) = reader,
            grantBytes[issuer, default: 0] < grantBytesLimit, !isSpent,
            let bytes = try store.part(digest)
        else { return nil }
        try check()
        grantBytes[issuer, default: 0] += bytes.count
        budget.take(bytes: bytes.count)
        guard let part = try? Part.decode(bytes),
            case .record(let record)? = try? Content.read(part),
            let leaf = try store.uses(of: digest).min()
        else { return nil }
        let (basis, origin) = (try known(), try store.origin(at: leaf))
        let fall = basis.history.newest.fall(
            ofIssuer: origin.issuer, key: origin.key,
            registeredAtMilliseconds: origin.registeredAtMilliseconds)
        guard origin.issuer == issuer, fall == nil, let grant = Grant(record, issuer: issuer),
            grant.holds(for: organisation, atMilliseconds: basis.nowMilliseconds)
        else { return nil }
        let end = grant.id.flatMap {
            basis.delegations.end(of: $0, by: issuer, under: basis.history.newest)
        }
        return (end ?? .max) <= basis.nowMilliseconds ? nil : grant
    }

    private func keysUpstream(of grant: Grant, _ digest: Hash256) throws -> Set<Hash256> {
        if let known = upstream[digest] { return known }
        // Within what is left of the issuer's and of all issuers'.
        let whole = budgets[grant.issuer, default: UpstreamBudget()]
        var left = whole
        left.links = min(whole.links, budget.looks)
        left.bytes = min(whole.bytes, budget.bytes)
        var walk = UpstreamWalk(
            store: store, network: try known().history.newest.network, issuer: grant.issuer,
            budget: left, check: check)
        defer {
            let (links, bytes) = (left.links - walk.budget.links, left.bytes - walk.budget.bytes)
            budget.take(looks: links, bytes: bytes)
            budgets[grant.issuer] = UpstreamBudget(
                links: whole.links - links, parts: walk.budget.parts, bytes: whole.bytes - bytes)
        }
        let keys = try walk.keys(upstreamOf: grant.about, limit: Self.upstreamLimit)
        upstream[digest] = keys
        return keys
    }
}
