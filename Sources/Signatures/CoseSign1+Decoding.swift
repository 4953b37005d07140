package import DeterministicCBOR

extension CoseSign1 {
    /// Reads a COSE_Sign1 message.
    ///
    /// Strict unless told: tag 18, deterministic CBOR with nothing after it, and nothing
    /// unprotected. Each option opens one door. `allowUntagged`: also the bare array, which
    /// RFC 9052 §2 allows where the context says what it is. `allowUnprotected`: also labels in the
    /// unprotected header, where receipts keep proofs. `allowUnsortedProtected`: also a protected
    /// header whose labels are not in deterministic order, as other software writes it; the signed
    /// bytes are kept as they are.
    ///
    /// - Throws: a `cbor.` code for a broken or not deterministic encoding; `cose.tag`,
    ///   `cose.structure`, `cose.protected`, `cose.unprotected`, `cose.duplicate-label`.
    package static func decode(
        _ bytes: [UInt8], allowUntagged: Bool = false, allowUnprotected: Bool = false,
        allowUnsortedProtected: Bool = false, limits: CBORLimits = CBORLimits()
    ) throws(CoseError) -> CoseSign1 {
        let outer = try decodeCBOR(bytes, field: "message", limits: limits)
        let elements = try elements(of: outer, allowUntagged: allowUntagged)
        guard elements.count == 4 else {
            throw structure("an array of \(elements.count) elements instead of 4", in: "message")
        }
        guard let protectedBytes = elements[0].asBytes else {
            throw structure("the protected header is not a byte string", in: "protected")
        }
        guard let signature = elements[3].asBytes else {
            throw structure("the signature is not a byte string", in: "signature")
        }
        guard elements[2].isNull || elements[2].asBytes != nil else {
            throw structure("the payload is neither a byte string nor null", in: "payload")
        }
        let protected = try readProtected(
            protectedBytes, allowUnsorted: allowUnsortedProtected, limits: limits)
        try checkLabels(protected: protected, unprotected: elements[1])
        guard allowUnprotected || elements[1].asPairs?.isEmpty == true else {
            throw CoseError(
                code: "cose.unprotected", field: "unprotected",
                reason: "the unprotected header must be empty: nobody signed what it says")
        }
        return CoseSign1(
            protectedBytes: protectedBytes, protected: protected, unprotected: elements[1],
            payload: elements[2].asBytes, signature: signature)
    }

    /// The elements of the array inside the tag.
    private static func elements(
        of outer: CBORValue, allowUntagged: Bool
    ) throws(CoseError) -> [CBORValue] {
        switch outer {
        case .tagged(tag, .array(let elements)): return elements
        case .array(let elements) where allowUntagged: return elements
        case .tagged(tag, _):
            throw structure("not an array", in: "message")
        case .tagged(let other, _):
            throw CoseError(
                code: "cose.tag", field: "message",
                reason: "CBOR tag \(other) is not a COSE_Sign1, tag \(tag)")
        default:
            throw CoseError(
                code: "cose.tag", field: "message", reason: "no COSE_Sign1 tag \(tag)")
        }
    }

    /// The map in the protected header; no bytes and an empty map mean the same (RFC 9052 §3).
    private static func readProtected(
        _ bytes: [UInt8], allowUnsorted: Bool, limits: CBORLimits
    ) throws(CoseError) -> CBORValue {
        guard !bytes.isEmpty else { return .map([]) }
        guard allowUnsorted else {
            return try decodeCBOR(bytes, field: "protected", limits: limits)
        }
        return try readUnsortedMap(bytes, limits: limits)
    }

    /// A map of at most 23 labels in any order, each label and value deterministic.
    private static func readUnsortedMap(
        _ bytes: [UInt8], limits: CBORLimits
    ) throws(CoseError) -> CBORValue {
        guard bytes[0] & 0xe0 == 0xa0, bytes[0] & 0x1f < 24 else {
            throw structure("not a map of at most 23 labels", in: "protected")
        }
        var pairs: [(key: [UInt8], pair: CBORPair)] = []
        var rest = bytes[1...]
        for _ in 0..<(bytes[0] & 0x1f) {
            let key = try takeCBOR(&rest, limits: limits)
            let value = try takeCBOR(&rest, limits: limits)
            pairs.append((key.encoded(), CBORPair(key: key, value: value)))
        }
        guard rest.isEmpty else {
            throw structure("bytes after the map", in: "protected")
        }
        pairs.sort { $0.key.lexicographicallyPrecedes($1.key) }
        for (earlier, later) in zip(pairs, pairs.dropFirst()) where earlier.key == later.key {
            throw duplicate(later.pair.key)
        }
        return .map(pairs.map(\.pair))
    }

    /// Both headers must be maps with integer or text labels, no label in both (RFC 9052 §3).
    static func checkLabels(protected: CBORValue, unprotected: CBORValue) throws(CoseError) {
        guard let first = protected.asPairs else {
            throw CoseError(code: "cose.protected", field: "protected", reason: "not a map")
        }
        guard let second = unprotected.asPairs else {
            throw CoseError(code: "cose.unprotected", field: "unprotected", reason: "not a map")
        }
        let pairs = first + second
        // A few are compared faster than they are hashed.
        let areFew = pairs.count <= 8
        var seen: Set<CBORValue> = []
        for (number, pair) in pairs.enumerated() {
            guard pair.key.asInt64 != nil || pair.key.asText != nil else {
                throw structure("a label that is neither an integer nor a text", in: "headers")
            }
            let isNew =
                areFew
                ? !pairs[..<number].contains { $0.key == pair.key }
                : seen.insert(pair.key).inserted
            guard isNew else { throw duplicate(pair.key) }
        }
    }

    private static func decodeCBOR(
        _ bytes: [UInt8], field: String, limits: CBORLimits
    ) throws(CoseError) -> CBORValue {
        do {
            return try CBORValue.decode(bytes, limits: limits)
        } catch {
            throw CoseError(code: error.code, field: field, reason: error.reason)
        }
    }

    private static func takeCBOR(
        _ bytes: inout ArraySlice<UInt8>, limits: CBORLimits
    ) throws(CoseError) -> CBORValue {
        do {
            let (value, end) = try CBORValue.decodePrefix(bytes, limits: limits)
            bytes = bytes[end...]
            return value
        } catch {
            throw CoseError(code: error.code, field: "protected", reason: error.reason)
        }
    }

    private static func structure(_ reason: String, in field: String) -> CoseError {
        CoseError(code: "cose.structure", field: field, reason: reason)
    }

    private static func duplicate(_ label: CBORValue) -> CoseError {
        let name = label.asInt64.map(String.init) ?? label.asText ?? ""
        return CoseError(
            code: "cose.duplicate-label", field: "headers", reason: "label \(name) occurs twice")
    }
}
