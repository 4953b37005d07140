package import EPCIS
import GS1

extension Scheme {
    /// Reads a scheme from the JSON of a description (SPEC §24.1).
    ///
    /// Identifiers may have any spelling; a process may be a bare business step of the CBV.
    ///
    /// - Parameters:
    ///   - json: The object, with the scheme's `id`.
    ///   - field: What the scheme is called in refusals.
    /// - Returns: A scheme whose terms `SchemeTerms.read(_:)` takes.
    /// - Throws: `scheme.terms` naming the member.
    package static func read(json: JSONValue, field: String = "scheme") throws(Refusal) -> Scheme {
        let reader = SchemeJSON(json: json, field: field)
        try reader.checkMembers()
        let id = try reader.identifier(try reader.required("id"), "id")
        let terms = try reader.terms().cbor
        do {
            _ = try SchemeTerms.read(terms)
        } catch {
            let place = error.field.hasPrefix("terms") ? error.field.dropFirst(5) : ""
            throw Refusal(code: error.code, field: field + place, reason: error.reason)
        }
        return Scheme(id: id, terms: terms)
    }
}

extension SchemeTerms {
    /// The terms as descriptions write them, with the id of their scheme and all members.
    ///
    /// - Parameter id: The scheme's id.
    /// - Returns: What `Scheme.read(json:field:)` reads as these terms.
    package func json(id: String) -> JSONValue {
        func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        return .object([
            JSONMember("id", .string(id)), JSONMember("version", .string(version)),
            JSONMember("title", .string(title)), JSONMember("topic", .string(topic)),
            JSONMember("criteria", texts(criteria)),
            JSONMember("models", texts(models.map(\.name))),
            JSONMember("minimumShare", .string(minimumShare.description)),
            JSONMember("covers", texts(covers.map(\.rawValue))),
            JSONMember("reach", .string(reach.name)),
            JSONMember(
                "processes",
                .array(
                    processes.map { process in
                        .object([
                            JSONMember("process", .string(process.uri)),
                            JSONMember("kind", .string(process.grows ? "grows" : "conserves")),
                            JSONMember("yield", .string(process.yield.description)),
                        ])
                    })),
            JSONMember("unit", unit.map { .string($0.text) } ?? .null),
            JSONMember("elements", texts(elements)),
            JSONMember("months", .number(JSONNumber(months))),
            JSONMember("checkers", texts(checkers)),
            JSONMember(
                "freshness", freshnessSeconds.map { .number(JSONNumber($0)) } ?? .null),
            JSONMember("plots", .bool(needsPlots)),
        ])
    }
}

/// Reads the members of one scheme's JSON; its limits are those of the terms.
private struct SchemeJSON {
    let json: JSONValue
    let field: String

    private static let names: Set<String> = [
        "id", "version", "title", "topic", "criteria", "models", "minimumShare", "covers", "reach",
        "processes", "unit", "elements", "months", "checkers", "freshness", "plots",
    ]

    func checkMembers() throws(Refusal) {
        guard let members = json.asObject else {
            throw refusal("", "a scheme is an object")
        }
        for member in members where !Self.names.contains(member.name) {
            throw refusal(
                member.name,
                "is no member of a scheme; known are \(Self.names.sorted().joined(separator: ", "))"
            )
        }
    }

    func terms() throws(Refusal) -> SchemeTerms {
        guard let reach = SchemeReach(name: try required("reach")) else {
            throw refusal("reach", "is subject, all or origins")
        }
        _ = try value("criteria")
        _ = try value("covers")
        var terms = SchemeTerms(
            version: try required("version"), title: try required("title"),
            topic: try required("topic"), criteria: try identifiers("criteria"),
            covers: try named("covers", "batch, party, product or site") {
                CoverKind(rawValue: $0)
            }, reach: reach)
        terms.models = try named(
            "models", "identity-preserved, segregated, controlled-blending or mass-balance"
        ) { CustodyModel(name: $0) }
        terms.minimumShare = try decimal(json, "minimumShare") ?? ExactDecimal(1)
        terms.processes = try processes()
        terms.unit = try unit()
        terms.elements = try texts("elements")
        terms.months = try number("months") ?? 12
        terms.checkers = try identifiers("checkers")
        terms.freshnessSeconds = try number("freshness")
        if let plots = optional("plots") {
            guard let flag = plots.asBool else { throw refusal("plots", "is true or false") }
            terms.needsPlots = flag
        }
        return terms
    }

    private func refusal(_ member: String, _ reason: String) -> Refusal {
        Refusal(
            code: "scheme.terms", field: member.isEmpty ? field : "\(field).\(member)",
            reason: reason)
    }

    private func optional(_ member: String) -> JSONValue? {
        json[member].flatMap { $0.isNull ? nil : $0 }
    }

    private func value(_ member: String) throws(Refusal) -> JSONValue {
        guard let value = optional(member) else { throw refusal(member, "is required") }
        return value
    }

    private func text(_ value: JSONValue, _ place: String) throws(Refusal) -> String {
        guard let text = value.asString else {
            throw refusal(place, "must be a string, not \(value.kindName)")
        }
        return text
    }

    func required(_ member: String) throws(Refusal) -> String {
        try text(try value(member), member)
    }

    func identifier(_ text: String, _ place: String) throws(Refusal) -> String {
        do {
            return try CanonicalIdentifier(text).uri
        } catch {
            throw refusal(place, "is no identifier: \(error.reason)")
        }
    }

    private func items(_ member: String) throws(Refusal) -> [JSONValue] {
        guard let value = optional(member) else { return [] }
        guard let items = value.asArray else {
            throw refusal(member, "must be a list, not \(value.kindName)")
        }
        return items
    }

    private func texts(_ member: String) throws(Refusal) -> [String] {
        var found: [String] = []
        for (index, item) in try items(member).enumerated() {
            found.append(try text(item, "\(member)[\(index)]"))
        }
        return found
    }

    private func identifiers(_ member: String) throws(Refusal) -> [String] {
        var found: [String] = []
        for (index, text) in try texts(member).enumerated() {
            found.append(try identifier(text, "\(member)[\(index)]"))
        }
        return found
    }

    private func named<Word>(
        _ member: String, _ known: String, _ word: (String) -> Word?
    ) throws(Refusal) -> [Word] {
        var found: [Word] = []
        for (index, text) in try texts(member).enumerated() {
            guard let value = word(text) else {
                throw refusal("\(member)[\(index)]", "\(text) is not one of \(known)")
            }
            found.append(value)
        }
        return found
    }

    private func processes() throws(Refusal) -> [SchemeProcess] {
        var found: [SchemeProcess] = []
        for (index, item) in try items("processes").enumerated() {
            let place = "processes[\(index)]"
            let known: Set<String> = ["process", "kind", "yield"]
            guard let members = item.asObject, members.allSatisfy({ known.contains($0.name) }),
                let process = item["process"]?.asString
            else { throw refusal(place, "is an object with process, kind and yield") }
            let kind = item["kind"] ?? .string("conserves")
            guard kind == .string("conserves") || kind == .string("grows") else {
                throw refusal("\(place).kind", "is conserves or grows")
            }
            let step = Vocabulary.businessStep.canonical(process)
            found.append(
                SchemeProcess(
                    uri: try identifier(step, "\(place).process"), grows: kind == .string("grows"),
                    yield: try decimal(item, "yield", in: "\(place).") ?? ExactDecimal(1)))
        }
        return found
    }

    private func decimal(
        _ object: JSONValue, _ member: String, in place: String = ""
    ) throws(Refusal) -> ExactDecimal? {
        guard let value = object[member], !value.isNull else { return nil }
        guard let text = value.asString ?? value.asNumber?.text, let number = ExactDecimal(text)
        else { throw refusal(place + member, #"is a decimal, like "0.95""#) }
        return number
    }

    private func unit() throws(Refusal) -> UnitCode? {
        guard let value = optional("unit") else { return nil }
        guard let unit = UnitCode(try text(value, "unit")) else {
            throw refusal("unit", "is a UN Rec 20 code like KGM")
        }
        return unit
    }

    private func number(_ member: String) throws(Refusal) -> UInt64? {
        guard let value = optional(member) else { return nil }
        guard let number = value.asNumber.flatMap({ UInt64($0.text) }) else {
            throw refusal(member, "is a whole number")
        }
        return number
    }
}
