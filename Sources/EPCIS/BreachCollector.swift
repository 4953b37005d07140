/// Walks over a value and collects every breach of its shape, up to a limit.
struct BreachCollector {
    private var place: DocumentPlace
    private(set) var breaches: [Breach] = []
    /// Whether there were more than the limit.
    private(set) var isCut = false
    private let limit: Int

    /// Starts at an event or, with an empty base, at the document.
    init(base: [JSONPath.Step], limit: Int) {
        place = DocumentPlace(base: base)
        self.limit = limit
    }

    /// Adds a breach at the present place, or one known step below it.
    private mutating func add(_ error: EPCISError, at step: JSONPath.Step?) {
        guard breaches.count < limit else {
            isCut = true
            return
        }
        var exact = place
        if let step { exact.steps.append(step) }
        breaches.append(
            Breach(
                code: error.code, pointer: exact.pointer,
                field: step == nil ? JSONPath.join(exact.field, error.field) : exact.field,
                reason: error.reason))
    }

    /// Adds a breach whose field is seen from the present place.
    ///
    /// A field of several steps, as errors of JSON have, cannot be taken apart for the pointer,
    /// which then is that of the present place.
    mutating func add(_ error: EPCISError) {
        let field = error.field
        if field.hasPrefix("["), field.hasSuffix("]"), let index = Int(field.dropFirst().dropLast())
        {
            add(error, at: .index(index))
        } else if field.isEmpty || field.utf8.contains(where: { $0 == 0x2E || $0 == 0x5B }) {
            add(error, at: nil)
        } else {
            add(error, at: .name(field))
        }
    }

    /// Walks over the value at a step down.
    private mutating func enter(_ step: JSONPath.Step, _ value: JSONValue, _ shape: Shape) {
        place.steps.append(step)
        collect(value, shape)
        place.steps.removeLast()
    }

    /// Collects the breaches of a value.
    mutating func collect(_ value: JSONValue, _ shape: Shape) {
        guard !isCut else { return }
        switch shape {
        case .leaf(let leaf):
            do throws(EPCISError) { try leaf.check(value) } catch { add(error) }
        case .oneOrList(let element):
            if case .array = value {
                collectList(value, element, unique: false, filled: false)
            } else {
                collect(value, element)
            }
        case .list(let element, let unique, let filled):
            collectList(value, element, unique: unique, filled: filled)
        case .object(let object): collect(value, object)
        }
    }

    private mutating func collectList(
        _ value: JSONValue, _ element: Shape, unique: Bool, filled: Bool
    ) {
        guard let elements = value.asArray else {
            add(.format("an array", value))
            return
        }
        if filled && elements.isEmpty {
            add(EPCISError("epcis.value", "the list must not be empty"))
        }
        var seen: Set<JSONValue> = []
        for (index, member) in elements.enumerated() {
            enter(.index(index), member, element)
            if unique, !seen.insert(member).inserted {
                add(
                    EPCISError(
                        "epcis.repeated", field: "[\(index)]", "the list holds this value already")
                )
            }
        }
    }

    /// Collects the breaches of an object.
    mutating func collect(_ value: JSONValue, _ shape: ObjectShape) {
        guard let members = value.asObject else {
            add(.format("an object", value))
            return
        }
        for name in shape.required where value[name] == nil {
            add(EPCISError("epcis.missing", field: name, "this field is required"))
        }
        if shape.others == .refused, shape.required.isEmpty, members.isEmpty {
            // Of the standard's objects, only a persistent disposition.
            add(EPCISError("epcis.missing", "set or unset must be present"))
        }
        for member in members {
            if let form = shape.members[member.name] {
                enter(.name(member.name), member.value, form)
            } else if !shape.admits(member.name) {
                add(
                    EPCISError(
                        "epcis.unexpected",
                        shape.others == .refused
                            ? "the standard knows no such field here, and no extension may stand "
                                + "here"
                            : "no such field belongs here; an extension's name must be "
                                + "prefix:name or a URI"), at: .name(member.name))
            }
        }
    }
}

extension ObjectShape {
    /// Whether a name that is not the standard's may stand here.
    func admits(_ name: String) -> Bool {
        switch others {
        case .any: true
        case .extensions: URISyntax.isURI(name)
        case .refused: false
        }
    }
}
