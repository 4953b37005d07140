/// The one rule by which every signature in the network is accepted or refused.
///
/// Libraries disagree on malformed signatures and on unusual points. A ledger cannot: what one
/// node admits every mirror and every auditor must admit. So the rule is written down here, the
/// part that libraries leave open is checked before they are asked, and two libraries (BoringSSL
/// through swift-crypto, and OpenSSL's libcrypto) must give the same answer.
///
/// **Ed25519.** A signature R‖S by public key A over message M is accepted if and only if
/// 1. A is 32 bytes and the signature is 64 bytes;
/// 2. S, read least significant byte first, is below the group order
///    L = 2²⁵² + 27742317777372353535851937790883648493;
/// 3. A and R are canonical: bits 0…254, least significant byte first, are a number y below
///    p = 2²⁵⁵ − 19, and they are not an encoding of x = 0 with the sign bit set;
/// 4. neither A nor R is a point of order 1, 2, 4 or 8 (y ∈ {0, 1, −1, and the two y of order 8});
/// 5. A decodes to a point of the curve;
/// 6. the bytes of [S]B − [k]A, with k = SHA-512(R‖A‖M) mod L, equal R (the equation without
///    cofactor).
///
/// A or R may have a component of small order, as in RFC 8032; condition 6 then decides. Each
/// (A, M, signature) that passes has exactly one encoding. Conditions 1, 3 and 4 on A hold for
/// every ``VerificationKey``: a key that breaks them cannot be made. Bytes that break only
/// condition 5 make a key that verifies nothing.
///
/// **ECDSA P-256 with SHA-256.** A signature r‖s by public key Q over message M is accepted if and
/// only if
/// 1. the signature is 64 bytes, r and s each 32 bytes, most significant byte first;
/// 2. 1 ≤ r < n and 1 ≤ s ≤ (n − 1)/2, n the group order ("low s"; the other half is the same
///    signature written differently, and would give one statement two forms);
/// 3. Q is a point of the curve given by two coordinates below p, not the point at infinity (holds
///    for every ``VerificationKey``);
/// 4. the equation of FIPS 186-5 §6.4.2 holds for SHA-256(M).
enum AcceptanceRule {
    /// L, the order of the base point of Ed25519.
    static let edwardsOrder = Words256(
        0x1000_0000_0000_0000, 0, 0x14de_f9de_a2f7_9cd6, 0x5812_631a_5cf5_d3ed)

    /// p = 2²⁵⁵ − 19.
    static let edwardsPrime = Words256(0x7fff_ffff_ffff_ffff, .max, .max, 0xffff_ffff_ffff_ffed)

    /// n, the order of the base point of P-256.
    static let p256Order = Words256(
        0xffff_ffff_0000_0000, .max, 0xbce6_faad_a717_9e84, 0xf3b9_cac2_fc63_2551)

    /// (n − 1)/2, the largest s that is accepted.
    static let p256HalfOrder = Words256(
        0x7fff_ffff_8000_0000, 0x7fff_ffff_ffff_ffff, 0xde73_7d56_d38b_cf42, 0x79dc_e561_7e31_92a8)

    /// The y of one pair of points of order 8; the other pair has −y.
    private static let orderEight = Words256(
        0x7a03_ac92_77fd_c74e, 0xc6cc_392c_fa53_202a, 0x0f67_100d_760b_3cba, 0x4fd8_4d3d_706a_17c7)

    /// Whether 32 bytes at `start` are a canonical encoding (3) of a point that is not of small
    /// order (4).
    ///
    /// All four encodings with x = 0, canonical or not, have y = ±1 and fall under (4).
    static func admitsPoint(_ bytes: [UInt8], at start: Int) -> Bool {
        var y = Words256(littleEndian: bytes, at: start)
        y.w0 &= 0x7fff_ffff_ffff_ffff
        guard y < edwardsPrime else { return false }
        let tiny = y.w0 == 0 && y.w1 == 0 && y.w2 == 0 && y.w3 <= 1
        let negated = edwardsPrime.subtracting(y)
        return !tiny && negated != Words256(0, 0, 0, 1) && y != orderEight && negated != orderEight
    }

    /// Conditions 1 to 4 as far as they concern the signature.
    static func admitsEd25519(_ signature: [UInt8]) -> Bool {
        signature.count == SignatureAlgorithm.signatureByteCount
            && Words256(littleEndian: signature, at: 32) < edwardsOrder
            && admitsPoint(signature, at: 0)
    }

    /// Conditions 1 and 2.
    static func admitsP256(_ signature: [UInt8]) -> Bool {
        guard signature.count == SignatureAlgorithm.signatureByteCount else { return false }
        let r = Words256(bigEndian: signature, at: 0)
        let s = Words256(bigEndian: signature, at: 32)
        return r != .zero && r < p256Order && s != .zero && s <= p256HalfOrder
    }

    /// The form with low s of a signature whose r and s are in range.
    static func lowered(_ signature: [UInt8]) -> [UInt8] {
        let s = Words256(bigEndian: signature, at: 32)
        guard s > p256HalfOrder, s < p256Order else { return signature }
        return signature.prefix(32) + p256Order.subtracting(s).bigEndianBytes
    }
}
