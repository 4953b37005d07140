package import EPCIS
package import Records

/// What the body of `POST /epcis/queries/{name}/subscriptions` asks for (SPEC §17.4).
package struct SubscriptionRequest: Hashable, Sendable {
    /// The most bytes of the secret for signatures.
    package static let tokenByteCount = 512

    /// Where events go.
    package let destination: WebhookDestination
    /// The secret that deliveries are signed with, never shown again; nil for none.
    package let signatureToken: String?
    /// When it is told, and of what.
    package let controls: SubscriptionControls

    private static let names = ["dest", "signatureToken", "secret"] + SubscriptionControls.names

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
        controls = try SubscriptionControls(json: json, format: format)
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

    /// The request as JSON, the secret included, in which form it is kept.
    package var json: JSONValue {
        var members = [JSONMember("dest", .string(destination.url))]
        if let signatureToken {
            members.append(JSONMember("signatureToken", .string(signatureToken)))
        }
        return .object(members + controls.members)
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
        members += request.controls.members
        let first = request.controls.initialRecordTimeMilliseconds ?? createdMilliseconds
        members.append(
            JSONMember("minRecordTime", Self.time(delivery.lastRunMilliseconds ?? first)))
        members.append(JSONMember("cairn:delivery", delivery.document(isPaused: isPaused)))
        return .object(members)
    }

    private static func time(_ milliseconds: Int64) -> JSONValue {
        .string(Timestamp.text(milliseconds: milliseconds))
    }
}
