import EPCIS

/// In what order events come: by a time, and events of one time by their place in the log.
package struct EventOrdering: Hashable, Sendable {
    /// What they are ordered by.
    package enum Key: String, Hashable, Sendable, CaseIterable {
        /// When it happened.
        case eventTime
        /// When the node registered it.
        case recordTime
    }

    /// What they are ordered by; `recordTime` if the query does not say.
    package let key: Key
    /// Whether the newest come first; so they do if the query does not say.
    package let isDescending: Bool

    /// The place of an event in this order.
    package func place(of event: QueryableEvent) -> EventPlace {
        switch key {
        case .eventTime:
            EventPlace(event.event.eventTimeMilliseconds, event.position)
        case .recordTime: EventPlace(event.recordTimeMilliseconds, event.position)
        }
    }

    /// Whether one place comes before another in this order; `DESC` turns the order of ties too.
    package func precedes(_ left: EventPlace, _ right: EventPlace) -> Bool {
        isDescending ? right < left : left < right
    }
}

/// A time and a position: what orders events, and where a page ends.
package struct EventPlace: Hashable, Comparable, Sendable {
    /// The time that is ordered by, milliseconds since the Unix epoch.
    package let milliseconds: Int64
    /// The place in the log.
    package let position: EventPosition

    /// Makes a place.
    package init(_ milliseconds: Int64, _ position: EventPosition) {
        self.milliseconds = milliseconds
        self.position = position
    }

    package static func < (left: EventPlace, right: EventPlace) -> Bool {
        (left.milliseconds, left.position) < (right.milliseconds, right.position)
    }
}
