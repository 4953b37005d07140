import EPCIS

extension EventField {
    /// The values of extension fields and their attributes.
    func extensionValues(_ source: QueryableEvent) -> [FieldValue] {
        switch self {
        case .extended(let field): return field.values(of: source).map(FieldValue.json)
        case .attribute(let fields):
            return fields.flatMap { field in
                Self.named(field.field, in: source.json.asObject ?? [], source.prefixes)
                    .flatMap { Self.named(field.attribute, in: $0.asObject ?? [], source.prefixes) }
            }.map(FieldValue.json)
        case .attributeNames(let name):
            return Self.named(name, in: source.json.asObject ?? [], source.prefixes)
                .flatMap { $0.asObject ?? [] }
                .flatMap { [.text($0.name), .text(source.fullName($0.name))] }
        default: return []
        }
    }

    /// The values of members of a name; the elements of arrays one by one.
    fileprivate static func named(
        _ name: FieldName, in members: [JSONMember], _ prefixes: Prefixes
    ) -> [JSONValue] {
        members.filter { name.isMeant(by: $0.name, prefixes) }
            .flatMap { $0.value.asArray ?? [$0.value] }
    }
}

extension ExtensionField {
    fileprivate func values(of source: QueryableEvent) -> [JSONValue] {
        let members = place.objects(in: source.json).flatMap { $0.asObject ?? [] }
        guard isInner else { return EventField.named(name, in: members, source.prefixes) }
        // Only inside extension fields: a standard field's content is asked for by its own name.
        return members.filter { $0.name.utf8.contains(UInt8(ascii: ":")) }
            .flatMap { nested(in: $0.value, source.prefixes) }
    }

    /// Values of the name anywhere inside a value; as deep as the JSON reader lets it be, 64.
    private func nested(in value: JSONValue, _ prefixes: Prefixes) -> [JSONValue] {
        switch value {
        case .object(let members):
            EventField.named(name, in: members, prefixes)
                + members.flatMap { nested(in: $0.value, prefixes) }
        case .array(let elements): elements.flatMap { nested(in: $0, prefixes) }
        default: []
        }
    }
}

extension ExtensionPlace {
    /// The objects of an event that stand at this place.
    fileprivate func objects(in event: JSONValue) -> [JSONValue] {
        switch self {
        case .event: return [event]
        case .masterData: return Self.members(event, "ilmd")
        case .errorDeclaration: return Self.members(event, "errorDeclaration")
        case .readPoint: return Self.members(event, "readPoint")
        case .bizLocation: return Self.members(event, "bizLocation")
        case .sensorElement: return Self.members(event, "sensorElementList")
        case .sensorMetadata:
            return Self.members(event, "sensorElementList")
                .flatMap { Self.members($0, "sensorMetadata") }
        case .sensorReport:
            return Self.members(event, "sensorElementList")
                .flatMap { Self.members($0, "sensorReport") }
        }
    }

    private static func members(_ value: JSONValue, _ name: String) -> [JSONValue] {
        value[name].map { $0.asArray ?? [$0] } ?? []
    }
}
