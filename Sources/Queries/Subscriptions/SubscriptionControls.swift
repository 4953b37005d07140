package import EPCIS
package import Records

/// When a subscription is told of events.
package enum SubscriptionTrigger: Hashable, Sendable {
    /// As soon as an event is there.
    case stream
    /// At the times of a schedule.
    case schedule(QuerySchedule)
}

/// Of which recalls, revocations and suspensions a subscription is told (SPEC §26.5).
package enum NoticeReach: String, Hashable, Sendable {
    /// Of those that concern what the organisation has or had, as far as it may see.
    case mine
    /// Of all.
    case all
}

/// How identifiers of events are written that are sent.
package enum DeliveryFormat: String, Hashable, Sendable {
    /// As they were signed; also if nothing is said.
    case noPreference = "No_Preference"
    /// As they were signed.
    case asSigned = "Never_Translates"
    /// As GS1 Digital Links on `https://id.gs1.org`.
    case digitalLink = "Always_GS1_Digital_Link"
}

/// When a subscriber is told, and of what: the same for webhooks and WebSockets (SPEC §17.4).
package struct SubscriptionControls: Hashable, Sendable {
    /// When events go.
    package let trigger: SubscriptionTrigger
    /// Whether a run of a schedule that finds nothing is told too.
    package let reportIfEmpty: Bool
    /// From which record time on events go, milliseconds since the Unix epoch; nil for those that
    /// come after the subscription.
    package let initialRecordTimeMilliseconds: Int64?
    /// How identifiers are written.
    package let format: DeliveryFormat
    /// Of which notices it is told, instead of events; nil: of events.
    package let notices: NoticeReach?

    /// The members of a subscription that are read here.
    static let names = [
        "stream", "schedule", "reportIfEmpty", "initialRecordTime", "epcFormat", noticesName,
    ]
    private static let noticesName = "cairn:notices"

    /// Reads the members of a subscription's body.
    ///
    /// `format` is what the request asks for beside the body; one that the body names wins.
    ///
    /// - Throws: `subscription.controls`.
    package init(json: JSONValue, format: DeliveryFormat) throws(Refusal) {
        trigger = try Self.trigger(json)
        reportIfEmpty = try Self.flag(json["reportIfEmpty"], "reportIfEmpty") ?? false
        if reportIfEmpty, trigger == .stream {
            throw .controls("reportIfEmpty", "a stream has no empty reports; use a schedule")
        }
        initialRecordTimeMilliseconds = try Self.time(json["initialRecordTime"])
        self.format = try Self.format(json["epcFormat"]) ?? format
        notices = try Self.notices(json[Self.noticesName])
        guard notices == nil || trigger == .stream else {
            throw .controls(Self.noticesName, "notices come as a stream: leave out schedule")
        }
    }

    /// Reads the parameters of a request for a WebSocket, by name, decoded: `stream`,
    /// `reportIfEmpty`, `initialRecordTime`, and the fields of a schedule, each by its own name.
    ///
    /// - Throws: `subscription.controls`.
    package init(
        parameters: [String: String], format: DeliveryFormat
    ) throws(Refusal) {
        var members: [JSONMember] = []
        var schedule: [JSONMember] = []
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) {
            if QuerySchedule.Field(rawValue: name) != nil {
                schedule.append(JSONMember(name, .string(value)))
            } else if name == "initialRecordTime" {
                members.append(JSONMember(name, .string(value)))
            } else if name == "stream" || name == "reportIfEmpty" {
                guard value == "true" || value == "false" else {
                    throw .controls(name, "true or false")
                }
                members.append(JSONMember(name, .bool(value == "true")))
            } else {
                let fields = QuerySchedule.Field.allCases.map(\.rawValue).joined(separator: ", ")
                throw .controls(
                    name,
                    "a WebSocket has stream, or fields of a schedule (\(fields)) and "
                        + "reportIfEmpty, and initialRecordTime")
            }
        }
        if !schedule.isEmpty { members.append(JSONMember("schedule", .object(schedule))) }
        try self.init(json: .object(members), format: format)
    }

    private static func notices(_ value: JSONValue?) throws(Refusal) -> NoticeReach? {
        guard let value, !value.isNull else { return nil }
        guard let reach = value.asString.flatMap(NoticeReach.init(rawValue:)) else {
            throw .controls(noticesName, "mine or all")
        }
        return reach
    }

    private static func format(_ value: JSONValue?) throws(Refusal) -> DeliveryFormat? {
        guard let value, !value.isNull else { return nil }
        guard let format = value.asString.flatMap(DeliveryFormat.init(rawValue:)) else {
            throw .controls(
                "epcFormat",
                "No_Preference, Never_Translates or Always_GS1_Digital_Link: not every identifier "
                    + "has an EPC URN, and no event is to be left out")
        }
        return format
    }

    private static func trigger(_ json: JSONValue) throws(Refusal) -> SubscriptionTrigger {
        let isStream = try flag(json["stream"], "stream") ?? false
        let schedule = json["schedule"].flatMap { $0.isNull ? nil : $0 }
        guard isStream || schedule != nil else {
            throw .controls("stream", "true is needed, or a schedule: else nobody is ever told")
        }
        guard let schedule else { return .stream }
        guard !isStream else { throw .controls("stream", "leave out this or schedule") }
        return .schedule(try QuerySchedule(json: schedule))
    }

    private static func flag(_ value: JSONValue?, _ name: String) throws(Refusal) -> Bool? {
        guard let value, !value.isNull else { return nil }
        guard let flag = value.asBool else { throw .controls(name, "true or false") }
        return flag
    }

    private static func time(_ value: JSONValue?) throws(Refusal) -> Int64? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.asString, let time = try? ZonedTime(text) else {
            throw .controls("initialRecordTime", "a time such as 2026-03-01T08:30:00.000+01:00")
        }
        return time.milliseconds
    }

    /// As they are written in a subscription's body.
    package var json: JSONValue { .object(members) }

    /// As members of a subscription's body.
    var members: [JSONMember] {
        var members: [JSONMember] = []
        switch trigger {
        case .stream: members.append(JSONMember("stream", .bool(true)))
        case .schedule(let schedule):
            members.append(JSONMember("schedule", schedule.json))
            members.append(JSONMember("reportIfEmpty", .bool(reportIfEmpty)))
        }
        if let time = initialRecordTimeMilliseconds {
            let text = Timestamp.text(milliseconds: time)
            members.append(JSONMember("initialRecordTime", .string(text)))
        }
        if format != .noPreference {
            members.append(JSONMember("epcFormat", .string(format.rawValue)))
        }
        if let notices {
            members.append(JSONMember(Self.noticesName, .string(notices.rawValue)))
        }
        return members
    }
}
