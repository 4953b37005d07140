import HTTPAPI
import Records
import Support
import Synchronization
import Testing

/// What header fields and bodies do to requests of the capture interface (SPEC §17.3).
struct CaptureRouteTests {
    private static let json = ["content-type": "application/json"]

    @Test func `a document is promised with its job's address`() async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            let answer = try await RawAnswer.ask(
                port, "POST", "/epcis/capture", fields: Self.json, body: [0x7B, 0x7D])
            #expect(answer.status == 202)
            #expect(answer.fields["location"] == "/epcis/capture/0a")
            #expect(answer.fields["gs1-epcis-version"] == "2.0.0")
            #expect(answer.body == [])
            let fields = [
                "content-type": "text/xml; charset=utf-8",
                "gs1-capture-error-behaviour": "proceed",
                "gs1-extensions": "ex=http://ns.example/",
            ]
            let xml = try await RawAnswer.ask(
                port, "POST", "/epcis/capture", fields: fields, body: [0x3C])
            #expect(xml.status == 202)
        }
        #expect(
            node.state.withLock { $0.questions } == [
                "capture 2 json rollback ",
                #"capture 1 xml proceed {"ex":"http://ns.example/"}"#,
            ])
    }

    @Test func `an event is answered with itself and its address`() async throws {
        try await withListener { port in
            let answer = try await RawAnswer.ask(
                port, "POST", "/epcis/events", fields: Self.json, body: [0x7B, 0x7D])
            #expect(answer.status == 201)
            #expect(answer.fields["location"] == "/epcis/events/urn%3Ax%3A%C3%A9%2F1")
            #expect(answer.text == "{}")
            let nameless = try await RawAnswer.ask(
                port, "POST", "/epcis/events", fields: Self.json, body: [])
            let zeros = String(repeating: "0", count: 64)
            #expect(nameless.fields["location"] == "/log/part/\(zeros)")
        }
    }

    @Test func `limits are told by OPTIONS and with 413`() async throws {
        try await withListener { port in
            let options = try await RawAnswer.ask(port, "OPTIONS", "/epcis/capture")
            #expect(options.status == 204)
            #expect(options.fields["allow"] == "POST, GET, HEAD, OPTIONS")
            var fields = Self.json
            fields["content-length"] = "\(CaptureLimits.documentBytes + 1)"
            let refused = try await RawAnswer.ask(port, "POST", "/epcis/capture", fields: fields)
            #expect(refused.status == 413)
            #expect(refused.text.contains("epcisException:CaptureLimitExceededException"))
            #expect(refused.text.contains("capture.too-large"))
            for answer in [options, refused] {
                #expect(answer.fields["gs1-epcis-capture-limit"] == "5000")
                #expect(answer.fields["gs1-epcis-capture-file-size-limit"] == "16777216")
            }
            #expect(options.fields["gs1-capture-error-behaviour"] == "all")
            let events = try await RawAnswer.ask(port, "OPTIONS", "/epcis/events")
            #expect(events.fields["allow"] == "GET, HEAD, POST, OPTIONS")
        }
    }

    @Test func `a document of exactly the most bytes is taken, one more is not`() async throws {
        try await withListener { port in
            for (bytes, status) in [
                (CaptureLimits.documentBytes, 202), (CaptureLimits.documentBytes + 1, 413),
            ] {
                let answer = try await RawAnswer.ask(
                    port, "POST", "/epcis/capture", fields: Self.json,
                    body: [UInt8](repeating: 0x20, count: bytes))
                #expect(answer.status == status)
            }
        }
    }

    @Test(
        arguments: [
            (["content-type": "text/csv"], 415, "UnsupportedMediaTypeException"),
            ([:], 415, "UnsupportedMediaTypeException"),
            (
                ["content-type": "application/json", "gs1-capture-error-behaviour": "all"], 400,
                "ValidationException"
            ),
            (
                ["content-type": "application/json", "gs1-epcis-version": "1.2"], 406,
                "NotAcceptableException"
            ),
            (
                ["content-type": "application/json", "gs1-extensions": "ex"], 400,
                "ValidationException"
            ),
        ] as [([String: String], Int, String)])
    func `what cannot be done is refused`(
        fields: [String: String], status: Int, exception: String
    ) async throws {
        try await withListener { port in
            for path in ["/epcis/capture", "/epcis/events"] {
                let answer = try await RawAnswer.ask(
                    port, "POST", path, fields: fields, body: [0x7B, 0x7D])
                #expect(answer.status == status)
                #expect(answer.text.contains("epcisException:\(exception)"))
            }
        }
    }

    @Test func `a node without a key says so before it reads a body`() async throws {
        let refusal = Refusal(code: "capture.no-key", field: "", reason: "as scripted")
        try await withListener(ScriptedNode(refuseAll: refusal)) { port in
            let answer = try await RawAnswer.ask(
                port, "POST", "/epcis/capture", fields: ["content-length": "99999999"])
            #expect(answer.status == 501)
            #expect(answer.text.contains("epcisException:ImplementationException"))
        }
    }

    @Test func `jobs are listed page by page`() async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            let first = try await RawAnswer.ask(port, "GET", "/epcis/capture?perPage=2")
            #expect(
                first.fields["link"]
                    == #"</epcis/capture?perPage=2&nextPageToken=7>; rel="next""#)
            let next = try await RawAnswer.ask(
                port, "GET", "/epcis/capture?nextPageToken=7&perPage=9999999")
            #expect(next.fields["link"] == nil)
            #expect(try await RawAnswer.ask(port, "GET", "/epcis/capture?perPage=0").status == 400)
            #expect(try await RawAnswer.ask(port, "GET", "/epcis/capture/0a").text == "job 0a")
            let unknown = try await RawAnswer.ask(port, "GET", "/epcis/capture/0b")
            #expect(unknown.status == 404)
            #expect(unknown.text.contains("epcisException:NoSuchResourceException"))
        }
        #expect(node.state.withLock { $0.questions } == ["jobs 2 -", "jobs 1000 7", "job 0a"])
    }
}
