import EPCIS
import Foundation
import GRDB
import GS1
import Lineage
import MerkleTrees
package import Queries
import Records
import Sequencing

/// Looks for the recalls, revocations and suspensions that subscribers are told of (SPEC §26.5).
///
/// Found through the views, read from the ledger. What concerns a subscriber is found by a lineage
/// downstream of what the subscriber may see, so that a notice tells nothing more than that.
package final class StandingNotices: Sendable {
    /// Records that one look goes over; further ones are for the next.
    private static let lookLimit = 64
    /// Work after which a look ends with the record it is at, as ``NoticeBudget/spent`` counts it:
    /// then others have their turn.
    private let workLimit: Int
    /// And how long it may go on before it ends likewise.
    private let patience: Duration

    private let views: Views
    private let ledger: Ledger
    private let basis: @Sendable (LedgerStore) throws -> ReadingBasis

    /// The notices of a node; the basis decides who may see what.
    package init(
        views: Views, ledger: Ledger, workLimit: Int = 500_000,
        patience: Duration = .seconds(1),
        basis: @escaping @Sendable (LedgerStore) throws -> ReadingBasis
    ) {
        self.views = views
        self.ledger = ledger
        self.workLimit = workLimit
        self.patience = patience
        self.basis = basis
    }

    /// Looks from the start of a stretch, which the views must have reached, until so many notices
    /// are found, the stretch ends, or it was enough for one look.
    ///
    /// - Parameters:
    ///   - reach: of which a subscriber is told.
    ///   - range: where; the part of a position counts such records of one leaf.
    ///   - notBefore: none registered earlier, milliseconds since the Unix epoch.
    ///   - limit: of the notices.
    ///   - byteLimit: of their bytes, unless it is one.
    ///   - organisation: who is told.
    /// - Returns: the notices' JSON, and how far was looked.
    /// - Throws: ``StorageError``, and what the basis throws.
    package func look(
        _ reach: NoticeReach, in range: DeliveryRange, notBefore: Int64?, limit: Int,
        byteLimit: Int, of organisation: String
    ) throws -> FoundEvents {
        var found = FoundEvents(events: [], range: range)
        var bytes = 0
        // One for all that one look goes over: what is sent again is looked for in one look.
        var budget = NoticeBudget()
        let rows = try rows(in: range)
        let end = ContinuousClock.now + patience
        for row in rows {
            // It goes over one record at least.
            let isLong = budget.spent >= workLimit || ContinuousClock.now >= end
            if limit != .max, row.position != rows.first?.position, isLong {
                found.range.end = row.position
                return found
            }
            guard row.viewed.registeredAtMilliseconds >= UInt64(clamping: notBefore ?? 0),
                let notice = try notice(row.viewed, reach, of: organisation, &budget)
            else { continue }
            let json = notice.json.serialized()
            guard found.events.isEmpty || bytes + json.count <= byteLimit else {
                found.range.end = row.position
                return found
            }
            bytes += json.count
            found.events.append(json)
            guard found.events.count < limit else {
                found.range.end = row.position.next
                return found
            }
        }
        if rows.count == Self.lookLimit, let last = rows.last {
            found.range.end = last.position.next
        }
        return found
    }

    private struct Row {
        var viewed: ViewedEvent
        var position: EventPosition
    }

    private func rows(in range: DeliveryRange) throws(StorageError) -> [Row] {
        let viewed = try views.notices(
            from: range.start.leafIndex, through: range.end.leafIndex,
            limit: Self.lookLimit + Int(range.start.part))
        var (leaf, part) = (UInt64.max, UInt32(0))
        return viewed.map { viewed in
            part = viewed.leafIndex == leaf ? part + 1 : 0
            leaf = viewed.leafIndex
            return Row(
                viewed: viewed, position: EventPosition(leafIndex: viewed.leafIndex, part: part))
        }.filter { $0.position >= range.start && $0.position < range.end }
    }

    // MARK: One notice

    /// What the organisation is told of a record; nil if it stands no more or does not concern it.
    private func notice(
        _ viewed: ViewedEvent, _ reach: NoticeReach, of organisation: String,
        _ budget: inout NoticeBudget
    ) throws -> Notice? {
        guard var search = try search(viewed, for: organisation, budget) else { return nil }
        try search.findThings(views, ledger, basis)
        budget = search.budget
        // Who cannot be told whether it is concerned is told of the record.
        let concerns =
            !search.notice.things.isEmpty || search.namesOwn || search.budget.isSpent
        return reach == .all || concerns ? search.notice : nil
    }

    private func search(
        _ viewed: ViewedEvent, for organisation: String, _ budget: NoticeBudget
    ) throws -> NoticeSearch? {
        try ledger.read { store in
            let reader = Reader.member(organisation: organisation)
            let rights = ReadingRights(
                of: reader, in: store, views: .through(views), budget: budget.grants, basis: basis)
            let known = try basis(store)
            let governance = known.history.newest
            guard let record = try Self.record(viewed.digest, store, rights) else { return nil }
            let origin = try store.origin(at: viewed.leafIndex)
            let fall = governance.fall(
                ofIssuer: origin.issuer, key: origin.key,
                registeredAtMilliseconds: origin.registeredAtMilliseconds)
            guard fall == nil else { return nil }
            let notice = Notice(
                record: record, part: viewed.digest, leafIndex: viewed.leafIndex,
                registeredAtMilliseconds: Int64(clamping: viewed.registeredAtMilliseconds),
                issuer: viewed.issuer, standing: viewed.standing, about: record.about)
            var search = NoticeSearch(
                notice: notice, organisation: organisation, governance: governance,
                budget: budget)
            if case .record(let target) = record.target {
                try addCredential(target, to: &search, store, rights)
            } else {
                for uri in record.about { search.start(at: uri) }
            }
            return search
        }
    }

    /// What a credential is about, and the events that name it.
    private func addCredential(
        _ target: String, to search: inout NoticeSearch, _ store: LedgerStore,
        _ rights: ReadingRights
    ) throws {
        var about = Set(search.notice.about)
        for use in try store.records(named: target) {
            guard search.hasRoom, let bytes = try store.part(use.part) else { break }
            search.budget.bytes -= bytes.count
            guard let record = try Self.record(use.part, store, rights), record.id == target
            else { continue }
            about.formUnion(record.about)
            guard [.certificate, .transcribedCertificate].contains(record.kind) else { continue }
            let from = Int64(clamping: record.fromMilliseconds ?? 0)
            let until = record.untilMilliseconds.map { Int64(clamping: $0) } ?? .max
            for uri in record.about {
                search.start(at: uri, times: from..<max(from, until))
            }
        }
        search.notice.about = about.sorted()
        try addMentions(of: target, to: &search, store, rights)
    }

    /// Looks from the events that name a credential.
    ///
    /// Rows of one statement stand together in the chain: their manifest is decoded once.
    private func addMentions(
        of target: String, to search: inout NoticeSearch, _ store: LedgerStore,
        _ rights: ReadingRights
    ) throws {
        let key = Subject(facet: .assertions, uri: target).key(in: search.governance.network)
        var statement: (leaf: UInt64, rows: [Records::Row])?
        for link in try store.links(of: key).prefix(NoticeSearch.eventsLimit) {
            guard search.hasRoom else { break }
            if statement?.leaf != link.leafIndex {
                let encoded = try store.manifest(at: link.leafIndex)
                search.budget.bytes -= encoded?.count ?? 0
                statement = (link.leafIndex, try encoded.map { try Manifest.decode($0).rows } ?? [])
            }
            let rows = statement?.rows ?? []
            guard rows.indices.contains(Int(link.row)), rows[Int(link.row)].role == .mention,
                let bytes = try store.part(rows[Int(link.row)].part)
            else { continue }
            search.budget.bytes -= bytes.count
            guard let part = try? Part.decode(bytes), try rights.permit(part),
                case .event(let event)? = try? Content.read(part)
            else { continue }
            let made = event.flows.filter { $0.role == .create }
            for flow in made.isEmpty ? event.flows : made { search.start(at: flow.subject.uri) }
        }
    }

    private static func record(
        _ digest: Hash256, _ store: LedgerStore, _ rights: ReadingRights
    ) throws -> Records::Record? {
        guard let bytes = try store.part(digest), let part = try? Part.decode(bytes),
            try rights.permit(part), case .record(let record)? = try? Content.read(part)
        else { return nil }
        return record
    }
}

extension Views {
    /// The recalls, revocations and suspensions of some leaves, in the order of the log.
    func notices(
        from first: UInt64, through last: UInt64, limit: Int
    ) throws(StorageError) -> [ViewedEvent] {
        try parts(
            """
            SELECT digest, leaf, registered, issuer, standing FROM record
            WHERE kind IN ('recall', 'revocation', 'suspension') AND leaf >= ? AND leaf <= ?
            ORDER BY leaf, number LIMIT ?
            """, [Int64(clamping: first), Int64(clamping: last), limit])
    }

    /// The batches and items of a product that events speak of.
    func things(ofProduct uri: String, limit: Int) throws(StorageError) -> [String] {
        try StorageError.mapping(Self.fileName) {
            try pool.read { database in
                try ["10", "21"].flatMap { qualifier in
                    // The character after a slash ends the range.
                    try String.fetchAll(
                        database,
                        sql: """
                            SELECT DISTINCT subject FROM flow WHERE subject >= ? AND subject < ?
                            ORDER BY subject LIMIT ?
                            """, arguments: ["\(uri)/\(qualifier)/", "\(uri)/\(qualifier)0", limit])
                }
            }
        }
    }
}
