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

/// What the body of `POST /epcis/queries/{name}/subscriptions` asks for (SPEC §17.4).
package struct SubscriptionRequest: Hashable, Sendable {
    /// The most bytes of the secret for signatures.
    package static let tokenByteCount = 512

    /// Where events go.
    package let destination: WebhookDestination
    /// The secret that deliveries are signed with, never shown again; nil for none.
    package let signatureToken: String?
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

    private static let names = [
        "dest", "signatureToken", "secret", "stream", "schedule", "reportIfEmpty",
        "initialRecordTime", "epcFormat", noticesName,
    ]
    private static let noticesName = "cairn:notices"

    /// Reads a body.
    ///
    /// GS1's schema requires a member `secret` that it describes as `signatureToken`: both are
    /// understood, one may stand.
    ///
    /// `format` is what the request asks for beside the body; one that the body names wins.
    ///
    /// - Throws: `subscription.controls`, `subscription.destination`.
    package init(
        json: JSONValue, format: DeliveryFormat = .noPreference
    ) throws(Refusal) {
        guard let members = json.asObject else {
            throw .controls("subscription", "an object with dest and stream or schedule")
        }
        for member in members where !Self.names.contains(member.name) {
            throw .controls(member.name, "a subscription has \(Self.names.joined(separator: ", "))")
        }
        guard let dest = json["dest"]?.asString else {
            throw .destination("the URL that events are sent to is missing")
        }
        destination = try WebhookDestination(dest)
        signatureToken = try Self.token(json)
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

    private static func token(_ json: JSONValue) throws(Refusal) -> String? {
        guard json["signatureToken"] == nil || json["secret"] == nil else {
            throw .controls("secret", "leave out this or signatureToken")
        }
        guard let value = json["signatureToken"] ?? json["secret"], !value.isNull else {
            return nil
        }
        guard let token = value.asString, (1...tokenByteCount).contains(token.utf8.count) else {
            throw .controls("signatureToken", "a string of 1 to \(tokenByteCount) bytes")
        }
        return token
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

    /// The request as JSON, the secret included, in which form it is kept.
    package var json: JSONValue {
        var members = [JSONMember("dest", .string(destination.url))]
        if let signatureToken {
            members.append(JSONMember("signatureToken", .string(signatureToken)))
        }
        return .object(members + controls)
    }

    /// When and what, without destination and secret.
    fileprivate var controls: [JSONMember] {
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

/// A subscription: an organisation's wish to be sent what a named query of its own finds.
package struct Subscription: Hashable, Sendable {
    /// Its identifier, which the node made.
    package let id: String
    /// Whose it is; only what this organisation may see is sent.
    package let organisation: String
    /// The name of the query.
    package let queryName: String
    /// What was asked for.
    package let request: SubscriptionRequest
    /// When it was made, milliseconds since the Unix epoch.
    package let createdMilliseconds: Int64

    /// Makes a subscription.
    package init(
        id: String, organisation: String, queryName: String, request: SubscriptionRequest,
        createdMilliseconds: Int64
    ) {
        self.id = id
        self.organisation = organisation
        self.queryName = queryName
        self.request = request
        self.createdMilliseconds = createdMilliseconds
    }

    /// What callers are shown: everything but the secret, and how deliveries stand.
    package func document(_ delivery: Delivery, isPaused: Bool) -> JSONValue {
        var members = [
            JSONMember("subscriptionID", .string(id)),
            JSONMember("queryName", .string(queryName)),
            JSONMember("dest", .string(request.destination.url)),
            JSONMember("createdAt", Self.time(createdMilliseconds)),
        ]
        if let time = delivery.lastNotifiedMilliseconds {
            members.append(JSONMember("lastNotifiedAt", Self.time(time)))
        }
        members += request.controls
        let first = request.initialRecordTimeMilliseconds ?? createdMilliseconds
        members.append(
            JSONMember("minRecordTime", Self.time(delivery.lastRunMilliseconds ?? first)))
        members.append(JSONMember("cairn:delivery", delivery.document(isPaused: isPaused)))
        return .object(members)
    }

    private static func time(_ milliseconds: Int64) -> JSONValue {
        .string(Timestamp.text(milliseconds: milliseconds))
    }
}
