import EPCIS
import HTTPTypes
import HummingbirdCore
import Records

extension Responder {
    /// Whether a request is for what stands under `/epcis`.
    static func isEPCIS(_ request: Request) -> Bool {
        let path = (request.head.path ?? "").prefix { $0 != "?" }
        return path == "/epcis" || path.hasPrefix("/epcis/")
    }

    /// Answers a request under `/epcis`.
    func epcis(_ route: EPCISRoute, _ asking: Asking) async throws(Refusal) -> Answer {
        if let answer = try await capture(route, asking) { return answer }
        guard let epcis else {
            throw Refusal(
                code: "request.path", field: "path", reason: "this node serves no EPCIS")
        }
        let preferences = try GS1Headers.preferences(asking.request.headers)
        let type =
            asking.request.method == .get || asking.request.method == .head
            ? try GS1Headers.mediaType(asking.accept) : MediaType.json
        var answer: Answer
        switch route {
        case .resources: answer = Answer(type: type, Self.resources)
        case .discovery(let allowed, let pattern):
            answer = Self.discovery(allowed, pattern)
        case .events, .values: answer = try await page(route, preferences, epcis, type, asking)
        case .event(let id):
            guard let holding = SlotHolding(epcisAnswers, 1) else { throw Self.busy }
            defer { holding.release() }
            answer = Answer(
                type: type, try await epcis.event(id: id, preferences, for: asking.reader))
        case .value(let resource):
            try await epcis.requireValue(resource, for: asking.reader)
            answer = Answer(type: type, Self.collection(["events"]))
        case .named(let route):
            answer = try await named(route, preferences, epcis, type, asking)
        case .forgetToken, .capture:
            throw Refusal(
                code: "request.unsupported", field: "nextPageToken",
                reason: "the node keeps nothing for a page token, so there is nothing to forget")
        }
        GS1Headers.add(GS1Headers.common, to: &answer)
        return answer.fresh
    }

    // MARK: Pages

    private func page(
        _ route: EPCISRoute, _ preferences: EPCISPreferences, _ epcis: any EPCISService,
        _ type: String, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        guard let holding = SlotHolding(epcisAnswers, 1) else { throw Self.busy }
        defer { holding.release() }
        let page: EPCISPage
        if case .values(let collection, let perPage, let token) = route {
            let question = ValuesQuestion(collection, perPage: perPage, token: token)
            page = try await epcis.values(question, for: asking.reader)
        } else {
            var resource: EPCISResource?
            if case .events(let asked) = route { resource = asked }
            let question = EventsQuestion(
                query: asking.query, of: resource, preferences: preferences)
            page = try await epcis.events(question, for: asking.reader)
        }
        return Self.answer(page, type, asking)
    }

    /// The answer that has a page; if there is a next one, its `Link` field is the same request
    /// with another token.
    static func answer(_ page: EPCISPage, _ type: String, _ asking: Asking) -> Answer {
        var answer = Answer(type: type, page.body)
        if let token = page.nextPageToken, let link = HTTPField.Name("Link") {
            let rest = asking.query.split(separator: "&")
                .filter { !$0.hasPrefix("nextPageToken=") }
            let query = (rest + ["nextPageToken=\(token)"]).joined(separator: "&")
            answer.fields[link] = "<\(asking.path)?\(query)>; rel=\"next\""
        }
        return answer
    }

    // MARK: Discovery

    /// A JSON collection with GS1's context.
    static func collection(_ members: [String]) -> [UInt8] {
        JSONValue.object([
            JSONMember(
                "@context", .string("https://ref.gs1.org/standards/epcis/epcis-context.jsonld")),
            JSONMember("type", .string("Collection")),
            JSONMember("member", .array(members.map(JSONValue.string))),
        ]).serialized()
    }

    private static let resources = collection(
        ["queries", "capture", "events"] + EPCISCollection.allCases.map(\.rawValue))

    static func discovery(_ allowed: [String], _ pattern: String) -> Answer {
        var answer = Answer(204)
        var names: [String] = []
        for name in allowed where !names.contains(name) { names.append(name) }
        answer.fields[.allow] = names.joined(separator: ", ")
        GS1Headers.add(GS1Headers.discovery, to: &answer)
        return answer
    }
}
