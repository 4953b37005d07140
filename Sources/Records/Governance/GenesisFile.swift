import DeterministicCBOR
package import MerkleTrees
package import Signatures

/// The genesis statement of a network, whole: an auditor's only trust anchor (SPEC §18).
///
/// Whoever controls this file invents the network: compare its id by another channel.
package struct GenesisFile: Hashable, Sendable {
    /// The genesis statement.
    package let statement: [UInt8]
    /// Its manifest: one row.
    package let manifest: [UInt8]
    /// The governance part that holds the genesis document.
    package let part: [UInt8]

    static let version = "cairn-genesis-1"

    /// A file of these bytes.
    package init(statement: [UInt8], manifest: [UInt8], part: [UInt8]) {
        self.statement = statement
        self.manifest = manifest
        self.part = part
    }

    /// The file as CBOR.
    package func encoded() -> [UInt8] {
        CBORValue.array([
            .text(Self.version), .bytes(statement), .bytes(manifest), .bytes(part),
        ]).encoded()
    }

    /// Reads the frame of a genesis file; ``verified()`` checks what is in it.
    ///
    /// - Throws: `cbor.*` or `governance.format`.
    package static func decode(_ bytes: [UInt8]) throws(Refusal) -> GenesisFile {
        let shape = ShapeReader(code: "governance.format")
        let value = try shape.decode(bytes, limit: Limits.genesisFileBytes, "genesis file")
        let items = try shape.tuple(value, 4, "genesis file")
        guard items[0] == .text(version) else {
            throw shape.refusal("genesis file", "a genesis file begins with \(version)")
        }
        return GenesisFile(
            statement: try shape.bytes(items[1], "genesis file.statement"),
            manifest: try shape.bytes(items[2], "genesis file.manifest"),
            part: try shape.bytes(items[3], "genesis file.part"))
    }

    /// The genesis statement as a submission, as it enters each log at index 0.
    package var submission: Submission {
        Submission(statement: statement, manifest: manifest, parts: [part])
    }

    /// Checks everything in the file and gives the governance it founds (SPEC §9.3).
    ///
    /// - Throws: what does not hold.
    package func verified() throws(Refusal) -> GovernanceState {
        let part = try Part.decode(part)
        let manifest = try Manifest.decode(manifest)
        let body = try GovernanceBody.decode(governancePart: part)
        let state = try GovernanceState(genesis: body, statement: statement)
        let statement = try UnverifiedStatement.decode(statement)
        try statement.check(manifest: manifest)
        try manifest.checkGovernanceRow(part: part.digest, network: state.network)
        try state.checkGenesis(statement)
        return state
    }

    /// Founds a network: signs a genesis document as its governors and registers it as an issuer.
    ///
    /// - Throws: what ``verified()`` would refuse.
    package static func make(
        _ document: GenesisDocument, governors: [SigningKey], issuer: String, issuerKey: SigningKey,
        issuedAtSeconds: UInt64
    ) throws(Refusal) -> GenesisFile {
        let body = try GovernanceBody.sign(body: document.encoded(), governors: governors)
        let network = body.digest
        let part = try Part.make(
            content: body.encoded(), contentType: PartContentType.governance, visibility: .open,
            network: network, saltSecret: issuerKey.saltSecret)
        let row = Row(
            part: part.digest, key: Subject.network(network).key(in: network), role: .assert)
        let manifest = try Manifest(rows: [row])
        let statement = try UnverifiedStatement.sign(
            manifest, network: network, rulesVersion: document.rulesVersion, issuer: issuer,
            issuedAtSeconds: issuedAtSeconds, key: issuerKey)
        let file = GenesisFile(
            statement: statement.bytes, manifest: manifest.encoded(), part: part.encoded)
        _ = try file.verified()
        return file
    }
}

extension GovernanceBody {
    /// Reads the governance body of a part (SPEC §9.3).
    ///
    /// - Throws: `governance.format` unless content type and visibility are those of governance;
    ///   what ``decode(_:)`` refuses.
    package static func decode(governancePart part: Part) throws(Refusal) -> GovernanceBody {
        guard part.contentType == PartContentType.governance, part.visibility == .open else {
            throw Refusal(
                code: "governance.format", field: "part",
                reason: "governance stands in a public part of \(PartContentType.governance)")
        }
        return try decode(part.content)
    }
}

extension Manifest {
    /// Checks that this is the manifest of a governance statement: one row, (assertions, network
    /// URI, assert) (SPEC §8.2).
    ///
    /// - Throws: `rows.unexpected`.
    package func checkGovernanceRow(part: Hash256, network: Hash256) throws(Refusal) {
        let key = Subject.network(network).key(in: network)
        guard rows == [Row(part: part, key: key, role: .assert)] else {
            throw Refusal(
                code: "rows.unexpected", field: "manifest",
                reason: "a governance statement has one row: its part asserts about the network")
        }
    }
}
