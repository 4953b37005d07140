package import EPCIS
package import Records

/// A query that an organisation gave a name (EPCIS 2.0 §12.8.4, SPEC §17.4).
///
/// It belongs to the organisation that made it and is seen by no other.
package struct NamedQuery: Hashable, Sendable {
    /// The most bytes of a name.
    package static let nameByteCount = 128

    /// The name: letters, digits, `-`, `.`, `_`, `~`; not `.` or `..`.
    package let name: String
    /// The query as it was given.
    package let json: JSONValue
    /// What it means.
    package let query: EventQuery

    /// Reads the body of `POST /epcis/queries`.
    ///
    /// `extensions` are prefixes beside those of the query's own context, which they join.
    ///
    /// - Throws: `query.name`, `query.definition`, and what the query itself is refused with.
    package init(body: JSONValue, extensions: JSONValue? = nil) throws(Refusal) {
        guard let members = body.asObject, let name = body["name"]?.asString else {
            throw .definition("name", "a query has a name and a query")
        }
        guard let query = body["query"] else {
            throw .definition("query", "the query itself, an object, is missing")
        }
        for member in members where member.name != "name" && member.name != "query" {
            throw .definition(
                QueryRefusal.shown(member.name),
                "a query has a name and a query, prefixes stand in the query's @context")
        }
        try self.init(name: name, json: Self.adding(extensions, to: query))
    }

    /// A name and a query.
    ///
    /// - Throws: as ``init(body:)``.
    package init(name: String, json: JSONValue) throws(Refusal) {
        guard Self.isName(name) else {
            throw Refusal(
                code: "query.name", field: "name",
                reason: "a name has 1 to \(Self.nameByteCount) letters, digits, - . _ or ~")
        }
        do throws(QueryRefusal) {
            query = try EventQuery(json: json)
        } catch {
            throw Refusal(code: error.code, field: error.parameter, reason: error.reason)
        }
        self.name = name
        self.json = json
    }

    private static func adding(_ extensions: JSONValue?, to query: JSONValue) -> JSONValue {
        guard let extensions, let members = query.asObject else { return query }
        let context = query["@context"].map { $0.asArray ?? [$0] } ?? []
        return .object(
            [JSONMember("@context", .array(context + [extensions]))]
                + members.filter { $0.name != "@context" })
    }

    /// Whether a text can be a name: it stands in a path as it is.
    package static func isName(_ text: String) -> Bool {
        (1...nameByteCount).contains(text.utf8.count) && text != "." && text != ".."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."),
                    UInt8(ascii: "_"), UInt8(ascii: "~"):
                    true
                default: false
                }
            }
    }

    /// The definition as the interface shows it.
    package var document: JSONValue {
        .object([JSONMember("name", .string(name)), JSONMember("query", json)])
    }

    /// The query with the page that a query string asks for, which may name nothing else.
    package func paged(by queryString: String) throws(QueryRefusal) -> EventQuery {
        let page = try QueryParameter.list(queryString: queryString)
        for parameter in page where !["perPage", "nextPageToken"].contains(parameter.name) {
            throw QueryRefusal(
                parameter.name,
                "a named query has its parameters; its events are asked for with "
                    + "perPage and nextPageToken, and subscribed to with a webhook")
        }
        return try EventQuery(
            QueryParameter.list(json: json) + page, context: json["@context"], paged: true)
    }

    /// Refuses a query that cannot stand: what a subscriber receives is every event, in the order
    /// of the log, so an answer that is cut off has no meaning there.
    ///
    /// - Throws: `subscription.controls`.
    package func requireStanding() throws(Refusal) {
        guard query.eventCountLimit == nil, query.maxEventCount == nil else {
            throw .controls(
                query.eventCountLimit == nil ? "maxEventCount" : "eventCountLimit",
                "a query with a limit on its events cannot be subscribed to")
        }
    }
}

extension Refusal {
    fileprivate static func definition(_ field: String, _ reason: String) -> Refusal {
        Refusal(code: "query.definition", field: field, reason: reason)
    }
}
