import Lineage
import MerkleTrees
import Records

/// One route of the interface: how it is asked and by whom (SPEC §17).
///
/// The router is made of these rows and nothing else, so no request reaches the node but through
/// a row that names the role it takes.
package struct RouteRow: Sendable {
    /// `GET`, `POST`, `DELETE` or `OPTIONS`; what takes `GET` takes `HEAD`.
    package let method: String
    /// The path: literal segments, `{name}` for one segment, and at the end `{name…}` for the
    /// rest.
    package let pattern: String
    /// The least role that may ask.
    package let access: AccessRole
    /// Whether the row's query string is left to whoever answers.
    let takesRawQuery: Bool
    let read: Reading
    private let segments: [Substring]

    typealias Reading =
        @Sendable (RouteValues, inout QueryParameters) throws(Refusal) -> Route

    init(
        _ method: String, _ pattern: String, _ access: AccessRole, takesRawQuery: Bool = false,
        read: @escaping Reading
    ) {
        self.method = method
        self.pattern = pattern
        self.access = access
        self.takesRawQuery = takesRawQuery
        self.read = read
        segments = pattern.split(separator: "/", omittingEmptySubsequences: false)
    }

    /// What a path has in the places that have names; nil if it is not of this pattern.
    func values(in path: [Substring]) -> [Substring]? {
        let hasRest = pattern.hasSuffix("…}")
        guard hasRest ? path.count >= segments.count : path.count == segments.count else {
            return nil
        }
        var values: [Substring] = []
        for (index, segment) in segments.enumerated() {
            if hasRest, index == segments.count - 1 {
                values.append(path[index...].joined(separator: "/")[...])
            } else if segment.hasPrefix("{") {
                values.append(path[index])
            } else if segment != path[index] {
                return nil
            }
        }
        return values
    }

    /// The methods that the route takes, as the `Allow` field lists them.
    var allowed: [String] { method == "GET" ? ["GET", "HEAD"] : [method] }
}

/// What the path of a request has where a row's pattern has names.
struct RouteValues {
    let path: [Substring]

    /// A subject: any URI, percent-encoded or with bare slashes.
    func subject() throws(Refusal) -> String {
        guard let text = path.last, !text.isEmpty, let subject = PercentCoding.decode(text) else {
            throw Refusal(
                code: "request.parameter", field: "subject",
                reason: "the path ends with a percent-encoded URI, such as "
                    + "/trace/https%3A%2F%2Fid.gs1.org%2F01%2F09521234543213%2F10%2FLOT1")
        }
        return subject
    }

    /// One percent-encoded segment, not empty.
    func text(_ index: Int, _ field: String) throws(Refusal) -> String {
        guard let text = PercentCoding.decode(path[index]), !text.isEmpty else {
            throw Refusal(
                code: "request.parameter", field: field,
                reason: "\(field) is percent-encoded in the path")
        }
        return text
    }

    /// A hash in lower-case hexadecimal.
    func hash(_ field: String) throws(Refusal) -> Hash256 {
        guard let text = path.last, let hash = Hash256(hex: text), hash.hex == text else {
            throw Refusal(
                code: "request.parameter", field: field,
                reason: "\(field) is 64 lower-case hexadecimal digits")
        }
        return hash
    }

    /// A decimal number.
    func number(_ index: Int, _ field: String) throws(Refusal) -> UInt64 {
        guard let number = UInt64(path[index]), String(number) == path[index] else {
            throw Refusal(
                code: "request.parameter", field: field, reason: "\(field) is a decimal number")
        }
        return number
    }
}
