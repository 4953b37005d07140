/// What a request under `/epcis` asks for: the REST binding of EPCIS 2.0 (SPEC §17.2 to §17.5).
package enum EPCISRoute: Hashable, Sendable {
    /// `GET /epcis`
    case resources
    /// `OPTIONS` of any path: what methods it takes, and its pattern.
    case discovery(allowed: [String], pattern: String)
    /// `GET /epcis/events`, and `GET …/events` of a value of a collection.
    case events(of: EPCISResource?)
    /// `GET /epcis/events/{eventID}`
    case event(id: String)
    /// `GET /epcis/epcs` and its like
    case values(EPCISCollection, perPage: Int?, token: String?)
    /// `GET /epcis/epcs/{epc}` and its like
    case value(EPCISResource)
    /// What hands in documents and events
    case capture(CaptureRoute)
    /// `DELETE /epcis/nextPageToken/{token}`
    case forgetToken
    /// What stands under `/epcis/queries`
    case named(NamedQueryRoute)
}

/// What a request to the capture interface asks for (SPEC §17.3).
package enum CaptureRoute: Hashable, Sendable {
    /// `POST /epcis/capture`
    case document
    /// `POST /epcis/events`
    case event
    /// `GET /epcis/capture/{captureID}`
    case job(id: String)
    /// `GET /epcis/capture`
    case jobs(perPage: Int?, token: String?)
}

/// The collections of values that events are found by (EPCIS 2.0 §12.3).
package enum EPCISCollection: String, Hashable, Sendable, CaseIterable {
    /// The five types.
    case eventTypes
    /// What the lists of EPCs name.
    case epcs
    /// Business steps.
    case bizSteps
    /// Business locations.
    case bizLocations
    /// Read points.
    case readPoints
    /// Dispositions.
    case dispositions

    /// The query parameter that finds the events of a value.
    package var parameter: String {
        switch self {
        case .eventTypes: "eventType"
        case .epcs: "MATCH_anyEPC"
        case .bizSteps: "EQ_bizStep"
        case .bizLocations: "EQ_bizLocation"
        case .readPoints: "EQ_readPoint"
        case .dispositions: "EQ_disposition"
        }
    }

    /// The value's name in a path.
    package var valueName: String { String(rawValue.dropLast()) }
}

/// One value of a collection.
package struct EPCISResource: Hashable, Sendable {
    /// The collection.
    package let collection: EPCISCollection
    /// The value in any spelling.
    package let value: String

    /// Names a value.
    package init(_ collection: EPCISCollection, _ value: String) {
        self.collection = collection
        self.value = value
    }
}
