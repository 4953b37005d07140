import Crypto
import Signatures
import Support
import Testing

/// What the rule of acceptance adds to the libraries, case by case.
@Suite struct AcceptanceRuleTests {
    let message = Array("a message".utf8)

    /// Both libraries' answers through our API; they must not differ.
    private func accepts(_ key: VerificationKey, _ signature: [UInt8], _ message: [UInt8]) -> Bool {
        let first = key.isValidSignature(signature, for: message)
        #expect(first == key.isValidSignatureByOpenSSL(signature, for: message))
        return first
    }

    @Test func `the first test vector of RFC 8032 verifies, over no bytes at all`() throws {
        let key = try SigningKey(
            ed25519Seed: hex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
        #expect(
            key.publicKey.rawEd25519
                == hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
        let signature = hex(
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
                + "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b")
        #expect(try key.sign([]) == signature)
        #expect(accepts(key.publicKey, signature, []))
        #expect(!accepts(key.publicKey, signature, [0]))
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `what is signed verifies; every changed bit and length does not`(
        algorithm: SignatureAlgorithm
    ) throws {
        let key = try testKey(algorithm)
        let signature = try key.sign(message)
        #expect(signature.count == 64)
        #expect(accepts(key.publicKey, signature, message))
        for bit in 0..<512 {
            var damaged = signature
            damaged[bit / 8] ^= 1 << (bit % 8)
            #expect(!accepts(key.publicKey, damaged, message), "bit \(bit)")
        }
        for other in [[], Array(signature.dropLast()), signature + [0]] {
            #expect(!accepts(key.publicKey, other, message), "\(other.count) bytes")
        }
        #expect(!accepts(key.publicKey, signature, message + [0]))
        #expect(!accepts(try testKey(algorithm, seed: 9).publicKey, signature, message))
    }

    @Test func `S plus the group order is the same signature written twice, and refused`() throws {
        let key = try testKey(.ed25519)
        let signature = try key.sign(message)
        let order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        var carry = 0
        var doubled = signature
        for index in 0..<32 {
            let sum = Int(signature[32 + index]) + Int(order[index]) + carry
            doubled[32 + index] = UInt8(truncatingIfNeeded: sum)
            carry = sum >> 8
        }
        #expect(carry == 0)
        #expect(!accepts(key.publicKey, doubled, message))
    }

    @Test func `high s is refused although the libraries take it`() throws {
        let key = try testKey(.esp256)
        let low = try key.sign(message)
        let high = Array(low.prefix(32)) + negated(Array(low.suffix(32)))
        #expect(accepts(key.publicKey, low, message))
        #expect(!accepts(key.publicKey, high, message))
        // The control: without the rule the library accepts the other form.
        let point = [0x04] + key.publicKey.coseKey[8..<40] + key.publicKey.coseKey[43...]
        let bare = try P256.Signing.PublicKey(x963Representation: point)
        #expect(
            bare.isValidSignature(
                try P256.Signing.ECDSASignature(rawRepresentation: high), for: message))
    }

    @Test func `every signature this software makes has low s`() throws {
        let key = try testKey(.esp256)
        for round in UInt8(0)..<64 {
            let signature = try key.sign([round])
            #expect(signature[32] < 0x80)
            #expect(accepts(key.publicKey, signature, [round]))
        }
    }

    @Test(arguments: SignatureAlgorithm.allCases)
    func `one key verifies in many tasks at once`(algorithm: SignatureAlgorithm) async throws {
        let key = try testKey(algorithm)
        let signature = try key.sign(message)
        let right = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    (UInt8(0)..<20).count { round in
                        let message = round.isMultiple(of: 2) ? self.message : [round]
                        let first = key.publicKey.isValidSignature(signature, for: message)
                        let second = key.publicKey.isValidSignatureByOpenSSL(
                            signature, for: message)
                        return first == second && first == round.isMultiple(of: 2)
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(right == 160)
    }

    @Test func `the ends of the ranges of r and s are refused, each side`() throws {
        let key = try testKey(.esp256).publicKey
        let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        let zero = [UInt8](repeating: 0, count: 32)
        let one = zero.dropLast() + [1]
        for r in [zero, order, [UInt8](repeating: 0xff, count: 32)] {
            #expect(!accepts(key, r + one, message))
        }
        for s in [zero, order, [UInt8](repeating: 0xff, count: 32)] {
            #expect(!accepts(key, one + s, message))
        }
    }

    @Test func `points of small order and encodings beyond p are no keys`() throws {
        let refused = [
            "0000000000000000000000000000000000000000000000000000000000000000",
            "0000000000000000000000000000000000000000000000000000000000000080",
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0100000000000000000000000000000000000000000000000000000000000080",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
            "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        ]
        for text in refused {
            #expect(
                keyRefusal { () throws(KeyError) in _ = try VerificationKey(ed25519: hex(text)) }
                    == "key.point", "\(text)")
        }
        // Next to them, y = 2 and y = p - 2: nothing wrong with the encoding.
        for text in [
            "0200000000000000000000000000000000000000000000000000000000000000",
            "ebffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ] {
            _ = try VerificationKey(ed25519: hex(text))
        }
    }

    @Test func `bytes that are no point at all make a key that verifies nothing`() throws {
        let noPoint = try VerificationKey(
            ed25519: hex("0200000000000000000000000000000000000000000000000000000000000000"))
        #expect(!accepts(noPoint, try testKey(.ed25519).sign(message), message))
    }

    @Test func `a point of small order as a key lets a library accept what nobody signed`() throws {
        // The control for the refusal above: A is the neutral element, R = B, S = 1.
        let neutral = hex("0100000000000000000000000000000000000000000000000000000000000000")
        let base = hex("5866666666666666666666666666666666666666666666666666666666666666")
        let forged = base + [1] + [UInt8](repeating: 0, count: 31)
        let bare = try Curve25519.Signing.PublicKey(rawRepresentation: neutral)
        #expect(bare.isValidSignature(forged, for: message))
        #expect(
            keyRefusal { () throws(KeyError) in _ = try VerificationKey(ed25519: neutral) }
                == "key.point")
    }

    private func negated(_ s: [UInt8]) -> [UInt8] {
        let order = hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
        var result = s
        var borrow = 0
        for index in (0..<32).reversed() {
            let difference = Int(order[index]) - Int(s[index]) - borrow
            result[index] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        return result
    }
}
