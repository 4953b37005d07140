package import DeterministicCBOR

/// A COSE_Sign1 message: one payload, one signature (RFC 9052 §4.2).
///
/// A value is well formed, not verified; ``verify(by:externalAAD:detachedPayload:)`` verifies.
/// The protected header is kept as the bytes that were signed.
package struct CoseSign1: Hashable, Sendable {
    /// The tag of a COSE_Sign1 message.
    package static let tag: UInt64 = 18

    /// The protected header as signed: the encoding of ``protected``, or no bytes for none.
    package let protectedBytes: [UInt8]
    /// The protected header, a map.
    package let protected: CBORValue
    /// The unprotected header, a map: not covered by the signature.
    package let unprotected: CBORValue
    /// The payload, or nil when it is detached and travels by another way.
    package let payload: [UInt8]?
    /// The signature, 64 bytes for both of our algorithms; other lengths verify nothing.
    package let signature: [UInt8]

    init(
        protectedBytes: [UInt8], protected: CBORValue, unprotected: CBORValue, payload: [UInt8]?,
        signature: [UInt8]
    ) {
        self.protectedBytes = protectedBytes
        self.protected = protected
        self.unprotected = unprotected
        self.payload = payload
        self.signature = signature
    }

    /// The tagged message in deterministic encoding.
    package func encoded() -> [UInt8] {
        CBORValue.tagged(
            Self.tag,
            .array([
                .bytes(protectedBytes), unprotected, payload.map(CBORValue.bytes) ?? .null,
                .bytes(signature),
            ])
        ).encoded()
    }

    /// The bytes that are signed: the Sig_structure
    /// `["Signature1", protected, external_aad, payload]` (RFC 9052 §4.4).
    ///
    /// `externalAAD` are bytes that both sides know and the message does not carry.
    /// `detachedPayload` is the payload when the message does not carry it; it is ignored when the
    /// message does, and with neither the payload is taken as empty.
    package func signatureStructure(
        externalAAD: [UInt8] = [], detachedPayload: [UInt8]? = nil
    ) -> [UInt8] {
        // An empty map counts as no protected header, however it is written.
        let header = protected.asPairs?.isEmpty == true ? [] : protectedBytes
        return Self.signatureStructure(
            header, externalAAD: externalAAD, payload: payload ?? detachedPayload ?? [])
    }

    private static func signatureStructure(
        _ protectedBytes: [UInt8], externalAAD: [UInt8], payload: [UInt8]
    ) -> [UInt8] {
        CBORValue.array([
            .text("Signature1"), .bytes(protectedBytes), .bytes(externalAAD), .bytes(payload),
        ]).encoded()
    }

    /// The algorithm the protected header names, or nil when it names none of ours.
    package var algorithm: SignatureAlgorithm? {
        protected[CoseLabel.algorithm]?.asInt64.flatMap(SignatureAlgorithm.init(identifier:))
    }

    /// The key identifier in the protected header.
    package var keyID: [UInt8]? { protected[CoseLabel.keyID]?.asBytes }

    /// Checks the algorithm, the critical labels and the signature.
    ///
    /// - Throws: `cose.algorithm` when the protected header does not name the key's algorithm,
    ///   `cose.critical`, `cose.payload` when a detached payload is missing or one is given twice,
    ///   `cose.signature` when the signature does not verify.
    package func verify(
        by key: VerificationKey, externalAAD: [UInt8] = [], detachedPayload: [UInt8]? = nil
    ) throws(CoseError) {
        try checkHeader(for: key)
        guard (payload == nil) != (detachedPayload == nil) else {
            throw CoseError(
                code: "cose.payload", field: "payload",
                reason: payload == nil
                    ? "the payload is detached and was not given"
                    : "the message carries its payload; a second one was given")
        }
        let message = signatureStructure(externalAAD: externalAAD, detachedPayload: detachedPayload)
        guard key.isValidSignature(signature, for: message) else {
            throw CoseError(
                code: "cose.signature", field: "signature",
                reason: "the signature is not one of \(key) over this content")
        }
    }

    /// The checks on the header that come before the signature's.
    private func checkHeader(for key: VerificationKey) throws(CoseError) {
        guard protected[CoseLabel.critical] == nil, unprotected[CoseLabel.critical] == nil else {
            throw CoseError(
                code: "cose.critical", field: "protected",
                reason: "label 2 (crit) asks for extensions that this software does not know")
        }
        guard algorithm == key.algorithm else {
            let named = protected[CoseLabel.algorithm]
            throw CoseError(
                code: "cose.algorithm", field: "protected",
                reason: named == nil
                    ? "the protected header names no algorithm (label 1)"
                    : "the protected header does not name the key's algorithm, "
                        + "\(key.algorithm.identifier) (\(key.algorithm.rawValue))")
        }
    }

    /// Makes and signs a message.
    ///
    /// The protected header is signed as given: put the algorithm (label 1) in it. Its absence or
    /// another algorithm than the key's is a mistake of the caller and refused. The payload is
    /// carried in the message unless `detached`.
    ///
    /// - Throws: `cose.protected`, `cose.unprotected`, `cose.algorithm`, and `cose.signing` when
    ///   the library fails.
    package static func sign(
        protected: CBORValue, unprotected: CBORValue = .map([]), payload: [UInt8],
        detached: Bool = false, externalAAD: [UInt8] = [], by key: SigningKey
    ) throws(CoseError) -> CoseSign1 {
        try checkLabels(protected: protected, unprotected: unprotected)
        let protectedBytes = protected.asPairs?.isEmpty == true ? [] : protected.encoded()
        let message = signatureStructure(
            protectedBytes, externalAAD: externalAAD, payload: payload)
        let signature: [UInt8]
        do {
            signature = try key.sign(message)
        } catch {
            throw CoseError(code: "cose.signing", field: "signature", reason: error.reason)
        }
        let signed = CoseSign1(
            protectedBytes: protectedBytes, protected: protected, unprotected: unprotected,
            payload: detached ? nil : payload, signature: signature)
        try signed.checkHeader(for: key.publicKey)
        return signed
    }
}
