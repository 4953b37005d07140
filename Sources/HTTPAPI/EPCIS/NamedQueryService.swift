package import Queries
package import Records

/// Which page of a list of an organisation's own things is asked for.
package struct ListQuestion: Hashable, Sendable {
    /// How many to list at most; nil for the standard's 30.
    package var perPage: Int?
    /// Where to begin; nil for the first page.
    package var token: String?

    /// Makes a question.
    package init(perPage: Int? = nil, token: String? = nil) {
        self.perPage = perPage
        self.token = token
    }
}

/// What names a subscription: its organisation, its query and its identifier.
package struct SubscriptionPlace: Hashable, Sendable {
    /// Whose it is.
    package var organisation: String
    /// The name of the query.
    package var query: String
    /// The identifier that the node gave.
    package var id: String

    /// Names a subscription.
    package init(organisation: String, query: String, id: String) {
        self.organisation = organisation
        self.query = query
        self.id = id
    }
}

/// A subscription that was made.
package struct MadeSubscription: Hashable, Sendable {
    /// Its identifier.
    package var id: String
    /// It, as JSON, without the secret.
    package var body: [UInt8]

    /// Makes the news of a subscription.
    package init(id: String, body: [UInt8]) {
        self.id = id
        self.body = body
    }
}

/// Why a feed is over.
package enum FeedEnd: Error, Hashable, Sendable {
    /// There is nothing to be told any more, or nobody who may be.
    case gone(reason: String)
    /// The node could not look; it may be able to later.
    case failed
    /// The node stops, or the task that waited was cancelled.
    case stopped
}

/// What one connection is told of a query's events, as long as it stands.
package protocol EventFeed: Sendable {
    /// Waits for the next document, an `EPCISQueryDocument`; the one before counts as taken.
    ///
    /// One task at a time waits; when it is cancelled, the feed is over.
    func next() async throws(FeedEnd) -> [UInt8]
}

/// Named queries and subscriptions: the port that the routes of SPEC §17.4 speak to.
///
/// They belong to organisations; one that is another's is as one that is not there
/// (`query.unknown`, `subscription.unknown`).
package protocol NamedQueryService: Sendable {
    /// A page of an organisation's queries, a JSON array.
    func namedQueries(
        _ page: ListQuestion, of organisation: String
    ) async throws(Refusal) -> EPCISPage
    /// Makes a query of a JSON body and gives its name; `json.*`, `query.*`, `query.exists`,
    /// `subscription.limit`.
    func addQuery(
        _ body: [UInt8], _ preferences: EPCISPreferences, of organisation: String
    ) async throws(Refusal) -> String
    /// A query as JSON; `query.unknown`.
    func namedQuery(_ name: String, of organisation: String) async throws(Refusal) -> [UInt8]
    /// Forgets a query with its subscriptions; `query.unknown`.
    func removeQuery(_ name: String, of organisation: String) async throws(Refusal)
    /// A page of the events that a query finds now, as `EPCISQueryDocument`.
    func events(
        ofQuery name: String, _ question: EventsQuestion, of organisation: String
    ) async throws(Refusal) -> EPCISPage
    /// What a query finds from now on, or from the time that the controls name; `query.unknown`,
    /// `subscription.controls`.
    func follow(
        _ name: String, _ controls: SubscriptionControls, of organisation: String
    ) async throws(Refusal) -> any EventFeed

    /// A page of a query's subscriptions, a JSON array.
    func subscriptions(
        ofQuery name: String, _ page: ListQuestion, of organisation: String
    ) async throws(Refusal) -> EPCISPage
    /// Makes a subscription of a JSON body; `json.*`, `subscription.*`, `query.unknown`.
    func subscribe(
        _ body: [UInt8], toQuery name: String, _ preferences: EPCISPreferences,
        of organisation: String
    ) async throws(Refusal) -> MadeSubscription
    /// A subscription as JSON; `subscription.unknown`.
    func subscription(_ place: SubscriptionPlace) async throws(Refusal) -> [UInt8]
    /// Forgets a subscription; `subscription.unknown`.
    func unsubscribe(_ place: SubscriptionPlace) async throws(Refusal)

    /// The deliveries that were given up, a JSON array.
    func deadLetters(_ place: SubscriptionPlace) async throws(Refusal) -> [UInt8]
    /// Sends a given-up delivery again, before anything new; `subscription.dead-letter`.
    func redeliver(_ number: UInt64, _ place: SubscriptionPlace) async throws(Refusal)
    /// Takes a given-up delivery off the list; `subscription.dead-letter`.
    func dismiss(_ number: UInt64, _ place: SubscriptionPlace) async throws(Refusal)
}
