import AsyncHTTPClient
import DeterministicCBOR
package import Lineage
package import MerkleTrees
import NIOCore
import NIOHTTP1
import NIOSSL
import Records
package import Verdicts

/// What a node answered to a single submission.
package struct SubmittedEntry: Hashable, Sendable {
    /// The statement's id.
    package var id: Hash256
    /// False if the node held the statement before.
    package var isNew: Bool
    /// The receipt, a C2SP tlog-proof.
    package var receipt: [UInt8]
}

/// Calls one node over HTTP (SPEC §17).
///
/// Trusts nothing it hears: answers are bounded, and what they prove is for the caller to check.
package final class NodeClient: Sendable {
    private let http: HTTPClient
    private let address: String
    private let credential: NodeCredential?
    private let limits: ClientLimits

    /// A client of the node at a URL such as `http://127.0.0.1:8080`.
    ///
    /// A server must show a certificate for its host from an authority that is believed.
    ///
    /// - Throws: `address` for anything but an http or https URL without path; where a credential
    ///   would be sent over plain HTTP to another machine; if the authorities cannot be read.
    package init(
        url: String, identity: ClientIdentity = ClientIdentity(),
        limits: ClientLimits = ClientLimits()
    ) throws(ClientError) {
        let read = try NodeAddress(url)
        guard identity.credential == nil || read.isPrivate else {
            throw .address(
                reason: "a token is not sent over plain HTTP to another machine; use https://")
        }
        address = read.url
        credential = identity.credential
        self.limits = limits
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(
            connect: .seconds(limits.connectSeconds), read: .seconds(limits.silenceSeconds))
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        configuration.tlsConfiguration = try Self.tls(authorityFile: identity.authorityFile)
        http = HTTPClient(configuration: configuration)
    }

    private static func tls(
        authorityFile: String?
    ) throws(ClientError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        guard let authorityFile else { return configuration }
        guard let authorities = try? NIOSSLCertificate.fromPEMFile(authorityFile),
            !authorities.isEmpty
        else { throw .address(reason: "\(authorityFile) holds no PEM certificate") }
        configuration.trustRoots = .certificates(authorities)
        return configuration
    }

    deinit {
        // Idle connections end behind the back of whoever lets the client go.
        http.shutdown { _ in }
    }

    // MARK: Submitting

    /// Submits one statement; returns when it is durable and sealed.
    package func submit(_ submission: [UInt8]) async throws(ClientError) -> SubmittedEntry {
        var request = try request("/entries", accept: "text/plain", method: .POST)
        request.headers.add(name: "content-type", value: Self.submissionType)
        request.body = .bytes(ByteBuffer(bytes: submission))
        let response = try await execute(request, seconds: limits.callSeconds)
        let receipt = try await Self.collect(response, limit: limits.answerBytes)
        guard let location = response.headers.first(name: "location"),
            let id = Hash256(hex: location.suffix(64))
        else { throw .malformed(reason: "the node's answer does not name the entry") }
        return SubmittedEntry(id: id, isNew: response.status == .created, receipt: receipt)
    }

    /// Submits statements in one call; each is decided on its own.
    ///
    /// - Parameters:
    ///   - submissions: the encoded submissions.
    ///   - progress: called with the number of answers so far.
    ///   - onReply: called for each answer, in order.
    /// - Returns: the answers, in order; fewer than asked if the connection broke on the way.
    ///   What has no answer may be registered or not: sending it again does no harm.
    /// - Throws: if there was no answer at all.
    package func submit(
        stream submissions: [[UInt8]], progress: (Int) -> Void = { _ in },
        onReply: (SubmissionReply) -> Void = { _ in }
    ) async throws(ClientError) -> [SubmissionReply] {
        var replies: [SubmissionReply] = []
        do {
            try await submit(sequence: SubmissionSequence(items: submissions)) { reply in
                replies.append(reply)
                onReply(reply)
                progress(replies.count)
            }
        } catch {
            guard case .unreachable = error, !replies.isEmpty else { throw error }
        }
        return replies
    }

    /// Submits a sequence of statements as it comes about; each is decided on its own.
    ///
    /// - Parameters:
    ///   - submissions: the statements, asked for as the node takes them.
    ///   - onReply: called for each answer, in order.
    /// - Throws: when the call as a whole fails; statements answered by then are registered.
    package func submit<Source: AsyncSequence & Sendable>(
        sequence submissions: Source, onReply: (SubmissionReply) async -> Void
    ) async throws(ClientError) where Source.Element == [UInt8] {
        var request = try request("/entries", accept: "application/cbor-seq", method: .POST)
        request.headers.add(name: "content-type", value: Self.submissionType + "-seq")
        request.body = .stream(submissions.map { ByteBuffer(bytes: $0) }, length: .unknown)
        let response = try await execute(request, seconds: limits.streamSeconds)
        var reader = ResultReader(limit: limits.resultBytes)
        do {
            for try await chunk in response.body {
                reader.append(chunk.readableBytesView)
                while let result = try reader.next() { await onReply(result) }
            }
        } catch let error as ClientError {
            throw error
        } catch {
            throw Self.unreachable(error, address)
        }
        guard reader.isAtEnd else { throw .unreachable(reason: "the node's answer breaks off") }
    }

    // MARK: Reading

    /// The receipt of a registered statement.
    package func receipt(of id: Hash256) async throws(ClientError) -> [UInt8] {
        try await get("/entries/\(id.hex)", accept: "text/plain")
    }

    /// The newest checkpoint.
    package func checkpoint() async throws(ClientError) -> [UInt8] {
        try await get("/log/checkpoint", accept: "text/plain")
    }

    /// Evidence about a subject in any spelling; with `onlyFor`, of parts only those that this member
    /// may see too.
    package func evidence(
        about subject: String, scope: EvidenceScope, onlyFor other: String? = nil
    ) async throws(ClientError) -> [UInt8] {
        let reach = scope == .upstream ? "upstream" : "subject"
        let showing = other.map { "&for=" + Self.segment($0) } ?? ""
        return try await get(
            "/evidence/\(Self.segment(subject))?scope=\(reach)\(showing)",
            accept: "application/vnd.cairn.evidence+cbor", limit: limits.evidenceBytes)
    }

    /// The lineage of a subject in any spelling, as `application/json`, `text/plain` (a table) or
    /// `text/vnd.graphviz`.
    package func trace(
        _ subject: String, direction: TraceDirection, limit: Int?, depth: Int? = nil,
        from: String? = nil, until: String? = nil, accept: String
    ) async throws(ClientError) -> [UInt8] {
        var query = "direction=\(direction.rawValue)"
        if let limit { query += "&limit=\(limit)" }
        if let depth { query += "&depth=\(depth)" }
        if let from { query += "&from=\(Self.segment(from))" }
        if let until { query += "&until=\(Self.segment(until))" }
        return try await get("/trace/\(Self.segment(subject))?\(query)", accept: accept)
    }

    /// Any path of the interface, for answers that have no call of their own.
    package func get(
        _ path: String, accept: String, limit: Int? = nil
    ) async throws(ClientError) -> [UInt8] {
        let request = try request(path, accept: accept)
        let response = try await execute(request, seconds: limits.callSeconds)
        return try await Self.collect(response, limit: limit ?? limits.answerBytes)
    }

    // MARK: Calls

    private static let submissionType = "application/vnd.cairn.submission+cbor"

    private func request(
        _ path: String, accept: String, method: HTTPMethod = .GET
    ) throws(ClientError) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: address + path)
        request.method = method
        request.headers.add(name: "accept", value: accept)
        if let credential {
            let field = try credential.field(method: method.rawValue, path: path)
            request.headers.add(name: "authorization", value: field)
        }
        return request
    }

    private func execute(
        _ request: HTTPClientRequest, seconds: Int64
    ) async throws(ClientError) -> HTTPClientResponse {
        let response: HTTPClientResponse
        do {
            response = try await http.execute(request, timeout: .seconds(seconds))
        } catch {
            throw Self.unreachable(error, address)
        }
        guard (200..<300).contains(response.status.code) else {
            throw await Self.problem(response)
        }
        return response
    }

    private static func collect(
        _ response: HTTPClientResponse, limit: Int
    ) async throws(ClientError) -> [UInt8] {
        do {
            return [UInt8](try await response.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw .malformed(reason: "the node's answer is longer than \(limit) bytes")
        } catch {
            throw .unreachable(
                reason: "the connection to the node broke: \(ConnectionFailure.text(error))")
        }
    }

    private static func unreachable(_ error: any Error, _ address: String) -> ClientError {
        .unreachable(reason: "cannot reach \(address): \(ConnectionFailure.text(error))")
    }

    private static func problem(_ response: HTTPClientResponse) async -> ClientError {
        let status = Int(response.status.code)
        let body = (try? await collect(response, limit: 64 << 10)) ?? []
        let retryAfter = response.headers.first(name: "retry-after")
        guard let problem = ProblemBody.read(body, status: status, retryAfter: retryAfter) else {
            return .malformed(
                reason: "HTTP \(status) without problem details: is this a Cairn node?")
        }
        return .problem(problem)
    }

    /// A text as one path segment or query value (RFC 3986: unreserved characters only).
    static func segment(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }
}
