package import EPCIS
package import MerkleTrees
package import Signatures

/// Makes parts and signs statements in the name of one organisation (SPEC §5 to §7).
///
/// The same content under the same key always gives the same part. Nothing here reads a clock:
/// the time of signing is given.
package struct Signer: Sendable {
    private let network: Hash256
    private let issuer: String
    private let key: SigningKey
    private let salt: [UInt8]

    /// Is told of each event that is signed more than a day before it happens.
    ///
    /// That is likely a slip of the date; nothing is refused for it.
    package var whenAhead: (@Sendable (Part, EPCISEvent) -> Void)?
    private static let aheadMilliseconds: Int64 = 86_400_000

    /// A signer for an organisation of a network.
    package init(network: Hash256, issuer: String, key: SigningKey) {
        self.network = network
        self.issuer = issuer
        self.key = key
        self.salt = key.saltSecret
    }

    /// One part of any content type.
    package func part(
        _ content: [UInt8], type: String, visibility: Visibility
    ) throws(Refusal) -> Part {
        try Part.make(
            content: content, contentType: type, visibility: visibility, network: network,
            saltSecret: salt)
    }

    /// The part that carries a record.
    package func part(_ record: Record, visibility: Visibility) throws(Refusal) -> Part {
        let content = record.encoded()
        _ = try Record.read(content)
        return try part(content, type: PartContentType.record, visibility: visibility)
    }

    /// One part for each event of an EPCIS document, in the document's order.
    ///
    /// - Throws: `json.*` or `epcis.*` naming the event and field; nothing is made then.
    package func parts(
        epcisDocument document: [UInt8], visibility: Visibility
    ) throws(Refusal) -> [Part] {
        do {
            var parts: [Part] = []
            for event in try EPCISDocument.split(document) {
                parts.append(try part(event, visibility: visibility))
            }
            return parts
        } catch let error as EPCISError {
            throw Refusal(code: error.code, field: error.field, reason: error.reason)
        } catch let refusal as Refusal {
            throw refusal
        } catch {
            throw Refusal(code: "epcis.format", field: "document", reason: "\(error)")
        }
    }

    private func part(_ event: EPCISPart, visibility: Visibility) throws -> Part {
        do {
            _ = try EPCISEvent.read(event.bytes, by: .schema)
        } catch {
            throw Refusal(
                code: error.code,
                field: "event[\(event.index)]\(error.field.isEmpty ? "" : ".")\(error.field)",
                reason: error.reason)
        }
        return try part(event.bytes, type: PartContentType.event, visibility: visibility)
    }

    /// Signs parts whose content decides their rows, as one statement or as several where limits
    /// ask for it.
    ///
    /// - Throws: `part.too-large` when one part alone is past the limit of a statement.
    package func submissions(
        _ parts: [Part], issuedAtSeconds: UInt64
    ) throws(Refusal) -> [Submission] {
        var group = StatementGroup()
        var result: [Submission] = []
        var seen: Set<Hash256> = []
        for part in parts where seen.insert(part.digest).inserted {
            let content = try Content.read(part, events: .schema)
            if case .event(let event) = content, Self.isAhead(event, ofSeconds: issuedAtSeconds) {
                whenAhead?(part, event)
            }
            guard let required = RowRules.rows(of: content, in: network) else {
                throw Refusal(
                    code: "rows.missing", field: "part.content type",
                    reason: "an attachment needs to be told its subjects")
            }
            let rows = required.map { Row(part: part.digest, key: $0.key, role: $0.role) }
            if !group.takes(part, rows: rows.count) {
                result.append(try sign(group, issuedAtSeconds: issuedAtSeconds))
                group = StatementGroup()
            }
            group.add(part, rows: rows)
            if case .governance = content {
                group.isClosed = true
            }
        }
        if !group.parts.isEmpty {
            result.append(try sign(group, issuedAtSeconds: issuedAtSeconds))
        }
        return result
    }

    /// Who declares an event wrong repeats its time.
    private static func isAhead(_ event: EPCISEvent, ofSeconds seconds: UInt64) -> Bool {
        let (now, overflow) = Int64(clamping: seconds).multipliedReportingOverflow(by: 1_000)
        return !overflow && !event.declaresError
            && event.eventTimeMilliseconds.subtractingReportingOverflow(now).partialValue
                > aheadMilliseconds
    }

    /// Signs an attachment that mentions things, under their assertions (SPEC §8.4).
    package func attachment(
        _ part: Part, mentioning uris: [String], issuedAtSeconds: UInt64
    ) throws(Refusal) -> Submission {
        var group = StatementGroup()
        let rows = uris.map { uri in
            let subject = Subject(facet: .assertions, uri: uri)
            return Row(part: part.digest, key: subject.key(in: network), role: .mention)
        }
        group.add(part, rows: rows)
        return try sign(group, issuedAtSeconds: issuedAtSeconds)
    }

    private func sign(
        _ group: StatementGroup, issuedAtSeconds: UInt64
    ) throws(Refusal) -> Submission {
        let manifest = try Manifest(rows: group.rows)
        let statement = try UnverifiedStatement.sign(
            manifest, network: network, rulesVersion: RowRules.version, issuer: issuer,
            issuedAtSeconds: issuedAtSeconds, key: key)
        let sorted = group.parts.sorted { $0.digest < $1.digest }
        return Submission(
            statement: statement.bytes, manifest: manifest.encoded(), parts: sorted.map(\.encoded))
    }
}

/// The parts gathered for one statement.
private struct StatementGroup {
    var parts: [Part] = []
    var rows: [Row] = []
    var isClosed = false
    private var bytes = 0

    /// Whether a further part keeps within what a signer puts into one statement (SPEC §7).
    func takes(_ part: Part, rows count: Int) -> Bool {
        if parts.isEmpty { return true }
        if isClosed || part.contentType == PartContentType.governance { return false }
        return parts.count < Limits.signedParts && rows.count + count <= Limits.signedRows
            && bytes + part.encoded.count <= Limits.signedPartBytes
    }

    mutating func add(_ part: Part, rows new: [Row]) {
        parts.append(part)
        rows.append(contentsOf: new)
        bytes += part.encoded.count
    }
}
