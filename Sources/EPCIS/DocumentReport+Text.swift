// What a report looks like to programs and people. Codes and pointers are stable, reasons are not.

extension DocumentReport {
    /// The report as JSON.
    ///
    /// `{"form", "reading": "strict"|"lenient", "valid", "counts": {"valid", "repaired",
    /// "quarantined"}, "repairs": […], "breaches": […], "events": [{"index", "type", "eventID",
    /// "verdict", "repairs", "breaches"}]}`; a repair is `{"code", "pointer", "field", "before",
    /// "after"}`, a breach `{"code", "pointer", "field", "reason"}`. Members without value are
    /// left out.
    package var json: JSONValue {
        var members = form.map { [JSONMember("form", .string($0.rawValue))] } ?? []
        let counts = EventReport.Verdict.allCases.map {
            JSONMember($0.rawValue, .number(JSONNumber(count($0))))
        }
        members += [
            JSONMember("reading", .string(isStrict ? "strict" : "lenient")),
            JSONMember("valid", .bool(isValid)), JSONMember("counts", .object(counts)),
            JSONMember("repairs", .array(repairs.map(\.json))),
            JSONMember("breaches", .array(breaches.map(\.json))),
            JSONMember("events", .array(events.map(\.json))),
        ]
        return .object(members)
    }

    /// The report in lines for a person, control characters replaced.
    package var lines: [String] {
        var lines = [summary]
        lines += repairs.map { "  \($0.line)" } + breaches.map { "  \($0.line)" }
        for event in events where event.verdict != .valid {
            let name = event.description.eventID.map { " \($0)" } ?? ""
            let type = event.description.type ?? "event"
            lines.append("event \(event.index) (\(type)\(name)): \(event.verdict.rawValue)")
            lines += event.repairs.map { "  \($0.line)" } + event.breaches.map { "  \($0.line)" }
        }
        return lines
    }

    private var summary: String {
        guard let form else { return "not readable as EPCIS" }
        let counts = EventReport.Verdict.allCases.filter { count($0) > 0 }
            .map { "\(count($0)) \($0.rawValue)" }.joined(separator: ", ")
        return "\(form.rawValue), \(events.count) event\(events.count == 1 ? "" : "s")"
            + (counts.isEmpty ? "" : ": \(counts)")
    }
}

extension EventReport {
    fileprivate var json: JSONValue {
        var members = [JSONMember("index", .number(JSONNumber(index)))]
        if let type = description.type { members.append(JSONMember("type", .string(type))) }
        if let id = description.eventID { members.append(JSONMember("eventID", .string(id))) }
        members.append(JSONMember("verdict", .string(verdict.rawValue)))
        if !repairs.isEmpty {
            members.append(JSONMember("repairs", .array(repairs.map(\.json))))
        }
        if !breaches.isEmpty {
            members.append(JSONMember("breaches", .array(breaches.map(\.json))))
        }
        return .object(members)
    }
}

extension Repair {
    /// `{"code", "pointer", "field", "before", "after"}`.
    package var json: JSONValue {
        var members = [
            JSONMember("code", .string(kind.rawValue)), JSONMember("pointer", .string(pointer)),
            JSONMember("field", .string(field)),
        ]
        if let before { members.append(JSONMember("before", before)) }
        if let after { members.append(JSONMember("after", after)) }
        return .object(members)
    }

    fileprivate var line: String {
        let change =
            switch (before, after) {
            case (nil, nil): ""
            case (let before?, nil): ": \(Self.shown(before)) left out"
            case (nil, let after?): ": \(Self.shown(after)) added"
            case (let before?, let after?): ": \(Self.shown(before)) → \(Self.shown(after))"
            }
        return "\(kind.rawValue) \(JSONPath.shown(field))\(change)"
    }

    private static func shown(_ value: JSONValue) -> String {
        switch value {
        case .array(let elements): "\(elements.count) elements"
        case .object(let members): "\(members.count) members"
        default: JSONPath.shown(String(decoding: value.serialized(), as: UTF8.self))
        }
    }
}

extension Breach {
    /// `{"code", "pointer", "field", "reason"}`.
    package var json: JSONValue {
        .object([
            JSONMember("code", .string(code)), JSONMember("pointer", .string(pointer)),
            JSONMember("field", .string(field)), JSONMember("reason", .string(reason)),
        ])
    }

    fileprivate var line: String { "\(code) \(JSONPath.shown(field)): \(reason)" }
}
