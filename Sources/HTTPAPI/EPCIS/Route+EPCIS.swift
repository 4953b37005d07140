import Records

extension Route {
    /// The routes under `/epcis`, with who may ask.
    static let epcisRows: [RouteRow] =
        [
            RouteRow("GET", "/epcis", .open) { _, _ in .epcis(.resources) },
            RouteRow("GET", "/epcis/", .open) { _, _ in .epcis(.resources) },
            RouteRow("OPTIONS", "/epcis", .open) { _, _ throws(Refusal) in
                try discovery("/epcis")
            },
            RouteRow("OPTIONS", "/epcis/{path…}", .open) { values, _ throws(Refusal) in
                try discovery("/epcis/\(values.path[0])")
            },
            RouteRow("GET", "/epcis/events", .open, takesRawQuery: true) { _, _ in
                .epcis(.events(of: nil))
            },
            RouteRow("GET", "/epcis/events/{eventID}", .open) { values, _ throws(Refusal) in
                .epcis(.event(id: try values.text(0, "eventID")))
            },
            RouteRow("DELETE", "/epcis/nextPageToken/{token}", .open) { _, _ in
                .epcis(.forgetToken)
            },
        ] + captureRows + EPCISCollection.allCases.flatMap(rows) + namedQueryRows

    private static let captureRows: [RouteRow] = [
        RouteRow("POST", "/epcis/capture", .submitter) { _, _ in .epcis(.capture(.document)) },
        RouteRow("GET", "/epcis/capture", .submitter) { _, query throws(Refusal) in
            .epcis(
                .capture(
                    .jobs(
                        perPage: try query.number("perPage", in: 1...Int.max),
                        token: try query.text("nextPageToken"))))
        },
        RouteRow("GET", "/epcis/capture/{captureID}", .submitter) { values, _ throws(Refusal) in
            .epcis(.capture(.job(id: try values.text(0, "captureID"))))
        },
        RouteRow("POST", "/epcis/events", .submitter) { _, _ in .epcis(.capture(.event)) },
    ]

    private static func rows(of collection: EPCISCollection) -> [RouteRow] {
        let path = "/epcis/\(collection.rawValue)"
        let valuePath = "\(path)/{\(collection.valueName)}"
        return [
            RouteRow("GET", path, .open) { _, query throws(Refusal) in
                .epcis(
                    .values(
                        collection, perPage: try query.number("perPage", in: 1...Int.max),
                        token: try query.text("nextPageToken")))
            },
            RouteRow("GET", valuePath, .open) { values, query throws(Refusal) in
                try onlyPage(&query)
                return .epcis(.value(EPCISResource(collection, try value(values, collection))))
            },
            RouteRow("GET", "\(valuePath)/events", .open, takesRawQuery: true) {
                values, _ throws(Refusal) in
                .epcis(.events(of: EPCISResource(collection, try value(values, collection))))
            },
        ]
    }

    /// Reads the page of a list that is always one page.
    private static func onlyPage(_ query: inout QueryParameters) throws(Refusal) {
        _ = try query.number("perPage", in: 1...Int.max)
        guard try query.text("nextPageToken") == nil else {
            throw Refusal(
                code: "query.token", field: "nextPageToken",
                reason: "this list is one page: leave it out")
        }
    }

    private static func value(
        _ values: RouteValues, _ collection: EPCISCollection
    ) throws(Refusal) -> String {
        try values.text(0, collection.valueName)
    }

    /// What methods a path under `/epcis` takes.
    private static func discovery(_ path: String) throws(Refusal) -> Route {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        let rows = epcisRows.filter { $0.method != "OPTIONS" && $0.values(in: segments) != nil }
        guard let first = rows.first else {
            throw Refusal(
                code: "request.path", field: "path", reason: "nothing is served at \(path)")
        }
        return .epcis(
            .discovery(allowed: rows.flatMap(\.allowed) + ["OPTIONS"], pattern: first.pattern))
    }
}
