import Crypto
import DeterministicCBOR
import MerkleTrees
import Signatures
import Testing

/// COSE_Keys, generation, and what keys give away.
@Suite struct KeyTests {
    @Test(arguments: SignatureAlgorithm.allCases)
    func `a COSE_Key is deterministic CBOR and read back as the same key`(
        algorithm: SignatureAlgorithm
    ) throws {
        let key = try testKey(algorithm).publicKey
        let value = try CBORValue.decode(key.coseKey)
        #expect(value.encoded() == key.coseKey)
        #expect(value[1]?.asInt64 == (algorithm == .ed25519 ? 1 : 2))
        #expect(value[-1]?.asInt64 == (algorithm == .ed25519 ? 6 : 1))
        #expect(value[-2]?.asBytes?.count == 32)
        #expect(value[-3]?.asBytes?.count == (algorithm == .ed25519 ? nil : 32))
        #expect(value.asPairs?.count == (algorithm == .ed25519 ? 3 : 4))
        let again = try VerificationKey(coseKey: key.coseKey)
        #expect(again == key)
        #expect(again.thumbprint == Hash256.sha256(key.coseKey))
        #expect(again.algorithm == algorithm)
    }

    @Test func `other keys are refused with a sentence that says what they are`() throws {
        let ed = try testKey(.ed25519).publicKey.coseKey
        let x = CBORValue.bytes(Array(ed[8...]))
        func key(_ pairs: (Int64, CBORValue)...) -> [UInt8] {
            CBORValue.map(pairs.map { CBORPair($0.0, $0.1) }).encoded()
        }
        let okp = (Int64(1), CBORValue.integer(1))
        let cases: [([UInt8], String)] = [
            (ed + [0], "trailing"), ([], "not a COSE_Key"), ([0x80], "not a CBOR map"),
            (key(okp, (-1, .integer(6)), (-2, x), (2, .bytes([1]))), "label 2"),
            (key(okp, (-1, .integer(6)), (-2, x), (-4, x)), "private key"),
            (key(okp, (-1, .integer(4)), (-2, x)), "X25519"),
            (key(okp, (-1, .integer(7)), (-2, x)), "Ed448"),
            (key((1, .integer(2)), (-1, .integer(2)), (-2, x), (-3, x)), "P-384"),
            (key((1, .integer(3)), (-1, x), (-2, x)), "RSA"),
            (key((1, .integer(4)), (-1, x)), "symmetric"),
            (key((-1, .integer(6)), (-2, x)), "no key type"),
            (key(okp, (-1, .integer(6))), "coordinates"),
            (key(okp, (-1, .integer(6)), (-2, .bytes([1]))), "coordinates"),
        ]
        for (bytes, word) in cases {
            let refusal = keyError { () throws(KeyError) in _ = try VerificationKey(coseKey: bytes)
            }
            #expect(refusal?.code == "key.cose")
            if word != "trailing" {
                #expect(refusal?.reason.contains(word) == true, "\(String(describing: refusal))")
            }
        }
    }

    @Test func `coordinates that are no point of P-256 are refused`() throws {
        let key = try testKey(.esp256).publicKey.coseKey
        var off = key
        off[74] ^= 1
        #expect(
            keyRefusal { () throws(KeyError) in _ = try VerificationKey(coseKey: off) }
                == "key.point")
        let zero = [UInt8](repeating: 0, count: 32)
        #expect(
            keyRefusal { () throws(KeyError) in _ = try VerificationKey(p256X: zero, y: zero) }
                == "key.point")
        // p as a coordinate would be another spelling of 0.
        let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff")
        #expect(
            keyRefusal { () throws(KeyError) in _ = try VerificationKey(p256X: prime, y: zero) }
                == "key.point")
    }

    @Test func `lengths and ranges of secrets are checked`() {
        let zero = [UInt8](repeating: 0, count: 32)
        let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        #expect(
            keyRefusal { () throws(KeyError) in _ = try SigningKey(ed25519Seed: [1]) }
                == "key.length")
        #expect(
            keyRefusal { () throws(KeyError) in _ = try SigningKey(p256Scalar: zero + [1]) }
                == "key.length")
        for scalar in [zero, order] {
            #expect(
                keyRefusal { () throws(KeyError) in _ = try SigningKey(p256Scalar: scalar) }
                    == "key.range")
        }
        let last = Array(order.dropLast()) + [0x50]
        #expect(keyRefusal { () throws(KeyError) in _ = try SigningKey(p256Scalar: last) } == nil)
    }

    @Test func `generation follows its source and rejects scalars that are too large`() throws {
        var words = CycledWords(words: [1, 2, 3, 4])
        let ed = SigningKey.generate(.ed25519, randomness: &words)
        let seed = hex("0000000000000001000000000000000200000000000000030000000000000004")
        #expect(ed.publicKey == (try SigningKey(ed25519Seed: seed)).publicKey)

        let tooLarge = [UInt64](repeating: .max, count: 4)
        var rejecting = CycledWords(words: tooLarge + [1, 2, 3, 4])
        let p256 = SigningKey.generate(.esp256, randomness: &rejecting)
        #expect(p256.publicKey == (try SigningKey(p256Scalar: seed)).publicKey)
    }

    @Test func `the salt secret is the documented HMAC`() throws {
        let key = try testKey(.ed25519)
        let expected = HMAC<SHA256>.authenticationCode(
            for: Array("cairn/salt-secret/v1\0".utf8),
            using: SymmetricKey(data: [UInt8](repeating: 7, count: 32)))
        #expect(key.saltSecret == [UInt8](expected))
        #expect(key.saltSecret != (try testKey(.ed25519, seed: 8)).saltSecret)
    }

    @Test func `a private key prints and mirrors only its public half`() throws {
        let key = try testKey(.ed25519, seed: 0xab)
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] {
            #expect(text.contains(key.publicKey.thumbprint.hex))
            #expect(!text.contains("abababab") && !text.contains("171, 171"))
        }
    }

    @Test func `old and new algorithm numbers are read, the new ones are written`() {
        #expect(SignatureAlgorithm(identifier: -19) == .ed25519)
        #expect(SignatureAlgorithm(identifier: -8) == .ed25519)
        #expect(SignatureAlgorithm(identifier: -9) == .esp256)
        #expect(SignatureAlgorithm(identifier: -7) == .esp256)
        for other in [-35, -36, -48, -6, 0, 7, 9] as [Int64] {
            #expect(SignatureAlgorithm(identifier: other) == nil)
        }
        #expect(SignatureAlgorithm.allCases.map(\.identifier) == [-19, -9])
    }
}
