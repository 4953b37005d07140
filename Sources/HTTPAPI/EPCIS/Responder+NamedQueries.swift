import HTTPTypes
import HummingbirdCore
import NIOCore
import Records

extension Responder {
    /// Answers a request under `/epcis/queries`.
    func named(
        _ route: NamedQueryRoute, _ preferences: EPCISPreferences,
        _ service: any NamedQueryService, _ type: String, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        let organisation = try Self.organisation(asking)
        switch route {
        case .list(let question):
            return Self.answer(
                try await service.namedQueries(question, of: organisation), type, asking)
        case .create:
            let body = try await json(asking)
            let name = try await service.addQuery(body, preferences, of: organisation)
            return Self.created(at: "/epcis/queries/\(name)", Answer(201))
        case .query(let name):
            return Answer(type: type, try await service.namedQuery(name, of: organisation))
        case .remove(let name):
            try await service.removeQuery(name, of: organisation)
            return Answer(204)
        case .events(let name):
            return try await events(of: name, preferences, service, type, asking)
        default:
            return try await subscription(route, preferences, service, type, asking)
        }
    }

    private func subscription(
        _ route: NamedQueryRoute, _ preferences: EPCISPreferences,
        _ service: any NamedQueryService, _ type: String, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        let organisation = try Self.organisation(asking)
        func place(_ id: String, _ name: String) -> SubscriptionPlace {
            SubscriptionPlace(organisation: organisation, query: name, id: id)
        }
        switch route {
        case .subscriptions(let name, let question):
            return Self.answer(
                try await service.subscriptions(ofQuery: name, question, of: organisation), type,
                asking)
        case .subscribe(let name):
            let made = try await service.subscribe(
                try await json(asking), toQuery: name, preferences, of: organisation)
            return Self.created(
                at: "/epcis/queries/\(name)/subscriptions/\(made.id)",
                Answer(201, type: MediaType.json, made.body))
        case .subscription(let id, let name):
            return Answer(type: type, try await service.subscription(place(id, name)))
        case .unsubscribe(let id, let name):
            try await service.unsubscribe(place(id, name))
            return Answer(204)
        case .deadLetters(let id, let name):
            return Answer(type: type, try await service.deadLetters(place(id, name)))
        case .redeliver(let number, let id, let name):
            try await service.redeliver(number, place(id, name))
            return Answer(202)
        case .dismiss(let number, let id, let name):
            try await service.dismiss(number, place(id, name))
            return Answer(204)
        case .list, .create, .query, .remove, .events:
            throw Refusal(code: "request.path", field: "path", reason: "nothing is served there")
        }
    }

    private func events(
        of name: String, _ preferences: EPCISPreferences, _ service: any NamedQueryService,
        _ type: String, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        let organisation = try Self.organisation(asking)
        if SocketHandshake.isOffered(asking.request.headers) {
            return try await socket(of: name, preferences, service, for: organisation, asking)
        }
        let question = EventsQuestion(query: asking.query, preferences: preferences)
        let page = try await epcisAnswers.answering(asking.reader) { () throws(Refusal) in
            try await service.events(ofQuery: name, question, of: organisation)
        }
        return Self.answer(page, type, asking)
    }

    // MARK: Requests

    /// Whose things are asked for.
    private static func organisation(_ asking: Asking) throws(Refusal) -> String {
        guard case .member(let organisation) = asking.reader else {
            throw Refusal(
                code: "access.organisation", field: "authorization",
                reason: "queries belong to organisations; call as one")
        }
        return organisation
    }

    /// The body of a request that is JSON.
    private func json(_ asking: Asking) async throws(Refusal) -> [UInt8] {
        let type = Negotiation.essence(asking.request.headers[.contentType] ?? "")
        guard type == MediaType.json || type == MediaType.jsonLD else {
            throw Refusal(
                code: "request.media-type", field: "content-type",
                reason: "the body is \(MediaType.json), not '\(type)'")
        }
        guard let holding = SlotHolding(submissionBytes, 0) else { throw Self.busy }
        defer { holding.release() }
        return try await WholeBody.query.read(asking.request, holding: holding)
    }

    // MARK: Answers

    private static func created(at path: String, _ answer: Answer) -> Answer {
        var answer = answer
        answer.fields[.location] = path
        return answer
    }
}
