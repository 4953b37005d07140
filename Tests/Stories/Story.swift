package import EPCIS
package import Foundation
import Records

/// One thing somebody registers in a story.
package struct StoryStep: Sendable {
    /// What a step does.
    enum Deed: Sendable {
        /// An EPCIS event, short names expanded.
        case event(JSONValue)
        /// A record as people write it (SPEC §24.2).
        case record(JSONValue)
        /// A conformity credential, which becomes a certificate.
        case credential(JSONValue)
        /// Changes of governance.
        case amendment([JSONValue])
        /// The erasure of the part of another step.
        case erasure(of: String, reason: String)
    }

    /// How other places of the story name it.
    package var name: String
    /// When it is registered, in milliseconds.
    package var atMilliseconds: UInt64
    /// The alias of who signs it.
    package var by: String
    /// The origins of the logs it is registered in; empty: the first one, for governance all.
    var logs: [String]
    var visibility: JSONValue?
    var deed: Deed
    /// URIs whose rows the issuer leaves out, in a log kept by who breaks the rules.
    var leftOut: [String]
    /// Whether it is missing in the other history that the keepers of its logs show.
    var isHidden: Bool

    /// The kind of record, if it is one.
    package var recordKind: String? {
        switch deed {
        case .record(let json): json["record"]?.asString
        case .credential: "certificate"
        default: nil
        }
    }

    /// The id of the record, if it has one.
    package var recordID: String? {
        switch deed {
        case .record(let json), .credential(let json): json["id"]?.asString
        default: nil
        }
    }

    /// When what the record says begins.
    package var recordFrom: String? {
        switch deed {
        case .record(let json): json["from"]?.asString
        case .credential(let json): json["validFrom"]?.asString
        default: nil
        }
    }

    /// The aliases of those whose key it revokes.
    package var revokedKeys: [String] {
        guard case .amendment(let changes) = deed else { return [] }
        return changes.compactMap { $0["revokeKey"]?.asString }
    }

    /// What master data is about, if it is such.
    private var described: JSONValue? {
        guard recordKind == "master-data", case .record(let json) = deed else { return nil }
        return json["about"]
    }

    /// Whether both describe the same things: then the later registered may count.
    func describesAgain(_ other: StoryStep) -> Bool {
        described != nil && described == other.described && by == other.by
    }

    /// Whether others may be registered before or after it as they come: neither rests on the
    /// other.
    package var movesFreely: Bool {
        guard leftOut.isEmpty else { return false }
        switch deed {
        case .event: return true
        case .amendment, .erasure: return false
        case .credential: return true
        case .record(let json):
            return [
                "certificate", "transcribed-certificate", "accreditation", "allocation",
                "master-data", "dispute", "recall",
            ].contains(json["record"]?.asString)
        }
    }
}

/// A trade told in JSON: a network, what its members register, and what is asked of it.
///
/// Everything made from it is the same bytes each time. The format is told in
/// `tools/scenarios/README.md`.
package struct Story: Sendable {
    /// What the story is called: its folder's name.
    package var name: String
    /// One line.
    package var title: String
    /// Two sentences for people.
    package var summary: String
    /// What is registered, in this order.
    package var steps: [StoryStep]
    /// What is asked.
    package var questions: [StoryQuestion]

    let network: JSONValue
    let names: StoryNames

    /// Reads the story of a folder.
    package init(folder: URL) throws {
        let data = try Data(contentsOf: folder.appending(path: "story.json"))
        try self.init(
            name: folder.lastPathComponent, json: JSONValue.parse(Array(data))
        ) { path in
            Array(try Data(contentsOf: folder.appending(path: path)))
        }
    }

    /// Reads a story; `file` gives the bytes of files beside it.
    package init(
        name: String, json: JSONValue, file: (String) throws -> [UInt8]
    ) throws {
        self.name = name
        title = try json.text("title", name)
        summary = try json.text("summary", name)
        network = json["network"] ?? .null
        let names = try StoryNames(network)
        self.names = names
        steps = try (json["steps"]?.asArray ?? []).enumerated().map { number, step in
            try Self.step(step, number, names, file)
        }
        questions = try (json["questions"]?.asArray ?? []).enumerated().map { number, question in
            try StoryQuestion(names.expand(question), number: number + 1)
        }
    }

    private static func step(
        _ json: JSONValue, _ number: Int, _ names: StoryNames, _ file: (String) throws -> [UInt8]
    ) throws -> StoryStep {
        let place = "steps[\(number)]"
        let at = try json.text("at", place)
        let known: Set<String> = [
            "name", "at", "by", "log", "see", "event", "record", "credential", "amendment", "erase",
            "reason", "leaveOut", "hide",
        ]
        for member in json.asObject ?? [] where !known.contains(member.name) {
            throw StoryError("\(place): \(member.name) is no member of a step")
        }
        func content(_ value: JSONValue) throws -> JSONValue {
            if let path = value.asString { return try JSONValue.parse(try file(path)) }
            return value
        }
        let deed: StoryStep.Deed
        if let event = json["event"] {
            deed = .event(try Self.event(names.expand(content(event)), at: at))
        } else if let record = json["record"] {
            deed = .record(try names.expand(content(record)))
        } else if let credential = json["credential"] {
            deed = .credential(try names.expand(content(credential)))
        } else if let changes = json["amendment"]?.asArray {
            deed = .amendment(try changes.map(names.expand))
        } else if let other = json["erase"]?.asString {
            deed = .erasure(of: other, reason: json["reason"]?.asString ?? "asked for")
        } else {
            throw StoryError("\(place) does nothing")
        }
        return StoryStep(
            name: json["name"]?.asString ?? "step \(number + 1)",
            atMilliseconds: try milliseconds(at), by: try json.text("by", place),
            logs: json.texts("log"), visibility: json["see"], deed: deed,
            leftOut: try json.texts("leaveOut").map(names.expand),
            isHidden: json["hide"]?.asBool ?? false)
    }

    /// An event with the members that all events of a story share.
    private static func event(_ json: JSONValue, at: String) throws -> JSONValue {
        let context = "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"
        let shared = [
            JSONMember("@context", .array([.string(context)])),
            JSONMember("eventTime", .string(at)),
            JSONMember("eventTimeZoneOffset", .string("+00:00")),
        ]
        let own = json.asObject ?? []
        return .object(shared.filter { member in !own.contains { $0.name == member.name } } + own)
    }
}
