/// What stands around the events of a document (EPCIS 2.0 §9.5, GS1's schema `epcisDocument`).
enum DocumentFrame {
    /// The events of an `EPCISDocument` whose frame holds what the schema asks for.
    static func events(ofDocument value: JSONValue) throws(EPCISError) -> [JSONValue] {
        let document = try ObjectReader(value, names: documentNames, extensible: true)
        try checkCommon(document)
        _ = try document.require("schemaVersion", version)
        _ = try document.require("creationDate", Scalars.time)
        for name in ["instanceIdentifier", "sender", "receiver"] {
            _ = try document.read(name, Scalars.string)
        }
        try document.read("epcisHeader", header)
        return try document.require("epcisBody", documentBody)
    }

    /// The events of an `EPCISQueryDocument`; version and date are optional there.
    static func events(ofQueryDocument value: JSONValue) throws(EPCISError) -> [JSONValue] {
        let document = try ObjectReader(value, names: queryDocumentNames, extensible: true)
        try checkCommon(document)
        _ = try document.read("schemaVersion", version)
        _ = try document.read("creationDate", Scalars.time)
        return try document.require("epcisBody", queryBody)
    }

    private static let queryDocumentNames: Set<String> = [
        "@context", "id", "type", "schemaVersion", "creationDate", "epcisBody",
    ]

    private static let documentNames = queryDocumentNames.union([
        "instanceIdentifier", "sender", "receiver", "epcisHeader",
    ])

    private static func checkCommon(_ document: ObjectReader) throws(EPCISError) {
        try document.require("@context", EventContext.check)
        _ = try document.read("id", Scalars.uri)
    }

    /// `schemaVersion`: numbers with full stops between them.
    static func version(_ value: JSONValue) throws(EPCISError) -> String {
        let text = try Scalars.string(value)
        let numbers = text.utf8.split(
            separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let isVersion = numbers.allSatisfy { number in
            !number.isEmpty && number.allSatisfy { (0x30...0x39).contains($0) }
        }
        guard isVersion else {
            throw EPCISError("epcis.value", "a version reads like 2.0")
        }
        return text
    }

    /// `epcisBody` of a document; the schema lets other members stand beside the list.
    private static func documentBody(_ value: JSONValue) throws(EPCISError) -> [JSONValue] {
        try ObjectReader(value, names: ["eventList"], extensible: true)
            .require("eventList", eventList)
    }

    /// `epcisBody` of a query document.
    private static func queryBody(_ value: JSONValue) throws(EPCISError) -> [JSONValue] {
        try ObjectReader(value, names: ["queryResults"], extensible: true)
            .require("queryResults", queryResults)
    }

    private static func queryResults(_ value: JSONValue) throws(EPCISError) -> [JSONValue] {
        let results = try ObjectReader(
            value, names: ["queryName", "subscriptionID", "resultsBody"], extensible: true)
        _ = try results.require("queryName", Scalars.string)
        _ = try results.read("subscriptionID", Scalars.string)
        return try results.require("resultsBody", resultsBody)
    }

    private static func resultsBody(_ value: JSONValue) throws(EPCISError) -> [JSONValue] {
        let body = try ObjectReader(
            value, names: ["eventList", "vocabularyList"], extensible: true)
        try body.read("vocabularyList", vocabularyList)
        return try body.require("eventList", eventList)
    }

    private static func eventList(_ value: JSONValue) throws(EPCISError) -> [JSONValue] {
        guard let events = value.asArray else { throw .format("an array of events", value) }
        return events
    }
}

extension DocumentFrame {
    /// `epcisHeader`, with the master data it may hold.
    private static func header(_ value: JSONValue) throws(EPCISError) {
        let header = try ObjectReader(value, names: ["epcisMasterData"], extensible: true)
        try header.read("epcisMasterData") { (masterData) throws(EPCISError) in
            try ObjectReader(open: masterData).read("vocabularyList", vocabularyList)
        }
    }

    private static func vocabularyList(_ value: JSONValue) throws(EPCISError) {
        _ = try Scalars.list(value) { (vocabulary) throws(EPCISError) in
            let vocabulary = try ObjectReader(open: vocabulary)
            _ = try vocabulary.require("type", Scalars.uri)
            _ = try vocabulary.readList("vocabularyElementList", vocabularyElement)
        }
    }

    private static func vocabularyElement(_ value: JSONValue) throws(EPCISError) {
        let element = try ObjectReader(open: value)
        _ = try element.require("id", Scalars.uri)
        _ = try element.readList("attributes", attribute)
        _ = try element.readList("children", Scalars.uri)
    }

    private static func attribute(_ value: JSONValue) throws(EPCISError) {
        let attribute = try ObjectReader(open: value)
        _ = try attribute.require("id", Scalars.uri)
        try attribute.read("attribute", attributeContent)
    }

    /// The value of a master data attribute.
    static func attributeContent(_ value: JSONValue) throws(EPCISError) {
        switch value {
        case .number, .string, .object: return
        default: throw .format("a number, a string or an object", value)
        }
    }
}
