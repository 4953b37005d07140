/// What an index can look up to find all events that a query may match.
///
/// Every list is one condition: an event that matches has one of its values. All lists hold
/// together, so an index may use any of them and leave the rest to ``EventQuery/matches(_:)``.
/// Conditions that no index serves are in none.
package struct IndexKeys: Hashable, Sendable {
    /// A canonical URI, or the beginning of those of one class.
    package enum Identifier: Hashable, Sendable {
        /// One URI.
        case exactly(String)
        /// Every URI that begins so.
        case beginning(String)
    }

    /// Objects, amounts and processes that the event names: of each list, one.
    package fileprivate(set) var identifiers: [[Identifier]] = []
    /// Read points, as canonical URIs: of each list, one.
    package fileprivate(set) var readPoints: [[String]] = []
    /// Business locations, as canonical URIs: of each list, one.
    package fileprivate(set) var bizLocations: [[String]] = []
    /// Event types.
    package fileprivate(set) var eventTypes: [String]?
    /// Business steps, as canonical URIs.
    package fileprivate(set) var bizSteps: [String]?
    /// Dispositions, as canonical URIs.
    package fileprivate(set) var dispositions: [String]?
    /// Event IDs, as written.
    package fileprivate(set) var eventIDs: [String]?
    /// Event times in milliseconds since the Unix epoch; no event is outside, and none matches
    /// where it is empty.
    package fileprivate(set) var eventTimes: Range<Int64> = .all
    /// Record times, likewise.
    package fileprivate(set) var recordTimes: Range<Int64> = .all
}

extension EventQuery {
    /// What an index can look up for this query; `WD_*` only once it is expanded.
    package var plan: IndexKeys {
        var keys = IndexKeys()
        for condition in conditions where !condition.includesDescendants {
            keys.add(condition)
        }
        return keys
    }
}

extension IndexKeys {
    fileprivate mutating func add(_ condition: EventCondition) {
        switch (condition.field, condition.test) {
        case (.epcs, .identifiers(let test)), (.epcClasses, .identifiers(let test)),
            (.transformationID, .identifiers(let test)):
            if let list = Self.identifiers(test.patterns) { identifiers.append(list) }
        case (.readPoint, .identifiers(let test)):
            if let list = Self.uris(test.patterns) { readPoints.append(list) }
        case (.bizLocation, .identifiers(let test)):
            if let list = Self.uris(test.patterns) { bizLocations.append(list) }
        case (.eventType, .texts(let texts)): eventTypes = texts
        case (.bizStep, .texts(let texts)): bizSteps = texts
        case (.disposition, .texts(let texts)): dispositions = texts
        case (.eventID, .texts(let texts)): eventIDs = texts
        case (.eventTime, .time(let comparison, let time)): eventTimes.cut(comparison, time)
        case (.recordTime, .time(let comparison, let time)): recordTimes.cut(comparison, time)
        default: break
        }
    }

    /// Nothing if one of the alternatives cannot be looked up: then none restricts.
    private static func identifiers(_ patterns: [IdentifierPattern]) -> [Identifier]? {
        var list: [Identifier] = []
        for pattern in patterns {
            switch pattern {
            case .exactly(let uri): list.append(.exactly(uri))
            case .classOf(let uri, let instances):
                list += [.exactly(uri), .beginning(instances)]
            case .fields: return nil
            }
        }
        return list
    }

    private static func uris(_ patterns: [IdentifierPattern]) -> [String]? {
        let uris = patterns.compactMap(\.exactURI)
        return uris.count == patterns.count ? uris : nil
    }
}

extension Range<Int64> {
    fileprivate static let all = Int64.min..<Int64.max

    /// Cuts off what is before or after a time; nothing is left where the two do not meet.
    fileprivate mutating func cut(_ comparison: Comparison, _ time: Int64) {
        switch comparison {
        case .greaterOrEqual: self = clamped(to: time..<Int64.max)
        case .less: self = clamped(to: Int64.min..<time)
        case .equal, .greater, .lessOrEqual: break
        }
    }
}
