package import Records

extension DemoNetwork {
    /// Signs EPCIS documents as a member, with the rows the rules ask for.
    package func submissions(
        epcisDocument document: [UInt8], by member: Member, visibility: Visibility = .network,
        issuedAtSeconds: UInt64 = DemoNetwork.startSeconds
    ) throws -> [Submission] {
        let signer = Signer(network: id, issuer: member.uri, key: member.key)
        let parts = try signer.parts(epcisDocument: document, visibility: visibility)
        return try signer.submissions(parts, issuedAtSeconds: issuedAtSeconds)
    }

    /// A statement with one EPCIS event.
    package func submission(
        event: [UInt8], by member: Member, visibility: Visibility = .network,
        issuedAtSeconds: UInt64 = DemoNetwork.startSeconds
    ) throws -> Submission {
        let all = try submissions(
            epcisDocument: event, by: member, visibility: visibility,
            issuedAtSeconds: issuedAtSeconds)
        guard let first = all.first, all.count == 1 else { throw DemoError.severalStatements }
        return first
    }

    /// One ObjectEvent with quantities, as a bare EPCIS event in JSON.
    ///
    /// - Parameters:
    ///   - action: ADD, OBSERVE or DELETE.
    ///   - bizStep: a bare word such as `commissioning`.
    ///   - batches: batch or product URIs, in any spelling, with kilograms.
    ///   - site: where it happened.
    ///   - time: when it happened, in ISO 8601.
    ///   - takers: the organisations that have the batches next.
    /// - Returns: the event's JSON.
    package static func objectEvent(
        action: String, bizStep: String, batches: [(uri: String, kilograms: String)], site: String,
        time: String = "2026-01-05T08:00:00Z", takers: [String] = []
    ) -> [UInt8] {
        let ends = takers.map { #"{"type":"possessing_party","destination":"\#($0)"}"# }
        let destinations =
            takers.isEmpty ? "" : #","destinationList":[\#(ends.joined(separator: ","))]"#
        return event(
            "ObjectEvent", time: time,
            """
            "action":"\(action)","bizStep":"\(bizStep)","bizLocation":{"id":"\(site)"},\
            "quantityList":[\(quantities(batches))]\(destinations)
            """)
    }

    /// One TransformationEvent with quantities, as a bare EPCIS event in JSON.
    package static func transformationEvent(
        inputs: [(uri: String, kilograms: String)], outputs: [(uri: String, kilograms: String)],
        site: String, time: String = "2026-01-06T08:00:00Z"
    ) -> [UInt8] {
        event(
            "TransformationEvent", time: time,
            """
            "bizLocation":{"id":"\(site)"},"inputQuantityList":[\(quantities(inputs))],\
            "outputQuantityList":[\(quantities(outputs))]
            """)
    }

    /// Any event: its type, time, and further members in JSON.
    package static func event(_ type: String, time: String, _ members: String) -> [UInt8] {
        Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],\
            "type":"\(type)","eventTime":"\(time)","eventTimeZoneOffset":"+00:00",\(members)}
            """.utf8)
    }

    /// A quantity list in JSON, without its brackets.
    package static func quantities(_ list: [(uri: String, kilograms: String)]) -> String {
        list.map { #"{"epcClass":"\#($0.uri)","quantity":\#($0.kilograms),"uom":"KGM"}"# }
            .joined(separator: ",")
    }
}

/// A demo that does not do what its caller expects.
package enum DemoError: Error {
    /// The parts did not fit into one statement.
    case severalStatements
}
