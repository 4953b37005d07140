import EPCIS
import Foundation
import HTTPAPI
import Records
import Signatures
import Storage
import Support
import Testing

@testable import Node

/// A node that captures, as an ERP's EPCIS client sees it.
struct CaptureCaller: Sendable {
    var port: Int
    var credential: String?

    init(_ runtime: NodeRuntime, credential: String? = nil) {
        port = runtime.address.port
        self.credential = credential
    }

    func post(
        _ body: [UInt8], to path: String = "/epcis/capture", type: String = "application/json",
        fields: [String: String] = [:]
    ) async throws -> RawAnswer {
        var fields = fields
        fields["content-type"] = type
        fields["authorization"] = credential.map { "Bearer \($0)" }
        return try await RawAnswer.ask(port, "POST", path, fields: fields, body: body)
    }

    func get(_ path: String) async throws -> RawAnswer {
        let fields = credential.map { ["authorization": "Bearer \($0)"] } ?? [:]
        return try await RawAnswer.ask(port, "GET", path, fields: fields)
    }

    /// What a job came to; waits until it is done.
    func job(_ location: String?) async throws -> JSONValue {
        let location = try #require(location)
        let deadline = ContinuousClock.now + .seconds(300)
        while ContinuousClock.now < deadline {
            let answer = try await get(location)
            #expect(answer.status == 200)
            let job = try JSONValue.parse(answer.body)
            if job["running"] == .bool(false) { return job }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("the job at \(location) does not end")
        return .null
    }

    /// Captures a document; what its job came to.
    func capture(
        _ document: [UInt8], type: String = "application/json", fields: [String: String] = [:]
    ) async throws -> JSONValue {
        let answer = try await post(document, type: type, fields: fields)
        try #require(answer.status == 202, "\(answer.text)")
        return try await job(answer.fields["location"])
    }
}

extension TestNode {
    /// Settings of a node that signs what is captured with its organisation's key.
    func capturing(visibility: String = "network") -> NodeRuntime.Settings {
        var settings = NodeRuntime.Settings.quiet
        settings.capture = CaptureKey(network.wholesaler.key, visibility: visibility)
        return settings
    }

    /// A document of events, each with a number in its lot.
    func document(
        _ lots: [String], header: String = "", action: String = "ADD", creation: String? = nil
    ) -> [UInt8] {
        let events = lots.map { lot in
            """
            {"type":"ObjectEvent","eventID":"urn:uuid:\(lot)","eventTime":"2026-01-05T08:00:00Z",\
            "eventTimeZoneOffset":"+00:00","action":"\(action)","bizStep":"commissioning",\
            "bizLocation":{"id":"\(network.wholesaler.site)"},"quantityList":\
            [{"epcClass":"\(network.wholesaler.batch(lot))","quantity":7,"uom":"KGM"}]}
            """
        }
        return Array(
            """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],\
            "type":"EPCISDocument","schemaVersion":"2.0",\
            "creationDate":"\(creation ?? "2026-01-06T08:00:00Z")",\(header)"epcisBody":\
            {"eventList":[\(events.joined(separator: ","))]}}
            """.utf8)
    }

    /// The parts that `cairn sign` would make of a document as the node's organisation.
    func parts(_ document: [UInt8]) throws -> [Part] {
        try Signer(network: network.id, issuer: network.wholesaler.uri, key: network.wholesaler.key)
            .parts(epcisDocument: document, visibility: .network)
    }

    /// How many statements of captured events the log has.
    func statements(_ runtime: NodeRuntime) async throws -> Int {
        let log = try await PublicLog(HTTPCaller(address: runtime.address), network: network)
        var count = -1
        for entry in log.entries {
            if case .statement = try LogEntry.decode(entry) { count += 1 }
        }
        return count
    }
}
