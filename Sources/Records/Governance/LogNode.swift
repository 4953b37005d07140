import DeterministicCBOR
package import Signatures

/// A node of the network and the log it keeps (SPEC §9.1).
package struct LogNode: Hashable, Sendable {
    /// The name of its log: a schema-less URL, 1…255 bytes of `a–z 0–9 . - / _`.
    package let origin: String
    /// The organisation that runs it.
    package let organisation: String
    /// The key that signs its checkpoints: Ed25519, as C2SP signed notes ask.
    package let logKey: VerificationKey
    /// The key with which it cosigns other logs.
    package let cosignerKey: VerificationKey?
    /// The key that authenticates its connections.
    package let tlsKey: VerificationKey?
    /// Where it can be reached.
    package let address: String?

    /// A node.
    package init(
        origin: String, organisation: String, logKey: VerificationKey,
        cosignerKey: VerificationKey? = nil, tlsKey: VerificationKey? = nil, address: String? = nil
    ) {
        self.origin = origin
        self.organisation = organisation
        self.logKey = logKey
        self.cosignerKey = cosignerKey
        self.tlsKey = tlsKey
        self.address = address
    }

    /// Whether a text may be the origin of a log.
    package static func isOrigin(_ text: String) -> Bool {
        (1...Limits.originBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                    UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// The same node with another log key.
    func with(logKey key: VerificationKey) -> LogNode {
        LogNode(
            origin: origin, organisation: organisation, logKey: key, cosignerKey: cosignerKey,
            tlsKey: tlsKey, address: address)
    }

    var cbor: CBORValue {
        numberedMap([
            .text(origin), .text(organisation), keyCBOR(logKey),
            cosignerKey.map(keyCBOR) ?? .null,
            tlsKey.map(keyCBOR) ?? .null, address.map { .text($0) } ?? .null,
        ])
    }

    init(cbor value: CBORValue, shape: ShapeReader, field: String) throws(Refusal) {
        let members = try shape.map(value, keys: 0..<6, field)
        origin = try shape.origin(members[0], "\(field).origin")
        organisation = try shape.canonicalURI(members[1], "\(field).organisation")
        logKey = try shape.noteKey(members[2], "\(field).logKey")
        cosignerKey =
            members[3].isNull ? nil : try shape.noteKey(members[3], "\(field).cosignerKey")
        tlsKey = members[4].isNull ? nil : try shape.key(members[4], "\(field).tlsKey")
        address =
            members[5].isNull
            ? nil : try shape.text(members[5], 1...Limits.identifierBytes, "\(field).address")
    }
}
