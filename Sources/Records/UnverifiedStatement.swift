import DeterministicCBOR
package import MerkleTrees
package import Signatures

/// A statement as it was read: its shape is right, its signature has not been checked (SPEC §7).
///
/// A statement is an issuer's signature over the root of a manifest. It becomes a
/// ``VerifiedStatement`` through ``GovernanceState/verify(_:registeredAtMilliseconds:)``.
package struct UnverifiedStatement: Sendable {
    /// Header parameter 3 of every statement.
    package static let contentType = "application/vnd.cairn.statement+cbor"

    /// The statement as it travels: a tagged COSE_Sign1.
    package let bytes: [UInt8]
    /// `H("cairn/statement/v1" 0x00 ‖ Sig_structure)`; does not depend on the signature's bytes.
    package let id: Hash256
    /// The URI of the organisation that says it made the statement.
    package let issuer: String
    /// The thumbprint of the key that is said to have signed.
    package let keyThumbprint: Hash256
    /// The algorithm named in the header.
    package let algorithm: SignatureAlgorithm
    /// When the issuer says it signed, in seconds since the epoch.
    package let issuedAtSeconds: UInt64
    /// The network the statement was made for.
    package let network: Hash256
    /// The version of the row rules it was made under.
    package let rulesVersion: UInt64
    /// How many different parts the manifest names.
    package let partCount: UInt64
    /// How many rows the manifest has.
    package let rowCount: UInt64
    /// The root of the manifest.
    package let manifestRoot: Hash256
    /// The parsed signature container.
    package let cose: CoseSign1
    /// The bytes that were signed: the Sig_structure of RFC 9052 §4.4.
    package let signedBytes: [UInt8]

    /// Reads a statement, or refuses it with `cbor.*`, `cose.*`, `statement.header` or
    /// `statement.payload`.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> UnverifiedStatement {
        let shape = ShapeReader(code: "statement.payload")
        guard bytes.count <= Limits.statementBytes else {
            throw Refusal(
                code: "cose.too-large", field: "statement",
                reason: "a statement is at most \(Limits.statementBytes) bytes")
        }
        return try UnverifiedStatement(cose: container(bytes), bytes: bytes, shape: shape)
    }

    /// Checks that a manifest is the one this statement signs.
    ///
    /// - Throws: `manifest.root` or `manifest.count`.
    package func check(manifest: Manifest) throws(Refusal) {
        guard rowCount == manifest.rows.count, partCount == manifest.partCount else {
            throw Refusal(
                code: "manifest.count", field: "manifest",
                reason: "the statement signs \(partCount) parts in \(rowCount) rows; the manifest "
                    + "has \(manifest.partCount) in \(manifest.rows.count)")
        }
        guard manifestRoot == manifest.root else {
            throw Refusal(
                code: "manifest.root", field: "manifest",
                reason: "the statement signs another manifest: its root differs")
        }
    }

    /// What is wrong with a header as such is told as that of a statement's header.
    private static let headerCodes: Set<String> = [
        "cose.protected", "cose.unprotected", "cose.duplicate-label",
    ]

    private static func container(_ bytes: [UInt8]) throws(Refusal) -> CoseSign1 {
        let cose: CoseSign1
        do {
            cose = try CoseSign1.decode(bytes)
        } catch {
            let code = headerCodes.contains(error.code) ? "statement.header" : error.code
            throw Refusal(code: code, field: "statement", reason: error.reason)
        }
        guard cose.signature.count == SignatureAlgorithm.signatureByteCount else {
            throw Refusal(
                code: "cose.structure", field: "statement.signature",
                reason: "a signature has \(SignatureAlgorithm.signatureByteCount) bytes")
        }
        return cose
    }

    private init(cose: CoseSign1, bytes: [UInt8], shape: ShapeReader) throws(Refusal) {
        let header = try StatementHeader(cose.protected)
        guard let payload = cose.payload else {
            throw shape.refusal("statement.payload", "the payload is not detached")
        }
        let field = "statement.payload"
        let value = try shape.decode(payload, limit: Limits.statementBytes, field)
        let items = try shape.tuple(value, 5, field)
        network = try shape.hash(items[0], "\(field).network")
        rulesVersion = try shape.unsigned(items[1], "\(field).rulesVersion")
        partCount = try shape.unsigned(items[2], "\(field).partCount")
        rowCount = try shape.unsigned(items[3], "\(field).rowCount")
        manifestRoot = try shape.hash(items[4], "\(field).manifestRoot")
        guard header.network == Subject.networkURI(network) else {
            throw Refusal(
                code: "statement.header", field: "statement.protected.15.2",
                reason: "the header names another network than the payload")
        }
        try Self.checkCounts(parts: partCount, rows: rowCount, shape)
        issuer = header.issuer
        keyThumbprint = header.keyThumbprint
        algorithm = header.algorithm
        issuedAtSeconds = header.issuedAtSeconds
        signedBytes = cose.signatureStructure()
        id = Hash256.sha256(Domain.statement, signedBytes)
        self.cose = cose
        self.bytes = bytes
    }

    private static func checkCounts(parts: UInt64, rows: UInt64, _ shape: ShapeReader)
        throws(Refusal)
    {
        guard (1...UInt64(Limits.manifestRows)).contains(rows),
            (1...UInt64(Limits.statementParts)).contains(parts), parts <= rows
        else {
            throw shape.refusal(
                "statement.payload.rowCount",
                "a statement has 1 to \(Limits.statementParts) parts, each with a row, and at "
                    + "most \(Limits.manifestRows) rows")
        }
    }
}

extension UnverifiedStatement: Hashable {
    /// Whether two statements are the same bytes, signature included.
    package static func == (left: UnverifiedStatement, right: UnverifiedStatement) -> Bool {
        left.id == right.id && left.bytes == right.bytes
    }

    /// Feeds the id to a hasher.
    package func hash(into hasher: inout Hasher) { hasher.combine(id) }
}
