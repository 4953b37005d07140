package import DeterministicCBOR

/// What a caller sends to a node: a statement, its manifest and its parts, as bytes (SPEC §7).
///
/// Nothing in it has been read yet beyond the frame.
package struct Submission: Hashable, Sendable {
    /// The signed statement.
    package let statement: [UInt8]
    /// The manifest whose root it signs.
    package let manifest: [UInt8]
    /// The parts that the manifest names, sorted by digest.
    package let parts: [[UInt8]]

    /// A submission of these bytes.
    package init(statement: [UInt8], manifest: [UInt8], parts: [[UInt8]]) {
        self.statement = statement
        self.manifest = manifest
        self.parts = parts
    }

    /// The submission as CBOR.
    package func encoded() -> [UInt8] {
        CBORValue.array([.bytes(statement), .bytes(manifest), .array(parts.map { .bytes($0) })])
            .encoded()
    }

    /// Reads the frame of one submission that fills its bytes.
    ///
    /// - Throws: `cbor.*`, `submission.format` or `submission.too-large`.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> Submission {
        guard bytes.count <= Limits.submissionBytes else { throw tooLarge() }
        let shape = ShapeReader(code: "submission.format")
        let value: CBORValue
        do {
            value = try shape.decode(bytes, limit: Limits.submissionBytes, "submission")
        } catch {
            // Of text, what its first bytes would mean as CBOR tells nobody anything.
            throw isText(bytes.prefix(9)) ? unframed() : error
        }
        return try Submission(cbor: value)
    }

    /// Reads the frame of a submission from a decoded CBOR value, such as one of a sequence.
    ///
    /// - Throws: `submission.format`.
    package init(cbor value: CBORValue) throws(Refusal) {
        let shape = ShapeReader(code: "submission.format")
        let items = try shape.tuple(value, 3, "submission")
        statement = try shape.bytes(items[0], "submission.statement")
        manifest = try shape.bytes(items[1], "submission.manifest")
        var parts: [[UInt8]] = []
        let count = 1...Limits.statementParts
        for (index, item) in try shape.list(items[2], count, "submission.parts").enumerated() {
            parts.append(try shape.bytes(item, "submission.parts[\(index)]"))
        }
        self.parts = parts
    }

    /// Whether the first bytes of something are those of a text, as no submission's are.
    package static func isText(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { (0x20...0x7e).contains($0) || (9...13).contains($0) }
    }

    /// The refusal of bytes that are something else, such as a document in JSON.
    package static func unframed() -> Refusal {
        Refusal(
            code: "submission.format", field: "submission",
            reason: "the body is no submission and no sequence of them, as cairn sign writes "
                + "them")
    }

    /// The refusal of a submission beyond the limit, for readers that see its length first.
    package static func tooLarge() -> Refusal {
        Refusal(
            code: "submission.too-large", field: "submission",
            reason: "a submission is at most \(Limits.submissionBytes) bytes; sign the parts "
                + "in several statements")
    }
}
