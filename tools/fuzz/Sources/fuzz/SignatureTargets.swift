import DeterministicCBOR
import MerkleTrees
import Signatures

/// Keys that this program made for itself.
enum FuzzKeys {
    static let ed25519 = key { () throws(KeyError) in
        try SigningKey(ed25519Seed: Array(repeating: 7, count: 32))
    }
    static let p256 = key { () throws(KeyError) in
        try SigningKey(p256Scalar: Array(repeating: 9, count: 32))
    }

    private static func key(_ make: () throws(KeyError) -> SigningKey) -> SigningKey {
        do {
            return try make()
        } catch {
            violated("a key of our own: \(error)")
        }
    }
}

extension FuzzTarget {
    /// COSE_Sign1 with each door open and closed.
    static let cose = FuzzTarget("cose", byteLimit: 4_096, pools: [.bytes]) { bytes in
        var strict: CoseSign1?
        for doors in 0..<8 {
            do throws(CoseError) {
                let message = try CoseSign1.decode(
                    bytes, allowUntagged: doors & 1 != 0, allowUnprotected: doors & 2 != 0,
                    allowUnsortedProtected: doors & 4 != 0)
                if doors == 0 { strict = message }
                expect(strict == nil || strict == message, "an open door changes nothing inside")
                let again = try CoseSign1.decode(
                    message.encoded(), allowUnprotected: doors & 2 != 0,
                    allowUnsortedProtected: doors & 4 != 0)
                expect(again == message, "what is encoded is decoded as the same message")
                checkVerification(message)
            } catch {
                expect(strict == nil, "an open door lets through what a closed one does")
                expectCoded(error.code, error.reason)
            }
        }
        if let strict {
            expect(strict.encoded() == bytes, "what is decoded encodes to the same bytes")
        }
    }

    private static func checkVerification(_ message: CoseSign1) {
        let structure = message.signatureStructure()
        expect(
            (try? CBORValue.decode(structure))?.encoded() == structure,
            "what is signed is deterministic")
        for key in [FuzzKeys.ed25519.publicKey, FuzzKeys.p256.publicKey] {
            do throws(CoseError) {
                try message.verify(by: key)
                violated("nobody signed this with our key")
            } catch {
                expectCoded(error.code, error.reason)
            }
        }
    }

    private static let message = Array("a message".utf8)

    private static let valid: [(key: VerificationKey, signature: [UInt8])] =
        [FuzzKeys.ed25519, FuzzKeys.p256].map { key in
            guard let signature = try? key.sign(message) else { violated("our key signs") }
            return (key.publicKey, signature)
        }

    /// Signatures: changed ones of our keys, and whatever keys and signatures the input holds.
    static let signature = FuzzTarget("signature", byteLimit: 256) { bytes in
        var input = InputReader(bytes)
        let kind = Int(input.byte() % 4)
        guard kind < 2 else {
            let coseKey =
                kind == 2
                ? [0xa3, 0x01, 0x01, 0x20, 0x06, 0x21, 0x58, 0x20] + input.bytes(32)
                : [0xa4, 0x01, 0x02, 0x20, 0x01, 0x21, 0x58, 0x20] + input.bytes(32)
                    + [0x22, 0x58, 0x20] + input.bytes(32)
            guard let key = try? VerificationKey(coseKey: coseKey) else { return }
            expectAgreement(key, input.bytes(64), input.remaining())
            return
        }
        let (key, signature) = valid[kind]
        var changed = signature
        while !input.isAtEnd {
            switch input.byte() % 4 {
            case 0: changed[input.number(below: 64) % max(changed.count, 1)] ^= input.byte()
            case 1: changed.append(input.byte())
            case 2: if changed.count > 1 { changed.removeLast() }
            default: changed.replaceSubrange(0..<min(32, changed.count), with: input.bytes(32))
            }
        }
        let accepted = expectAgreement(key, changed, message)
        expect(accepted == (changed == signature), "no changed signature is accepted")
        let other = key.isValidSignature(signature, for: message + changed)
        expect(!other, "a signature is over its message")
    }

    @discardableResult
    private static func expectAgreement(
        _ key: VerificationKey, _ signature: [UInt8], _ message: [UInt8]
    ) -> Bool {
        let first = key.isValidSignature(signature, for: message)
        let second = key.isValidSignatureByOpenSSL(signature, for: message)
        expect(first == second, "two libraries agree")
        return first
    }

    /// COSE keys.
    static let publicKey = FuzzTarget(
        "public-key", byteLimit: 128, pools: [.bytes],
        seeds: { [FuzzKeys.ed25519.publicKey.coseKey, FuzzKeys.p256.publicKey.coseKey] },
        check: { bytes in
            do throws(KeyError) {
                let key = try VerificationKey(coseKey: bytes)
                expect(key.coseKey == bytes, "a key is its bytes")
                expect(
                    (try? CBORValue.decode(bytes))?.encoded() == bytes, "a key is deterministic")
                expect(key.thumbprint == Hash256.sha256(bytes), "a thumbprint is the key's hash")
            } catch {
                expectCoded(error.code, error.reason)
            }
        })

    private static let pemSeeds: @Sendable () throws -> [[UInt8]] = {
        [
            try KeyFile.write(FuzzKeys.ed25519), try KeyFile.write(FuzzKeys.p256),
            KeyFile.writePublic(FuzzKeys.ed25519.publicKey),
            KeyFile.writePublic(FuzzKeys.p256.publicKey),
        ]
    }

    /// PEM files without a passphrase; a file made to burn time is its owner's own (`KeyFile`).
    static let keyFile = FuzzTarget("key-file", byteLimit: 1_024, seeds: pemSeeds) { bytes in
        do throws(KeyError) {
            let key = try KeyFile.read(pem: bytes)
            let again = try KeyFile.read(pem: try KeyFile.write(key))
            expect(again.publicKey == key.publicKey, "a key is written and read back")
        } catch {
            expectCoded(error.code, error.reason)
        }
        do throws(KeyError) {
            let key = try KeyFile.readPublic(pem: bytes)
            let again = try KeyFile.readPublic(pem: KeyFile.writePublic(key))
            expect(again == key, "a public key is written and read back")
        } catch {
            expectCoded(error.code, error.reason)
        }
    }
}
