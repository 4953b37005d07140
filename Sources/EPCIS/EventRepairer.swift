/// Repairs the view of one event (SPEC §8.5): only what breaks the schema, and only by the list.
struct EventRepairer {
    private(set) var repairs: [Repair] = []
    private var place: DocumentPlace
    private var leaves = LeafRepairs(zone: nil)
    private let defaultZone: String?

    /// Starts at an event; `defaultZone` is the caller's word for events that name no zone.
    init(base: [JSONPath.Step], defaultZone: String?) {
        place = DocumentPlace(base: base)
        self.defaultZone = defaultZone
    }

    /// The name before the words of an extension that had no prefix.
    static let unprefixed = "urn:cairn:unprefixed:"

    /// GS1's context, for events that have none.
    static let standardContext = "https://ref.gs1.org/standards/epcis/epcis-context.jsonld"

    /// The event type that a text means, whatever its prefix and case.
    static func eventType(_ text: String) -> EventType? {
        let prefixes = ["epcis:", "https://ref.gs1.org/epcis/", "urn:epcglobal:epcis:"]
        var name = text.lowercased()
        for prefix in prefixes where name.hasPrefix(prefix) {
            name = String(name.dropFirst(prefix.count))
            break
        }
        return EventType.allCases.first { $0.rawValue.lowercased() == name }
    }

    /// The event with all repairs that are possible; it may still break the schema.
    mutating func repaired(_ event: JSONValue, hasDocumentContext: Bool) -> JSONValue {
        guard let members = event.asObject,
            let type = ["type", "@type", "isA"].lazy.compactMap({ event[$0]?.asString }).first
                .flatMap(Self.eventType)
        else { return event }
        let shape = Shape.event(type)
        var named = renamed(members, shape)
        leaves = LeafRepairs(zone: zone(of: named))
        addOffset(&named)
        var result = repaired(named, shape)
        if !hasDocumentContext, !result.contains(where: { $0.member.name == "@context" }) {
            let context = JSONValue.string(Self.standardContext)
            record(.contextAdded, at: .name("@context"), before: nil, after: context)
            result.insert(Named(JSONMember("@context", context)), at: 0)
        }
        moveMasterData(&result, type)
        return .object(result.map(\.member))
    }

    /// A member with the name it had.
    private struct Named {
        var member: JSONMember
        let original: String

        init(_ member: JSONMember, was original: String? = nil) {
            self.member = member
            self.original = original ?? member.name
        }
    }

    private mutating func record(
        _ kind: Repair.Kind, at step: JSONPath.Step? = nil, before: JSONValue?, after: JSONValue?
    ) {
        // One more than the limit tells that there are too many.
        guard repairs.count <= LenientReading.repairLimit else { return }
        var exact = place
        if let step { exact.steps.append(step) }
        repairs.append(
            Repair(
                kind: kind, pointer: exact.pointer, field: exact.field, before: before,
                after: after))
    }
}

// MARK: - Zones and master data

extension EventRepairer {
    /// The event's own offset, else that of its time, else the caller's.
    private func zone(of members: [Named]) -> String? {
        func text(_ name: String) -> String? {
            members.first { $0.member.name == name }?.member.value.asString
        }
        if let offset = text("eventTimeZoneOffset") { return LooseTime.offset(offset) }
        switch text("eventTime").flatMap(LooseTime.init)?.zone {
        case "Z": return defaultZone ?? "+00:00"
        case let zone?: return zone
        case nil: return defaultZone
        }
    }

    private mutating func addOffset(_ members: inout [Named]) {
        let name = "eventTimeZoneOffset"
        guard !members.contains(where: { $0.member.name == name }), let zone = leaves.zone else {
            return
        }
        record(.offsetAdded, at: .name(name), before: nil, after: .string(zone))
        members.append(Named(JSONMember(name, .string(zone))))
    }

    /// Master data of an event that creates nothing is kept as an extension.
    private mutating func moveMasterData(_ members: inout [Named], _ type: EventType) {
        let action = members.first { $0.member.name == "action" }?.member.value.asString
        guard type == .object, action != EventAction.add.rawValue,
            let index = members.firstIndex(where: { $0.member.name == "ilmd" })
        else { return }
        let name = Self.unprefixed + "ilmd"
        guard !members.contains(where: { $0.member.name == name }) else { return }
        record(
            .misplacedField, at: .name(members[index].original), before: .string("ilmd"),
            after: .string(name))
        members[index].member.name = name
    }
}

// MARK: - Names

extension EventRepairer {
    /// Members under names that may stand here, as far as that is possible.
    private mutating func renamed(_ members: [JSONMember], _ shape: ObjectShape) -> [Named] {
        var taken = Set(members.map(\.name))
        var result: [Named] = []
        for member in members {
            if shape.members[member.name] != nil {
                result.append(Named(member))
                continue
            }
            if let name = Self.meant(member.name, shape), taken.insert(name).inserted {
                rename(member, to: name, .memberName, &result)
            } else if shape.admits(member.name) {
                result.append(Named(member))
            } else if shape.others == .refused {
                record(.memberLeftOut, at: .name(member.name), before: member.value, after: nil)
            } else {
                let name = Self.unprefixed + Self.encoded(member.name)
                let isStandard = EventType.standardNames.contains(member.name)
                guard name.utf8.count <= EPCISLimits.uriByteCount, taken.insert(name).inserted
                else {
                    result.append(Named(member))
                    continue
                }
                rename(member, to: name, isStandard ? .misplacedField : .extensionName, &result)
            }
        }
        return result
    }

    private mutating func rename(
        _ member: JSONMember, to name: String, _ kind: Repair.Kind, _ result: inout [Named]
    ) {
        record(
            kind, at: .name(member.name), before: .string(member.name), after: .string(name))
        result.append(Named(JSONMember(name, member.value), was: member.name))
    }

    /// The standard's name that another spelling means: a JSON-LD keyword, or other capitals.
    private static func meant(_ name: String, _ shape: ObjectShape) -> String? {
        let names =
            switch name {
            case "@type", "isA": ["type"]
            case "@id", "id": ["id", "eventID"]
            default: [String]()
            }
        if let name = names.first(where: { shape.members[$0] != nil }) { return name }
        return shape.names[name.lowercased()]
    }

    /// Letters, digits, `-`, `.`, `_` and `~` as themselves, all else percent-encoded.
    private static func encoded(_ name: String) -> String {
        var output: [UInt8] = []
        for byte in name.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
                output.append(byte)
            default: output += LeafRepairs.percentEncoded(byte)
            }
        }
        return String(decoding: output, as: UTF8.self)
    }
}

// MARK: - Values

extension EventRepairer {
    private mutating func repaired(_ members: [Named], _ shape: ObjectShape) -> [Named] {
        var result: [Named] = []
        for var named in members {
            guard let form = shape.members[named.member.name] else {
                result.append(named)
                continue
            }
            let value = named.member.value
            place.steps.append(.name(named.original))
            named.member.value = repaired(value, form)
            let isLeftOut =
                !shape.required.contains(named.member.name)
                && Self.isEmpty(named.member.value) && Self.fails(named.member.value, form)
            if isLeftOut { record(.emptyLeftOut, before: value, after: nil) }
            place.steps.removeLast()
            if !isLeftOut { result.append(named) }
        }
        return result
    }

    private mutating func repaired(_ value: JSONValue, _ shape: Shape) -> JSONValue {
        switch shape {
        case .leaf(.context): return repairedContext(value)
        case .leaf(let leaf): return repaired(value, leaf)
        case .object(let object): return repaired(value, object)
        case .oneOrList(let element):
            guard case .array = value else { return repaired(value, element) }
            return repairedList(value, element, unique: false)
        case .list(let element, let unique, _):
            return repairedList(value, element, unique: unique)
        }
    }

    private mutating func repaired(_ value: JSONValue, _ leaf: Leaf) -> JSONValue {
        guard (try? leaf.check(value)) == nil,
            let (result, kinds) = leaves.repaired(value, as: leaf)
        else { return value }
        for kind in kinds { record(kind, before: value, after: result) }
        return result
    }

    private mutating func repaired(_ value: JSONValue, _ shape: ObjectShape) -> JSONValue {
        if shape.isPlace, value.asString != nil, let form = shape.members["id"] {
            let result = JSONValue.object([JSONMember("id", repaired(value, form))])
            record(.place, before: value, after: result)
            return result
        }
        guard let members = value.asObject else { return value }
        return .object(repaired(renamed(members, shape), shape).map(\.member))
    }

    private mutating func repairedList(
        _ value: JSONValue, _ element: Shape, unique: Bool
    ) -> JSONValue {
        guard let elements = value.asArray else {
            if Self.isEmpty(value) { return value }
            let result = JSONValue.array([repaired(value, element)])
            record(.listWrapped, before: value, after: result)
            return result
        }
        var seen: Set<JSONValue> = []
        var result: [JSONValue] = []
        for (index, member) in elements.enumerated() {
            guard !member.isNull else {
                record(.emptyLeftOut, at: .index(index), before: member, after: nil)
                continue
            }
            place.steps.append(.index(index))
            let repaired = repaired(member, element)
            place.steps.removeLast()
            if unique, !seen.insert(repaired).inserted {
                record(.repetition, at: .index(index), before: member, after: nil)
            } else {
                result.append(repaired)
            }
        }
        return .array(result)
    }

    /// A context without entries that are none, and without repetition.
    private mutating func repairedContext(_ value: JSONValue) -> JSONValue {
        guard (try? EventContext.check(value)) == nil else { return value }
        var seen: Set<JSONValue> = []
        var kept: [JSONValue] = []
        for (index, entry) in EventContext.entries(value).enumerated() {
            let step: JSONPath.Step? = value.asArray == nil ? nil : .index(index)
            if (try? EventContext.entry(entry)) == nil {
                record(.contextEntry, at: step, before: entry, after: nil)
            } else if !seen.insert(entry).inserted {
                record(.repetition, at: step, before: entry, after: nil)
            } else {
                kept.append(entry)
            }
        }
        return .array(kept)
    }

    /// The context of a document, in which no event stands.
    mutating func repaired(context: JSONValue) -> JSONValue {
        place.steps.append(.name("@context"))
        defer { place.steps.removeLast() }
        return repairedContext(context)
    }

    private static func isEmpty(_ value: JSONValue) -> Bool {
        switch value {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        default: false
        }
    }

    private static func fails(_ value: JSONValue, _ shape: Shape) -> Bool {
        var collector = BreachCollector(base: [], limit: 1)
        collector.collect(value, shape)
        return !collector.breaches.isEmpty
    }
}
