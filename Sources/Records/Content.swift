package import EPCIS

/// What a part turns out to say once its content has been read.
package enum Content: Sendable {
    /// One EPCIS event.
    case event(EPCISEvent)
    /// A certificate, delegation, revocation and so on.
    case record(Record)
    /// A genesis document or an amendment.
    case governance(GovernanceBody)
    /// Bytes this ledger keeps but does not read.
    case attachment

    /// Reads the content of a part by its content type (SPEC §5).
    ///
    /// Events are read by `rules`, SPEC §8.1, unless a signer or an admission asks for more: then
    /// the body of master data is read too (SPEC §8.8).
    ///
    /// - Throws: the refusal of the content's own format, or `record.must-be-visible`.
    package static func read(
        _ part: Part, events: EventStrictness = .rules
    ) throws(Refusal) -> Content {
        switch part.contentType {
        case PartContentType.event:
            do {
                return .event(try EPCISEvent.read(part.content, by: events))
            } catch {
                throw Refusal(code: error.code, field: error.field, reason: error.reason)
            }
        case PartContentType.record:
            let record = try Record.read(part.content)
            if record.kind.mustStayVisible, case .organisations = part.visibility {
                throw Refusal(
                    code: "record.must-be-visible", field: "part.visibility",
                    reason: "a \(record.kind.rawValue) must be visible to the network or public")
            }
            if events == .schema, record.kind == .masterData, let body = record.body,
                body.contentType == MasterData.contentType
            {
                _ = try MasterData.read(body.bytes)
            }
            return .record(record)
        case PartContentType.governance:
            guard part.visibility == .open else {
                throw Refusal(
                    code: "record.must-be-visible", field: "part.visibility",
                    reason: "governance is public")
            }
            return .governance(try GovernanceBody.decode(part.content))
        default:
            return .attachment
        }
    }

    /// Whether others' answers rest on it, so that it can be neither hidden nor erased (SPEC §8.3).
    package var mustStayVisible: Bool {
        switch self {
        case .governance: true
        case .record(let record): record.kind.mustStayVisible
        case .event, .attachment: false
        }
    }
}
