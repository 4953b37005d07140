import EPCIS
import MerkleTrees

/// One part of an admitted statement, read and judged.
package struct AdmittedPart: Sendable {
    /// The part as signed.
    package var part: Part
    /// What it says.
    package var content: Content
    /// How far it is its issuer's to say.
    package var judgement: Judgement

    /// Makes an admitted part.
    package init(part: Part, content: Content, judgement: Judgement) {
        self.part = part
        self.content = content
        self.judgement = judgement
    }
}

/// A submission that passed every rule and waits to be sequenced.
package struct AdmittedStatement: Sendable {
    /// The statement with its signature checked.
    package var verified: VerifiedStatement
    /// Its manifest.
    package var manifest: Manifest
    /// Its parts, by digest.
    package var parts: [AdmittedPart]
    /// The governance body it carries, if it does.
    package var governance: GovernanceBody?

    /// Makes an admitted statement.
    package init(
        verified: VerifiedStatement, manifest: Manifest, parts: [AdmittedPart],
        governance: GovernanceBody?
    ) {
        self.verified = verified
        self.manifest = manifest
        self.parts = parts
        self.governance = governance
    }
}

/// The rules a submission must pass before it may enter a log (SPEC §7, §8, §13, §14).
///
/// A value without state of its own: any number of threads may ask one, and every path into a
/// node asks the same one. The checks run from cheap to dear, the signature before any content is
/// read, so that a stranger cannot make a node work.
package struct Admission: Sendable {
    private let governance: GovernanceState
    private let authority: Authority

    /// Admission under the governance of the last seal, with the facts known by then.
    package init(governance: GovernanceState, facts: any LedgerFacts) {
        self.governance = governance
        self.authority = Authority(governance: governance, facts: facts)
    }

    /// Checks one submission as if it were registered now.
    ///
    /// - Throws: the first rule that does not hold, with its code, field and what to do.
    package func admit(
        _ submission: Submission, nowMilliseconds: UInt64
    ) throws(Refusal) -> AdmittedStatement {
        let statement = try UnverifiedStatement.decode(submission.statement)
        let verified = try governance.verify(statement, registeredAtMilliseconds: nowMilliseconds)
        let manifest = try Manifest.decode(submission.manifest)
        try statement.check(manifest: manifest)
        let parts = try Self.read(submission.parts, of: manifest)
        var admitted: [AdmittedPart] = []
        admitted.reserveCapacity(parts.count)
        for (part, content) in parts {
            let judgement = try authority.judge(
                content, issuer: statement.issuer, atMilliseconds: nowMilliseconds)
            admitted.append(AdmittedPart(part: part, content: content, judgement: judgement))
        }
        try Self.checkRows(admitted, manifest: manifest, network: governance.network)
        let body = try governanceBody(of: admitted, manifest: manifest)
        return AdmittedStatement(
            verified: verified, manifest: manifest, parts: admitted, governance: body)
    }

    private static func read(
        _ encoded: [[UInt8]], of manifest: Manifest
    ) throws(Refusal) -> [(Part, Content)] {
        var result: [(Part, Content)] = []
        result.reserveCapacity(encoded.count)
        var last: Hash256?
        for (index, bytes) in encoded.enumerated() {
            let part = try Part.decode(bytes)
            if let last, last >= part.digest {
                throw Refusal(
                    code: "submission.format", field: "parts[\(index)]",
                    reason: "parts are sorted by digest, each once")
            }
            last = part.digest
            do {
                result.append((part, try Content.read(part, events: .schema)))
            } catch {
                throw Refusal(
                    code: error.code, field: "parts[\(index)].\(error.field)",
                    reason: error.reason)
            }
        }
        try checkDigests(result.map(\.0.digest), manifest: manifest)
        return result
    }

    /// The parts sent are exactly those the manifest names; both lists are sorted by digest.
    private static func checkDigests(
        _ sent: [Hash256], manifest: Manifest
    ) throws(Refusal) {
        var index = 0
        var last: Hash256?
        for row in manifest.rows where row.part != last {
            last = row.part
            if index < sent.count, sent[index] == row.part {
                index += 1
                continue
            }
            let unexpected = index < sent.count && sent[index] < row.part
            throw unexpected
                ? Self.unexpected(sent[index])
                : Refusal(
                    code: "parts.missing", field: "parts",
                    reason: "the manifest names part \(row.part.hex), which was not sent")
        }
        if index < sent.count { throw unexpected(sent[index]) }
    }

    private static func unexpected(_ digest: Hash256) -> Refusal {
        Refusal(
            code: "parts.unexpected", field: "parts",
            reason: "part \(digest.hex) is not in the manifest")
    }

    /// Each part has exactly the rows its content asks for.
    private static func checkRows(
        _ parts: [AdmittedPart], manifest: Manifest, network: Hash256
    ) throws(Refusal) {
        let networkKey = Subject.network(network).key(in: network)
        var start = manifest.rows.startIndex
        for admitted in parts {
            var end = start
            while end < manifest.rows.endIndex, manifest.rows[end].part == admitted.part.digest {
                end += 1
            }
            let rows = manifest.rows[start..<end]
            start = end
            guard let required = RowRules.rows(of: admitted.content, in: network) else {
                try checkAttachment(rows, networkKey: networkKey)
                continue
            }
            try compare(rows, with: required, part: admitted.part.digest)
        }
    }

    private static func compare(
        _ rows: ArraySlice<Row>, with required: Set<RequiredRow>, part: Hash256
    ) throws(Refusal) {
        var found = 0
        for row in rows {
            let asked = RequiredRow(key: row.key, role: row.role, subject: nil)
            guard required.contains(asked) else {
                throw Refusal(
                    code: "rows.unexpected", field: "manifest",
                    reason: "part \(part.hex) does not ask for the row with subject key "
                        + "\(row.key.hex) as \(row.role)")
            }
            found += 1
        }
        guard found < required.count else { return }
        let present = Set(rows.map { RequiredRow(key: $0.key, role: $0.role, subject: nil) })
        let missing = required.first { !present.contains($0) }
        let name = missing?.subject.map { "\($0.facet) of \($0.uri)" } ?? missing?.key.hex ?? ""
        throw Refusal(
            code: "rows.missing", field: "manifest",
            reason: "part \(part.hex) needs a row for \(name)")
    }

    private static func checkAttachment(
        _ rows: ArraySlice<Row>, networkKey: Hash256
    ) throws(Refusal) {
        guard rows.allSatisfy({ $0.role == .mention && $0.key != networkKey }) else {
            throw Refusal(
                code: "rows.unexpected", field: "manifest",
                reason: "an attachment only mentions its subjects, and never the network")
        }
    }

    private func governanceBody(
        of parts: [AdmittedPart], manifest: Manifest
    ) throws(Refusal) -> GovernanceBody? {
        var bodies: [GovernanceBody] = []
        for admitted in parts {
            if case .governance(let body) = admitted.content { bodies.append(body) }
        }
        guard let body = bodies.first else { return nil }
        guard parts.count == 1, manifest.rows.count == 1 else {
            throw Refusal(
                code: "rows.unexpected", field: "manifest",
                reason: "a governance body stands in a statement of its own")
        }
        return body
    }
}
