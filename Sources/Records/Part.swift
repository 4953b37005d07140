import Crypto
import DeterministicCBOR
package import MerkleTrees

/// What somebody asserts: an event, a record, an attachment, with a salt and its readers (SPEC §5).
///
/// Parts are kept exactly as signed. The salt keeps a digest from revealing a guessable content.
package struct Part: Sendable {
    /// 16 bytes.
    package let salt: [UInt8]
    /// One of ``PartContentType``, or any other for an attachment; 1…255 bytes.
    package let contentType: String
    /// Who may read it.
    package let visibility: Visibility
    /// The content itself, at most 1 MiB.
    package let content: [UInt8]
    /// The whole part as it travels and is hashed.
    package let encoded: [UInt8]
    /// `H("cairn/part/v1" 0x00 ‖ part)`: the part's name in manifests.
    package let digest: Hash256

    /// Reads a part, or refuses it with `cbor.*`, `part.format` or `part.too-large`.
    package static func decode(_ bytes: [UInt8], field: String = "part") throws(Refusal) -> Part {
        let shape = ShapeReader(code: "part.format")
        guard bytes.count <= Limits.partBytes else { throw tooLarge(field) }
        let value = try shape.decode(bytes, limit: Limits.partBytes, field)
        let items = try shape.tuple(value, 4, field)
        let salt = try shape.bytes(items[0], "\(field).salt")
        guard salt.count == Limits.saltBytes else {
            throw shape.refusal("\(field).salt", "a salt has \(Limits.saltBytes) bytes")
        }
        let typeBytes = 1...Limits.contentTypeBytes
        let contentType = try shape.text(items[1], typeBytes, "\(field).contentType")
        let visibility = try Visibility(
            cbor: items[2], shape: shape, field: "\(field).visibility")
        let content = try shape.bytes(items[3], "\(field).content")
        guard content.count <= Limits.partContentBytes else { throw tooLarge(field) }
        return Part(
            salt: salt, contentType: contentType, visibility: visibility, content: content,
            encoded: bytes)
    }

    /// Makes a part whose salt follows from the content and a secret of the signer, so that the
    /// same content signed by the same key is the same part.
    ///
    /// - Parameters:
    ///   - content: at most 1 MiB.
    ///   - contentType: one of ``PartContentType``, or any other for an attachment.
    ///   - visibility: who may read it.
    ///   - network: the id of the network it is made for.
    ///   - saltSecret: ``SigningKey/saltSecret`` of the signer's key.
    /// - Returns: the part.
    /// - Throws: `part.too-large` or `part.format`.
    package static func make(
        content: [UInt8], contentType: String, visibility: Visibility, network: Hash256,
        saltSecret: [UInt8]
    ) throws(Refusal) -> Part {
        let unsalted = CBORValue.array([.text(contentType), visibility.cbor, .bytes(content)])
        let salted = Domain.salt + network.bytes + unsalted.encoded()
        let code = HMAC<SHA256>.authenticationCode(
            for: salted, using: SymmetricKey(data: saltSecret))
        let salt = [UInt8](code).prefix(Limits.saltBytes)
        let encoded = CBORValue.array(
            [.bytes(Array(salt)), .text(contentType), visibility.cbor, .bytes(content)]
        ).encoded()
        return try decode(encoded)
    }

    private init(
        salt: [UInt8], contentType: String, visibility: Visibility, content: [UInt8],
        encoded: [UInt8]
    ) {
        self.salt = salt
        self.contentType = contentType
        self.visibility = visibility
        self.content = content
        self.encoded = encoded
        digest = Self.digest(of: encoded)
    }

    /// The digest of the bytes of a part, whether or not they can be read as one (SPEC §5).
    package static func digest(of encoded: [UInt8]) -> Hash256 {
        Hash256.sha256(Domain.part, encoded)
    }

    private static func tooLarge(_ field: String) -> Refusal {
        Refusal(
            code: "part.too-large", field: field,
            reason: "the content of a part is at most \(Limits.partContentBytes) bytes")
    }
}

extension Part: Hashable {
    /// Whether two parts are the same bytes.
    package static func == (left: Part, right: Part) -> Bool { left.digest == right.digest }

    /// Feeds the digest, which stands for the bytes, to a hasher.
    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }
}
