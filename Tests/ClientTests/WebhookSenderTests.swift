import Queries
import Records
import Synchronization
import Testing

@testable import Client

/// Where deliveries go, whatever names say.
@Suite struct WebhookSenderTests {
    private static let loopback = ResolvedAddress(bytes: [127, 0, 0, 1], text: "127.0.0.1")

    private static func failure(
        _ url: String, hosts: String, _ addresses: @escaping @Sendable (Int) -> [ResolvedAddress]
    ) async throws -> (DeliveryFailure?, resolutions: Int) {
        let count = Mutex(0)
        let sender = WebhookSender(policy: try WebhookPolicy(hosts), timeLimit: .seconds(20)) {
            _, _ in
            addresses(
                count.withLock { count in
                    defer { count += 1 }
                    return count
                })
        }
        let request = WebhookRequest(
            destination: try WebhookDestination(url), body: Array("{}".utf8))
        do throws(DeliveryFailure) {
            try await sender.send(request)
            return (nil, count.withLock { $0 })
        } catch {
            return (error, count.withLock { $0 })
        }
    }

    @Test func `the connection goes to the address that was judged, the name is asked once`()
        async throws
    {
        // The name is nobody's: only the address given here can be reached. What listens there is
        // a node, which has nothing at that path.
        try await withListening { port in
            let (failure, count) = try await Self.failure(
                "http://nobody.invalid:\(port)/x", hosts: "nobody.invalid"
            ) { $0 == 0 ? [Self.loopback] : [] }
            #expect(failure?.reason.contains("the receiver answered") == true)
            #expect(count == 1)
        }
    }

    @Test func `a name with one address that is not public is not called`() async throws {
        let open = ResolvedAddress(bytes: [8, 8, 8, 8], text: "8.8.8.8")
        let (failure, count) = try await Self.failure(
            "https://mixed.example/", hosts: ""
        ) { _ in [open, Self.loopback] }
        #expect(failure?.kind == .unavailable && count == 1)
        #expect(failure?.reason.contains("public Internet") == true)
    }

    @Test func `names are resolved by the system, addresses read as they are`() async throws {
        let resolver = AddressResolver()
        let soon = ContinuousClock.now + .seconds(20)
        #expect(await resolver.addresses(of: "127.0.0.1", until: soon) == [Self.loopback])
        let found = await resolver.addresses(of: "localhost", until: soon)
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { !PublicAddresses.contain($0.bytes) })
        let hidden = await resolver.addresses(of: "0x7f.1", until: soon)
        #expect(hidden.allSatisfy { !PublicAddresses.contain($0.bytes) })
        #expect(await resolver.addresses(of: "nobody.invalid", until: .now) == [])
        #expect(AddressResolver.literal("::1")?.bytes == [UInt8](repeating: 0, count: 15) + [1])
        #expect(AddressResolver.literal("localhost") == nil)
        #expect(AddressResolver.literal("127.1") == nil)
    }
}
