import MerkleTrees
package import Records
package import Signatures

extension DemoNetwork {
    /// A part of a member with text as content: an attachment.
    package func note(
        _ text: String, by member: Member, visibility: Visibility = .network
    ) throws -> Part {
        try Part.make(
            content: Array(text.utf8), contentType: "text/plain", visibility: visibility,
            network: id, saltSecret: member.key.saltSecret)
    }

    /// A row about a subject of this network.
    package func row(_ part: Part, _ facet: Facet, _ uri: String, _ role: Role) -> Row {
        Row(part: part.digest, key: Subject(facet: facet, uri: uri).key(in: id), role: role)
    }

    /// Signs these parts and rows as they are, whether the rules would ask for them or not.
    package func submission(
        _ parts: [Part], rows: [Row], by member: Member,
        issuedAtSeconds: UInt64 = DemoNetwork.startSeconds
    ) throws -> Submission {
        let manifest = try Manifest(rows: rows)
        let statement = try UnverifiedStatement.sign(
            manifest, network: id, issuer: member.uri, issuedAtSeconds: issuedAtSeconds,
            key: member.key)
        return Submission(
            statement: statement.bytes, manifest: manifest.encoded(),
            parts: parts.sorted { $0.digest < $1.digest }.map(\.encoded))
    }

    /// A statement with one attachment that mentions these URIs.
    package func attachment(
        _ text: String, mentioning uris: [String], by member: Member,
        issuedAtSeconds: UInt64 = DemoNetwork.startSeconds
    ) throws -> Submission {
        let part = try note(text, by: member)
        return try submission(
            [part], rows: uris.map { row(part, .assertions, $0, .mention) }, by: member,
            issuedAtSeconds: issuedAtSeconds)
    }

    /// The body of the next amendment, signed by governors; by all unless told.
    package func amendment(
        _ changes: [Change], after state: GovernanceState, signedBy keys: [SigningKey]? = nil
    ) throws -> GovernanceBody {
        try GovernanceBody.sign(
            body: state.nextAmendment(changes).encoded(), governors: keys ?? governors)
    }

    /// The statement that registers a governance body.
    package func submission(
        _ body: GovernanceBody, by member: Member? = nil,
        issuedAtSeconds: UInt64 = DemoNetwork.startSeconds
    ) throws -> Submission {
        let member = member ?? wholesaler
        let part = try Part.make(
            content: body.encoded(), contentType: PartContentType.governance, visibility: .open,
            network: id, saltSecret: member.key.saltSecret)
        let subject = Subject.network(id)
        return try submission(
            [part], rows: [row(part, subject.facet, subject.uri, .assert)], by: member,
            issuedAtSeconds: issuedAtSeconds)
    }
}

extension GovernanceState {
    /// The body of the next amendment with these changes, for governors to sign.
    package func nextAmendment(_ changes: [Change]) -> Amendment {
        Amendment(network: network, seq: seq + 1, previous: head, changes: changes)
    }
}
