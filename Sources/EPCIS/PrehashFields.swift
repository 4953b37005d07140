/// A field of the standard as the event hash orders and writes it (CBV 2.0 §8.9.2).
struct PrehashField: Sendable {
    /// What a field's element holds.
    indirect enum Content: Sendable {
        /// A text; a word of GS1's lists gets this before it.
        case value(wordPrefix: String?)
        /// A time.
        case time
        /// Fields in this order.
        case fields([PrehashField])
        /// Elements of a list, which JSON does not name and the hash does.
        case list(element: String, Content)
        /// Elements of a list of pairs, of which the hash names only the fields.
        case pairs([PrehashField])
    }

    let name: String
    let content: Content

    private static func value(_ name: String, _ wordPrefix: String? = nil) -> PrehashField {
        PrehashField(name: name, content: .value(wordPrefix: wordPrefix))
    }

    private static func word(_ name: String, _ vocabulary: Vocabulary) -> PrehashField {
        value(name, Vocabulary.namespace + vocabulary.prefix)
    }

    private static func time(_ name: String) -> PrehashField {
        PrehashField(name: name, content: .time)
    }

    private static func list(_ name: String, of element: String) -> PrehashField {
        PrehashField(name: name, content: .list(element: element, .value(wordPrefix: nil)))
    }

    private static func quantities(_ name: String) -> PrehashField {
        let fields = [value("epcClass"), value("quantity"), value("uom")]
        return PrehashField(
            name: name, content: .list(element: "quantityElement", .fields(fields)))
    }

    private static func place(_ name: String) -> PrehashField {
        PrehashField(name: name, content: .fields([value("id")]))
    }

    private static func pairs(
        _ name: String, _ vocabulary: Vocabulary, _ element: String
    ) -> PrehashField {
        PrehashField(
            name: name, content: .pairs([word("type", vocabulary), value(element)]))
    }

    /// The name of the list whose wrapper CBV 2.0 leaves out.
    static let sensorList = "sensorElementList"

    /// Fields of an event that the hash omits.
    static let omitted: Set<String> = [
        "type", "recordTime", "eventID", "errorDeclaration", "certificationInfo",
    ]

    /// The fields of an event in their order, `ilmd` and extensions left out.
    static let event: [PrehashField] = [
        time("eventTime"), value("eventTimeZoneOffset"),
        list("epcList", of: "epc"), value("parentID"), list("inputEPCList", of: "epc"),
        list("childEPCs", of: "epc"), quantities("quantityList"),
        quantities("childQuantityList"), quantities("inputQuantityList"),
        list("outputEPCList", of: "epc"), quantities("outputQuantityList"),
        value("action"), value("transformationID"),
        word("bizStep", .businessStep), word("disposition", .disposition),
        PrehashField(
            name: "persistentDisposition",
            content: .fields([word("set", .disposition), word("unset", .disposition)])),
        place("readPoint"), place("bizLocation"),
        pairs("bizTransactionList", .transactionType, "bizTransaction"),
        pairs("sourceList", .sourceDestinationType, "source"),
        pairs("destinationList", .sourceDestinationType, "destination"),
        PrehashField(
            name: sensorList, content: .list(element: "sensorElement", .fields(sensorElement))),
    ]

    private static let sensorElement: [PrehashField] = [
        PrehashField(
            name: "sensorMetadata",
            content: .fields([
                time("time"), time("startTime"), time("endTime"), value("deviceID"),
                value("deviceMetadata"), value("rawData"), value("dataProcessingMethod"),
                value("bizRules"),
            ])),
        PrehashField(name: "sensorReport", content: .fields(sensorReport)),
    ]

    private static let webVocabulary = "https://ref.gs1.org/voc/"

    private static let sensorReport: [PrehashField] =
        [
            value("type", webVocabulary), value("exception", webVocabulary), value("deviceID"),
            value("deviceMetadata"), value("rawData"), value("dataProcessingMethod"),
            time("time"), value("microorganism"), value("chemicalSubstance"), value("value"),
            word("component", .component),
        ]
        + [
            "stringValue", "booleanValue", "hexBinaryValue", "uriValue", "minValue", "maxValue",
            "meanValue", "sDev", "percRank", "percValue", "uom", "coordinateReferenceSystem",
        ].map { value($0) }
}
