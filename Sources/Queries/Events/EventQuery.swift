package import EPCIS
import GS1
package import MerkleTrees

/// A query for events as EPCIS 2.0 §8.2.7 defines it, whatever way it came (SPEC §17.2).
///
/// Different parameters restrict together, the values of one are alternatives. A query is a value
/// without any data: ``matches(_:)`` says of one event whether it is in the answer,
/// ``page(of:treeSize:)`` puts answers in order and cuts them into pages. Both are plain on
/// purpose: what searches a database must answer as they do.
package struct EventQuery: Hashable, Sendable {
    /// The conditions, by the bytes of their parameters' names; all must hold.
    package let conditions: [EventCondition]
    /// In what order events come.
    package let ordering: EventOrdering
    /// `eventCountLimit`: the answer ends after so many events.
    package let eventCountLimit: Int?
    /// `maxEventCount`: more events than this are refused as a whole.
    package let maxEventCount: Int?
    /// Events of one page, at most ``QueryLimits/eventsPerPageCeiling``.
    package let perPage: Int
    /// The token of the page that is asked for; nothing for the first.
    package let nextPageToken: String?

    /// The parameters that restrict and order, for the digest: no page, no size of pages.
    private let lasting: [QueryParameter]
    /// The context that the names in it are read by.
    private let context: JSONValue?

    /// Reads the query string of `GET /events`, without its `?`.
    ///
    /// `context` is a JSON-LD context that defines prefixes, such as `GS1-Extensions` tells.
    package init(queryString: String, context: JSONValue? = nil) throws(QueryRefusal) {
        try self.init(
            QueryParameter.list(queryString: queryString), context: context, paged: true)
    }

    /// Reads the `query` of a body of `POST /queries`; its `@context` defines prefixes.
    package init(json: JSONValue) throws(QueryRefusal) {
        try self.init(QueryParameter.list(json: json), context: json["@context"], paged: false)
    }

    /// Reads the bytes of a query in JSON.
    package init(jsonBytes bytes: [UInt8]) throws(QueryRefusal) {
        var limits = JSONLimits()
        limits.byteCount = QueryLimits.jsonByteCount
        let value: JSONValue
        do throws(JSONError) {
            value = try JSONValue.parse(bytes, limits: limits)
        } catch {
            throw QueryRefusal("query", "\(error.code): \(error.reason) (byte \(error.offset))")
        }
        try self.init(json: value)
    }

    /// Reads parameters; `paged` says whether `perPage` and `nextPageToken` may be among them.
    ///
    /// A named query and the query string of a request for its events are joined this way.
    package init(
        _ parameters: [QueryParameter], context: JSONValue? = nil, paged: Bool
    ) throws(QueryRefusal) {
        try QueryParameter.checkBounds(parameters)
        let gs1 = JSONValue.string("https://ref.gs1.org/standards/epcis/epcis-context.jsonld")
        let prefixes = ContextLibrary.builtIn.prefixes(
            of: .array([gs1] + (context.map { $0.asArray ?? [$0] } ?? [])))
        var reader = QueryReader(prefixes: prefixes, isPaged: paged)
        for parameter in parameters { try reader.read(parameter) }
        try reader.checkTogether()
        conditions = reader.conditions.sorted {
            $0.parameter.utf8.lexicographicallyPrecedes($1.parameter.utf8)
        }
        ordering = EventOrdering(key: reader.key, isDescending: reader.isDescending)
        eventCountLimit = reader.eventCountLimit
        maxEventCount = reader.maxEventCount
        perPage = reader.perPage
        nextPageToken = reader.nextPageToken
        self.context = context
        lasting = parameters.filter { !QueryReader.pageNames.contains($0.name) }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// Whether an event is in the answer, but for what `eventCountLimit` cuts off.
    package func matches(_ event: QueryableEvent) -> Bool {
        conditions.allSatisfy { $0.holds(for: event) }
    }

    /// What a page token is bound to: the query without its page and the size of pages.
    package var digest: Hash256 {
        var builder = HashBuilder()
        builder.update(domain: "cairn/event-query/v1")
        for parameter in lasting {
            for text in [parameter.name] + parameter.values {
                builder.update(UInt32(clamping: text.utf8.count))
                builder.update(Array(text.utf8))
            }
            // No text is so long: names and values stay apart from the next parameter's.
            builder.update(UInt32.max)
        }
        if let context { builder.update(context.serialized()) }
        return builder.finish()
    }
}

// MARK: - Sites below sites

extension EventQuery {
    /// The sites whose descendants `WD_*` asks for, canonical URIs, each once and sorted.
    package var sitesToExpand: [String] {
        let uris = conditions.filter(\.includesDescendants).flatMap(\.exactURIs)
        return Set(uris).sorted()
    }

    /// The query with the sites below those of `WD_*` among the values.
    ///
    /// Which they are, master data say (EPCIS 2.0 §6.5), so the caller does. A query that is not
    /// expanded takes `WD_*` as `EQ_*`. `descendants` gives the canonical URIs of all sites below
    /// one, direct or not.
    package func expandingSites(_ descendants: (String) -> [String]) -> EventQuery {
        EventQuery(
            self,
            conditions: conditions.map { condition in
                guard condition.includesDescendants else { return condition }
                let named = condition.exactURIs
                let all = Set(named + named.flatMap(descendants)).sorted()
                return EventCondition(
                    condition.parameter, condition.field,
                    .identifiers(IdentifierTest(all.map(IdentifierPattern.exactly))))
            })
    }

    private init(_ query: EventQuery, conditions: [EventCondition]) {
        self.conditions = conditions
        ordering = query.ordering
        eventCountLimit = query.eventCountLimit
        maxEventCount = query.maxEventCount
        perPage = query.perPage
        nextPageToken = query.nextPageToken
        lasting = query.lasting
        context = query.context
    }
}

extension EventCondition {
    /// The canonical URIs of a test for identifiers, patterns left out.
    fileprivate var exactURIs: [String] {
        guard case .identifiers(let test) = test else { return [] }
        return test.patterns.compactMap(\.exactURI)
    }
}

/// The state of reading a query's parameters.
private struct QueryReader {
    let prefixes: Prefixes
    let isPaged: Bool
    private(set) var conditions: [EventCondition] = []
    private(set) var key = EventOrdering.Key.recordTime
    private var isOrdered = false
    private(set) var isDescending = true
    private(set) var eventCountLimit: Int?
    private(set) var maxEventCount: Int?
    private(set) var perPage = QueryLimits.eventsPerPage
    private(set) var nextPageToken: String?

    static let pageNames: Set<String> = ["perPage", "nextPageToken"]

    init(prefixes: Prefixes, isPaged: Bool) {
        self.prefixes = prefixes
        self.isPaged = isPaged
    }

    mutating func read(_ parameter: QueryParameter) throws(QueryRefusal) {
        let values = ParameterValues(parameter)
        switch parameter.name {
        case "orderBy": try readKey(values)
        case "orderDirection": try readDirection(values)
        case "eventCountLimit": eventCountLimit = try values.count()
        case "maxEventCount": maxEventCount = try values.count()
        case "perPage" where isPaged:
            perPage = min(try values.count(), QueryLimits.eventsPerPageCeiling)
        case "nextPageToken" where isPaged: nextPageToken = try values.single()
        default:
            guard let form = ParameterForm.named(parameter.name, prefixes) else {
                throw values.refusal(
                    ["perPage", "nextPageToken"].contains(parameter.name)
                        ? "a named query has no pages: say this when asking for its events"
                        : "no query parameter has this name: SPEC §17.2 lists them; extension "
                            + "fields need a prefix or their whole URI")
            }
            guard let condition = try form.condition(parameter, prefixes) else { return }
            conditions.append(condition)
        }
    }

    private mutating func readKey(_ values: ParameterValues) throws(QueryRefusal) {
        guard let key = EventOrdering.Key(rawValue: try values.single()) else {
            throw values.refusal("events can be ordered by eventTime or recordTime")
        }
        self.key = key
        isOrdered = true
    }

    private mutating func readDirection(_ values: ParameterValues) throws(QueryRefusal) {
        switch try values.single() {
        case "ASC": isDescending = false
        case "DESC": isDescending = true
        default: throw values.refusal("ASC or DESC is expected")
        }
    }

    /// What the standard asks of parameters together (EPCIS 2.0 §8.2.7.1).
    func checkTogether() throws(QueryRefusal) {
        guard eventCountLimit == nil || maxEventCount == nil else {
            throw QueryRefusal(
                "eventCountLimit", "leave out this or maxEventCount: they exclude each other")
        }
        guard eventCountLimit == nil || isOrdered else {
            throw QueryRefusal(
                "eventCountLimit", "add orderBy: without an order there are no first events")
        }
    }
}
