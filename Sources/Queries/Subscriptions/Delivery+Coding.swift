import DeterministicCBOR
package import EPCIS

// How deliveries are kept between the node's runs: deterministic CBOR, which no other program
// reads; and as callers are shown them.

extension Delivery {
    private static let version: UInt64 = 1

    /// The state as bytes.
    package var encoded: [UInt8] {
        CBORValue.array([
            .unsigned(Self.version), .array(cursor.fields), .unsigned(nextNumber),
            .unsigned(UInt64(eventLimit)), pending?.cbor ?? .null, run?.cbor ?? .null,
            .array(redeliveries.map(\.cbor)), .time(lastRunMilliseconds),
            .time(lastNotifiedMilliseconds), .unsigned(UInt64(deadLetterCount)),
            .time(pausedUntilMilliseconds),
        ]).encoded()
    }

    /// Reads a state; nil if the bytes are none.
    package init?(encoded bytes: [UInt8]) {
        do {
            var fields = try CBORFields(
                array: try CBORValue.decode(bytes), count: 11, path: "delivery")
            guard try fields.unsigned("version") == Self.version else { return nil }
            cursor = try EventPosition(&fields, "cursor")
            nextNumber = try fields.unsigned("next number")
            eventLimit = min(
                max(1, try fields.unsigned("event limit", as: Int.self)), DeliveryLimits.events)
            pending = try fields.valueOrNull("pending").map { try Pending($0) }
            run = try fields.valueOrNull("run").map { try Run($0) }
            redeliveries = try fields.array("redeliveries", limit: 1 << 16)
                .map { try DeliveryRange($0) }
            lastRunMilliseconds = try fields.time("last run")
            lastNotifiedMilliseconds = try fields.time("last notified")
            deadLetterCount = try fields.unsigned("dead letters", as: Int.self)
            pausedUntilMilliseconds = try fields.time("paused until")
            try fields.finish()
        } catch {
            return nil
        }
    }

    /// How deliveries stand, for callers.
    func document(isPaused: Bool) -> JSONValue {
        let isHalted = deadLetterCount >= DeliveryLimits.deadLetters && redeliveries.isEmpty
        let state =
            isPaused
            ? "paused" : isHalted ? "halted" : pending?.failure != nil ? "retrying" : "active"
        var members = [
            JSONMember("state", .string(state)),
            JSONMember("nextLeaf", .number(JSONNumber(cursor.leafIndex))),
            JSONMember("deadLetters", .number(JSONNumber(deadLetterCount))),
        ]
        if let pending, let failure = pending.failure {
            members.append(JSONMember("delivery", .number(JSONNumber(pending.batch.number))))
            members.append(JSONMember("attempts", .number(JSONNumber(pending.attempts))))
            members.append(JSONMember("lastFailure", .string(failure)))
            if let next = pending.nextAttemptMilliseconds {
                members.append(
                    JSONMember("nextAttemptAt", .string(Timestamp.text(milliseconds: next))))
            }
        }
        return .object(members)
    }
}

extension Delivery.Pending {
    fileprivate var cbor: CBORValue {
        .array([
            batch.cbor, .unsigned(UInt64(attempts)), .time(firstAttemptMilliseconds),
            .time(nextAttemptMilliseconds), failure.map { .text($0) } ?? .null,
        ])
    }

    fileprivate init(_ value: CBORValue) throws(CBORFieldError) {
        var fields = try CBORFields(array: value, count: 5, path: "pending")
        batch = try DeliveryBatch(fields.value("batch"))
        attempts = try fields.unsigned("attempts", as: Int.self)
        firstAttemptMilliseconds = try fields.time("first attempt")
        nextAttemptMilliseconds = try fields.time("next attempt")
        failure = try fields.valueOrNull("failure")?.asText
    }
}

extension Delivery.Run {
    fileprivate var cbor: CBORValue { .array(end.fields + [.bool(hasReported)]) }

    fileprivate init(_ value: CBORValue) throws(CBORFieldError) {
        var fields = try CBORFields(array: value, count: 3, path: "run")
        end = EventPosition(
            leafIndex: try fields.unsigned("leaf"),
            part: try fields.unsigned("part", as: UInt32.self))
        hasReported = try fields.bool("has reported")
    }
}

extension DeliveryRange {
    fileprivate var cbor: CBORValue { .array([.array(start.fields), .array(end.fields)]) }

    fileprivate init(_ value: CBORValue) throws(CBORFieldError) {
        var fields = try CBORFields(array: value, count: 2, path: "range")
        self.init(
            start: try EventPosition(&fields, "start"), end: try EventPosition(&fields, "end"))
    }
}

extension DeliveryBatch {
    fileprivate var cbor: CBORValue {
        .array([
            .unsigned(number), range.cbor, .unsigned(UInt64(eventCount)),
            .time(createdMilliseconds), .bool(isRedelivery),
        ])
    }

    fileprivate init(_ value: CBORValue) throws(CBORFieldError) {
        var fields = try CBORFields(array: value, count: 5, path: "batch")
        number = try fields.unsigned("number")
        range = try DeliveryRange(fields.value("range"))
        eventCount = try fields.unsigned("events", as: Int.self)
        createdMilliseconds = try fields.time("created") ?? 0
        isRedelivery = try fields.bool("redelivery")
    }
}

extension DeadLetter {
    /// The dead letter as bytes.
    package var encoded: [UInt8] {
        CBORValue.array([
            batch.cbor, .unsigned(UInt64(attempts)), .time(givenUpMilliseconds), .text(failure),
        ]).encoded()
    }

    /// Reads a dead letter; nil if the bytes are none.
    package init?(encoded bytes: [UInt8]) {
        do {
            var fields = try CBORFields(
                array: try CBORValue.decode(bytes), count: 4, path: "dead letter")
            batch = try DeliveryBatch(fields.value("batch"))
            attempts = try fields.unsigned("attempts", as: Int.self)
            givenUpMilliseconds = try fields.time("given up") ?? 0
            failure = try fields.text("failure", limit: 1 << 12)
            try fields.finish()
        } catch {
            return nil
        }
    }

    /// The dead letter as callers are shown it.
    package var document: JSONValue {
        .object([
            JSONMember("delivery", .number(JSONNumber(batch.number))),
            JSONMember("events", .number(JSONNumber(batch.eventCount))),
            JSONMember("firstLeaf", .number(JSONNumber(batch.range.start.leafIndex))),
            JSONMember("createdAt", Self.time(batch.createdMilliseconds)),
            JSONMember("givenUpAt", Self.time(givenUpMilliseconds)),
            JSONMember("attempts", .number(JSONNumber(attempts))),
            JSONMember("lastFailure", .string(failure)),
        ])
    }

    private static func time(_ milliseconds: Int64) -> JSONValue {
        .string(Timestamp.text(milliseconds: milliseconds))
    }
}

extension EventPosition {
    fileprivate var fields: [CBORValue] { [.unsigned(leafIndex), .unsigned(UInt64(part))] }

    fileprivate init(_ fields: inout CBORFields, _ name: String) throws(CBORFieldError) {
        var inner = try fields.fields(name, count: 2...2)
        self.init(
            leafIndex: try inner.unsigned("leaf"),
            part: try inner.unsigned("part", as: UInt32.self))
    }
}

extension CBORValue {
    /// A time, or null.
    fileprivate static func time(_ milliseconds: Int64?) -> CBORValue {
        milliseconds.map { .unsigned(UInt64(clamping: $0)) } ?? .null
    }
}

extension CBORFields {
    fileprivate mutating func time(_ name: String) throws(CBORFieldError) -> Int64? {
        guard let value = try valueOrNull(name) else { return nil }
        guard let time = value.asInt64 else {
            throw CBORFieldError(field: name, reason: "expected a time")
        }
        return time
    }
}
