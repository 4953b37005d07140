import EPCIS
import GS1
import HTTPAPI
import Queries
import Records
import Storage

extension RunningNode {
    package func values(
        _ question: ValuesQuestion, for reader: Reader
    ) async throws(Refusal) -> EPCISPage {
        let list = question.collection.rawValue
        let cursor = try Self.reading { () throws(QueryRefusal) in
            try question.token.map { (token) throws(QueryRefusal) in
                try ValueCursor(token: token, of: list)
            }
        }
        let perPage = min(
            question.perPage ?? QueryLimits.eventsPerPage, QueryLimits.eventsPerPageCeiling)
        guard let kind = question.collection.kind else {
            return Self.eventTypes(after: cursor?.last, perPage)
        }
        let (found, size) = try await searching(for: reader) { queries, newest in
            let size = min(cursor?.treeSize ?? newest, newest)
            let found = try queries.values(
                kind, after: cursor?.last, limit: perPage, treeSize: size)
            return (found, size)
        }
        let next = found.last.map { ValueCursor(last: $0, treeSize: size).token(of: list) }
        return EPCISPage(
            Self.collection(found.values.map(kind.shown)), nextPageToken: next)
    }

    package func requireValue(
        _ resource: EPCISResource, for reader: Reader
    ) async throws(Refusal) {
        try await searching(for: reader) { queries, size in
            try Self.require(resource, in: queries, size)
        }
    }

    /// Refuses a value that no event has which the caller may see.
    static func require(
        _ resource: EPCISResource, in queries: LedgerQueries, _ size: UInt64
    ) throws {
        let isThere: Bool
        if let kind = resource.collection.kind {
            let value = try canonical(resource, kind)
            isThere = try queries.hasEvent(kind, value, treeSize: size)
        } else {
            isThere = EventType(rawValue: resource.value) != nil
        }
        guard isThere else {
            throw Refusal(
                code: "subject.unknown", field: resource.collection.valueName,
                reason: "no event that this caller may see has this value")
        }
    }

    private static func canonical(
        _ resource: EPCISResource, _ kind: ValueKind
    ) throws(Refusal) -> String {
        switch kind {
        case .bizStep: return canonical(resource.value, .businessStep)
        case .disposition: return canonical(resource.value, .disposition)
        case .epc, .readPoint, .bizLocation:
            do throws(IdentifierError) {
                return try CanonicalIdentifier(resource.value).uri
            } catch {
                throw Refusal(
                    code: error.code, field: resource.collection.valueName, reason: error.reason)
            }
        }
    }

    private static func canonical(_ text: String, _ vocabulary: Vocabulary) -> String {
        vocabulary.canonical(vocabulary.asked(text))
    }

    /// The five types, whatever events there are.
    private static func eventTypes(after last: String?, _ perPage: Int) -> EPCISPage {
        let all = EventType.allCases.map(\.rawValue).sorted()
        let rest = all.filter { name in last.map { $0 < name } ?? true }
        let page = rest.prefix(perPage)
        let next = page.count < rest.count ? page.last : nil
        return EPCISPage(
            collection(Array(page)),
            nextPageToken: next.map {
                ValueCursor(last: $0, treeSize: 0).token(of: EPCISCollection.eventTypes.rawValue)
            })
    }

    /// A JSON collection.
    private static func collection(_ members: [String]) -> [UInt8] {
        JSONValue.object([
            JSONMember("@context", .string(EventDocument.context)),
            JSONMember("type", .string("Collection")),
            JSONMember("member", .array(members.map(JSONValue.string))),
        ]).serialized()
    }
}

extension EPCISCollection {
    /// The kind of its values; nil for event types, of which there are five.
    fileprivate var kind: ValueKind? {
        switch self {
        case .eventTypes: nil
        case .epcs: .epc
        case .bizSteps: .bizStep
        case .bizLocations: .bizLocation
        case .readPoints: .readPoint
        case .dispositions: .disposition
        }
    }
}

extension ValueKind {
    /// How a value is listed: words of CBV's lists bare, as in events.
    fileprivate func shown(_ value: String) -> String {
        switch self {
        case .bizStep: Vocabulary.businessStep.bare(value)
        case .disposition: Vocabulary.disposition.bare(value)
        case .epc, .readPoint, .bizLocation: value
        }
    }
}
