/// One page of an answer.
package struct EventPage: Sendable {
    /// The events, in the query's order.
    package let events: [QueryableEvent]
    /// The token of the next page; nothing on the last.
    package let nextPageToken: String?
}

extension EventQuery {
    /// Where the page that is asked for begins; nothing for the first.
    package func cursor() throws(QueryRefusal) -> PageCursor? {
        guard let nextPageToken else { return nil }
        return try PageCursor(token: nextPageToken, of: digest)
    }

    /// The page of the answer that the query asks for.
    ///
    /// Pages are of the state that the log had at the first: what is registered later is in none
    /// of them, and shifts none. The events may be in any order, matching or not; `treeSize` is the
    /// size of the log that they are of.
    package func page(
        of events: some Sequence<QueryableEvent>, treeSize: UInt64
    ) throws(QueryRefusal) -> EventPage {
        let cursor = try cursor()
        let shownSize = min(cursor?.treeSize ?? treeSize, treeSize)
        let all = events.filter { $0.position.leafIndex < shownSize && matches($0) }
            .map { (place: ordering.place(of: $0), event: $0) }
            .sorted { ordering.precedes($0.place, $1.place) }
        if let maxEventCount, all.count > maxEventCount { throw Self.tooLarge(maxEventCount) }
        let limited = all.prefix(eventCountLimit ?? all.count)
        let rest = limited.filter { entry in
            cursor.map { ordering.precedes($0.last, entry.place) } ?? true
        }
        let page = rest.prefix(perPage)
        guard let last = page.last, page.count < rest.count else {
            return EventPage(events: page.map(\.event), nextPageToken: nil)
        }
        let next = PageCursor(
            last: last.place, treeSize: shownSize,
            countBefore: (cursor?.countBefore ?? 0) + UInt64(page.count))
        return EventPage(events: page.map(\.event), nextPageToken: next.token(of: digest))
    }

    /// The refusal of an answer with more events than `maxEventCount`.
    package static func tooLarge(_ limit: Int) -> QueryRefusal {
        QueryRefusal(
            code: "query.too-large", "maxEventCount",
            "more than \(limit) events match: ask for fewer, or raise the limit")
    }
}
