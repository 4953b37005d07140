package import EPCIS
package import MerkleTrees
package import Records

/// What a subscriber is told of a recall, a revocation or a suspension (SPEC §26.5).
package struct Notice: Sendable {
    /// The most things that one notice names.
    package static let thingsLimit = 256

    /// The record.
    package var record: Record
    /// Its part.
    package var part: Hash256
    /// The leaf of its statement.
    package var leafIndex: UInt64
    /// When that was registered, milliseconds.
    package var registeredAtMilliseconds: Int64
    /// Who signed it.
    package var issuer: String
    /// How far it was the issuer's to say.
    package var standing: Standing
    /// What the record concerns: of a recall what it is about, else what the target is about.
    package var about: [String]
    /// What the subscriber has or had of it, or of what was made of it, sorted.
    package var things: [String] = []
    /// Whether there may be more of that.
    package var isTruncated = false

    /// A notice without things.
    package init(
        record: Record, part: Hash256, leafIndex: UInt64, registeredAtMilliseconds: Int64,
        issuer: String, standing: Standing, about: [String]
    ) {
        self.record = record
        self.part = part
        self.leafIndex = leafIndex
        self.registeredAtMilliseconds = registeredAtMilliseconds
        self.issuer = issuer
        self.standing = standing
        self.about = about
    }

    /// The notice as it is sent.
    package var json: JSONValue {
        var members = [
            JSONMember("notice", .string(record.kind.rawValue)),
            JSONMember("part", .string(part.hex)),
            JSONMember("leaf", .number(JSONNumber(leafIndex))),
            JSONMember("registeredAt", Self.time(registeredAtMilliseconds)),
            JSONMember("issuer", .string(issuer)), JSONMember("standing", .string("\(standing)")),
        ]
        if let id = record.id { members.append(JSONMember("id", .string(id))) }
        if case .record(let target) = record.target {
            members.append(JSONMember("target", .string(target)))
        }
        for (name, time) in [
            ("from", record.fromMilliseconds), ("until", record.untilMilliseconds),
        ] {
            guard let time else { continue }
            members.append(JSONMember(name, Self.time(Int64(clamping: time))))
        }
        members.append(JSONMember("reason", .string(record.reason ?? "")))
        members.append(JSONMember("about", .array(about.map { .string($0) })))
        members.append(JSONMember("things", .array(things.map { .string($0) })))
        if isTruncated { members.append(JSONMember("truncated", .bool(true))) }
        return .object(members)
    }

    private static func time(_ milliseconds: Int64) -> JSONValue {
        .string(Timestamp.text(milliseconds: milliseconds))
    }
}

/// A delivery of notices.
package struct NoticeDocument: Sendable {
    private let notices: [[UInt8]]
    private let subscription: Subscription
    private let createdMilliseconds: Int64

    /// A document of notices, each as JSON.
    package init(
        _ notices: [[UInt8]], of subscription: Subscription, createdMilliseconds: Int64
    ) {
        self.notices = notices
        self.subscription = subscription
        self.createdMilliseconds = createdMilliseconds
    }

    /// The document's text.
    package var bytes: [UInt8] {
        let head = JSONValue.object([
            JSONMember("type", .string("CairnNoticeDocument")),
            JSONMember("schemaVersion", .string("1")),
            JSONMember(
                "creationDate", .string(Timestamp.text(milliseconds: createdMilliseconds))),
            JSONMember("queryName", .string(subscription.queryName)),
            JSONMember("subscriptionID", .string(subscription.id)),
        ]).serialized()
        var bytes = Array(head.dropLast()) + Array(#","notices":["#.utf8)
        for (index, notice) in notices.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += notice
        }
        return bytes + Array("]}".utf8)
    }
}
