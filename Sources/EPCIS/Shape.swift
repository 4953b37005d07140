/// The form that GS1's schema gives a value, as data: for reports of all breaches and for repairs.
///
/// Admission does not read these tables (`EventSchema` and `EventReader` are faster and stop at
/// the first breach); what both accept is the same, and a test holds them together.
indirect enum Shape: Sendable {
    /// A value without parts.
    case leaf(Leaf)
    /// An array; where `unique`, without repetition; where `filled`, not empty.
    case list(Shape, unique: Bool = false, filled: Bool = false)
    /// A value, or an array of such.
    case oneOrList(Shape)
    /// An object.
    case object(ObjectShape)
}

/// The members of an object.
struct ObjectShape: Sendable {
    /// What other names may stand beside the standard's.
    enum Others: Sendable {
        /// None.
        case refused
        /// URIs and CURIEs.
        case extensions
        /// Any.
        case any
    }

    let members: [String: Shape]
    let required: [String]
    let others: Others
    /// Whether it is a place, which many write as the text of its `id` alone.
    let isPlace: Bool
    /// The standard's names by their spelling in small letters.
    let names: [String: String]

    init(
        _ members: [String: Shape], required: [String] = [], others: Others = .extensions,
        isPlace: Bool = false
    ) {
        self.members = members
        self.required = required
        self.others = others
        self.isPlace = isPlace
        names = Dictionary(
            members.keys.map { ($0.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
    }
}

/// The kinds of values without parts.
enum Leaf: Sendable {
    /// Any JSON.
    case anything
    case action, boolean, context, eventType, hexBinary, measurementType, number, offset
    case quantity, sensorException, string, time, unit, version
    /// The content of a master data attribute.
    case attributeContent
    /// A URI or CURIE.
    case uri
    /// A URI that is in addition a right identifier if it is a GS1 one (SPEC §4.1).
    case identifier
    /// A word of a list, or a URI of one's own.
    case word(Vocabulary)
    /// A text that must be exactly this.
    case constant(String)
}

extension Leaf {
    /// Refuses a value that is not of this kind.
    func check(_ value: JSONValue) throws(EPCISError) {
        switch self {
        case .anything: return
        case .action: _ = try EventFields.action(value)
        case .attributeContent: try DocumentFrame.attributeContent(value)
        case .boolean: try SensorFields.boolean(value)
        case .constant(let text): try Self.check(value, is: text)
        case .context: try EventContext.check(value)
        case .eventType: try Self.checkEventType(value)
        case .hexBinary: try SensorFields.hexBinary(value)
        case .identifier:
            _ = try Scalars.uri(value)
            _ = try EventFields.identifier(value)
        case .measurementType: try SensorFields.measurementType(value)
        case .number: try Scalars.number(value)
        case .offset: _ = try EventFields.zoneOffset(value)
        case .quantity: _ = try EventFields.quantity(value)
        case .sensorException: try SensorFields.exception(value)
        case .string: _ = try Scalars.string(value)
        case .time: _ = try Scalars.time(value)
        case .unit: try EventSchema.unitOfMeasure(value)
        case .uri: _ = try Scalars.uri(value)
        case .version: _ = try DocumentFrame.version(value)
        case .word(let vocabulary): _ = try vocabulary.read(value)
        }
    }

    private static func check(_ value: JSONValue, is text: String) throws(EPCISError) {
        guard try Scalars.string(value) == text else {
            throw EPCISError("epcis.value", "this must be \(text)")
        }
    }

    private static func checkEventType(_ value: JSONValue) throws(EPCISError) {
        let text = try Scalars.string(value)
        guard EventType(rawValue: text) != nil else {
            throw EPCISError(
                "epcis.event-type",
                "\"\(JSONPath.shown(text))\" is none of the five event types of EPCIS 2.0")
        }
    }
}
