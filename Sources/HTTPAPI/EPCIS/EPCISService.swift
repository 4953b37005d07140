package import EPCIS
package import Queries
package import Records

/// How identifiers in an answer are written (`GS1-EPC-Format`).
package enum EPCFormat: String, Hashable, Sendable, CaseIterable {
    /// As they were signed; also if the caller says nothing.
    case noPreference = "No_Preference"
    /// As GS1 Digital Links on `https://id.gs1.org`.
    case digitalLink = "Always_GS1_Digital_Link"
    /// As EPC URNs.
    case urn = "Always_EPC_URN"
    /// As they were signed.
    case asSigned = "Never_Translates"
}

/// What the header fields of a request under `/epcis` ask for (SPEC §17.5).
package struct EPCISPreferences: Hashable, Sendable {
    /// How identifiers are written.
    package var format = EPCFormat.noPreference
    /// The prefixes of `GS1-Extensions`, as an entry of a JSON-LD context; nil for none.
    package var extensions: JSONValue?

    /// As callers have it who ask for nothing.
    package init() {}

    /// How identifiers are written of events that a subscriber is sent.
    ///
    /// - Throws: `request.not-acceptable`.
    package func deliveryFormat() throws(Refusal) -> DeliveryFormat {
        guard let format = DeliveryFormat(rawValue: format.rawValue) else {
            throw Refusal(
                code: "request.not-acceptable", field: "gs1-epc-format",
                reason: "not every identifier has an EPC URN, and no event is to be left out: "
                    + "No_Preference, Never_Translates or Always_GS1_Digital_Link")
        }
        return format
    }
}

/// What a request for events asks.
package struct EventsQuestion: Hashable, Sendable {
    /// The query string, as it was sent.
    package var query: String
    /// The value whose events are asked for; nil for all events.
    package var resource: EPCISResource?
    /// How to read and answer.
    package var preferences: EPCISPreferences

    /// Makes a question.
    package init(
        query: String, of resource: EPCISResource? = nil,
        preferences: EPCISPreferences = EPCISPreferences()
    ) {
        self.query = query
        self.resource = resource
        self.preferences = preferences
    }
}

/// What a request for the values of a collection asks.
package struct ValuesQuestion: Hashable, Sendable {
    /// The collection.
    package var collection: EPCISCollection
    /// How many values to list at most; nil for the standard's 30.
    package var perPage: Int?
    /// Where to begin; nil for the first page.
    package var token: String?

    /// Makes a question.
    package init(_ collection: EPCISCollection, perPage: Int? = nil, token: String? = nil) {
        self.collection = collection
        self.perPage = perPage
        self.token = token
    }
}

/// One page of an answer under `/epcis`.
package struct EPCISPage: Hashable, Sendable {
    /// JSON: a query document or a collection.
    package var body: [UInt8]
    /// The token of the next page; nil on the last.
    package var nextPageToken: String?

    /// Makes a page.
    package init(_ body: [UInt8], nextPageToken: String? = nil) {
        self.body = body
        self.nextPageToken = nextPageToken
    }
}

/// What a node answers under `/epcis`: the port that the routes of SPEC §17.2 to §17.5 speak to.
///
/// Callers are told of nothing that they may not see: what is withheld from them changes no page,
/// no count and no list of values. Implementations answer many calls at once.
package protocol EPCISService: NamedQueryService {
    /// A page of the events that a query finds, as `EPCISQueryDocument`; `query.*`,
    /// `subject.unknown` if no event is of the resource.
    func events(
        _ question: EventsQuestion, for reader: Reader
    ) async throws(Refusal) -> EPCISPage
    /// The events of one ID, with declarations that they are wrong, as `EPCISQueryDocument`;
    /// `event.unknown`.
    func event(
        id: String, _ preferences: EPCISPreferences, for reader: Reader
    ) async throws(Refusal) -> [UInt8]
    /// A page of the values that events have, as JSON collection; `query.token`.
    func values(
        _ question: ValuesQuestion, for reader: Reader
    ) async throws(Refusal) -> EPCISPage
    /// Refuses a value that no event has: `subject.unknown`.
    func requireValue(_ resource: EPCISResource, for reader: Reader) async throws(Refusal)
}
