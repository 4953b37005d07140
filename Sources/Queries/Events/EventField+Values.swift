package import EPCIS
package import GS1

/// One value that an event has in a field.
package enum FieldValue: Hashable, Sendable {
    /// A text: a URI, a word, an ID.
    case text(String)
    /// An identifier in canonical form.
    case identifier(CanonicalIdentifier)
    /// A number.
    case number(ExactDecimal)
    /// A time in milliseconds since the Unix epoch.
    case time(Int64)
    /// True or false.
    case flag(Bool)
    /// What an extension field holds.
    case json(JSONValue)
    /// That something is there, whatever it is.
    case presence
}

extension EventField {
    /// All values that an event has in this field; a condition holds if one of them satisfies it.
    func values(of event: QueryableEvent) -> [FieldValue] {
        switch self {
        case .errorDeclaration, .declarationTime, .errorReason, .correctiveEventID:
            errorValues(event)
        case .sensorElements, .sensorTime, .sensorType, .sensorText, .sensorReference,
            .sensorFlag, .sensorNumber:
            sensorValues(event)
        case .extended, .attribute, .attributeNames: extensionValues(event)
        default: coreValues(event)
        }
    }

    private func coreValues(_ source: QueryableEvent) -> [FieldValue] {
        let event = source.event
        switch self {
        case .eventType: return [.text(event.type.rawValue)]
        case .eventTime: return [.time(event.eventTimeMilliseconds)]
        case .recordTime: return [.time(source.recordTimeMilliseconds)]
        case .action: return Self.texts(event.action?.rawValue)
        case .bizStep: return Self.texts(event.bizStep)
        case .disposition: return Self.texts(source.details.disposition)
        case .dispositionsSet: return source.details.dispositionsSet.map(FieldValue.text)
        case .dispositionsUnset: return source.details.dispositionsUnset.map(FieldValue.text)
        case .readPoint: return Self.identifiers([event.readPoint])
        case .bizLocation: return Self.identifiers([event.bizLocation])
        case .transformationID: return Self.identifiers([event.transformationID])
        case .eventID: return Self.texts(event.eventID)
        default: return objectValues(source)
        }
    }

    private func objectValues(_ source: QueryableEvent) -> [FieldValue] {
        let event = source.event
        switch self {
        case .epcs(let lists):
            return EPCList.allCases.filter(lists.contains).flatMap { list in
                Self.identifiers(list.identifiers(of: event))
            }
        case .epcClasses(let lists):
            return QuantityList.allCases.filter(lists.contains).flatMap { list in
                Self.identifiers(list.elements(of: event).map(\.epcClass))
            }
        case .quantity(let uom):
            return QuantityList.allCases.flatMap { $0.elements(of: event) }
                .filter { uom == nil || $0.uom == uom }
                .compactMap { $0.quantity.map(FieldValue.number) }
        case .bizTransaction(let type):
            return source.details.businessTransactions
                .filter { $0.type?.utf8.elementsEqual(type.utf8) ?? false }
                .map { .text($0.transaction) }
        case .source(let type): return Self.ends(event.sources, type)
        case .destination(let type): return Self.ends(event.destinations, type)
        default: return []
        }
    }

    private func errorValues(_ source: QueryableEvent) -> [FieldValue] {
        guard let declaration = source.details.errorDeclaration else { return [] }
        switch self {
        case .errorDeclaration: return [.presence]
        case .declarationTime: return Self.times(declaration.declarationTimeMilliseconds)
        case .errorReason: return Self.texts(declaration.reason)
        case .correctiveEventID: return declaration.correctiveEventIDs.map(FieldValue.text)
        default: return []
        }
    }

    private func sensorValues(_ source: QueryableEvent) -> [FieldValue] {
        let elements = source.details.sensorElements
        let reports = elements.flatMap(\.reports)
        switch self {
        case .sensorElements: return elements.isEmpty ? [] : [.presence]
        case .sensorTime(.time):
            return elements.flatMap { Self.times($0.metadata.timeMilliseconds) }
                + reports.flatMap { Self.times($0.timeMilliseconds) }
        case .sensorTime(.startTime):
            return elements.flatMap { Self.times($0.metadata.startTimeMilliseconds) }
        case .sensorTime(.endTime):
            return elements.flatMap { Self.times($0.metadata.endTimeMilliseconds) }
        case .sensorType: return reports.flatMap { Self.texts($0.type) }
        case .sensorText(let name): return reports.flatMap { Self.texts($0.texts[name]) }
        case .sensorReference(let name):
            let found =
                elements.map { $0.metadata.references[name] } + reports.map { $0.texts[name] }
            return found.flatMap { Self.texts($0.map(Self.canonicalReference)) }
        case .sensorFlag: return reports.compactMap { $0.booleanValue.map(FieldValue.flag) }
        case .sensorNumber(let name, let uom):
            return reports.filter { uom == nil || $0.texts["uom"] == uom }
                .compactMap { $0.numbers[name].map(FieldValue.number) }
        default: return []
        }
    }

    /// A reference in canonical form, where it is an identifier at all.
    static func canonicalReference(_ text: String) -> String {
        (try? CanonicalIdentifier(text).uri) ?? text
    }

    private static func texts(_ text: String?) -> [FieldValue] { text.map { [.text($0)] } ?? [] }

    private static func times(_ time: Int64?) -> [FieldValue] { time.map { [.time($0)] } ?? [] }

    private static func identifiers(_ identifiers: [CanonicalIdentifier?]) -> [FieldValue] {
        identifiers.compactMap { $0.map(FieldValue.identifier) }
    }

    private static func ends(_ ends: [TransferEnd], _ type: String) -> [FieldValue] {
        identifiers(ends.filter { $0.type.utf8.elementsEqual(type.utf8) }.map(\.place))
    }
}

extension EPCList {
    fileprivate func identifiers(of event: EPCISEvent) -> [CanonicalIdentifier?] {
        switch self {
        case .epcs: event.epcList
        case .children: event.childEPCs
        case .parent: [event.parentID]
        case .inputs: event.inputEPCList
        case .outputs: event.outputEPCList
        }
    }
}

extension QuantityList {
    fileprivate func elements(of event: EPCISEvent) -> [QuantityElement] {
        switch self {
        case .quantities: event.quantityList
        case .children: event.childQuantityList
        case .inputs: event.inputQuantityList
        case .outputs: event.outputQuantityList
        }
    }
}
