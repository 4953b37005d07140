import DeterministicCBOR
import MerkleTrees
package import Signatures

/// Proof, for some minutes, that a member of the network asks one thing of one node (SPEC §17.1).
///
/// A CWT (RFC 8392) in a COSE_Sign1 by one of the organisation's reader keys, bound to the node's
/// log, the method and the path. A value was read, not verified.
package struct ReaderToken: Hashable, Sendable {
    /// Header parameter 3 of every token.
    package static let contentType = "application/vnd.cairn.reader-token+cbor"
    /// The longest time between `iat` and `exp`, in seconds.
    package static let longestSeconds: UInt64 = 300
    /// How far the clocks of signer and node may differ, in seconds.
    package static let skewSeconds: UInt64 = 30
    /// The longest token, in bytes.
    package static let bytesLimit = 3_072

    /// What a token is good for.
    package struct Binding: Hashable, Sendable {
        /// The origin of the log of the node that is asked.
        package var audience: String
        /// The method of the request, as sent.
        package var method: String
        /// The path of the request without its query, as sent.
        package var path: String

        /// Binds to one request.
        package init(audience: String, method: String, path: String) {
            self.audience = audience
            self.method = method
            self.path = path
        }

        fileprivate var pathHash: Hash256 {
            Hash256.sha256(Domain.readerPath, Array(path.utf8))
        }
    }

    private let cose: CoseSign1
    private let keyThumbprint: Hash256
    private let organisation: String
    private let audience: String
    private let method: String
    private let pathHash: Hash256
    private let issuedAtSeconds: UInt64
    private let expiresSeconds: UInt64

    // Claims: those of RFC 8392, and two of the range it leaves for private use.
    private static let claims: [Int64] = [1, 3, 4, 6, -65_537, -65_538]

    /// Signs a token for one request.
    ///
    /// - Parameters:
    ///   - binding: what it is good for.
    ///   - organisation: the member that asks.
    ///   - key: one of its reader keys.
    ///   - issuedAtSeconds: now, in seconds since the epoch.
    ///   - lifetimeSeconds: how long it counts, at most ``longestSeconds``.
    /// - Returns: the token's bytes.
    /// - Throws: `access.token` when the library cannot sign.
    package static func sign(
        _ binding: Binding, organisation: String, key: SigningKey, issuedAtSeconds: UInt64,
        lifetimeSeconds: UInt64 = 120
    ) throws(Refusal) -> [UInt8] {
        let header = CBORValue.map([
            CBORPair(1, .integer(key.publicKey.algorithm.identifier)),
            CBORPair(3, .text(contentType)),
            CBORPair(4, .bytes(key.publicKey.thumbprint.bytes)),
        ])
        let values: [CBORValue] = [
            .text(organisation), .text(binding.audience),
            .unsigned(issuedAtSeconds + lifetimeSeconds), .unsigned(issuedAtSeconds),
            .text(binding.method), .bytes(binding.pathHash.bytes),
        ]
        let payload = CBORValue.map(zip(claims, values).map { CBORPair($0, $1) })
        do {
            return try CoseSign1.sign(protected: header, payload: payload.encoded(), by: key)
                .encoded()
        } catch {
            throw malformed(error.reason)
        }
    }

    /// Reads a token.
    ///
    /// - Throws: `access.token`.
    package init(_ bytes: [UInt8]) throws(Refusal) {
        guard bytes.count <= Self.bytesLimit else { throw Self.malformed("it is too long") }
        do {
            cose = try CoseSign1.decode(bytes)
        } catch {
            throw Self.malformed(error.reason)
        }
        let shape = ShapeReader(code: "access.token")
        let header = try Self.members(cose.protected, [1, 3, 4])
        guard header[1] == .text(Self.contentType), let payload = cose.payload else {
            throw Self.malformed("its content type is not \(Self.contentType)")
        }
        keyThumbprint = try shape.hash(header[2], Self.field)
        let value: CBORValue
        do {
            value = try CBORValue.decode(payload)
        } catch {
            throw Self.malformed(error.reason)
        }
        let claims = try Self.members(value, Self.claims)
        organisation = try shape.uri(claims[0], Self.field)
        audience = try shape.text(claims[1], 1...Limits.originBytes, Self.field)
        expiresSeconds = try shape.time(claims[2], Self.field)
        issuedAtSeconds = try shape.time(claims[3], Self.field)
        method = try shape.text(claims[4], 1...16, Self.field)
        pathHash = try shape.hash(claims[5], Self.field)
    }

    /// The organisation that asks, once the token is known to be its own, for this request, and in
    /// force.
    ///
    /// What it opened may outlast its minutes: its own times are judged as of `shownMilliseconds`,
    /// where that is not now; key and organisation always as of now.
    ///
    /// - Throws: `access.token`, `access.expired`, `access.organisation`.
    package func verified(
        for binding: Binding, under governance: GovernanceState, nowMilliseconds: UInt64,
        shownMilliseconds: UInt64? = nil
    ) throws(Refusal) -> String {
        guard audience == binding.audience else {
            throw Self.malformed("it was made for \(audience); this node is \(binding.audience)")
        }
        guard method == binding.method, pathHash == binding.pathHash else {
            throw Self.malformed("it was made for another method or path")
        }
        try checkTimes(nowSeconds: (shownMilliseconds ?? nowMilliseconds) / 1_000)
        guard let key = governance.key(keyThumbprint), key.purpose == .reader,
            key.owner == organisation, key.fromMilliseconds <= nowMilliseconds,
            !key.isRevoked(atMilliseconds: nowMilliseconds)
        else {
            throw Refusal(
                code: "access.organisation", field: Self.field,
                reason: "the key is no reader key of \(organisation) in force")
        }
        do {
            try cose.verify(by: key.key)
        } catch {
            throw Self.malformed("its signature is not the key's")
        }
        try governance.requireStanding(of: organisation, nowMilliseconds: nowMilliseconds)
        return organisation
    }

    private func checkTimes(nowSeconds: UInt64) throws(Refusal) {
        guard issuedAtSeconds <= expiresSeconds,
            expiresSeconds - issuedAtSeconds <= Self.longestSeconds
        else {
            throw Self.malformed("it counts for longer than \(Self.longestSeconds) s")
        }
        guard issuedAtSeconds <= nowSeconds + Self.skewSeconds,
            nowSeconds < expiresSeconds + Self.skewSeconds
        else {
            throw Refusal(
                code: "access.expired", field: Self.field,
                reason: "the token counts from \(issuedAtSeconds) to \(expiresSeconds), and it is "
                    + "\(nowSeconds) s since 1970; make a new one, or set the clock")
        }
    }

    private static let field = "authorization"

    private static func malformed(_ reason: String) -> Refusal {
        Refusal(code: "access.token", field: field, reason: "the token does not count: \(reason)")
    }

    private static func members(
        _ value: CBORValue, _ keys: [Int64]
    ) throws(Refusal) -> [CBORValue] {
        guard case .map(let pairs) = value, pairs.count == keys.count,
            zip(pairs, keys).allSatisfy({ $0.key == .integer($1) })
        else { throw malformed("its members are not exactly \(keys)") }
        return pairs.map(\.value)
    }
}

extension GovernanceState {
    /// Refuses callers of an organisation that is no member, or is suspended now.
    ///
    /// - Throws: `access.organisation`.
    package func requireStanding(
        of organisation: String, nowMilliseconds: UInt64
    ) throws(Refusal) {
        guard organisations[organisation] != nil,
            !suspensions(of: organisation).isSuspended(atMilliseconds: nowMilliseconds)
        else {
            throw Refusal(
                code: "access.organisation", field: "authorization",
                reason: "\(organisation) is no member of the network now")
        }
    }
}
