package import EPCIS
package import GS1

/// What a walk needs of an event, without the JSON it was read from.
///
/// The views keep it, so that a lineage of many events reads neither their parts nor their JSON.
package struct EventStory: Hashable, Sendable {
    /// One thing that the event says something about: a flow (SPEC §8.1).
    package struct Thing: Hashable, Sendable {
        /// Its canonical URI.
        package var uri: String
        /// What kind of thing it is.
        package var kind: SubjectKind
        /// What happens to it.
        package var role: FlowRole
        /// In which field it stands.
        package var place: FlowPlace
        /// How much of it, as exact decimal, if stated.
        package var quantity: String?
        /// The unit of the quantity.
        package var unit: String?
        /// The batch that the spelling of an item named.
        package var batch: String?
        /// Whether it stands there only because an item's spelling named it.
        package var isNamedBatch: Bool

        /// Makes a thing.
        package init(
            uri: String, kind: SubjectKind, role: FlowRole, place: FlowPlace, quantity: String?,
            unit: String?, batch: String?, isNamedBatch: Bool
        ) {
            self.uri = uri
            self.kind = kind
            self.role = role
            self.place = place
            self.quantity = quantity
            self.unit = unit
            self.batch = batch
            self.isNamedBatch = isNamedBatch
        }
    }

    /// The event type.
    package var type: EventType
    /// Absent for transformations.
    package var action: EventAction?
    /// The event's ID as written.
    package var eventID: String?
    /// What it declares of an earlier event, if it does.
    package var declaration: ErrorDeclaration?
    /// Event time, milliseconds.
    package var timeMilliseconds: Int64
    /// Canonical business step.
    package var bizStep: String?
    /// The primary site.
    package var site: String?
    /// All places of the event, the primary site first, the ends of a transfer too.
    package var places: [String]
    /// The business transactions it was part of.
    package var transactions: [String]
    /// The process it is part of.
    package var process: String?
    /// Its flows.
    package var things: [Thing]

    /// Makes a story of what is known already.
    package init(
        type: EventType, action: EventAction?, eventID: String?, declaration: ErrorDeclaration?,
        timeMilliseconds: Int64, bizStep: String?, site: String?, places: [String],
        transactions: [String], process: String?, things: [Thing]
    ) {
        self.type = type
        self.action = action
        self.eventID = eventID
        self.declaration = declaration
        self.timeMilliseconds = timeMilliseconds
        self.bizStep = bizStep
        self.site = site
        self.places = places
        self.transactions = transactions
        self.process = process
        self.things = things
    }
}

extension EventStory {
    /// Takes from an event what a walk needs.
    package init(_ event: EPCISEvent) {
        type = event.type
        action = event.action
        eventID = event.eventID
        declaration = event.declaration
        timeMilliseconds = event.eventTimeMilliseconds
        bizStep = event.bizStep
        let site = event.primarySite?.uri
        self.site = site
        places = (site.map { [$0] } ?? []) + event.sites.map(\.uri).filter { $0 != site }
        transactions = event.businessTransactions
        process = event.transformationID?.uri
        let stated = Set(event.children + event.inputs + event.outputs)
        things = event.flows.map { flow in
            let isPart = [.child, .input, .output].contains(flow.place)
            return Thing(
                uri: flow.subject.uri, kind: flow.subject.kind, role: flow.role, place: flow.place,
                quantity: flow.quantity?.description, unit: flow.uom, batch: flow.subject.batch,
                isNamedBatch: isPart && !stated.contains(flow.subject))
        }
    }

    /// The container of an event that puts things into, takes them out of, or sees them in one.
    var container: Thing? {
        guard type == .aggregation || type == .association else { return nil }
        return things.first { $0.place == .parent }
    }

    /// Whether a thing stands in a field, other than as the batch that a spelling names.
    func has(_ uri: String, in place: FlowPlace) -> Bool {
        things.contains { $0.place == place && !$0.isNamedBatch && $0.uri == uri }
    }
}
