import DeterministicCBOR

extension VerificationKey {
    /// What is wrong with bytes that are not a COSE_Key of ours, for a person to read.
    static func describeForeignKey(_ bytes: [UInt8]) -> String {
        let limits = CBORLimits(depth: 8, items: 64, byteCount: 4096)
        let value: CBORValue
        do {
            value = try CBORValue.decode(bytes, limits: limits)
        } catch {
            return "this is not a COSE_Key in deterministic CBOR: \(error.reason)"
        }
        guard let pairs = value.asPairs else { return "this is not a COSE_Key: not a CBOR map" }
        guard value[-4] == nil else {
            return "this COSE_Key holds a private key; give the public one, without label -4"
        }
        let curve = value[-1]?.asInt64
        switch value[1]?.asInt64 {
        case 1 where curve == 6: break
        case 2 where curve == 1: break
        case let type:
            return "this COSE_Key holds \(keyName(type: type, curve: curve)); "
                + "Cairn uses Ed25519 or P-256"
        }
        let extra = pairs.compactMap { pair -> String? in
            guard let label = pair.key.asInt64 else { return "a text label" }
            return [1, -1, -2, -3].contains(label) ? nil : "label \(label)"
        }
        guard let first = extra.first else {
            return "this COSE_Key lacks coordinates of 32 bytes, or has one too many"
        }
        return
            "this COSE_Key holds \(first); only 1 (kty), -1 (crv) and the coordinates are allowed"
    }

    /// A name for a key type and curve of the IANA registry.
    private static func keyName(type: Int64?, curve: Int64?) -> String {
        switch (type, curve) {
        case (1, 4): "an X25519 key"
        case (1, 5): "an X448 key"
        case (1, 7): "an Ed448 key"
        case (2, 2): "a P-384 key"
        case (2, 3): "a P-521 key"
        case (2, 8): "a secp256k1 key"
        case (3, _): "an RSA key"
        case (4, _): "a symmetric key"
        case (7, _): "an ML-DSA key"
        case (nil, _): "no key type (label 1)"
        default: "a key of an unknown type"
        }
    }
}
