import MerkleTrees
import Records
import Signatures
import Support
import Testing

struct ReaderTokenTests {
    private let network: DemoNetwork
    private let state: GovernanceState
    private let key: SigningKey
    private static let now = DemoNetwork.startMilliseconds + 60_000
    private static let binding = ReaderToken.Binding(
        audience: DemoNetwork.origin, method: "GET", path: "/evidence/urn:x:y")

    init() throws {
        key = try DemoNetwork.key("supplier reader")
        let reader = OrganisationKey(
            purpose: .reader, key: key.publicKey,
            fromMilliseconds: DemoNetwork.startMilliseconds)
        network = try DemoNetwork { $0.adding(reader, at: 0) }
        state = network.state
    }

    private func token(
        _ binding: ReaderToken.Binding = binding, key: SigningKey? = nil,
        at milliseconds: UInt64 = now, seconds: UInt64 = 120
    ) throws -> [UInt8] {
        try ReaderToken.sign(
            binding, organisation: network.supplier.uri, key: key ?? self.key,
            issuedAtSeconds: milliseconds / 1_000, lifetimeSeconds: seconds)
    }

    private func code(
        _ token: [UInt8], _ binding: ReaderToken.Binding = binding,
        _ state: GovernanceState? = nil, at now: UInt64 = now
    ) -> String? {
        do {
            _ = try ReaderToken(token).verified(
                for: binding, under: state ?? self.state, nowMilliseconds: now)
            return nil
        } catch {
            return error.code
        }
    }

    @Test func `a member's token counts for its request`() throws {
        let read = try ReaderToken(try token())
        #expect(
            try read.verified(for: Self.binding, under: state, nowMilliseconds: Self.now)
                == network.supplier.uri)
    }

    @Test func `it counts for no other node, method or path`() throws {
        let token = try token()
        var other = Self.binding
        other.audience = "other.example/log"
        #expect(code(token, other) == "access.token")
        other = Self.binding
        other.method = "HEAD"
        #expect(code(token, other) == "access.token")
        other = Self.binding
        other.path += "z"
        #expect(code(token, other) == "access.token")
    }

    @Test func `it counts within its time and the clocks' difference, on both sides`() throws {
        let token = try token()
        let skew = ReaderToken.skewSeconds * 1_000
        #expect(code(token, at: Self.now - skew) == nil)
        #expect(code(token, at: Self.now - skew - 1_000) == "access.expired")
        #expect(code(token, at: Self.now + 120_000 + skew - 1) == nil)
        #expect(code(token, at: Self.now + 120_000 + skew) == "access.expired")
    }

    @Test func `it counts for at most five minutes`() throws {
        #expect(code(try token(seconds: 300)) == nil)
        #expect(code(try token(seconds: 301)) == "access.token")
    }

    @Test func `only a reader key of the organisation signs it`() throws {
        #expect(code(try token(key: network.supplier.key)) == "access.organisation")
        #expect(code(try token(key: DemoNetwork.key("stranger"))) == "access.organisation")
        #expect(code(try token(key: network.logKey)) == "access.organisation")
    }

    @Test func `a revoked key and a suspended organisation are refused`() throws {
        let token = try token()
        let revoked = try amended([
            .revokeKey(thumbprint: key.publicKey.thumbprint, fromMilliseconds: Self.now)
        ])
        #expect(code(token, Self.binding, revoked) == "access.organisation")
        #expect(code(token, Self.binding, revoked, at: Self.now - 1) == nil)
        let suspended = try amended([
            .suspend(organisation: network.supplier.uri, fromMilliseconds: Self.now)
        ])
        #expect(code(token, Self.binding, suspended) == "access.organisation")
    }

    private func amended(_ changes: [Change]) throws -> GovernanceState {
        try state.applying(network.amendment(changes, after: state))
    }

    @Test func `no byte of it can be changed`() throws {
        let token = try token()
        for index in token.indices {
            var changed = token
            changed[index] ^= 1
            #expect(code(changed) != nil, "byte \(index)")
        }
    }

    @Test(arguments: [0, 1, 17, 4_000]) func `what is no token is refused`(count: Int) {
        #expect(throws: Refusal.self) { try ReaderToken([UInt8](repeating: 0xA0, count: count)) }
    }
}
