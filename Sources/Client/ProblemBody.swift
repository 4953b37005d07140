import AsyncHTTPClient
import EPCIS
import Foundation
import NIOCore

/// Reads the JSON problem details that a node answers refused requests with (RFC 9457).
enum ProblemBody {
    /// The problem in a body; nil if there is none.
    static func read(_ body: [UInt8], status: Int, retryAfter: String?) -> NodeProblem? {
        guard case .object(let members)? = try? JSONValue.parse(body) else { return nil }
        var texts: [String: String] = [:]
        for member in members {
            if case .string(let text) = member.value { texts[member.name] = text }
        }
        guard let code = texts["code"], let detail = texts["detail"] else { return nil }
        return NodeProblem(
            status: status, code: code, field: texts["field"] ?? "", detail: detail,
            retryAfterSeconds: retryAfter.flatMap { Int($0) })
    }
}

/// Says in words why a connection failed.
enum ConnectionFailure {
    /// The cause without the names of the library's types.
    static func text(_ error: any Error) -> String {
        if let error = error as? IOError { return words(errno: error.errnoCode) ?? "\(error)" }
        guard let error = error as? HTTPClientError else { return words(in: "\(error)") }
        switch error {
        case .connectTimeout: return "no connection in time"
        case .readTimeout, .deadlineExceeded: return "no answer in time"
        case .remoteConnectionClosed: return "the node closed the connection"
        default: return error.shortDescription
        }
    }

    /// Errors of name look-up and TLS, and those that hold one error for each address tried, are
    /// known by their text only.
    static func words(in text: String) -> String {
        let known = [
            ("connection refused", "nobody listens there"),
            ("unknownhost", "its name cannot be found: is it spelled right?"),
            ("unknown host", "its name cannot be found: is it spelled right?"),
            (
                "certificate_verify_failed",
                "its certificate is not trusted: name the authority's with --ca-file, if you trust "
                    + "it; or it has expired"
            ),
            ("failedtovalidatehostname", "its certificate is not for this host"),
            ("wrong_version_number", "the port does not speak TLS: try http://"),
            ("http_request", "the port does not speak TLS: try http://"),
            ("uncleanshutdown", "the connection broke"),
            (
                "stream ended at an unexpected time",
                "the node went away before it had answered; run the same command again"
            ),
        ]
        let lower = text.lowercased()
        if let words = known.first(where: { lower.contains($0.0) }) { return words.1 }
        // BoringSSL's errors are `…:OPENSSL_internal:REASON at` the place in its source.
        let parts = lower.components(separatedBy: "openssl_internal:")
        guard parts.count > 1 || lower.contains("boringssl") else { return text }
        let reason = parts.dropFirst().first?.prefix { $0 != " " && $0 != "]" } ?? ""
        return "TLS did not come about" + (reason.isEmpty ? "" : ": ")
            + reason.replacing("_", with: " ")
    }

    private static func words(errno code: CInt) -> String? {
        switch code {
        case ECONNREFUSED: "nobody listens there"
        case ECONNRESET, EPIPE: "the node closed the connection"
        case EHOSTUNREACH, ENETUNREACH: "there is no way to that address"
        default: nil
        }
    }
}
