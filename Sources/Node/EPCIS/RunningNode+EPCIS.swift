import EPCIS
import GS1
import HTTPAPI
import Queries
import Records
import Sequencing
import Storage

extension RunningNode: EPCISService {
    package func events(
        _ question: EventsQuestion, for reader: Reader
    ) async throws(Refusal) -> EPCISPage {
        try await events(
            try Self.query(question), of: question.resource, question.preferences.format,
            for: reader)
    }

    /// A page of what a query finds, if there is an event of the resource at all.
    func events(
        _ query: EventQuery, of resource: EPCISResource?, _ format: EPCFormat, for reader: Reader
    ) async throws(Refusal) -> EPCISPage {
        let spelling = spelling(format)
        let page = try await searching(for: reader) { [self] queries, size in
            if let resource {
                try Self.require(resource, in: queries, size)
            }
            let expanded = try expanding(query, in: queries)
            return try queries.page(of: expanded, treeSize: size)
        }
        return EPCISPage(
            try document(page.events, spelling), nextPageToken: page.nextPageToken)
    }

    package func event(
        id: String, _ preferences: EPCISPreferences, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        let query = try Self.reading { () throws(QueryRefusal) in
            try EventQuery(
                [
                    QueryParameter("EQ_eventID", [id]),
                    QueryParameter("orderDirection", ["ASC"]),
                    QueryParameter("perPage", ["\(QueryLimits.eventsPerPageCeiling)"]),
                ], paged: true)
        }
        let page = try await searching(for: reader) { queries, size in
            try queries.page(of: query, treeSize: size)
        }
        guard !page.events.isEmpty else {
            throw Refusal(
                code: "event.unknown", field: "eventID",
                reason: "no event that this caller may see has this ID")
        }
        return try document(page.events, spelling(preferences.format))
    }

    // MARK: Asking

    /// Runs a search once the views hold all that was acknowledged before, with the log's size.
    func searching<Value: Sendable>(
        for reader: Reader, _ body: @escaping @Sendable (LedgerQueries, UInt64) throws -> Value
    ) async throws(Refusal) -> Value {
        let size = try await viewedSize()
        let limit = WorkLimit(until: ContinuousClock.now + queryPatience)
        let queries = LedgerQueries(
            views: viewed, ledger: ledger, reader: reader, limit: limit, basis: readingBasis)
        do {
            return try await threads.run { try body(queries, size) }
        } catch is WorkLimitReached {
            throw Refusal(
                code: "query.too-complex", field: "",
                reason: "the answer was not found in \(queryPatience): ask for a batch, an event "
                    + "ID or a shorter time, or leave out maxEventCount")
        } catch let refusal as QueryRefusal {
            throw Refusal(refusal)
        } catch {
            throw refusal(for: error)
        }
    }

    private static func query(_ question: EventsQuestion) throws(Refusal) -> EventQuery {
        try reading { () throws(QueryRefusal) in
            var parameters = try QueryParameter.list(queryString: question.query)
            if let resource = question.resource {
                parameters.append(
                    QueryParameter(resource.collection.parameter, [resource.value]))
            }
            return try EventQuery(
                parameters, context: question.preferences.extensions, paged: true)
        }
    }

    /// Reads something of a query; refusals as callers are told them.
    static func reading<Value>(
        _ body: () throws(QueryRefusal) -> Value
    ) throws(Refusal) -> Value {
        do throws(QueryRefusal) {
            return try body()
        } catch {
            throw Refusal(error)
        }
    }

    /// A query with the sites below those of `WD_*`, by master data as of now.
    private func expanding(
        _ query: EventQuery, in queries: LedgerQueries
    ) throws -> EventQuery {
        let roots = query.sitesToExpand
        guard !roots.isEmpty else { return query }
        let now = nowMilliseconds()
        guard let sites = try queries.sites(below: roots, atMilliseconds: now) else {
            throw Refusal(
                code: "query.too-complex", field: "WD_bizLocation",
                reason: "more than \(LedgerQueries.siteLimit) sites lie below: ask for smaller "
                    + "ones")
        }
        return query.expandingSites { sites[$0] ?? [] }
    }

    // MARK: Answering

    private func document(
        _ events: [[UInt8]], _ spelling: IdentifierSpelling?
    ) throws(Refusal) -> [UInt8] {
        var events = events
        if let spelling {
            for index in events.indices {
                events[index] = try Self.rewritten(events[index], spelling)
            }
        }
        let now = Int64(clamping: nowMilliseconds())
        return EventDocument(events, createdMilliseconds: now).bytes
    }

    private static func rewritten(
        _ bytes: [UInt8], _ spelling: IdentifierSpelling
    ) throws(Refusal) -> [UInt8] {
        guard let event = try? JSONValue.parse(bytes, limits: EPCISLimits.eventJSON) else {
            return bytes
        }
        do throws(UnwritableIdentifier) {
            return try spelling.rewriting(event).serialized()
        } catch {
            throw Refusal(
                code: "request.not-acceptable", field: "gs1-epc-format",
                reason: "\(error.uri) cannot be written as EPC URN: it has none, or its company "
                    + "prefix is no member's; ask for Always_GS1_Digital_Link")
        }
    }

    private func spelling(_ format: EPCFormat) -> IdentifierSpelling? {
        switch format {
        case .noPreference, .asSigned: return nil
        case .digitalLink: return .digitalLink
        case .urn:
            let organisations = published.newest.basis.governance.organisations.values
            let prefixes = Set(organisations.flatMap(\.prefixes))
            return .urn { digits in
                prefixes.filter { digits.hasPrefix($0) }.map(\.utf8.count).max()
            }
        }
    }
}

extension Refusal {
    /// What a caller is told of a query that is not answered.
    init(_ refusal: QueryRefusal) {
        self.init(code: refusal.code, field: refusal.parameter, reason: refusal.reason)
    }
}
