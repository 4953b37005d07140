package import EPCIS
package import Queries

/// An event told by small numbers: what the generator chose, before it was spelled as JSON.
package struct ModelEvent {
    /// The index in ``types``.
    package var type: Int
    /// Tens of minutes after the start.
    package var time: Int
    /// Seconds after the start.
    package var recordTime: Int
    /// The index in ``actions``; nothing for transformations.
    package var action: Int?
    /// The index in ``steps``.
    package var step: Int?
    /// Read point and business location, numbers of sites.
    package var readPoint: Int?
    package var location: Int?
    /// Objects and children, parent, inputs and outputs: products and serials.
    package var epcs: [Thing] = []
    package var parent: Thing?
    package var inputs: [Thing] = []
    package var outputs: [Thing] = []
    /// Amounts of lots of `epcs`, in units of ``units``.
    package var amounts: [(lot: Thing, quantity: Int, unit: Int?)] = []
    /// A number in an extension field.
    package var count: Int?
    package var position: EventPosition

    /// A serial or lot of a product.
    package struct Thing: Hashable {
        package var product: Int
        package var serial: Int
    }

    package static let types = [
        "ObjectEvent", "AggregationEvent", "AssociationEvent", "TransactionEvent",
        "TransformationEvent",
    ]
    package static let actions = ["ADD", "OBSERVE", "DELETE"]
    package static let steps = ["shipping", "receiving", "packing", "commissioning"]
    package static let units = ["KGM", "GRM"]
    /// 2026-03-01T00:00:00Z.
    package static let start: Int64 = 1_772_323_200_000
}

/// Generates events, their spelling and nothing of what a query makes of them.
package struct EventGenerator {
    private var random: SplitMix64

    package init(seed: UInt64) { random = SplitMix64(seed: seed) }

    package mutating func number(_ range: Range<Int>) -> Int {
        Int.random(in: range, using: &random)
    }

    private mutating func chance(_ percent: Int) -> Bool { number(0..<100) < percent }

    private mutating func thing() -> ModelEvent.Thing {
        .init(product: number(0..<5), serial: number(0..<40))
    }

    private mutating func things() -> [ModelEvent.Thing] {
        (0..<number(1..<3)).map { _ in thing() }
    }

    package mutating func event(at index: Int) -> ModelEvent {
        let type = number(0..<5)
        var event = ModelEvent(
            type: type, time: number(0..<300), recordTime: index / 7,
            action: type == 4 ? nil : number(0..<3), step: chance(80) ? number(0..<4) : nil,
            readPoint: chance(60) ? number(0..<6) : nil, location: chance(60) ? number(0..<6) : nil,
            count: chance(30) ? number(0..<10) : nil,
            position: EventPosition(leafIndex: UInt64(index / 3), part: UInt32(index % 3)))
        if type == 4 {
            event.inputs = things()
            event.outputs = things()
            return event
        }
        event.epcs = things()
        if type != 0 { event.parent = thing() }
        if chance(50) {
            event.amounts = [(thing(), number(0..<20), chance(70) ? number(0..<2) : nil)]
        }
        return event
    }

    // MARK: Spelling

    /// The serial of a product, as URN or as Digital Link on some domain.
    package mutating func spelled(_ thing: ModelEvent.Thing) -> String {
        chance(50)
            ? "urn:epc:id:sgtin:9520123.\(thing.product)45678.S\(thing.serial)"
            : "https://example.com/x/01/\(Self.gtin(thing.product))/21/S\(thing.serial)"
    }

    package mutating func spelledLot(_ thing: ModelEvent.Thing) -> String {
        chance(50)
            ? "urn:epc:class:lgtin:9520123.\(thing.product)45678.L\(thing.serial)"
            : "https://id.gs1.org/01/\(Self.gtin(thing.product))/10/L\(thing.serial)"
    }

    package mutating func spelledSite(_ site: Int) -> String {
        chance(50)
            ? "urn:epc:id:sgln:9520123.45678.\(site)"
            : "https://id.gs1.org/414/9520123456788/254/\(site)"
    }

    /// Indicator, prefix, reference and check digit, all worked out by hand.
    package static func gtin(_ product: Int) -> String {
        let digits = "\(product)952012345678"
        let sum = digits.utf8.reversed().enumerated()
            .reduce(0) { $0 + Int($1.element - 0x30) * ($1.offset % 2 == 0 ? 3 : 1) }
        return digits + "\((10 - sum % 10) % 10)"
    }

    package mutating func json(_ event: ModelEvent) -> JSONValue {
        let context = JSONValue.object([JSONMember("my", .string("https://example.org/my/"))])
        var members = [
            JSONMember("@context", context),
            JSONMember("type", .string(ModelEvent.types[event.type])),
            JSONMember("eventTime", .string(Self.time(minutes: event.time * 10))),
            JSONMember("eventTimeZoneOffset", .string("+00:00")),
        ]
        func add(_ name: String, _ value: JSONValue) { members.append(JSONMember(name, value)) }
        if let action = event.action { add("action", .string(ModelEvent.actions[action])) }
        if let step = event.step { add("bizStep", .string(ModelEvent.steps[step])) }
        for (name, site) in [("readPoint", event.readPoint), ("bizLocation", event.location)] {
            guard let site else { continue }
            add(name, .object([JSONMember("id", .string(spelledSite(site)))]))
        }
        let isParental = event.type == 1 || event.type == 2
        let lists = [
            (isParental ? "childEPCs" : "epcList", event.epcs), ("inputEPCList", event.inputs),
            ("outputEPCList", event.outputs),
        ]
        for (name, things) in lists where !things.isEmpty {
            var texts: [JSONValue] = []
            for thing in things { texts.append(.string(spelled(thing))) }
            add(name, .array(texts))
        }
        if let parent = event.parent { add("parentID", .string(spelled(parent))) }
        for amount in event.amounts {
            var element = [
                JSONMember("epcClass", .string(spelledLot(amount.lot))),
                JSONMember("quantity", .number(JSONNumber(amount.quantity))),
            ]
            if let unit = amount.unit {
                element.append(JSONMember("uom", .string(ModelEvent.units[unit])))
            }
            add(isParental ? "childQuantityList" : "quantityList", .array([.object(element)]))
        }
        if event.type == 3 {
            let order = JSONMember("bizTransaction", .string("urn:example:po:1"))
            add("bizTransactionList", .array([.object([order])]))
        }
        if let count = event.count { add("my:count", .number(JSONNumber(count))) }
        return .object(members)
    }

    /// A time of March 2026.
    package static func time(minutes: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return
            "2026-03-\(two(1 + minutes / 1_440))T\(two(minutes / 60 % 24)):\(two(minutes % 60)):00Z"
    }

    // MARK: Conditions

    /// A parameter, and the same asked of the model in other words.
    package mutating func condition() -> (text: String, holds: (ModelEvent) -> Bool) {
        switch number(0..<13) {
        case 0:
            let (one, other) = (number(0..<5), number(0..<5))
            return (
                "eventType=\(ModelEvent.types[one])|\(ModelEvent.types[other])",
                { $0.type == one || $0.type == other }
            )
        case 1:
            let action = number(0..<3)
            return ("EQ_action=\(ModelEvent.actions[action])", { $0.action == action })
        case 2:
            let step = number(0..<4)
            return ("EQ_bizStep=cbv:BizStep-\(ModelEvent.steps[step])", { $0.step == step })
        case 3:
            let time = number(0..<300)
            return ("GE_eventTime=\(Self.time(minutes: time * 10))", { $0.time >= time })
        case 4:
            let time = number(0..<300)
            return ("LT_eventTime=\(Self.time(minutes: time * 10))", { $0.time < time })
        case 5:
            let site = number(0..<6)
            return ("EQ_readPoint=\(spelledSite(site))", { $0.readPoint == site })
        case 6:
            let site = number(0..<6)
            return ("EQ_bizLocation=\(spelledSite(site))", { $0.location == site })
        case 7:
            let count = number(0..<10)
            return ("GE_https://example.org/my/count=\(count)", { ($0.count ?? -1) >= count })
        default: return objectCondition()
        }
    }

    private mutating func objectCondition() -> (text: String, holds: (ModelEvent) -> Bool) {
        let wanted = thing()
        switch number(0..<6) {
        case 0: return ("MATCH_epc=\(spelled(wanted))", { $0.epcs.contains(wanted) })
        case 1:
            let other = thing()
            return (
                "MATCH_anyEPC=\(spelled(wanted))|\(spelled(other))",
                { event in
                    (event.epcs + event.inputs + event.outputs + (event.parent.map { [$0] } ?? []))
                        .contains { $0 == wanted || $0 == other }
                }
            )
        case 2:
            return (
                "MATCH_inputEPC=urn:epc:idpat:sgtin:9520123.\(wanted.product)45678.*",
                { $0.inputs.contains { $0.product == wanted.product } }
            )
        case 3:
            return (
                "MATCH_parentID=https://id.gs1.org/01/\(Self.gtin(wanted.product))",
                { $0.parent?.product == wanted.product }
            )
        case 4:
            return (
                "MATCH_epcClass=\(spelledLot(wanted))", { $0.amounts.contains { $0.lot == wanted } }
            )
        default:
            let limit = number(0..<20)
            return (
                "GT_quantity_KGM=\(limit)",
                { $0.amounts.contains { $0.unit == 0 && $0.quantity > limit } }
            )
        }
    }
}
