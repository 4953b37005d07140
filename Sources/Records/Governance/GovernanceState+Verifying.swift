package import MerkleTrees
import Signatures

/// Which library checks a statement's signature: both follow one acceptance rule (SPEC §3).
package enum SignatureLibrary: Hashable, Sendable {
    /// swift-crypto, on the hot path.
    case swiftCrypto
    /// swift-crypto and then OpenSSL's libcrypto: the auditor's second opinion.
    case both
}

/// What later governance took from a statement that was once in order (SPEC §16).
package enum Fall: String, Hashable, Sendable {
    /// Its key was revoked from a time not after its registration.
    case keyRevoked = "key.revoked"
    /// Its issuer was suspended from a time not after its registration.
    case issuerSuspended = "issuer.suspended"
}

extension GovernanceState {
    /// Checks a statement against this governance for a time of registration (SPEC §14 rule 2).
    ///
    /// - Throws: `statement.*`, cheap checks first.
    package func verify(
        _ statement: UnverifiedStatement, registeredAtMilliseconds time: UInt64,
        library: SignatureLibrary = .swiftCrypto
    ) throws(Refusal) -> VerifiedStatement {
        let key = try checkSigner(of: statement)
        try checkTimes(of: statement, key: key, registeredAtMilliseconds: time)
        try Self.checkSignature(of: statement, by: key.key, library: library)
        return VerifiedStatement(
            unchecked: statement, registeredAtMilliseconds: time, governanceHead: head)
    }

    /// Checks a verified statement again for another time of registration or under this newer
    /// governance, without the cost of the signature: that depends on the key alone.
    ///
    /// - Throws: `statement.*`.
    package func confirm(
        _ verified: VerifiedStatement, registeredAtMilliseconds time: UInt64
    ) throws(Refusal) -> VerifiedStatement {
        let key = try checkSigner(of: verified.statement)
        try checkTimes(of: verified.statement, key: key, registeredAtMilliseconds: time)
        return VerifiedStatement(
            unchecked: verified.statement, registeredAtMilliseconds: time, governanceHead: head)
    }

    /// Whether what stood at registration has fallen under this, newer governance.
    package func fall(
        ofIssuer issuer: String, key thumbprint: Hash256, registeredAtMilliseconds time: UInt64
    ) -> Fall? {
        if key(thumbprint)?.isRevoked(atMilliseconds: time) ?? false { return .keyRevoked }
        return suspensions(of: issuer).isSuspended(atMilliseconds: time) ? .issuerSuspended : nil
    }

    /// Checks the genesis statement, which has no time of registration in the genesis file.
    func checkGenesis(_ statement: UnverifiedStatement) throws(Refusal) {
        let key = try checkSigner(of: statement)
        try Self.checkSignature(of: statement, by: key.key, library: .swiftCrypto)
    }

    private func checkSigner(of statement: UnverifiedStatement) throws(Refusal) -> RegisteredKey {
        guard statement.network == network else {
            throw Self.refusal(
                "network", "payload.network", "the statement was made for another network")
        }
        guard statement.rulesVersion == rulesVersion else {
            throw Self.refusal(
                "rules-version", "payload.rulesVersion",
                "rules version \(rulesVersion) is in force, not \(statement.rulesVersion)")
        }
        guard facts.organisations[statement.issuer] != nil else {
            throw Self.refusal(
                "issuer-unknown", "protected.15.1",
                "\(statement.issuer) is no member of the network")
        }
        guard let key = facts.keys[statement.keyThumbprint], key.owner == statement.issuer else {
            throw Self.refusal(
                "key-unknown", "protected.4",
                "key \(statement.keyThumbprint.hex) is not one of \(statement.issuer)")
        }
        guard key.purpose == .issuer else {
            throw Self.refusal(
                "key-purpose", "protected.4", "a \(key.purpose) key does not sign statements")
        }
        return key
    }

    private func checkTimes(
        of statement: UnverifiedStatement, key: RegisteredKey, registeredAtMilliseconds time: UInt64
    ) throws(Refusal) {
        let suspensions = facts.suspensions[statement.issuer]
        guard !(suspensions?.isSuspended(atMilliseconds: time) ?? false) else {
            throw Self.refusal(
                "issuer-suspended", "protected.15.1", "\(statement.issuer) is suspended")
        }
        guard key.fromMilliseconds <= time else {
            throw Self.refusal("key-not-yet-valid", "protected.4", "the key counts from later on")
        }
        guard !key.isRevoked(atMilliseconds: time) else {
            throw Self.refusal("key-revoked", "protected.4", "the key is revoked")
        }
        let latest = UInt128(time) + 1_000 * UInt128(policy.furthestFutureSeconds)
        guard 1_000 * UInt128(statement.issuedAtSeconds) <= latest else {
            throw Self.refusal(
                "from-the-future", "protected.15.6",
                "issued at lies more than \(policy.furthestFutureSeconds) s after registration; "
                    + "set the signer's clock")
        }
    }

    private static func checkSignature(
        of statement: UnverifiedStatement, by key: VerificationKey, library: SignatureLibrary
    ) throws(Refusal) {
        let signature = statement.cose.signature
        let message = statement.signedBytes
        guard statement.algorithm == key.algorithm, key.isValidSignature(signature, for: message),
            library == .swiftCrypto || key.isValidSignatureByOpenSSL(signature, for: message)
        else {
            throw refusal("signature", "signature", "the signature is not the key's over this")
        }
    }

    private static func refusal(_ code: String, _ field: String, _ reason: String) -> Refusal {
        Refusal(code: "statement.\(code)", field: "statement.\(field)", reason: reason)
    }
}
