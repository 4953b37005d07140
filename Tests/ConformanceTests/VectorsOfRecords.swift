import DeterministicCBOR
import MerkleTrees
import Records
import Signatures
import Support
import Testing

/// The worked vectors of SPEC §5 to §9: parts, manifests, statements, rows and governance.
@Suite struct VectorsOfRecords {
    @Test func `parts and salts are those of the vectors`() throws {
        for vector in try VectorFile("parts").cases {
            guard vector.has("expect") else {
                let bytes = try vector.bytes("part")
                try expect(vector) { try Part.decode(bytes) }
                continue
            }
            let part = try Part.make(
                content: vector.bytes("content"), contentType: vector.text("contentType"),
                visibility: visibility(vector), network: vector.hash("network"),
                saltSecret: signingKey(vector).saltSecret)
            let expected = try vector.object("expect")
            #expect(try part.salt == expected.bytes("salt"), "\(vector.name)")
            #expect(try part.encoded == expected.bytes("part"), "\(vector.name)")
            #expect(try part.digest == expected.hash("digest"), "\(vector.name)")
        }
    }

    private func visibility(_ vector: VectorCase) throws -> Visibility {
        if let number = try? vector.number("visibility") { return number == 0 ? .open : .network }
        return .only(try vector.texts("visibility"))
    }

    @Test func `manifests, roots and paths are those of the vectors`() throws {
        for vector in try VectorFile("manifests").cases {
            guard vector.has("expect") else {
                let bytes = try vector.bytes("manifest")
                try expect(vector) { try Manifest.decode(bytes) }
                continue
            }
            let rows = try vector.rows("rows").map { row in
                Row(
                    part: try #require(row[0].hash), key: try #require(row[1].hash),
                    role: try role(row[2]))
            }
            let manifest = try Manifest(rows: rows.reversed())
            let expected = try vector.object("expect")
            #expect(try manifest.encoded() == expected.bytes("manifest"), "\(vector.name)")
            #expect(try UInt64(manifest.partCount) == expected.number("partCount"))
            #expect(
                try manifest.rowHashes.map(\.hex) == expected.texts("rowHashes"), "\(vector.name)")
            #expect(try manifest.root == expected.hash("root"), "\(vector.name)")
            for (number, path) in try expected.rows("paths").enumerated() {
                #expect(
                    manifest.tree.inclusionProof(of: number).map(\.hex) == path.map(\.text),
                    "\(vector.name)")
            }
        }
    }

    private func role(_ value: VectorScalar) throws -> Role {
        try #require(value.number.flatMap { Role(rawValue: UInt8($0)) })
    }

    @Test func `statements and their ids are those of the vectors`() throws {
        for vector in try VectorFile("statements").cases {
            guard vector.has("expect") else {
                let bytes = try vector.bytes("statement")
                try expect(vector) {
                    let statement = try UnverifiedStatement.decode(bytes)
                    // Only the signature's length may be left for verification to refuse.
                    guard statement.cose.signature.count == 64 else {
                        throw Refusal(code: "cose.signature", field: "signature", reason: "length")
                    }
                }
                continue
            }
            let expected = try vector.object("expect")
            let key = try signingKey(vector)
            let manifest = try Manifest.decode(expected.bytes("manifest"))
            let statement = try UnverifiedStatement.sign(
                manifest, network: vector.hash("network"), issuer: vector.text("issuer"),
                issuedAtSeconds: vector.number("issuedAt"), key: key)
            #expect(try statement.id == expected.hash("id"), "\(vector.name)")
            #expect(try statement.signedBytes == expected.bytes("sigStructure"), "\(vector.name)")
            let given = try UnverifiedStatement.decode(expected.bytes("statement"))
            #expect(given.id == statement.id, "\(vector.name)")
            #expect(key.publicKey.isValidSignature(given.cose.signature, for: given.signedBytes))
            if key.algorithm == .ed25519 { #expect(given.bytes == statement.bytes) }
            let submission = Submission(
                statement: given.bytes, manifest: manifest.encoded(),
                parts: try vector.byteStrings("parts"))
            #expect(try submission.encoded() == expected.bytes("submission"), "\(vector.name)")
        }
    }

    @Test func `events ask for the rows of the vectors`() throws {
        for vector in try VectorFile("events").cases {
            let network = vector.has("network") ? try vector.hash("network") : .zero
            let content = try vector.bytes("content")
            try expect(vector) { try read(content, PartContentType.event, 1) }?.check { content in
                let expected = try vector.rows("expect").map { try required($0, network) }
                #expect(
                    RowRules.rows(of: content, in: network) == Set(expected), "\(vector.name)")
            }
        }
    }

    @Test func `records ask for the rows of the vectors`() throws {
        for vector in try VectorFile("records").cases {
            let network = vector.has("network") ? try vector.hash("network") : .zero
            let content = try vector.bytes("content")
            let scope = try? vector.number("visibility")
            try expect(vector) { try read(content, PartContentType.record, scope) }?.check {
                let expected = try vector.object("expect")
                let rows = try expected.rows(expected.has("rows") ? "rows" : "keys").map {
                    try required($0, network)
                }
                #expect(RowRules.rows(of: $0, in: network) == Set(rows), "\(vector.name)")
                guard case .record(let record) = $0 else { return }
                #expect(record.encoded() == content, "\(vector.name)")
            }
        }
    }

    /// Reads a content in a part whose visibility is a number, or a list of one organisation.
    private func read(
        _ content: [UInt8], _ type: String, _ visibility: UInt64?
    ) throws -> Content {
        let listed = CBORValue.array([.text("https://id.gs1.org/417/9521001000000")])
        let part = CBORValue.array([
            .bytes([UInt8](repeating: 0, count: 16)), .text(type),
            visibility.map(CBORValue.unsigned) ?? listed, .bytes(content),
        ])
        return try Content.read(Part.decode(part.encoded()))
    }

    /// A row as `[facet, URI, role]`, or as `[subject key, role]`.
    private func required(_ row: [VectorScalar], _ network: Hash256) throws -> RequiredRow {
        if row.count == 2 {
            return RequiredRow(
                key: try #require(row[0].hash), role: try role(row[1]), subject: nil)
        }
        let subject = Subject(
            facet: try #require(row[0].number.flatMap { Facet(rawValue: UInt8($0)) }),
            uri: try #require(row[1].text))
        return RequiredRow(key: subject.key(in: network), role: try role(row[2]), subject: subject)
    }
}
