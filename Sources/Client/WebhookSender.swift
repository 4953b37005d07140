import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
package import Queries
package import Records

/// One delivery, ready to be sent.
package struct WebhookRequest: Hashable, Sendable {
    /// Where it goes.
    package var destination: WebhookDestination
    /// Its document, JSON.
    package var body: [UInt8]
    /// Header fields beside the content type, by name.
    package var fields: [String: String]

    /// Makes a request.
    package init(
        destination: WebhookDestination, body: [UInt8], fields: [String: String] = [:]
    ) {
        self.destination = destination
        self.body = body
        self.fields = fields
    }
}

/// Sends deliveries to receivers: the one door through which a node calls what its callers name.
///
/// A receiver is trusted with nothing. Its name is resolved once and judged by ``WebhookPolicy``;
/// the connection goes to the address that was judged, whatever the name says the next moment, and
/// is closed if it did not. One connection for one delivery, no redirects, no proxy, no cookies.
/// Of the answer only the status and `Retry-After` are read, and nobody is told more: what stands
/// on an address of a network is not for callers to learn. Everything together ends within the
/// time limit.
package final class WebhookSender: Sendable {
    /// How long a delivery may take, from resolving the name to the answer's head, in seconds.
    package static let timeLimitSeconds: Int64 = 10

    private let policy: WebhookPolicy
    private let timeLimit: Duration
    private let resolve: @Sendable (String, ContinuousClock.Instant) async -> [ResolvedAddress]

    /// A sender to where a policy allows.
    package convenience init(
        policy: WebhookPolicy, timeLimit: Duration = .seconds(WebhookSender.timeLimitSeconds)
    ) {
        let resolver = AddressResolver()
        self.init(policy: policy, timeLimit: timeLimit) {
            await resolver.addresses(of: $0, until: $1)
        }
    }

    /// A sender that has names resolved elsewhere.
    init(
        policy: WebhookPolicy, timeLimit: Duration,
        resolve: @escaping @Sendable (String, ContinuousClock.Instant) async -> [ResolvedAddress]
    ) {
        self.policy = policy
        self.timeLimit = timeLimit
        self.resolve = resolve
    }

    /// Refuses a destination that can be told to be none without asking anybody.
    ///
    /// - Throws: `subscription.destination`.
    package func check(_ destination: WebhookDestination) throws(Refusal) {
        try policy.check(destination)
        if let literal = AddressResolver.literal(destination.host) {
            try policy.check(destination, addresses: [literal.bytes])
        }
    }

    /// Sends one delivery; returns when the receiver has taken it (200 to 299).
    ///
    /// - Throws: ``DeliveryFailure``; `CancellationError` as `unavailable` if the task is
    ///   cancelled.
    package func send(_ request: WebhookRequest) async throws(DeliveryFailure) {
        let deadline = ContinuousClock.now + timeLimit
        let address = try await address(of: request.destination, until: deadline)
        let response = try await post(request, to: address, until: deadline)
        if let failure = DeliveryFailure.ofStatus(
            Int(response.status.code),
            retryAfterSeconds: response.headers.first(name: "retry-after").flatMap { Int($0) })
        {
            throw failure
        }
    }

    // MARK: Resolving

    private func address(
        of destination: WebhookDestination, until deadline: ContinuousClock.Instant
    ) async throws(DeliveryFailure) -> ResolvedAddress {
        let addresses = await resolve(destination.host, deadline)
        guard let first = addresses.first else {
            throw DeliveryFailure(.unavailable, Self.unreachable)
        }
        do throws(Refusal) {
            try policy.check(destination)
            try policy.check(destination, addresses: addresses.map(\.bytes))
        } catch {
            // Which of the two it is would tell a caller what names the node's network has.
            throw DeliveryFailure(.unavailable, Self.unreachable)
        }
        return first
    }

    private static let unreachable =
        "the host's name cannot be resolved, or is not on the public Internet; the node's operator "
        + "can name it in webhookHosts"

    // MARK: Sending

    private func post(
        _ request: WebhookRequest, to address: ResolvedAddress,
        until deadline: ContinuousClock.Instant
    ) async throws(DeliveryFailure) -> HTTPClientResponse {
        let destination = request.destination
        // The library reads the URL for itself; if it read another host, the address that was
        // judged would not be the one that is called.
        guard let read = URL(string: destination.canonicalURL)?.host,
            read == destination.host || read == "[\(destination.host)]"
        else { throw DeliveryFailure(.unavailable, "the host cannot be called") }
        let http = HTTPClient(configuration: configuration(destination, address, deadline))
        defer { http.shutdown { _ in } }
        var call = HTTPClientRequest(url: destination.canonicalURL)
        call.method = .POST
        call.headers.add(name: "content-type", value: "application/json")
        call.headers.add(name: "user-agent", value: "cairn")
        for (name, value) in request.fields { call.headers.add(name: name, value: value) }
        call.body = .bytes(ByteBuffer(bytes: request.body))
        do {
            return try await http.execute(call, deadline: .now() + Self.rest(until: deadline))
        } catch {
            throw DeliveryFailure(.unavailable, Self.text(error))
        }
    }

    private func configuration(
        _ destination: WebhookDestination, _ address: ResolvedAddress,
        _ deadline: ContinuousClock.Instant
    ) -> HTTPClient.Configuration {
        let rest = Self.rest(until: deadline)
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow,
            timeout: .init(connect: rest, read: rest))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        if AddressResolver.literal(destination.host) == nil {
            configuration.dnsOverride = [destination.host: address.text]
        }
        configuration.http1_1ConnectionDebugInitializer = { channel in
            let reached = channel.remoteAddress?.ipAddress.flatMap(AddressResolver.literal)
            guard reached?.bytes == address.bytes else {
                return channel.eventLoop.makeFailedFuture(WrongAddress())
            }
            return channel.eventLoop.makeSucceededVoidFuture()
        }
        return configuration
    }

    /// The connection went where it was not to go.
    private struct WrongAddress: Error {}

    private static func rest(until deadline: ContinuousClock.Instant) -> TimeAmount {
        let (seconds, attoseconds) = (deadline - .now).components
        return .nanoseconds(max(1, seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    }

    /// What a subscriber is told: that the connection failed or took too long, nothing of how.
    private static func text(_ error: any Error) -> String {
        guard let error = error as? HTTPClientError else { return "the connection failed" }
        switch error {
        case .deadlineExceeded, .readTimeout, .connectTimeout, .tlsHandshakeTimeout,
            .getConnectionFromPoolTimeout, .writeTimeout:
            return "no answer within \(timeLimitSeconds) s"
        default: return "the connection failed"
        }
    }
}
