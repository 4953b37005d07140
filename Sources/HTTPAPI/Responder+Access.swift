import HTTPTypes
import HummingbirdCore
import Records

extension Responder {
    /// Who makes a request; a credential that does not count is refused, never passed over.
    func caller(of request: Request) async throws(Refusal) -> Caller {
        let shown = request.headers[values: .authorization]
        guard let first = shown.first else { return bareCaller(request) }
        guard shown.count == 1, let credential = Self.bearer(first), let access = callers.access
        else {
            throw Refusal(
                code: "access.token", field: "authorization",
                reason: "one field 'Authorization: Bearer …' is understood here")
        }
        let target = request.head.path ?? ""
        return try await access.caller(
            bearing: credential, method: request.method.rawValue,
            path: String(target.prefix { $0 != "?" }), age: .zero)
    }

    /// A caller without credential; what came through a proxy is not of this machine, whatever its
    /// last connection says.
    private func bareCaller(_ request: Request) -> Caller {
        let isForwarded = Self.forwarding.contains { request.headers[$0] != nil }
        return isForwarded ? .stranger : callers.bare
    }

    private static let forwarding = [
        "Via", "Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP",
    ].compactMap { HTTPField.Name($0) }

    /// The credential of an `Authorization` field; nil if it is of another kind.
    static func bearer(_ field: String) -> String? {
        let halves = field.split(separator: " ", maxSplits: 1)
        guard halves.count == 2, halves[0].lowercased() == "bearer", !halves[1].contains(" ")
        else { return nil }
        return String(halves[1])
    }

    /// Refuses a caller that may not ask for a route.
    static func authorise(_ caller: Caller, for row: RouteRow) throws(Refusal) {
        guard caller.role < row.access else { return }
        guard caller.role > .open else {
            throw Refusal(
                code: "access.required", field: "authorization",
                reason: "\(row.method) \(row.pattern) is for the role \(row.access.rawValue) and "
                    + "above; show a token: Authorization: Bearer …")
        }
        throw Refusal(
            code: "access.role", field: "authorization",
            reason: "\(row.method) \(row.pattern) is for the role \(row.access.rawValue) and "
                + "above; this caller is a \(caller.role.rawValue)")
    }
}
