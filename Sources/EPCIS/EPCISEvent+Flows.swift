package import GS1

/// What an event does to a subject.
package enum FlowRole: String, Hashable, Sendable, CaseIterable {
    /// The subject comes into being.
    case create
    /// The subject is used up or destroyed.
    case consume
    /// The subject changes hands, place or container.
    case move
    /// The subject is spoken of.
    case mention
}

/// In which field of the event a flow's subject stands.
package enum FlowPlace: String, Hashable, Sendable, CaseIterable {
    /// `epcList`.
    case epcList
    /// `quantityList`.
    case quantityList
    /// `parentID`.
    case parent
    /// `childEPCs` or `childQuantityList`.
    case child
    /// `inputEPCList` or `inputQuantityList`.
    case input
    /// `outputEPCList` or `outputQuantityList`.
    case output
}

/// One thing that an event states about one subject (SPEC §8.1).
package struct EventFlow: Hashable, Sendable {
    /// The batch, item, logistic unit, product or other object.
    package let subject: CanonicalIdentifier
    /// What happens to it.
    package let role: FlowRole
    /// How much of it; absent for single objects and where unspecified.
    package let quantity: ExactDecimal?
    /// The unit of the quantity; absent where objects are counted.
    package let uom: String?
    /// The field in which it stands.
    package let place: FlowPlace
}

extension EPCISEvent {
    /// What the event states about each of its objects: a pure function of the event.
    ///
    /// In the order parent, objects, children, inputs, outputs, each as listed. An object that is
    /// named twice in one list without an amount gives one flow. An item whose spelling also
    /// named its lot is followed by a mention of that batch.
    package var flows: [EventFlow] {
        var list = FlowList()
        let role = objectRole
        list.add(parentID.map { [$0] } ?? [], role, .parent)
        list.add(epcList, role, .epcList)
        list.add(quantityList, role, .quantityList)
        list.add(childEPCs, role, .child)
        list.add(childQuantityList, role, .child)
        list.add(inputEPCList, .consume, .input)
        list.add(inputQuantityList, .consume, .input)
        list.add(outputEPCList, .create, .output)
        list.add(outputQuantityList, .create, .output)
        return list.flows
    }

    /// The parties that own or hold the goods at either end of a transfer, each once.
    package var parties: [CanonicalIdentifier] {
        unique((sources + destinations).filter(\.isParty).map(\.place))
    }

    /// The locations at either end of a transfer, each once.
    package var transferLocations: [CanonicalIdentifier] {
        unique((sources + destinations).filter(\.isLocation).map(\.place))
    }

    /// The places of the event: read point, business location, both ends of a transfer, each once.
    package var sites: [CanonicalIdentifier] {
        unique(
            [readPoint, bizLocation].compactMap(\.self)
                + (sources + destinations).filter(\.isLocation).map(\.place))
    }

    /// The one site whose account the event moves: `bizLocation`, else `readPoint`.
    package var primarySite: CanonicalIdentifier? {
        bizLocation ?? readPoint
    }

    /// What stands in the container, each once, without the batches that spellings of items name.
    package var children: [CanonicalIdentifier] {
        unique(childEPCs + childQuantityList.map(\.epcClass))
    }

    /// What a transformation consumes, each once, without the batches that spellings name.
    package var inputs: [CanonicalIdentifier] {
        unique(inputEPCList + inputQuantityList.map(\.epcClass))
    }

    /// What a transformation makes, each once, without the batches that spellings name.
    package var outputs: [CanonicalIdentifier] {
        unique(outputEPCList + outputQuantityList.map(\.epcClass))
    }

    /// The business step as CBV's word, `shipping`; nil for a step that is a user's own.
    package var businessStepWord: String? {
        let lead = Vocabulary.namespace + Vocabulary.businessStep.prefix
        return bizStep.flatMap { $0.hasPrefix(lead) ? String($0.dropFirst(lead.count)) : nil }
    }

    private var objectRole: FlowRole {
        switch (type, action) {
        case (.object, .add): .create
        case (.object, .delete): .consume
        case (.object, _): isTransfer ? .move : .mention
        case (.aggregation, .observe), (.association, .observe): .mention
        case (.aggregation, _), (.association, _): .move
        case (.transaction, _), (.transformation, _): .mention
        }
    }

    /// Whether an observation tells of goods on their way.
    private var isTransfer: Bool {
        if !sources.isEmpty || !destinations.isEmpty { return true }
        guard let bizStep else { return false }
        return Self.transferSteps.contains(bizStep)
    }

    /// The business steps in which goods change hands or place, as canonical URIs.
    private static let transferSteps = Set(
        [
            "shipping", "receiving", "departing", "arriving", "accepting", "collecting",
            "consigning", "loading", "unloading", "transporting", "void_shipping",
        ].map { Vocabulary.namespace + Vocabulary.businessStep.prefix + $0 })

    private func unique(_ identifiers: [CanonicalIdentifier]) -> [CanonicalIdentifier] {
        guard identifiers.count > 1 else { return identifiers }
        var seen: Set<CanonicalIdentifier> = []
        return identifiers.filter { seen.insert($0).inserted }
    }
}

/// Flows in order, repetitions without an amount left out.
private struct FlowList {
    private(set) var flows: [EventFlow] = []
    private var seen: Set<EventFlow> = []

    /// Adds single objects.
    mutating func add(
        _ objects: [CanonicalIdentifier], _ role: FlowRole, _ place: FlowPlace
    ) {
        for object in objects {
            append(object, role, place)
        }
    }

    /// Adds amounts of classes.
    mutating func add(_ elements: [QuantityElement], _ role: FlowRole, _ place: FlowPlace) {
        for element in elements {
            append(element.epcClass, role, place, element.quantity, element.uom)
        }
    }

    private mutating func append(
        _ subject: CanonicalIdentifier, _ role: FlowRole, _ place: FlowPlace,
        _ quantity: ExactDecimal? = nil, _ uom: String? = nil
    ) {
        let flow = EventFlow(
            subject: subject, role: role, quantity: quantity, uom: uom, place: place)
        if quantity != nil || seen.insert(flow).inserted { flows.append(flow) }
        // A repeated item may name its lot in the second spelling only.
        if let batch = subject.batchIdentifier { append(batch, .mention, place) }
    }
}
