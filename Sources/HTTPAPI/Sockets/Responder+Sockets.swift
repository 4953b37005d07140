import HTTPTypes
import HummingbirdCore
import Queries
import Records

extension Responder {
    /// Takes or refuses the offer to tell of a query's events over a WebSocket (SPEC §17.4).
    func socket(
        of name: String, _ preferences: EPCISPreferences, _ service: any NamedQueryService,
        for organisation: String, _ asking: Asking
    ) async throws(Refusal) -> Answer {
        let fields = try SocketHandshake.answer(to: asking.request)
        try requireOwnPage(asking.request)
        let controls = try SubscriptionControls(
            parameters: try QueryParameters(asking.query).all,
            format: try preferences.deliveryFormat())
        let seat = try sockets.seat(for: asking.reader, share: limits.socketsOfCaller)
        let feed = try await epcisAnswers.answering(asking.reader) { () throws(Refusal) in
            try await service.follow(name, controls, of: organisation)
        }
        var answer = Answer(101)
        answer.fields.append(contentsOf: fields)
        answer.socket = SocketSession(
            feed: feed, requireCaller: requirement(asking), seat: seat, limits: limits)
        return answer
    }

    /// Refuses a page of another site: to browsers a WebSocket is open to every page, and on
    /// loopback a caller without credential is more than a stranger.
    private func requireOwnPage(_ request: Request) throws(Refusal) {
        guard request.headers[values: .authorization].isEmpty,
            let origin = request.headers[.origin]?.lowercased()
        else { return }
        let authority = (request.head.authority ?? "").lowercased()
        guard origin == "http://\(authority)" || origin == "https://\(authority)" else {
            throw Refusal(
                code: "access.origin", field: "origin",
                reason: "a page of another site opens no WebSocket without a token")
        }
    }

    /// What refuses the caller of a request later, once it would be refused if it asked again.
    private func requirement(_ asking: Asking) -> @Sendable () async throws(Refusal) -> Void {
        guard let shown = asking.request.headers[.authorization],
            let credential = Self.bearer(shown), let access = callers.access
        else { return {} }
        let (opened, reader) = (ContinuousClock.now, asking.reader)
        let (method, path) = (asking.request.method.rawValue, asking.path)
        return { () async throws(Refusal) in
            let caller = try await access.caller(
                bearing: credential, method: method, path: path,
                age: ContinuousClock.now - opened)
            guard caller.reader == reader, caller.role >= .reader else {
                throw Refusal(
                    code: "access.role", field: "authorization",
                    reason: "the token is another's now")
            }
        }
    }
}
