package import GS1

/// The fields of an event that decide nothing in the ledger and mean much to people.
///
/// ``EPCISEvent`` holds what SPEC §8.1 reads; here is the rest of the standard (EPCIS 2.0 §7.3,
/// §7.4), to be shown and asked for. The event's JSON stays what is kept and signed: a field that
/// is not of the standard's form, which an event in a log may have, is absent here, never changed.
package struct EventDetails: Hashable, Sendable {
    /// When a repository took the event, milliseconds since the Unix epoch.
    package let recordTimeMilliseconds: Int64?
    /// The condition of the objects afterwards: `https://ref.gs1.org/cbv/Disp-in_transit`.
    package let disposition: String?
    /// Conditions that hold from now on, as canonical URIs.
    package let dispositionsSet: [String]
    /// Conditions that hold no longer, as canonical URIs.
    package let dispositionsUnset: [String]
    /// The business transactions it was part of.
    package let businessTransactions: [BusinessTransaction]
    /// Its word that an earlier event is wrong.
    package let errorDeclaration: ErrorDeclaration?
    /// What sensors reported.
    package let sensorElements: [SensorElement]
    /// Instance and lot master data of the objects that came into being, in order.
    package let masterData: [JSONMember]
    /// Members that are not the standard's, in order, with all that is in them.
    package let extensions: [JSONMember]

    /// Takes the fields from an event's JSON.
    package init(_ event: JSONValue) {
        recordTimeMilliseconds = event.time("recordTime")
        disposition = event.word("disposition", .disposition)
        let persistent = event["persistentDisposition"]
        dispositionsSet = persistent?.words("set", .disposition) ?? []
        dispositionsUnset = persistent?.words("unset", .disposition) ?? []
        businessTransactions = event.elements("bizTransactionList")
            .compactMap(BusinessTransaction.init)
        errorDeclaration = ErrorDeclaration(of: event)
        sensorElements = event.elements("sensorElementList").map(SensorElement.init)
        masterData = event["ilmd"]?.asObject ?? []
        extensions = event.extensions(besides: EventType.standardNames)
    }
}

/// One business transaction of an event (EPCIS 2.0 §7.3.5.3).
package struct BusinessTransaction: Hashable, Sendable {
    /// The kind as canonical CBV URI or a user's own.
    package let type: String?
    /// The transaction; canonical, where it can be read as an identifier.
    package let transaction: String

    init?(_ value: JSONValue) {
        guard let text = value["bizTransaction"]?.asString else { return nil }
        type = value.word("type", .transactionType)
        transaction = (try? CanonicalIdentifier(text).uri) ?? text
    }
}

/// What one sensor or group of sensors reported (EPCIS 2.0 §7.3.7).
package struct SensorElement: Hashable, Sendable {
    /// What holds for all reports: times, device, method.
    package let metadata: SensorMetadata
    /// The reports.
    package let reports: [SensorReport]
    /// Members that are not the standard's.
    package let extensions: [JSONMember]

    init(_ value: JSONValue) {
        metadata = SensorMetadata(value["sensorMetadata"] ?? .object([]))
        reports = value.elements("sensorReport").map(SensorReport.init)
        extensions = value.extensions(besides: ["sensorMetadata", "sensorReport"])
    }
}

/// What holds for all reports of a sensor element.
package struct SensorMetadata: Hashable, Sendable {
    /// When all was measured, milliseconds since the Unix epoch.
    package let timeMilliseconds: Int64?
    /// When measuring began.
    package let startTimeMilliseconds: Int64?
    /// When measuring ended.
    package let endTimeMilliseconds: Int64?
    /// `deviceID`, `deviceMetadata`, `rawData`, `dataProcessingMethod`, `bizRules` by name.
    package let references: [String: String]
    /// Members that are not the standard's.
    package let extensions: [JSONMember]

    init(_ value: JSONValue) {
        timeMilliseconds = value.time("time")
        startTimeMilliseconds = value.time("startTime")
        endTimeMilliseconds = value.time("endTime")
        references = value.texts(SensorFields.metadataURIs)
        extensions = value.extensions(
            besides: Set(SensorFields.metadataTimes + SensorFields.metadataURIs))
    }
}

/// One value that a sensor reported.
package struct SensorReport: Hashable, Sendable {
    /// What was measured: `https://ref.gs1.org/voc/Temperature`.
    package let type: String?
    /// `ALARM_CONDITION` or `ERROR_CONDITION`, as URI.
    package let exception: String?
    /// When, milliseconds since the Unix epoch.
    package let timeMilliseconds: Int64?
    /// The axis or component: `https://ref.gs1.org/cbv/Comp-latitude`.
    package let component: String?
    /// `value`, `minValue`, `maxValue`, `meanValue`, `sDev`, `percRank`, `percValue` by name.
    ///
    /// Exact; one that cannot be held exactly is absent.
    package let numbers: [String: ExactDecimal]
    /// `deviceID`, `microorganism`, `uriValue` and the other references by name, and
    /// `stringValue`, `hexBinaryValue` and `uom`.
    package let texts: [String: String]
    /// `booleanValue`.
    package let booleanValue: Bool?
    /// Members that are not the standard's.
    package let extensions: [JSONMember]

    init(_ value: JSONValue) {
        type = value.webTerm("type")
        exception = value.webTerm("exception")
        timeMilliseconds = value.time("time")
        component = value.word("component", .component)
        var numbers: [String: ExactDecimal] = [:]
        for name in SensorFields.reportNumbers {
            numbers[name] = value[name]?.asNumber.flatMap { ExactDecimal($0.text) }
        }
        self.numbers = numbers
        texts = value.texts(
            SensorFields.reportURIs + SensorFields.reportStrings + ["hexBinaryValue"])
        booleanValue = value["booleanValue"]?.asBool
        extensions = value.extensions(besides: SensorFields.reportNames)
    }
}

/// Terms of the GS1 Web Vocabulary, such as measurement types (CBV 2.0 §8.9).
package enum WebTerms {
    /// The URI of a bare term, a former URI of one as it is now; any other text as it is.
    package static func canonical(_ text: String) -> String {
        let isBare = !text.utf8.contains(UInt8(ascii: ":"))
        return isBare ? "https://ref.gs1.org/voc/" + text : Prefixes.current(text)
    }
}

extension JSONValue {
    /// The elements of a list; none for anything else.
    fileprivate func elements(_ name: String) -> [JSONValue] { self[name]?.asArray ?? [] }

    fileprivate func time(_ name: String) -> Int64? {
        self[name]?.asString.flatMap { try? ZonedTime($0).milliseconds }
    }

    fileprivate func word(_ name: String, _ vocabulary: Vocabulary) -> String? {
        self[name]?.asString.map(vocabulary.canonical)
    }

    fileprivate func words(_ name: String, _ vocabulary: Vocabulary) -> [String] {
        elements(name).compactMap(\.asString).map(vocabulary.canonical)
    }

    /// A term of the GS1 Web Vocabulary as URI; a user's own as it is.
    fileprivate func webTerm(_ name: String) -> String? {
        self[name]?.asString.map(WebTerms.canonical)
    }

    fileprivate func texts(_ names: [String]) -> [String: String] {
        var texts: [String: String] = [:]
        for name in names { texts[name] = self[name]?.asString }
        return texts
    }

    fileprivate func extensions(besides names: Set<String>) -> [JSONMember] {
        (asObject ?? []).filter { !names.contains($0.name) }
    }
}
