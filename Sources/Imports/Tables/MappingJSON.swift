import EPCIS

/// Reads members of a mapping and says which one is wrong.
struct MappingJSON {
    let members: [JSONMember]
    let path: String

    /// Takes an object whose members all have one of these names; nil: any.
    init(_ value: JSONValue, at path: String, names: Set<String>?) throws(ImportRefusal) {
        guard let members = value.asObject else {
            throw Self.refusal(path, "must be an object, not \(value.kindName)")
        }
        self.members = members
        self.path = path
        guard let names else { return }
        if let unknown = members.first(where: { !names.contains($0.name) }) {
            throw Self.refusal(
                Self.join(path, Shown.text(unknown.name)),
                "is not known here; known are \(names.sorted().joined(separator: ", "))")
        }
    }

    static func refusal(_ field: String, _ reason: String) -> ImportRefusal {
        ImportRefusal("mapping.format", field: field, reason)
    }

    static func join(_ path: String, _ name: String) -> String {
        path.isEmpty ? name : "\(path).\(name)"
    }

    func place(_ name: String) -> String { Self.join(path, name) }

    subscript(_ name: String) -> JSONValue? { members.first { $0.name == name }?.value }

    /// A text that may be absent.
    func text(_ name: String) throws(ImportRefusal) -> String? {
        guard let value = self[name] else { return nil }
        guard let text = value.asString else {
            throw Self.refusal(place(name), "must be a text, not \(value.kindName)")
        }
        return text
    }

    /// A text that must be there.
    func requiredText(_ name: String) throws(ImportRefusal) -> String {
        guard let text = try text(name), !text.isEmpty else {
            throw Self.refusal(place(name), "is missing")
        }
        return text
    }

    /// A truth value; absent is false.
    func flag(_ name: String) throws(ImportRefusal) -> Bool {
        guard let value = self[name] else { return false }
        guard let flag = value.asBool else {
            throw Self.refusal(place(name), "must be true or false")
        }
        return flag
    }

    /// One character of ASCII, or what `standard` is where it is absent.
    func character(_ name: String, standard: UInt8?) throws(ImportRefusal) -> UInt8? {
        guard let text = try text(name) else { return standard }
        if text == "tab" { return 0x09 }
        if text.isEmpty { return nil }
        guard text.utf8.count == 1, let byte = text.utf8.first, byte < 0x80 else {
            throw Self.refusal(place(name), "must be one character such as \",\", or \"tab\"")
        }
        return byte
    }

    /// A text, or several.
    func texts(_ name: String) throws(ImportRefusal) -> [String] {
        guard let value = self[name] else { return [] }
        if let text = value.asString { return [text] }
        let texts = value.asArray?.compactMap(\.asString) ?? []
        guard !texts.isEmpty, texts.count == value.asArray?.count else {
            throw Self.refusal(place(name), "must be a text or an array of texts")
        }
        return texts
    }
}
