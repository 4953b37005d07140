import DeterministicCBOR
package import MerkleTrees
package import Signatures

extension UnverifiedStatement {
    /// Signs a manifest as an issuer.
    ///
    /// - Throws: `key.*` when the key cannot sign, or what ``decode(_:)`` refuses, such as an
    ///   issuer that is no URI.
    package static func sign(
        _ manifest: Manifest, network: Hash256, rulesVersion: UInt64 = 1, issuer: String,
        issuedAtSeconds: UInt64, key: SigningKey
    ) throws(Refusal) -> UnverifiedStatement {
        let header = StatementHeader.cbor(
            algorithm: key.publicKey.algorithm, keyThumbprint: key.publicKey.thumbprint,
            issuer: issuer, network: Subject.networkURI(network),
            issuedAtSeconds: issuedAtSeconds)
        let payload = CBORValue.array([
            .bytes(network.bytes), .unsigned(rulesVersion),
            .unsigned(UInt64(manifest.partCount)), .unsigned(UInt64(manifest.rows.count)),
            .bytes(manifest.root.bytes),
        ])
        return try decode(signature(header: header, payload: payload.encoded(), key: key))
    }

    private static func signature(header: CBORValue, payload: [UInt8], key: SigningKey)
        throws(Refusal) -> [UInt8]
    {
        do {
            return try CoseSign1.sign(protected: header, payload: payload, by: key).encoded()
        } catch {
            throw Refusal(code: error.code, field: "statement", reason: error.reason)
        }
    }
}
