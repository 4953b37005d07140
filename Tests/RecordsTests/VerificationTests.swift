import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// Log rule 2: which statements count, at which time of registration.
@Suite struct VerificationTests {
    let demo: DemoNetwork
    let start = DemoNetwork.startMilliseconds

    init() throws { demo = try DemoNetwork() }

    private func statement(
        network: Hash256? = nil, rules: UInt64 = 1, issuer: String? = nil, key: SigningKey? = nil,
        issuedAtSeconds: UInt64 = DemoNetwork.startSeconds
    ) throws -> UnverifiedStatement {
        let part = try demo.note("a", by: demo.supplier)
        return try UnverifiedStatement.sign(
            Manifest(rows: [demo.row(part, .events, "urn:x:1", .mention)]),
            network: network ?? demo.id, rulesVersion: rules, issuer: issuer ?? demo.supplier.uri,
            issuedAtSeconds: issuedAtSeconds, key: key ?? demo.supplier.key)
    }

    private func verify(_ statement: UnverifiedStatement, at time: UInt64? = nil) throws {
        let verified = try demo.state.verify(
            statement, registeredAtMilliseconds: time ?? start, library: .both)
        #expect(verified.statement == statement)
        #expect(verified.governanceHead == demo.state.head)
    }

    @Test func `a member's statement is verified`() throws { try verify(statement()) }

    @Test func `a statement for another network or other rules is refused`() throws {
        expectRefusal("statement.network") { try verify(statement(network: .zero)) }
        expectRefusal("statement.rules-version") { try verify(statement(rules: 2)) }
    }

    @Test func `a stranger's statement or another's key is refused`() throws {
        expectRefusal("statement.issuer-unknown") {
            try verify(statement(issuer: "urn:x:stranger"))
        }
        expectRefusal("statement.key-unknown") {
            try verify(statement(key: DemoNetwork.key("stranger")))
        }
        expectRefusal("statement.key-unknown") { try verify(statement(key: demo.carrier.key)) }
        expectRefusal("statement.key-purpose") { try verify(statement(key: demo.governors[0])) }
    }

    @Test(arguments: KeyPurpose.allCases)
    func `a member's key signs statements if that is its purpose`(purpose: KeyPurpose) throws {
        let key = try DemoNetwork.key("further key")
        let change = Change.addKey(
            organisation: demo.supplier.uri,
            key: OrganisationKey(purpose: purpose, key: key.publicKey, fromMilliseconds: 0))
        let later = try demo.state.applying(demo.amendment([change], after: demo.state))
        let statement = try statement(key: key)
        guard purpose != .issuer else {
            _ = try later.verify(statement, registeredAtMilliseconds: start)
            return
        }
        expectRefusal("statement.key-purpose") {
            try later.verify(statement, registeredAtMilliseconds: start)
        }
    }

    @Test func `a broken signature is refused by both libraries`() throws {
        var bytes = try statement().bytes
        bytes[bytes.count - 40] ^= 1
        let broken = try UnverifiedStatement.decode(bytes)
        expectRefusal("statement.signature") { try verify(broken) }
        expectRefusal("statement.signature") {
            try demo.state.verify(broken, registeredAtMilliseconds: start)
        }
    }

    @Test func `a key counts from its time on`() throws {
        try verify(statement(issuedAtSeconds: 0), at: start)
        expectRefusal("statement.key-not-yet-valid") {
            try verify(statement(issuedAtSeconds: 0), at: start - 1)
        }
    }

    @Test func `issued at may lie as far ahead as the policy says`() throws {
        try verify(statement(issuedAtSeconds: DemoNetwork.startSeconds + 300))
        expectRefusal("statement.from-the-future") {
            try verify(statement(issuedAtSeconds: DemoNetwork.startSeconds + 301))
        }
        try verify(statement(issuedAtSeconds: DemoNetwork.startSeconds + 301), at: start + 1_000)
        expectRefusal("statement.from-the-future") {
            try verify(statement(issuedAtSeconds: Limits.timeMilliseconds))
        }
    }

    @Test func `what was registered before a revocation stands, from then on it falls`() throws {
        let thumbprint = demo.supplier.key.publicKey.thumbprint
        let change = Change.revokeKey(thumbprint: thumbprint, fromMilliseconds: start + 100)
        let later = try demo.state.applying(demo.amendment([change], after: demo.state))
        let statement = try statement(issuedAtSeconds: 0)
        let verified = try later.verify(statement, registeredAtMilliseconds: start + 99)
        for time in [start + 100, start + 200] {
            expectRefusal("statement.key-revoked") {
                try later.verify(statement, registeredAtMilliseconds: time)
            }
            expectRefusal("statement.key-revoked") {
                try later.confirm(verified, registeredAtMilliseconds: time)
            }
            let fall = later.fall(
                ofIssuer: demo.supplier.uri, key: thumbprint, registeredAtMilliseconds: time)
            #expect(fall == .keyRevoked)
        }
        let stands = later.fall(
            ofIssuer: demo.supplier.uri, key: thumbprint, registeredAtMilliseconds: start + 99)
        #expect(stands == nil)
    }

    @Test func `a suspended member's statements do not count until it is reinstated`() throws {
        let uri = demo.supplier.uri
        let changes = [
            Change.suspend(organisation: uri, fromMilliseconds: start + 100),
            Change.reinstate(organisation: uri, fromMilliseconds: start + 200),
        ]
        let later = try demo.state.applying(demo.amendment(changes, after: demo.state))
        let thumbprint = demo.supplier.key.publicKey.thumbprint
        for (offset, suspended) in [(99, false), (100, true), (199, true), (200, false)] {
            let time = start + UInt64(offset)
            let fall = later.fall(ofIssuer: uri, key: thumbprint, registeredAtMilliseconds: time)
            #expect((fall == .issuerSuspended) == suspended)
            let statement = try statement(issuedAtSeconds: 0)
            if suspended {
                expectRefusal("statement.issuer-suspended") {
                    try later.verify(statement, registeredAtMilliseconds: time)
                }
            } else {
                _ = try later.verify(statement, registeredAtMilliseconds: time)
            }
        }
    }

    @Test func `a P-256 issuer is verified by both libraries`() throws {
        let key = try SigningKey(p256Scalar: Hash256.sha256([9]).bytes)
        let change = Change.addKey(
            organisation: demo.carrier.uri,
            key: OrganisationKey(purpose: .issuer, key: key.publicKey, fromMilliseconds: 0))
        let later = try demo.state.applying(demo.amendment([change], after: demo.state))
        let statement = try statement(issuer: demo.carrier.uri, key: key)
        _ = try later.verify(statement, registeredAtMilliseconds: start, library: .both)
    }
}
