import Records

/// What a request under `/epcis/queries` asks for (SPEC §17.4).
package enum NamedQueryRoute: Hashable, Sendable {
    /// `GET /epcis/queries`
    case list(ListQuestion)
    /// `POST /epcis/queries`
    case create
    /// `GET /epcis/queries/{name}`
    case query(String)
    /// `DELETE /epcis/queries/{name}`
    case remove(String)
    /// `GET /epcis/queries/{name}/events`
    case events(of: String)
    /// `GET /epcis/queries/{name}/subscriptions`
    case subscriptions(of: String, ListQuestion)
    /// `POST /epcis/queries/{name}/subscriptions`
    case subscribe(to: String)
    /// `GET /epcis/queries/{name}/subscriptions/{id}`
    case subscription(String, of: String)
    /// `DELETE /epcis/queries/{name}/subscriptions/{id}`
    case unsubscribe(String, from: String)
    /// `GET …/deadLetters`
    case deadLetters(String, of: String)
    /// `POST …/deadLetters/{delivery}`
    case redeliver(UInt64, String, of: String)
    /// `DELETE …/deadLetters/{delivery}`
    case dismiss(UInt64, String, of: String)
}

extension Route {
    /// The routes of named queries and subscriptions, with who may ask.
    static let namedQueryRows: [RouteRow] = queryRows + subscriptionRows + deadLetterRows

    private static let queries = "/epcis/queries"
    private static let query = queries + "/{name}"
    private static let subscriptions = query + "/subscriptions"
    private static let subscription = subscriptions + "/{id}"
    private static let deadLetters = subscription + "/deadLetters"
    private static let deadLetter = deadLetters + "/{delivery}"

    private static func row(
        _ method: String, _ pattern: String, takesRawQuery: Bool = false,
        read:
            @escaping @Sendable (RouteValues, inout QueryParameters) throws(Refusal)
            -> NamedQueryRoute
    ) -> RouteRow {
        RouteRow(method, pattern, .reader, takesRawQuery: takesRawQuery) {
            values, query throws(Refusal) in
            .epcis(.named(try read(values, &query)))
        }
    }

    private static let queryRows: [RouteRow] = [
        row("GET", queries) { _, query throws(Refusal) in .list(try list(&query)) },
        row("POST", queries) { _, _ in .create },
        row("GET", query) { values, _ throws(Refusal) in .query(try name(values)) },
        row("DELETE", query) { values, _ throws(Refusal) in .remove(try name(values)) },
        row("GET", query + "/events", takesRawQuery: true) { values, _ throws(Refusal) in
            .events(of: try name(values))
        },
    ]

    private static let subscriptionRows: [RouteRow] = [
        row("GET", subscriptions) { values, query throws(Refusal) in
            .subscriptions(of: try name(values), try list(&query))
        },
        row("POST", subscriptions) { values, _ throws(Refusal) in
            .subscribe(to: try name(values))
        },
        row("GET", subscription) { values, _ throws(Refusal) in
            .subscription(try id(values), of: try name(values))
        },
        row("DELETE", subscription) { values, _ throws(Refusal) in
            .unsubscribe(try id(values), from: try name(values))
        },
    ]

    private static let deadLetterRows: [RouteRow] = [
        row("GET", deadLetters) { values, _ throws(Refusal) in
            .deadLetters(try id(values), of: try name(values))
        },
        row("POST", deadLetter) { values, _ throws(Refusal) in
            .redeliver(try values.number(2, "delivery"), try id(values), of: try name(values))
        },
        row("DELETE", deadLetter) { values, _ throws(Refusal) in
            .dismiss(try values.number(2, "delivery"), try id(values), of: try name(values))
        },
    ]

    private static func name(_ values: RouteValues) throws(Refusal) -> String {
        try values.text(0, "name")
    }

    private static func id(_ values: RouteValues) throws(Refusal) -> String {
        try values.text(1, "id")
    }

    private static func list(_ query: inout QueryParameters) throws(Refusal) -> ListQuestion {
        ListQuestion(
            perPage: try query.number("perPage", in: 1...Int.max),
            token: try query.text("nextPageToken"))
    }
}
