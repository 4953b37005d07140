import DeterministicCBOR
import Signatures
import Testing

/// The COSE_Sign1 profile, each rule on both sides.
@Suite struct CoseSign1Tests {
    let payload = Array("payload".utf8)

    private func header(_ algorithm: SignatureAlgorithm) -> CBORValue {
        .map([
            CBORPair(CoseLabel.algorithm, .integer(algorithm.identifier)),
            CBORPair(CoseLabel.keyID, .bytes([1, 2])),
        ])
    }

    private func refusal(_ body: () throws(CoseError) -> Void) -> String? {
        do {
            try body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `a message survives encoding and verifies`(algorithm: SignatureAlgorithm) throws {
        let key = try testKey(algorithm)
        let message = try CoseSign1.sign(protected: header(algorithm), payload: payload, by: key)
        let decoded = try CoseSign1.decode(message.encoded())
        #expect(decoded == message)
        #expect(decoded.encoded() == message.encoded())
        #expect(decoded.algorithm == algorithm && decoded.keyID == [1, 2])
        try decoded.verify(by: key.publicKey)
        let other = try testKey(algorithm, seed: 9).publicKey
        #expect(
            refusal { () throws(CoseError) in try decoded.verify(by: other) } == "cose.signature")
    }

    @Test func `a key of the other algorithm is refused before its signature is looked at`() throws
    {
        let message = try CoseSign1.sign(
            protected: header(.ed25519), payload: payload, by: testKey(.ed25519))
        let p256 = try testKey(.esp256).publicKey
        #expect(
            refusal { () throws(CoseError) in try message.verify(by: p256) } == "cose.algorithm")
        #expect(throws: CoseError.self) {
            try CoseSign1.sign(protected: header(.esp256), payload: payload, by: testKey(.ed25519))
        }
        #expect(throws: CoseError.self) {
            try CoseSign1.sign(protected: .map([]), payload: payload, by: testKey(.ed25519))
        }
    }

    @Test func `the older algorithm numbers verify`() throws {
        for (algorithm, number) in [(SignatureAlgorithm.ed25519, -8), (.esp256, -7)] {
            let old = CBORValue.map([CBORPair(CoseLabel.algorithm, .integer(Int64(number)))])
            let key = try testKey(algorithm)
            let message = try CoseSign1.sign(protected: old, payload: payload, by: key)
            try CoseSign1.decode(message.encoded()).verify(by: key.publicKey)
        }
    }

    @Test func `a detached payload is given once, and no other one fits`() throws {
        let key = try testKey(.ed25519)
        let message = try CoseSign1.sign(
            protected: header(.ed25519), payload: payload, detached: true, by: key)
        #expect(message.payload == nil)
        let decoded = try CoseSign1.decode(message.encoded())
        let publicKey = key.publicKey
        try decoded.verify(by: publicKey, detachedPayload: payload)
        #expect(
            refusal { () throws(CoseError) in try decoded.verify(by: publicKey) }
                == "cose.payload")
        #expect(
            refusal { () throws(CoseError) in
                try decoded.verify(by: publicKey, detachedPayload: [])
            } == "cose.signature")
        let attached = try CoseSign1.sign(
            protected: header(.ed25519), payload: payload, by: key)
        #expect(
            refusal { () throws(CoseError) in
                try attached.verify(by: publicKey, detachedPayload: [1])
            } == "cose.payload")
    }

    @Test func `external data are signed`() throws {
        let key = try testKey(.ed25519)
        let message = try CoseSign1.sign(
            protected: header(.ed25519), payload: payload, externalAAD: [1], by: key)
        let publicKey = key.publicKey
        try message.verify(by: publicKey, externalAAD: [1])
        #expect(
            refusal { () throws(CoseError) in try message.verify(by: publicKey) }
                == "cose.signature")
    }

    @Test func `the Sig_structure is the documented array`() throws {
        let message = try CoseSign1.sign(
            protected: header(.ed25519), payload: payload, by: testKey(.ed25519))
        let expected = CBORValue.array([
            .text("Signature1"), .bytes(header(.ed25519).encoded()), .bytes([]), .bytes(payload),
        ])
        #expect(message.signatureStructure() == expected.encoded())
    }

    @Test func `critical labels are refused`() throws {
        let key = try testKey(.ed25519)
        let critical = CBORValue.map([
            CBORPair(1, .integer(-19)), CBORPair(2, .array([.integer(99)])),
            CBORPair(99, .bool(true)),
        ])
        #expect(throws: CoseError.self) {
            try CoseSign1.sign(protected: critical, payload: payload, by: key)
        }
    }

    /// The four elements of a valid message, to be put together wrongly.
    private func elements() throws -> [CBORValue] {
        let message = try CoseSign1.sign(
            protected: header(.ed25519), payload: payload, by: testKey(.ed25519))
        return [
            .bytes(message.protectedBytes), .map([]), .bytes(payload), .bytes(message.signature),
        ]
    }

    private func code(
        _ value: CBORValue, untagged: Bool = false, unprotected: Bool = false
    ) -> String? {
        refusal { () throws(CoseError) in
            _ = try CoseSign1.decode(
                value.encoded(), allowUntagged: untagged, allowUnprotected: unprotected)
        }
    }

    @Test func `each element must be what it is for`() throws {
        let good = try elements()
        #expect(code(.tagged(18, .array(good))) == nil)
        #expect(code(.array(good)) == "cose.tag")
        #expect(code(.array(good), untagged: true) == nil)
        #expect(code(.tagged(98, .array(good)), untagged: true) == "cose.tag")
        #expect(code(.tagged(18, .map([]))) == "cose.structure")
        #expect(code(.tagged(18, .array(Array(good.dropLast())))) == "cose.structure")
        #expect(code(.tagged(18, .array(good + [.null]))) == "cose.structure")
        for index in 0..<4 {
            var wrong = good
            wrong[index] = .text("no")
            let expected = index == 1 ? "cose.unprotected" : "cose.structure"
            #expect(code(.tagged(18, .array(wrong))) == expected, "element \(index)")
        }
    }

    @Test func `headers are maps with each label once, integer or text`() throws {
        let good = try elements()
        func with(_ protected: CBORValue, _ unprotected: CBORValue) -> CBORValue {
            .tagged(18, .array([.bytes(protected.encoded()), unprotected] + good[2...]))
        }
        let one = CBORValue.map([CBORPair(1, .integer(-19))])
        #expect(code(with(one, .map([]))) == nil)
        #expect(code(with(.array([]), .map([]))) == "cose.protected")
        #expect(code(with(one, .map([CBORPair(5, .null)]))) == "cose.unprotected")
        #expect(code(with(one, .map([CBORPair(5, .null)])), unprotected: true) == nil)
        #expect(code(with(one, one), unprotected: true) == "cose.duplicate-label")
        let odd = CBORValue.map([CBORPair(key: .bytes([1]), value: .null)])
        #expect(code(with(odd, .map([]))) == "cose.structure")
        #expect(code(with(.map([CBORPair("text", .null)]), .map([]))) == nil)
    }

    @Test func `no protected header is the same written as no bytes or as an empty map`() throws {
        let good = try elements()
        for bytes in [[], [0xa0]] as [[UInt8]] {
            let value = CBORValue.tagged(18, .array([.bytes(bytes)] + good[1...]))
            let message = try CoseSign1.decode(value.encoded())
            #expect(message.protectedBytes == bytes && message.protected == .map([]))
            #expect(message.encoded() == value.encoded())
            #expect(try CBORValue.decode(message.signatureStructure()).asArray?[1] == .bytes([]))
        }
    }

    @Test func `label order is deterministic unless the door is opened, and never twice the same`()
        throws
    {
        let good = try elements()
        func read(_ map: [UInt8], lax: Bool) -> String? {
            let value = CBORValue.tagged(18, .array([.bytes(map)] + good[1...]))
            return refusal { () throws(CoseError) in
                _ = try CoseSign1.decode(value.encoded(), allowUnsortedProtected: lax)
            }
        }
        let unsorted: [UInt8] = [0xa2, 0x04, 0x41, 0x00, 0x01, 0x32]
        #expect(read(unsorted, lax: false)?.hasPrefix("cbor.") == true)
        #expect(read(unsorted, lax: true) == nil)
        #expect(read([0xa2, 0x01, 0x32, 0x01, 0x32], lax: true) == "cose.duplicate-label")
        #expect(read([0xa1, 0x01, 0x32, 0x00], lax: true) == "cose.structure")
        #expect(read([0xb8, 0x01, 0x01, 0x32], lax: true) == "cose.structure")
        #expect(read([0xa2, 0x01, 0x32], lax: true)?.hasPrefix("cbor.") == true)
        #expect(read([0x80], lax: true) == "cose.structure")
    }

    @Test func `every prefix and every changed byte of a message is refused or does not verify`()
        throws
    {
        let key = try testKey(.ed25519)
        let bytes = try CoseSign1.sign(
            protected: header(.ed25519), payload: payload, by: key
        ).encoded()
        for count in bytes.indices {
            #expect(throws: CoseError.self) { try CoseSign1.decode(Array(bytes.prefix(count))) }
        }
        for index in bytes.indices {
            var damaged = bytes
            damaged[index] ^= 1
            #expect(throws: CoseError.self, "byte \(index)") {
                try CoseSign1.decode(damaged).verify(by: key.publicKey)
            }
        }
    }
}
