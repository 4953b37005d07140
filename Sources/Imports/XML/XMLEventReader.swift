import EPCIS

/// Makes one event's JSON from its element, EPCIS 1.0 to 2.0 (EPCIS 2.0 §9.5 and §10).
///
/// What the standard's schema wraps in `extension` and `baseExtension` stands beside the rest in
/// JSON. Nothing is judged here but what JSON could not say; the rest is for `EPCISEvent.read`.
struct XMLEventReader {
    private var prefixes: XMLPrefixes
    private var scope: XMLScope

    /// The self-contained JSON of an event; `scope` holds the prefixes declared around it.
    static func event(
        _ element: XMLElement, scope: XMLScope, limits: XMLLimits
    ) throws(ImportRefusal) -> JSONValue {
        var reader = XMLEventReader(prefixes: XMLPrefixes(limits: limits), scope: scope)
        _ = reader.scope.enter(element.declared)
        let members = try reader.members(of: element)
        return .object([JSONMember("@context", reader.prefixes.context)] + members)
    }

    private mutating func members(of element: XMLElement) throws(ImportRefusal) -> [JSONMember] {
        var list = XMLMembers(element)
        let isQuantity = element.name.local == "QuantityEvent"
        try list.add("type", .string(isQuantity ? "ObjectEvent" : element.name.local), at: element)
        try addAttributes(of: element, to: &list, standard: Self.frameAttributes)
        try addFields(of: element, to: &list, depth: 0)
        // EPCIS 1.2 §7.4.4: the same as observing an object event's quantity list.
        return isQuantity ? try Self.objectMembers(list.members, element) : list.members
    }

    /// Attributes that some programs write on an event that stands alone, as on a document.
    private static let frameAttributes: Set<String> = ["schemaVersion", "creationDate"]

    private mutating func addFields(
        of element: XMLElement, to list: inout XMLMembers, depth: Int
    ) throws(ImportRefusal) {
        for child in element.children {
            let outer = scope.enter(child.declared)
            defer { scope.leave(outer) }
            if !child.isStandard {
                try addExtension(child, to: &list)
            } else if child.name.local == "extension" || child.name.local == "baseExtension" {
                try addFields(of: child, to: &list, depth: depth + 1)
            } else {
                guard let value = try field(child) else { throw Self.unknown(child) }
                try list.add(child.name.local, value, at: child)
            }
        }
    }

    static func unknown(_ element: XMLElement) -> ImportRefusal {
        ImportRefusal(
            "xml.unexpected", field: place(element),
            "the standard knows no such element here; an extension needs a namespace of its own")
    }

    /// Where an element stands, for messages.
    static func place(_ element: XMLElement) -> String {
        "\(Shown.text(element.name.local)), line \(element.line)"
    }
}

// MARK: - The standard's fields

extension XMLEventReader {
    /// The value of a field of the standard; nil if there is none of this name.
    private mutating func field(_ element: XMLElement) throws(ImportRefusal) -> JSONValue? {
        switch element.name.local {
        case "eventTime", "recordTime", "eventTimeZoneOffset", "eventID", "action", "parentID",
            "transformationID", "certificationInfo", "epcClass":
            return try text(element)
        case "bizStep": return try word(element, .businessStep)
        case "disposition": return try word(element, .disposition)
        case "epcList", "childEPCs", "inputEPCList", "outputEPCList":
            return try items(element, "epc") { (_, item) throws(ImportRefusal) in
                try Self.plainText(item)
            }
        case "quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList":
            return try items(element, "quantityElement") { (_, item) throws(ImportRefusal) in
                try Self.quantity(item)
            }
        case "quantity": return try Self.number(element)
        case "readPoint", "bizLocation": return try place(element)
        case "bizTransactionList":
            return try items(element, "bizTransaction") { (reader, item) throws(ImportRefusal) in
                try reader.typed(item, .transactionType)
            }
        case "sourceList", "destinationList":
            let name = element.name.local == "sourceList" ? "source" : "destination"
            return try items(element, name) { (reader, item) throws(ImportRefusal) in
                try reader.typed(item, .sourceDestinationType)
            }
        case "errorDeclaration": return try errorDeclaration(element)
        case "persistentDisposition": return try persistentDisposition(element)
        case "ilmd": return try extensions(element)
        case "sensorElementList":
            return try items(element, "sensorElement") { (reader, item) throws(ImportRefusal) in
                try reader.sensorElement(item)
            }
        default: return nil
        }
    }

    private func text(_ element: XMLElement) throws(ImportRefusal) -> JSONValue {
        try Self.plainText(element)
    }

    /// The text of an element that holds nothing else.
    private static func plainText(_ element: XMLElement) throws(ImportRefusal) -> JSONValue {
        if let child = element.children.first { throw unknown(child) }
        let extra = element.attributes.first { $0.name.namespace != XMLNamespace.schemaInstance }
        if let extra {
            throw ImportRefusal(
                "xml.unexpected", field: place(element),
                "the attribute \(Shown.text(extra.name.local)) may not stand here")
        }
        return .string(element.trimmedText)
    }

    private mutating func word(
        _ element: XMLElement, _ list: XMLWords.List
    ) throws(ImportRefusal) -> JSONValue {
        guard let value = try Self.plainText(element).asString else { return .null }
        return try noted(XMLWords.word(value, of: list), at: element)
    }

    /// A value that may be a user's own, as a compact URI.
    private mutating func noted(
        _ value: String, at element: XMLElement
    ) throws(ImportRefusal) -> JSONValue {
        try prefixes.note(value: value, scope: scope, at: element)
        return .string(value)
    }

    private static func number(_ element: XMLElement) throws(ImportRefusal) -> JSONValue {
        try number(try plainText(element).asString ?? "", at: element)
    }

    private static func number(
        _ text: String, at element: XMLElement
    ) throws(ImportRefusal) -> JSONValue {
        guard let number = XMLWords.number(text).flatMap({ JSONNumber($0) }) else {
            throw ImportRefusal(
                "xml.value", field: place(element),
                "\"\(Shown.text(text))\" is no number that can be kept")
        }
        return .number(number)
    }

    private mutating func items(
        _ element: XMLElement, _ name: String,
        _ body: (inout XMLEventReader, XMLElement) throws(ImportRefusal) -> JSONValue
    ) throws(ImportRefusal) -> JSONValue {
        var result: [JSONValue] = []
        for child in element.children {
            guard child.isStandard, child.name.local == name else { throw Self.unknown(child) }
            let outer = scope.enter(child.declared)
            defer { scope.leave(outer) }
            result.append(try body(&self, child))
        }
        return .array(result)
    }

    private static func quantity(_ element: XMLElement) throws(ImportRefusal) -> JSONValue {
        var list = XMLMembers(element)
        for child in element.children {
            switch child.isStandard ? child.name.local : "" {
            case "epcClass", "uom":
                try list.add(child.name.local, try plainText(child), at: child)
            case "quantity":
                // Nillable since EPCIS 1.1: an amount that is not stated.
                if child.trimmedText.isEmpty { continue }
                try list.add("quantity", try number(child), at: child)
            default: throw unknown(child)
            }
        }
        return .object(list.members)
    }

    private mutating func place(_ element: XMLElement) throws(ImportRefusal) -> JSONValue {
        var list = XMLMembers(element)
        for child in flattened(element) {
            let outer = scope.enter(child.declared)
            defer { scope.leave(outer) }
            if child.isStandard {
                guard child.name.local == "id" else { throw Self.unknown(child) }
                try list.add("id", try Self.plainText(child), at: child)
            } else {
                try addExtension(child, to: &list)
            }
        }
        return .object(list.members)
    }

    private func flattened(_ element: XMLElement) -> [XMLElement] {
        element.children.flatMap { child in
            child.isStandard && child.name.local == "extension" ? flattened(child) : [child]
        }
    }

    /// An element whose `type` is an attribute and whose value is its text.
    private mutating func typed(
        _ element: XMLElement, _ list: XMLWords.List
    ) throws(ImportRefusal) -> JSONValue {
        var members: [JSONMember] = []
        for attribute in element.attributes {
            guard attribute.name.namespace.isEmpty, attribute.name.local == "type" else {
                if attribute.name.namespace == XMLNamespace.schemaInstance { continue }
                throw ImportRefusal(
                    "xml.unexpected", field: Self.place(element),
                    "the attribute \(Shown.text(attribute.name.local)) may not stand here")
            }
            let word = XMLWords.word(XMLText.trimmed(attribute.value), of: list)
            members.append(JSONMember("type", try noted(word, at: element)))
        }
        if let child = element.children.first { throw Self.unknown(child) }
        return .object(members + [JSONMember(element.name.local, .string(element.trimmedText))])
    }

    private mutating func errorDeclaration(
        _ element: XMLElement
    ) throws(ImportRefusal) -> JSONValue {
        var list = XMLMembers(element)
        try addAttributes(of: element, to: &list, standard: [])
        for child in flattened(element) {
            let outer = scope.enter(child.declared)
            defer { scope.leave(outer) }
            switch child.isStandard ? child.name.local : "" {
            case "declarationTime":
                try list.add("declarationTime", try Self.plainText(child), at: child)
            case "reason": try list.add("reason", try word(child, .errorReason), at: child)
            case "correctiveEventIDs":
                let ids = try items(child, "correctiveEventID") {
                    (_, item) throws(ImportRefusal) in try Self.plainText(item)
                }
                try list.add("correctiveEventIDs", ids, at: child)
            default:
                guard !child.isStandard else { throw Self.unknown(child) }
                try addExtension(child, to: &list)
            }
        }
        return .object(list.members)
    }

    private mutating func persistentDisposition(
        _ element: XMLElement
    ) throws(ImportRefusal) -> JSONValue {
        var words: [String: [JSONValue]] = [:]
        for child in element.children {
            let name = child.name.local
            guard child.isStandard, name == "set" || name == "unset" else {
                throw Self.unknown(child)
            }
            words[name, default: []].append(try word(child, .disposition))
        }
        return .object(
            ["unset", "set"].compactMap { name in
                words[name].map { JSONMember(name, .array($0)) }
            })
    }

    /// A QuantityEvent's members as those of an object event (EPCIS 1.2 §7.4.4).
    private static func objectMembers(
        _ members: [JSONMember], _ element: XMLElement
    ) throws(ImportRefusal) -> [JSONMember] {
        let moved = members.filter { $0.name == "epcClass" || $0.name == "quantity" }
        guard moved.count == 2, !members.contains(where: { $0.name == "action" }) else {
            throw ImportRefusal(
                "xml.missing", field: place(element),
                "a QuantityEvent needs epcClass and quantity, and has no action")
        }
        return members.filter { $0.name != "epcClass" && $0.name != "quantity" } + [
            JSONMember("action", .string("OBSERVE")),
            JSONMember("quantityList", .array([.object(moved)])),
        ]
    }
}

// MARK: - Sensors

extension XMLEventReader {
    private mutating func sensorElement(_ element: XMLElement) throws(ImportRefusal) -> JSONValue {
        var list = XMLMembers(element)
        var reports: [JSONValue] = []
        for child in flattened(element) {
            let outer = scope.enter(child.declared)
            defer { scope.leave(outer) }
            switch child.isStandard ? child.name.local : "" {
            case "sensorMetadata":
                try list.add("sensorMetadata", try sensorAttributes(child), at: child)
            case "sensorReport": reports.append(try sensorAttributes(child))
            default:
                guard !child.isStandard else { throw Self.unknown(child) }
                try addExtension(child, to: &list)
            }
        }
        let place = list.members.first?.name == "sensorMetadata" ? 1 : 0
        list.members.insert(JSONMember("sensorReport", .array(reports)), at: place)
        return .object(list.members)
    }

    /// `sensorMetadata` and `sensorReport` say everything in attributes.
    private mutating func sensorAttributes(
        _ element: XMLElement
    ) throws(ImportRefusal) -> JSONValue {
        if let child = element.children.first { throw Self.unknown(child) }
        guard element.trimmedText.isEmpty else {
            throw ImportRefusal(
                "xml.unexpected", field: Self.place(element),
                "text stands in an element that says everything in attributes")
        }
        var list = XMLMembers(element)
        for attribute in element.attributes where attribute.name.namespace.isEmpty {
            let name = attribute.name.local
            let value = XMLText.trimmed(attribute.value)
            try list.add(name, try sensorValue(name, value, element), at: element)
        }
        let standard = Set(element.attributes.filter(\.name.namespace.isEmpty).map(\.name.local))
        try addAttributes(of: element, to: &list, standard: standard)
        return .object(list.members)
    }

    private mutating func sensorValue(
        _ name: String, _ value: String, _ element: XMLElement
    ) throws(ImportRefusal) -> JSONValue {
        switch name {
        case "value", "minValue", "maxValue", "meanValue", "sDev", "percRank", "percValue":
            return try Self.number(value, at: element)
        case "booleanValue":
            guard let flag = ["true": true, "1": true, "false": false, "0": false][value] else {
                throw ImportRefusal(
                    "xml.value", field: Self.place(element), "booleanValue is true or false")
            }
            return .bool(flag)
        case "type", "exception":
            return try noted(XMLWords.word(value, of: .measurement), at: element)
        case "component": return try noted(XMLWords.word(value, of: .component), at: element)
        default: return try noted(value, at: element)
        }
    }
}

// MARK: - Extensions

extension XMLEventReader {
    /// The members of an element that holds extensions only: `ilmd`.
    private mutating func extensions(_ element: XMLElement) throws(ImportRefusal) -> JSONValue {
        var list = XMLMembers(element)
        try addAttributes(of: element, to: &list, standard: [])
        for child in flattened(element) {
            let outer = scope.enter(child.declared)
            defer { scope.leave(outer) }
            guard !child.name.namespace.isEmpty else { throw Self.unknown(child) }
            try addExtension(child, to: &list)
        }
        return .object(list.members)
    }

    /// Attributes of other namespaces, as extensions; others than the `standard` are refused.
    private mutating func addAttributes(
        of element: XMLElement, to list: inout XMLMembers, standard: Set<String>
    ) throws(ImportRefusal) {
        for attribute in element.attributes {
            let name = attribute.name
            if name.namespace == XMLNamespace.schemaInstance || name.namespace == XMLNamespace.xml {
                continue
            }
            guard !name.namespace.isEmpty else {
                if standard.contains(name.local) { continue }
                throw ImportRefusal(
                    "xml.unexpected", field: Self.place(element),
                    "the attribute \(Shown.text(name.local)) may not stand here")
            }
            list.addExtension(
                try prefixes.memberName(name, at: element), .string(attribute.value))
        }
    }

    private mutating func addExtension(
        _ element: XMLElement, to list: inout XMLMembers
    ) throws(ImportRefusal) {
        let name = try prefixes.memberName(element.name, at: element)
        list.addExtension(name, try extensionValue(element, namespace: element.name))
    }

    /// The value of an extension: its text, or an object where it has elements or attributes;
    /// attributes without namespace take that of `namespace`.
    private mutating func extensionValue(
        _ element: XMLElement, namespace: XMLName
    ) throws(ImportRefusal) -> JSONValue {
        let text = element.trimmedText
        let attributes = element.attributes.filter {
            $0.name.namespace != XMLNamespace.schemaInstance
                && $0.name.namespace != XMLNamespace.xml
        }
        guard !element.children.isEmpty || !attributes.isEmpty else {
            return try noted(text, at: element)
        }
        var list = XMLMembers(element)
        for attribute in attributes {
            var name = attribute.name
            if name.namespace.isEmpty {
                name.namespace = namespace.namespace
                name.prefix = namespace.prefix
            }
            list.addExtension(
                try prefixes.memberName(name, at: element), try noted(attribute.value, at: element))
        }
        if !text.isEmpty {
            list.addExtension(
                try prefixes.memberName(XMLPrefixes.structuredValue, at: element),
                try noted(text, at: element))
        }
        for child in element.children {
            let outer = scope.enter(child.declared)
            defer { scope.leave(outer) }
            let isOwn = !child.name.namespace.isEmpty
            let name =
                isOwn ? try prefixes.memberName(child.name, at: child) : child.name.local
            list.addExtension(
                name, try extensionValue(child, namespace: isOwn ? child.name : namespace))
        }
        return .object(list.members)
    }
}

/// The members of one object under construction.
struct XMLMembers {
    /// The members in the order of their first elements.
    var members: [JSONMember] = []
    private var places: [String: Int] = [:]

    /// Begins the object of an element.
    init(_ element: XMLElement) {
        members.reserveCapacity(element.children.count)
    }

    /// Adds a field of the standard; only `certificationInfo` may stand several times.
    mutating func add(
        _ name: String, _ value: JSONValue, at element: XMLElement
    ) throws(ImportRefusal) {
        guard places[name] == nil || name == "certificationInfo" else {
            throw ImportRefusal(
                "xml.unexpected", field: XMLEventReader.place(element), "this stands here twice")
        }
        addExtension(name, value)
    }

    /// Adds an extension; of one name, several become an array.
    mutating func addExtension(_ name: String, _ value: JSONValue) {
        guard let place = places[name] else {
            places[name] = members.count
            members.append(JSONMember(name, value))
            return
        }
        // No value is an array by itself, so an array here is one of repetitions.
        guard case .array(var values) = members[place].value else {
            members[place].value = .array([members[place].value, value])
            return
        }
        // Let go of, so that the array grows in place: there may be a million.
        members[place].value = .null
        values.append(value)
        members[place].value = .array(values)
    }
}
