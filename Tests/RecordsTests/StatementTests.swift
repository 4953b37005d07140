import DeterministicCBOR
import MerkleTrees
import Records
import Signatures
import Support
import Testing

@Suite struct StatementTests {
    let demo: DemoNetwork
    let manifest: Manifest

    init() throws {
        demo = try DemoNetwork()
        let part = try demo.note("a", by: demo.supplier)
        manifest = try Manifest(rows: [
            demo.row(part, .events, "urn:x:1", .mention),
            demo.row(part, .events, "urn:x:2", .mention),
        ])
    }

    /// The members of a statement that can be wrong, with right ones as defaults.
    private func header() -> [CBORPair] {
        [
            CBORPair(1, .integer(-19)),
            CBORPair(3, .text("application/vnd.cairn.statement+cbor")),
            CBORPair(4, .bytes(demo.supplier.key.publicKey.thumbprint.bytes)),
            CBORPair(15, .map(claims())),
        ]
    }

    private func claims() -> [CBORPair] {
        [
            CBORPair(1, .text(demo.supplier.uri)),
            CBORPair(2, .text("urn:cairn:network:\(demo.id.hex)")),
            CBORPair(6, .unsigned(DemoNetwork.startSeconds)),
        ]
    }

    private func payload() -> [CBORValue] {
        [
            .bytes(demo.id.bytes), .unsigned(1), .unsigned(1), .unsigned(2),
            .bytes(manifest.root.bytes),
        ]
    }

    private func sign(_ header: [CBORPair], _ payload: [CBORValue], detached: Bool = false) throws
        -> [UInt8]
    {
        try CoseSign1.sign(
            protected: .map(header), payload: CBORValue.array(payload).encoded(),
            detached: detached, by: demo.supplier.key
        ).encoded()
    }

    @Test func `a statement says what was signed`() throws {
        let statement = try UnverifiedStatement.decode(sign(header(), payload()))
        #expect(statement.issuer == demo.supplier.uri)
        #expect(statement.network == demo.id)
        #expect(statement.issuedAtSeconds == DemoNetwork.startSeconds)
        #expect(statement.keyThumbprint == demo.supplier.key.publicKey.thumbprint)
        #expect((statement.partCount, statement.rowCount) == (1, 2))
        let prefix = Array("cairn/statement/v1".utf8) + [0]
        #expect(statement.id == Hash256.sha256(prefix, statement.cose.signatureStructure()))
        try statement.check(manifest: manifest)
        let made = try UnverifiedStatement.sign(
            manifest, network: demo.id, issuer: demo.supplier.uri,
            issuedAtSeconds: DemoNetwork.startSeconds, key: demo.supplier.key)
        #expect(made.id == statement.id)
    }

    @Test func `the id does not depend on the signature`() throws {
        let statement = try UnverifiedStatement.decode(sign(header(), payload()))
        var bytes = statement.bytes
        bytes[bytes.count - 1] ^= 1
        let other = try UnverifiedStatement.decode(bytes)
        #expect(other.id == statement.id)
        #expect(other != statement)
    }

    @Test func `a header with a member wrong, lacking or added is refused`() throws {
        for number in [1, 2, 3] {
            var lacking = header()
            lacking.remove(at: number)
            expectRefusal("statement.header") {
                try UnverifiedStatement.decode(sign(lacking, payload()))
            }
            var wrong = header()
            wrong[number].value = .text("wrong")
            expectRefusal("statement.header") {
                try UnverifiedStatement.decode(sign(wrong, payload()))
            }
        }
        expectRefusal("statement.header") {
            try UnverifiedStatement.decode(sign(header() + [CBORPair(99, .null)], payload()))
        }
    }

    /// Signs without the checks of `CoseSign1.sign`, which knows no wrong algorithm.
    private func forge(algorithm: Int64?) throws -> UnverifiedStatement {
        var members = header()
        if let algorithm { members[0].value = .integer(algorithm) } else { members.removeFirst() }
        let protected = CBORValue.map(members).encoded()
        let payload = CBORValue.array(payload()).encoded()
        let signed = CBORValue.array([
            .text("Signature1"), .bytes(protected), .bytes([]), .bytes(payload),
        ])
        let signature = try demo.supplier.key.sign(signed.encoded())
        let message = CBORValue.tagged(
            18, .array([.bytes(protected), .map([]), .bytes(payload), .bytes(signature)]))
        return try UnverifiedStatement.decode(message.encoded())
    }

    @Test func `the algorithm is one of ours and the key's`() throws {
        func verify(_ statement: UnverifiedStatement) throws -> VerifiedStatement {
            try demo.state.verify(
                statement, registeredAtMilliseconds: DemoNetwork.startMilliseconds)
        }
        for algorithm: Int64 in [-19, -8] { _ = try verify(forge(algorithm: algorithm)) }
        for algorithm: Int64 in [-9, -7] {
            expectRefusal("statement.signature") { try verify(forge(algorithm: algorithm)) }
        }
        expectRefusal("statement.header") { try forge(algorithm: -257) }
        expectRefusal("statement.header") { try forge(algorithm: nil) }
    }

    @Test func `claims are issuer, network and time, no more and no less`() throws {
        func refuse(_ claims: [CBORPair]) {
            var members = header()
            members[3].value = .map(claims)
            expectRefusal("statement.header") {
                try UnverifiedStatement.decode(sign(members, payload()))
            }
        }
        for number in 0..<3 {
            var lacking = claims()
            lacking.remove(at: number)
            refuse(lacking)
            var wrong = claims()
            wrong[number].value = .null
            refuse(wrong)
        }
        refuse(claims() + [CBORPair(7, .null)])
        var foreign = claims()
        foreign[1].value = .text("urn:cairn:network:\(Hash256.zero.hex)")
        refuse(foreign)
        var spaced = claims()
        spaced[0].value = .text("urn:x:a b")
        refuse(spaced)
        // U+212A, the Kelvin sign, is canonically equivalent to K and must not pass for it.
        spaced[0].value = .text("urn:x:\u{212A}")
        refuse(spaced)
    }

    @Test func `a payload of another shape is refused`() throws {
        for number in 0..<5 {
            var wrong = payload()
            wrong[number] = .text("wrong")
            expectRefusal("statement.payload") {
                try UnverifiedStatement.decode(sign(header(), wrong))
            }
            var short = payload()
            short.remove(at: number)
            expectRefusal("statement.payload") {
                try UnverifiedStatement.decode(sign(header(), short))
            }
        }
        expectRefusal("statement.payload") {
            try UnverifiedStatement.decode(sign(header(), payload(), detached: true))
        }
        for counts: (UInt64, UInt64) in [(0, 2), (3, 2), (1, 32_769), (4_097, 32_768)] {
            var wrong = payload()
            wrong[2] = .unsigned(counts.0)
            wrong[3] = .unsigned(counts.1)
            expectRefusal("statement.payload") {
                try UnverifiedStatement.decode(sign(header(), wrong))
            }
        }
    }

    @Test func `the container must be a tagged COSE_Sign1 with nothing unprotected`() throws {
        let bytes = try sign(header(), payload())
        expectRefusal("cose.tag") { try UnverifiedStatement.decode(Array(bytes.dropFirst())) }
        expectRefusal("cbor.trailing-bytes") { try UnverifiedStatement.decode(bytes + [0]) }
        let open = try CoseSign1.sign(
            protected: .map(header()), unprotected: .map([CBORPair(99, .null)]),
            payload: CBORValue.array(payload()).encoded(), by: demo.supplier.key)
        expectRefusal("statement.header") { try UnverifiedStatement.decode(open.encoded()) }
        expectRefusal("cose.too-large") {
            try UnverifiedStatement.decode([UInt8](repeating: 0, count: Limits.statementBytes + 1))
        }
    }

    @Test func `a manifest that was not signed is refused`() throws {
        let statement = try UnverifiedStatement.decode(sign(header(), payload()))
        let part = try demo.note("b", by: demo.supplier)
        let other = try Manifest(rows: [
            demo.row(part, .events, "urn:x:1", .mention),
            demo.row(part, .events, "urn:x:2", .mention),
        ])
        expectRefusal("manifest.root") { try statement.check(manifest: other) }
        let shorter = try Manifest(rows: manifest.rows.dropLast())
        expectRefusal("manifest.count") { try statement.check(manifest: shorter) }
    }
}
