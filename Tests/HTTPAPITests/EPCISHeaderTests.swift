import HTTPAPI
import Records
import Support
import Synchronization
import Testing

/// What header fields do to requests under `/epcis` (SPEC §17.5).
struct EPCISHeaderTests {
    @Test func `every answer names the versions, also a refusal`() async throws {
        try await withListener { port in
            for path in [
                "/epcis", "/epcis/events", "/epcis/nothing", "/epcis/events/urn:uuid:none",
            ] {
                let answer = try await RawAnswer.ask(port, "GET", path)
                for end in ["version", "min", "max"] {
                    #expect(answer.fields["gs1-epcis-\(end)"] == "2.0.0", "\(path)")
                    #expect(answer.fields["gs1-cbv-\(end)"] == "2.0.0", "\(path)")
                }
            }
        }
    }

    @Test(arguments: [
        ("/epcis", "GET, HEAD, OPTIONS"), ("/epcis/", "GET, HEAD, OPTIONS"),
        ("/epcis/epcs/urn%3Ax%3Ay/events", "GET, HEAD, OPTIONS"),
        ("/epcis/nextPageToken/abc", "DELETE, OPTIONS"),
    ])
    func `OPTIONS tells what a path takes`(path: String, allowed: String) async throws {
        try await withListener { port in
            let answer = try await RawAnswer.ask(port, "OPTIONS", path)
            #expect(answer.status == 204)
            #expect(answer.fields["allow"] == allowed)
            #expect(answer.fields["gs1-epc-format"] == "No_Preference")
            #expect(answer.fields["gs1-vendor-version"] != nil)
        }
    }

    @Test func `OPTIONS of what is not there is 404`() async throws {
        try await withListener { port in
            for path in ["/epcis/nothing", "/epcis/epcs/a/b", "/epcis/epcs/a/events/c"] {
                for method in ["OPTIONS", "GET"] {
                    let answer = try await RawAnswer.ask(port, method, path)
                    #expect(answer.status == 404, "\(method) \(path)")
                }
            }
        }
    }

    @Test(arguments: [
        ("gs1-epcis-version", "2.0.0", 200), ("gs1-epcis-version", "2.0", 200),
        ("gs1-epcis-version", "1.2", 406), ("gs1-epcis-version", "3", 406),
        ("gs1-epcis-version", "two", 406), ("gs1-epcis-min", "1.0.0", 200),
        ("gs1-epcis-min", "2.0.0", 200), ("gs1-epcis-min", "2.1", 406),
        ("gs1-epcis-max", "2.0.0", 200), ("gs1-epcis-max", "3.0", 200),
        ("gs1-epcis-max", "1.2.0", 406), ("gs1-cbv-version", "1.2", 406),
        ("gs1-cbv-min", "2.1", 406), ("gs1-cbv-max", "2.0", 200),
        ("gs1-epc-format", "Never_Translates", 200), ("gs1-epc-format", "sometimes", 406),
        ("gs1-cbv-xml-format", "Always_URN", 200), ("gs1-cbv-xml-format", "never", 406),
        ("gs1-extensions", "ex=https://example.org/", 200), ("gs1-extensions", "ex", 400),
        ("gs1-extensions", "ex=https://a.org/,ex=https://b.org/", 400),
        ("accept", "application/xml", 406), ("accept", "application/ld+json", 200),
        ("accept", "application/xml, application/json;q=0.1", 200), ("accept", "*/*", 200),
    ])
    func `what cannot be answered so is refused`(
        field: String, value: String, status: Int
    ) async throws {
        try await withListener { port in
            let answer = try await RawAnswer.ask(
                port, "GET", "/epcis/events", fields: [field: value])
            #expect(answer.status == status)
            if status == 406 {
                #expect(answer.text.contains("\"type\":\"epcisException:NotAcceptableException\""))
                #expect(answer.text.contains("\"code\":\"request.not-acceptable\""))
            }
            if value == "application/ld+json" {
                #expect(answer.fields["content-type"] == "application/ld+json")
            }
        }
    }

    @Test(arguments: [
        ("GET", "/epcis/nothing", 404, "NoSuchResourceException"),
        ("GET", "/epcis/events/urn:uuid:none", 404, "NoSuchResourceException"),
        ("GET", "/epcis/events/%zz", 400, "ValidationException"),
        ("GET", "/epcis/epcs?perPage=0", 400, "ValidationException"),
        ("GET", "/epcis/bizLocations/urn%3Ax%3Ay?perPage=0", 400, "ValidationException"),
        (
            "GET", "/epcis/bizLocations/urn%3Ax%3Ay?perPage=9&nextPageToken=x", 400,
            "QueryParameterException"
        ),
        ("DELETE", "/epcis/nextPageToken/x", 501, "ImplementationException"),
        ("PUT", "/epcis/events", 405, "ValidationException"),
    ])
    func `a refusal has the type of GS1's exception`(
        method: String, path: String, status: Int, exception: String
    ) async throws {
        try await withListener { port in
            let answer = try await RawAnswer.ask(port, method, path)
            #expect(answer.status == status)
            #expect(answer.fields["content-type"] == "application/problem+json")
            #expect(answer.text.contains("\"type\":\"epcisException:\(exception)\""))
        }
    }

    @Test func `what is too large is a query, and a limit is no lack of rights`() async throws {
        try await withListener { port in
            let answer = try await RawAnswer.ask(
                port, "POST", "/epcis/queries", fields: ["content-type": "application/json"],
                body: [UInt8](repeating: 0x20, count: 128 << 10 + 1))
            #expect(answer.status == 413)
            #expect(answer.text.contains("\"type\":\"epcisException:QueryTooLargeException\""))
        }
        let limit = Problem(Refusal(code: "subscription.limit", field: "", reason: ""))
        #expect(limit.status == 403)
        #expect(limit.title == "The organisation has as many as it may have")
    }

    @Test func `one organisation's hard searches leave room for another's`() async throws {
        let node = ScriptedNode()
        let limits = HTTPLimits()
        try await withListener(node) { port in
            let hard = (0..<limits.epcisAnswersOfCaller).map { _ in
                Task { try await RawAnswer.ask(port, "GET", "/epcis/events?hard") }
            }
            // Its share is used up: whatever else it asks is refused.
            let deadline = ContinuousClock.now + .seconds(60)
            var own = try await RawAnswer.ask(port, "GET", "/epcis/epcs")
            while own.status == 200, ContinuousClock.now < deadline {
                own = try await RawAnswer.ask(port, "GET", "/epcis/epcs")
            }
            #expect(own.status == 503)
            #expect(own.fields["retry-after"] != nil)
            for path in ["/epcis/events", "/epcis/epcs", "/epcis/events/urn:uuid:a"] {
                let other = try await RawAnswer.ask(
                    port, "GET", path, fields: ["x-forwarded-for": "192.0.2.1"])
                #expect(other.status == 200, "\(path)")
            }
            node.state.withLock { $0.endsSearches = true }
            for search in hard { #expect(try await search.value.status == 200) }
            #expect(try await RawAnswer.ask(port, "GET", "/epcis/epcs").status == 200)
        }
    }

    @Test func `one organisation's long lineages leave room for another's`() async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            let long = (0..<HTTPLimits().tracesOfCaller).map { _ in
                Task { try await RawAnswer.ask(port, "GET", "/trace/urn%3Ax%3Ahard") }
            }
            let deadline = ContinuousClock.now + .seconds(60)
            var own = try await RawAnswer.ask(port, "GET", "/trace/urn%3Ax%3Ay")
            while own.status == 200, ContinuousClock.now < deadline {
                own = try await RawAnswer.ask(port, "GET", "/trace/urn%3Ax%3Ay")
            }
            #expect(own.status == 503)
            let other = try await RawAnswer.ask(
                port, "GET", "/trace/urn%3Ax%3Ay", fields: ["x-forwarded-for": "192.0.2.1"])
            #expect(other.status == 200)
            node.state.withLock { $0.endsSearches = true }
            for lineage in long { #expect(try await lineage.value.status == 200) }
        }
    }

    @Test func `the list of what there is of a value takes a page's size`() async throws {
        try await withListener { port in
            for list in ["eventTypes", "epcs", "bizSteps", "bizLocations", "readPoints"] {
                let answer = try await RawAnswer.ask(
                    port, "GET", "/epcis/\(list)/urn%3Ax%3Ay?perPage=30")
                #expect(answer.status == 200)
                #expect(answer.text.contains("\"member\":[\"events\"]"))
            }
        }
    }

    @Test func `a page names the next by the same request with another token`() async throws {
        let node = ScriptedNode()
        try await withListener(node) { port in
            let path = "/epcis/epcs/urn%3Ax%3Ay/events"
            let answer = try await RawAnswer.ask(
                port, "GET", "\(path)?EQ_action=ADD%7CDELETE&nextPageToken=old&perPage=5",
                fields: ["gs1-epc-format": "Always_EPC_URN"])
            let link = "<\(path)?EQ_action=ADD%7CDELETE&perPage=5&nextPageToken=abc>; rel=\"next\""
            #expect(answer.fields["link"] == link)
            #expect(answer.text.contains("EQ_action=ADD%7CDELETE&nextPageToken=old&perPage=5"))
            #expect(answer.text.contains("epcs=urn:x:y urn"))
            let last = try await RawAnswer.ask(port, "GET", "/epcis/events")
            #expect(last.fields["link"] == nil)
        }
    }
}
