/// Joins the elements of an event to the text that is hashed (CBV 2.0 §8.9.2, draft of CBV 2.1).
struct PrehashWriter {
    let version: EventHashVersion
    let values: PrehashValues

    /// The text behind `eventType=…`.
    func text(ofEvent nodes: [PrehashNode]) -> String {
        let (text, nested, rest) = ordered(nodes, by: PrehashField.event)
        let others = rest.filter { !PrehashField.omitted.contains($0.name) }
        guard version == .cbv20 else { return text + generic(others) }
        // CBV 2.0: ilmd, the extensions inside standard fields under their path, the event's own.
        let masterData = generic(others.filter { $0.name == "ilmd" })
        return text + masterData + nested + generic(others.filter { $0.name != "ilmd" })
    }

    /// The text of the fields in their order; in CBV 2.0 the extensions below them, each under
    /// its path, for later; and the elements that are no field.
    private func ordered(
        _ nodes: [PrehashNode], by fields: [PrehashField]
    ) -> (text: String, nested: String, rest: [PrehashNode]) {
        var (text, nested) = ("", "")
        for field in fields {
            let own = nodes.filter { $0.name == field.name }
            guard !own.isEmpty else { continue }
            let (itself, below) = written(own, as: field)
            text += itself
            nested += below
        }
        let names = Set(fields.map(\.name))
        return (text, nested, nodes.filter { !names.contains($0.name) })
    }

    /// All elements of one field, sorted; a list's name stands once before its elements.
    private func written(
        _ nodes: [PrehashNode], as field: PrehashField
    ) -> (text: String, nested: String) {
        let isNamed = field.name != PrehashField.sensorList || version == .cbv21
        let listName = isNamed ? field.name : ""
        switch field.content {
        case .list(let element, let content):
            let (text, nested) = elements(nodes, name: element, content)
            return (text.isEmpty ? "" : listName + text, nested.isEmpty ? "" : listName + nested)
        case .pairs(let fields):
            let (text, nested) = elements(nodes, name: "", .fields(fields))
            return (text.isEmpty ? "" : listName + text, nested.isEmpty ? "" : listName + nested)
        default:
            return elements(nodes, name: field.name, field.content)
        }
    }

    private func elements(
        _ nodes: [PrehashNode], name: String, _ content: PrehashField.Content
    ) -> (text: String, nested: String) {
        let pairs = nodes.map { element($0, name: name, content) }
        return (
            Self.sorted(pairs.map(\.text)).joined(), Self.sorted(pairs.map(\.nested)).joined()
        )
    }

    private func element(
        _ node: PrehashNode, name: String, _ content: PrehashField.Content
    ) -> (text: String, nested: String) {
        switch content {
        case .value(let wordPrefix):
            let text = values.canonical(node.text, wordPrefix: wordPrefix)
            return (text.isEmpty ? "" : "\(name)=\(text)", "")
        case .time:
            let text = PrehashValues.time(node.text)
            return (text.isEmpty ? "" : "\(name)=\(text)", "")
        case .fields(let fields):
            let (text, below, rest) = ordered(node.children, by: fields)
            let extensions = generic(rest)
            if version == .cbv21 {
                let whole = text + extensions
                return (whole.isEmpty ? "" : name + whole, "")
            }
            let nested = below + extensions
            return (text.isEmpty ? "" : name + text, nested.isEmpty ? "" : name + nested)
        case .list, .pairs:
            return ("", "")
        }
    }

    /// Elements without an order of their own, sorted by all that they write.
    private func generic(_ nodes: [PrehashNode]) -> String {
        let texts = nodes.map { node in
            let text = values.canonical(node.text, wordPrefix: nil)
            return node.name + (text.isEmpty ? "" : "=" + text) + generic(node.children)
        }
        return Self.sorted(texts).joined()
    }

    /// By the bytes of their UTF-8.
    private static func sorted(_ texts: [String]) -> [String] {
        texts.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
