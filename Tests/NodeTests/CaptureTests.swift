import EPCIS
import Foundation
import HTTPAPI
import Imports
import MerkleTrees
import Records
import Storage
import Support
import Testing

@testable import Node

@Suite struct `The capture interface` {
    private static let documents = Vectors.files(
        under: "gs1-epcis/json", extension: "jsonld")
    private static let xml = Vectors.files(under: "gs1-epcis/xml", extension: "xml")

    private let node: TestNode

    init() throws { node = try TestNode() }

    /// The codes, events and fields that a job names.
    private static func errors(_ job: JSONValue) -> [String] {
        (job["errors"]?.asArray ?? []).map { error in
            let event = error["event"]?.asNumber?.text ?? "-"
            return "\(event) \(error["code"]?.asString ?? "") \(error["field"]?.asString ?? "")"
        }
    }

    @Test func `takes GS1's examples, and gives back the same events`() async throws {
        try #require(Self.documents.count >= 8)
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            for url in Self.documents {
                let bytes = [UInt8](try Data(contentsOf: url))
                let job = try await caller.capture(bytes, type: "application/ld+json")
                #expect(job["success"] == .bool(true), "\(url.lastPathComponent): \(job)")
                #expect(job["errors"] == .array([]))
                let given = try #require(
                    try JSONValue.parse(bytes)["epcisBody"]?["eventList"]?.asArray)
                let parts = try node.parts(bytes)
                #expect(parts.count == given.count)
                for (part, event) in zip(parts, given) {
                    let answer = try await caller.get("/log/part/\(part.digest.hex)")
                    #expect(answer.body == part.encoded, "\(url.lastPathComponent)")
                    let read = try JSONValue.parse(try Part.decode(answer.body).content)
                    let members = { (value: JSONValue) in
                        value.asObject?.filter { $0.name != "@context" }
                    }
                    #expect(members(read) == members(event))
                }
            }
        }
        #expect(try node.findings() == [])
    }

    @Test func `takes XML as far as its events are valid, and says what is not`() async throws {
        try #require(Self.xml.count >= 20)
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            var registered = 0
            for url in Self.xml {
                let bytes = [UInt8](try Data(contentsOf: url))
                var options = TableImport.Options()
                options.validFromMilliseconds = 0
                let rows: [ImportedRow]
                do throws(ImportRefusal) {
                    rows = try DocumentImport.rows(bytes, options: options)
                } catch {
                    let answer = try await caller.post(bytes, type: "application/xml")
                    #expect(answer.status == 400)
                    #expect(answer.text.contains(error.code), "\(url.lastPathComponent)")
                    continue
                }
                let isWhole = rows.allSatisfy { row in
                    if case .failed = row.outcome { false } else { true }
                }
                let job = try await caller.capture(bytes, type: "application/xml")
                #expect(job["success"] == .bool(isWhole), "\(url.lastPathComponent): \(job)")
                if isWhole { registered += 1 }
            }
            #expect(registered > 10)
        }
    }

    @Test func `registers nothing of a document with one bad event, or all but that`()
        async throws
    {
        var text = String(decoding: node.document(["1", "2", "3"]), as: UTF8.self)
        let range = try #require(text.range(of: "ADD", options: .backwards))
        let second = try #require(
            text.range(of: "ADD", options: .backwards, range: text.startIndex..<range.lowerBound))
        text.replaceSubrange(second, with: "ADDED")
        let document = Array(text.utf8)
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            let rolledBack = try await caller.capture(document)
            #expect(rolledBack["success"] == .bool(false))
            #expect(rolledBack["captureErrorBehaviour"] == .string("rollback"))
            #expect(rolledBack["finishedAt"] != nil)
            let error = try #require(rolledBack["errors"]?.asArray?.first)
            #expect(error["type"] == .string("epcisException:ValidationException"))
            #expect(error["event"]?.asNumber?.text == "1")
            #expect(error["field"] == .string("action"))
            #expect(error["pointer"] == .string("/epcisBody/eventList/1/action"))
            #expect(error["status"]?.asNumber?.text == "400")
            #expect(try await node.statements(runtime) == 0)
            let proceeded = try await caller.capture(
                document, fields: ["gs1-capture-error-behaviour": "proceed"])
            #expect(proceeded["success"] == .bool(false))
            #expect(Self.errors(proceeded) == Self.errors(rolledBack))
            #expect(try await node.statements(runtime) == 1)
            for part in try node.parts(node.document(["1", "3"])) {
                let found = try await caller.get("/log/part/\(part.digest.hex)")
                #expect(found.status == 200)
            }
        }
    }

    @Test func `refuses as a whole what the network does not let the organisation say`()
        async throws
    {
        // Batches of the supplier are the supplier's to make.
        let own = node.network.wholesaler.batch("bad")
        let other = node.network.supplier.batch("bad")
        let text = String(decoding: node.document(["good", "bad"]), as: UTF8.self)
            .replacing(own, with: other)
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            let job = try await caller.capture(Array(text.utf8))
            let error = try #require(job["errors"]?.asArray?.first)
            #expect(error["code"] == .string("authority.create-prefix"))
            #expect(error["type"] == .string("epcisException:SecurityException"))
            #expect(error["event"]?.asNumber?.text == "1")
            #expect(try await node.statements(runtime) == 0)
            let proceeded = try await caller.capture(
                Array(text.utf8), fields: ["gs1-capture-error-behaviour": "proceed"])
            #expect(Self.errors(proceeded) == Self.errors(job))
            #expect(try await node.statements(runtime) == 1)
        }
    }

    @Test func `records an event once, however often it is sent`() async throws {
        let document = node.document(["a", "b", "a"])
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            async let first = caller.capture(document)
            async let second = caller.capture(document)
            #expect(try await first["success"] == .bool(true))
            #expect(try await second["success"] == .bool(true))
            #expect(try await node.statements(runtime) == 1)
            // A further event of a document sent again is all that is new.
            _ = try await caller.capture(node.document(["a", "c", "b"]))
            #expect(try await node.statements(runtime) == 2)
            let part = try #require(try node.parts(node.document(["c"])).first)
            let event = try Part.decode(
                try await caller.get("/log/part/\(part.digest.hex)").body
            ).content
            for _ in 0..<2 {
                let answer = try await caller.post(event, to: "/epcis/events")
                #expect(answer.status == 201)
                #expect(answer.body == event)
                #expect(answer.fields["location"] == "/epcis/events/urn%3Auuid%3Ac")
            }
            #expect(try await node.statements(runtime) == 2)
        }
        #expect(try node.findings() == [])
    }

    @Test func `takes one event at a time, which shows in its lineage at once`() async throws {
        let batch = node.network.wholesaler.batch("single")
        let event = DemoNetwork.objectEvent(
            action: "ADD", bizStep: "commissioning", batches: [(batch, "5")],
            site: node.network.wholesaler.site)
        try await node.serve(node.capturing()) { runtime, http async throws in
            let caller = CaptureCaller(runtime)
            async let one = caller.post(event, to: "/epcis/events")
            async let two = caller.post(event, to: "/epcis/events")
            let answers = try await [one, two]
            #expect(answers.map(\.status) == [201, 201])
            #expect(try await node.statements(runtime) == 1)
            let location = try #require(answers[0].fields["location"])
            #expect(location.hasPrefix("/log/part/"))
            #expect(try await caller.get(location).status == 200)
            let trace = try await http.get("/trace/\(HTTPCaller.segment(batch))")
            #expect(trace.status == 200)
            #expect(trace.text.contains("commissioning"))
            let bad = Array(
                String(decoding: event, as: UTF8.self).replacing("ADD", with: "ADDED").utf8)
            let refused = try await caller.post(bad, to: "/epcis/events")
            #expect(refused.status == 400)
            #expect(refused.text.contains(#""field":"action""#))
        }
    }

    @Test(arguments: [
        ("{", "json."), ("[]", "epcis.format"), (#"{"type":"ObjectEvent"}"#, "epcis.format"),
        (#"{"type":"EPCISDocument"}"#, "epcis.missing"), ("", "json."),
        (
            #"{"@context":[],"type":"EPCISDocument","schemaVersion":"2.0","creationDate":"x","#
                + #""epcisBody":{"eventList":[]}}"#, "epcis.time"
        ),
    ])
    func `says at once what is no document`(text: String, code: String) async throws {
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let answer = try await CaptureCaller(runtime).post(Array(text.utf8))
            #expect(answer.status == 400)
            #expect(answer.text.contains("epcisException:ValidationException"))
            #expect(answer.text.contains("\"code\":\"\(code)"), "\(answer.text)")
        }
    }

    @Test func `takes the most events there may be in all-or-nothing, and no more`() async throws {
        let lots = (0...CaptureLimits.events).map { "n\($0)" }
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            let over = try await caller.post(node.document(lots))
            #expect(over.status == 413)
            #expect(over.fields["gs1-epcis-capture-limit"] == "\(CaptureLimits.events)")
            let job = try await caller.capture(node.document(Array(lots.dropLast())))
            #expect(job["success"] == .bool(true))
            #expect(try await node.statements(runtime) == 5)
        }
    }

    @Test func `takes master data of a header too`() async throws {
        let product = node.network.wholesaler.product
        func header(_ subject: String) -> String {
            """
            "epcisHeader":{"epcisMasterData":{"vocabularyList":[{"type":\
            "urn:epcglobal:epcis:vtype:EPCClass","vocabularyElementList":[{"id":"\(subject)",\
            "attributes":[{"id":"urn:epcglobal:cbv:mda#descriptionShort","attribute":"Tea"}]}]}]}},
            """
        }
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            let document = node.document(["m"], header: header(product))
            #expect(try await caller.capture(document)["success"] == .bool(true))
            #expect(try await caller.capture(document)["success"] == .bool(true))
            #expect(try await node.statements(runtime) == 1)
            let others = node.document(
                ["m2"], header: header(node.network.supplier.product))
            let job = try await caller.capture(others)
            #expect(Self.errors(job).first?.hasPrefix("- authority.assert-own") == true)
            #expect(try await node.statements(runtime) == 1)
        }
    }

    @Test func `adds the prefixes of GS1-Extensions to the context`() async throws {
        let text = String(decoding: node.document(["x"]), as: UTF8.self)
            .replacing(#""action""#, with: #""ex:field":"value","action""#)
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            let fields = ["gs1-extensions": "ex=https://ns.example/"]
            let job = try await caller.capture(Array(text.utf8), fields: fields)
            #expect(job["success"] == .bool(true), "\(job)")
            let whole = text.replacing(
                "jsonld\"]", with: #"jsonld",{"ex":"https://ns.example/"}]"#)
            let part = try #require(try node.parts(Array(whole.utf8)).first)
            #expect(try await caller.get("/log/part/\(part.digest.hex)").status == 200)
            // Said twice it is one thing, said otherwise it is none.
            #expect(
                try await caller.capture(Array(whole.utf8), fields: fields)["success"]
                    == .bool(true))
            #expect(try await node.statements(runtime) == 1)
            let other = try await caller.post(
                Array(whole.utf8), fields: ["gs1-extensions": "ex=https://other.example/"])
            #expect(other.status == 400)
            #expect(other.text.contains("epcis.context"))
        }
    }

    @Test func `lists jobs from the newest on`() async throws {
        try await node.serve(node.capturing()) { runtime, _ async throws in
            let caller = CaptureCaller(runtime)
            var ids: [String] = []
            for number in 0..<5 {
                let job = try await caller.capture(node.document(["\(number)"]))
                ids.append(try #require(job["captureID"]?.asString))
            }
            var listed: [String] = []
            var path: String? = "/epcis/capture?perPage=2"
            while let page = path {
                let answer = try await caller.get(page)
                let jobs = try #require(try JSONValue.parse(answer.body).asArray)
                listed += jobs.compactMap { $0["captureID"]?.asString }
                path = answer.fields["link"].map { link in
                    String(link.dropFirst().prefix { $0 != ">" })
                }
            }
            #expect(listed == ids.reversed())
            #expect(try await caller.get("/epcis/capture?nextPageToken=x").status == 400)
            #expect(try await caller.get("/epcis/capture/none").status == 404)
        }
    }
}
