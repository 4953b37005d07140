package import EPCIS

/// What an EPCIS document holds: events, and master data from its header.
package struct EPCISContents: Hashable, Sendable {
    /// The events in their order, each complete in itself, as JSON (SPEC §5).
    package var events: [JSONValue] = []
    /// The header's vocabularies as JSON writes them: an array of objects with `type` and
    /// `vocabularyElementList`; nil where there are none.
    package var vocabularies: JSONValue?
    /// When the document was made, as it says; nil if it does not.
    package var creationDate: String?
}

/// Reads EPCIS 1.0 to 2.0 documents in XML (EPCIS 2.0 §9.5).
package enum EPCISXML {
    /// The events of a document, a query's answer or an event that stands alone, as JSON, and
    /// the master data of its header.
    ///
    /// Every extension is kept under its namespace. The events are not checked against the
    /// standard; `EPCISEvent.read(_:by:)` does that.
    ///
    /// - Throws: `xml.*` with the line.
    package static func read(
        _ bytes: [UInt8], limits: XMLLimits = XMLLimits()
    ) throws(ImportRefusal) -> EPCISContents {
        let root = try XMLReader.read(bytes, limits: limits)
        guard root.isStandard else {
            throw ImportRefusal(
                "xml.document", field: "line \(root.line)",
                "<\(Shown.text(root.name.local))> of \(Shown.text(root.name.namespace)) is no "
                    + "EPCIS document")
        }
        switch root.name.local {
        case "EPCISDocument", "EPCISMasterDataDocument", "EPCISQueryDocument":
            var contents =
                root.name.local == "EPCISQueryDocument"
                ? try queryDocument(root, limits) : try document(root, limits)
            contents.creationDate = root.attribute("creationDate").map(XMLText.trimmed)
            return contents
        case let name where eventNames.contains(name):
            return EPCISContents(events: [
                try XMLEventReader.event(root, scope: XMLScope([:]), limits: limits)
            ])
        default:
            throw ImportRefusal(
                "xml.document", field: "line \(root.line)",
                "<\(Shown.text(root.name.local))> is no EPCISDocument, no EPCISQueryDocument and "
                    + "no event")
        }
    }

    /// The elements that are events.
    private static let eventNames: Set<String> = [
        "ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent",
        "TransformationEvent", "QuantityEvent",
    ]

    private static func document(
        _ root: XMLElement, _ limits: XMLLimits
    ) throws(ImportRefusal) -> EPCISContents {
        var contents = EPCISContents()
        var scope = XMLScope(root.declared)
        if let list = find(["EPCISHeader", "extension", "EPCISMasterData", "VocabularyList"], root)
        {
            contents.vocabularies = try XMLVocabularies.read(list)
        }
        guard let body = root.child("EPCISBody") else {
            // A document of EPCIS's master data schema has nothing else.
            if let list = root.child("VocabularyList") {
                contents.vocabularies = try XMLVocabularies.read(list)
            }
            guard contents.vocabularies == nil else { return contents }
            throw missing("EPCISBody", in: root)
        }
        _ = scope.enter(body.declared)
        if let list = body.child("VocabularyList") {
            contents.vocabularies = try XMLVocabularies.read(list)
        }
        guard let list = body.child("EventList") else {
            guard contents.vocabularies == nil else { return contents }
            throw missing("EventList", in: body)
        }
        contents.events = try events(list, scope, limits)
        return contents
    }

    private static func queryDocument(
        _ root: XMLElement, _ limits: XMLLimits
    ) throws(ImportRefusal) -> EPCISContents {
        var scope = XMLScope(root.declared)
        var place = root
        for name in ["EPCISBody", "QueryResults", "resultsBody"] {
            guard let next = place.child(name) else { throw missing(name, in: place) }
            place = next
            _ = scope.enter(place.declared)
        }
        var contents = EPCISContents()
        if let list = place.child("VocabularyList") {
            contents.vocabularies = try XMLVocabularies.read(list)
        }
        if let list = place.child("EventList") {
            contents.events = try events(list, scope, limits)
        } else if contents.vocabularies == nil {
            throw missing("EventList", in: place)
        }
        return contents
    }

    private static func find(_ path: [String], _ root: XMLElement) -> XMLElement? {
        path.reduce(Optional(root)) { place, name in place?.child(name) }
    }

    private static func missing(_ name: String, in element: XMLElement) -> ImportRefusal {
        ImportRefusal(
            "xml.missing", field: XMLEventReader.place(element), "<\(name)> is missing here")
    }

    /// The events of a list; events of later editions stand in `extension` (EPCIS 1.2 §9.5).
    private static func events(
        _ list: XMLElement, _ scope: XMLScope, _ limits: XMLLimits
    ) throws(ImportRefusal) -> [JSONValue] {
        var scope = scope
        _ = scope.enter(list.declared)
        var result: [JSONValue] = []
        for child in list.children {
            if child.isStandard, eventNames.contains(child.name.local) {
                result.append(try XMLEventReader.event(child, scope: scope, limits: limits))
            } else if child.isStandard, child.name.local == "extension" {
                result += try events(child, scope, limits)
            } else {
                throw ImportRefusal(
                    "epcis.event-type", field: XMLEventReader.place(child),
                    "this is none of the event types of EPCIS")
            }
        }
        return result
    }
}

/// Reads the vocabularies of a header into the shape that JSON has for them.
enum XMLVocabularies {
    /// The vocabularies of a `VocabularyList`.
    static func read(_ list: XMLElement) throws(ImportRefusal) -> JSONValue {
        var result: [JSONValue] = []
        for vocabulary in list.children where vocabulary.name.local == "Vocabulary" {
            let elements = vocabulary.child("VocabularyElementList")?.children ?? []
            var values: [JSONValue] = []
            for element in elements where element.name.local == "VocabularyElement" {
                values.append(try self.element(element))
            }
            result.append(
                .object([
                    JSONMember("type", .string(try required("type", vocabulary))),
                    JSONMember("vocabularyElementList", .array(values)),
                ]))
        }
        return .array(result)
    }

    private static func required(
        _ name: String, _ element: XMLElement
    ) throws(ImportRefusal) -> String {
        guard let value = element.attribute(name) else {
            throw ImportRefusal(
                "xml.missing", field: XMLEventReader.place(element),
                "the attribute \(name) is missing")
        }
        return XMLText.trimmed(value)
    }

    private static func element(_ element: XMLElement) throws(ImportRefusal) -> JSONValue {
        var attributes: [JSONValue] = []
        for attribute in element.children where attribute.name.local == "attribute" {
            attributes.append(
                .object([
                    JSONMember("id", .string(try required("id", attribute))),
                    JSONMember("attribute", value(attribute)),
                ]))
        }
        var members = [
            JSONMember("id", .string(try required("id", element))),
            JSONMember("attributes", .array(attributes)),
        ]
        if let children = element.child("children") {
            let ids = children.children.filter { $0.name.local == "id" }
            members.append(JSONMember("children", .array(ids.map { .string($0.trimmedText) })))
        }
        return .object(members)
    }

    /// Text, or for structured attributes the names inside with their values.
    private static func value(_ element: XMLElement) -> JSONValue {
        guard !element.children.isEmpty else { return .string(element.trimmedText) }
        var list = XMLMembers(element)
        for child in element.children {
            let name = child.name
            list.addExtension(
                name.namespace.isEmpty ? name.local : "\(name.namespace)#\(name.local)",
                value(child))
        }
        return .object(list.members)
    }
}
