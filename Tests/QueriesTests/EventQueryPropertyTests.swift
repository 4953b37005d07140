import EPCIS
import GS1
import Queries
import Support
import Testing

/// Ten thousand generated events against what the generator knows of them.
@Suite struct EventQueryPropertyTests {
    private static let events: [(model: ModelEvent, event: QueryableEvent)] = {
        var generator = EventGenerator(seed: 7)
        return (0..<10_000).compactMap { index in
            let model = generator.event(at: index)
            let recordTime = ModelEvent.start + Int64(model.recordTime) * 1_000
            let event = try? QueryableEvent(
                generator.json(model), recordTimeMilliseconds: recordTime, position: model.position)
            return event.map { (model, $0) }
        }
    }()

    /// The first two thousand, for paging: every page goes over all of them.
    private static let pool = events.prefix(2_000)
    private static let poolTreeSize: UInt64 = 667

    @Test func `queries find what the generator meant, and several restrict together`() throws {
        #expect(Self.events.count == 10_000)
        var generator = EventGenerator(seed: 11)
        var foundCount = 0
        for _ in 0..<40 {
            var conditions: [String: (ModelEvent) -> Bool] = [:]
            for _ in 0..<generator.number(1..<4) {
                let (text, holds) = generator.condition()
                let name = String(text.prefix { $0 != "=" })
                guard !conditions.keys.contains(where: { $0.hasPrefix(name + "=") }) else {
                    continue
                }
                conditions[text] = holds
            }
            let text = conditions.keys.sorted().joined(separator: "&")
            let query = try EventQuery(queryString: text)
            let found = Self.events.indices.filter { query.matches(Self.events[$0].event) }
            let meant = Self.events.indices.filter { index in
                conditions.values.allSatisfy { $0(Self.events[index].model) }
            }
            #expect(found == meant, "\(text)")
            foundCount += found.count
            for index in found {
                #expect(
                    NaiveIndex(Self.events[index].event).mayHold(query.plan), "\(text) at \(index)")
            }
        }
        #expect(foundCount > 3_000)
    }

    @Test(arguments: [
        ("", 400), ("orderBy=eventTime&orderDirection=ASC", 199),
        ("orderBy=eventTime&EQ_bizStep=shipping", 100),
        ("orderBy=recordTime&orderDirection=ASC&eventType=ObjectEvent", 64),
        ("orderBy=eventTime&eventCountLimit=250&EQ_action=ADD", 33),
        ("EQ_bizStep=killing", 5), ("MATCH_epc=urn:epc:id:sgtin:9520123.045678.S1", 2),
    ])
    func `all pages together are the whole answer, each event once`(
        text: String, perPage: Int
    ) throws {
        var pool = Self.pool.map(\.event)
        let whole = try reference(text)
        var paged: [EventPosition] = []
        var token: String?
        var pageCount = 0
        var treeSize = Self.poolTreeSize
        repeat {
            let rest = token.map { "&nextPageToken=\($0)" } ?? ""
            let query = try EventQuery(queryString: "\(text)&perPage=\(perPage)\(rest)")
            let page = try query.page(of: pool, treeSize: treeSize)
            #expect(page.events.count <= perPage)
            paged += page.events.map(\.position)
            token = page.nextPageToken
            pageCount += 1
            // The log grows between two pages, by events that would be on every page.
            let late = try QueryableEvent(
                pool[0].json, recordTimeMilliseconds: ModelEvent.start,
                position: EventPosition(leafIndex: treeSize, part: 0))
            pool.insert(late, at: 0)
            treeSize += 1
        } while token != nil
        #expect(paged == whole)
        #expect(pageCount == max(1, (whole.count + perPage - 1) / perPage))
    }

    /// The whole answer, put in order by sorting texts of fixed width.
    private func reference(_ text: String) throws -> [EventPosition] {
        let query = try EventQuery(queryString: text)
        let isByEvent = text.contains("orderBy=eventTime")
        let keyed = Self.pool.filter { query.matches($0.event) }.map { entry in
            let time = isByEvent ? entry.model.time : entry.model.recordTime
            return (
                (1_000_000 + time) * 100_000_000 + Int(entry.model.position.leafIndex) * 10
                    + Int(entry.model.position.part), entry.model.position
            )
        }
        let ascending = keyed.sorted { $0.0 < $1.0 }.map(\.1)
        let ordered = text.contains("ASC") ? ascending : ascending.reversed()
        return Array(ordered.prefix(text.contains("eventCountLimit=250") ? 250 : .max))
    }

    @Test func `more events than maxEventCount are refused as a whole`() throws {
        let pool = Self.events.prefix(50).map(\.event)
        let enough = try EventQuery(queryString: "maxEventCount=50&perPage=20")
        #expect(try enough.page(of: pool, treeSize: 100).events.count == 20)
        let refusal = #expect(throws: QueryRefusal.self) {
            try EventQuery(queryString: "maxEventCount=49&perPage=20").page(of: pool, treeSize: 100)
        }
        #expect(refusal?.code == "query.too-large")
    }

    @Test func `a token of another query, or a changed one, is refused`() throws {
        let pool = Self.events.prefix(50).map(\.event)
        let first = try EventQuery(queryString: "orderBy=eventTime&perPage=10")
        let token = try #require(try first.page(of: pool, treeSize: 100).nextPageToken)
        let same = "perPage=7&nextPageToken=\(token)&orderBy=eventTime"
        #expect(try EventQuery(queryString: same).page(of: pool, treeSize: 100).events.count == 7)
        func code(_ text: String) -> String? {
            let query = try? EventQuery(queryString: text)
            let error = #expect(throws: QueryRefusal.self) { try query?.cursor() }
            return error?.code
        }
        #expect(code("orderBy=recordTime&nextPageToken=\(token)") == "query.token")
        #expect(code("orderBy=eventTime&EQ_action=ADD&nextPageToken=\(token)") == "query.token")
        #expect(code("orderBy=eventTime&nextPageToken=abc") == "query.token")
        #expect(code("orderBy=eventTime&nextPageToken=\(token)A") == "query.token")
        for index in token.indices {
            var changed = token
            let other: Character = token[index] == "A" ? "B" : "A"
            changed.replaceSubrange(index...index, with: [other])
            #expect(code("orderBy=eventTime&nextPageToken=\(changed)") == "query.token")
        }
    }

    @Test func `a cursor survives its token at the ends of the ranges that a log has`() throws {
        let query = try EventQuery(queryString: "").digest
        let size: UInt64 = 1 << 50
        for milliseconds in [0, 253_402_300_799_999] as [Int64] {
            for (leaf, part, count) in [(0, 0, 0), (size - 1, 4_095, size << 12)]
                as [(UInt64, UInt32, UInt64)]
            {
                let cursor = PageCursor(
                    last: EventPlace(milliseconds, EventPosition(leafIndex: leaf, part: part)),
                    treeSize: size, countBefore: count)
                #expect(try PageCursor(token: cursor.token(of: query), of: query) == cursor)
            }
        }
    }

    @Test func `a plan names what an index can look up, and nothing where one cannot`() throws {
        let plan = try EventQuery(
            queryString: """
                MATCH_epc=urn:epc:id:sgtin:9520123.045678.S1|urn:epc:idpat:sgtin:9520123.145678.*\
                &MATCH_parentID=urn:epc:idpat:sscc:9520123.*|urn:example:p&EQ_eventID=urn:uuid:a\
                &EQ_transformationID=urn:example:run&EQ_bizStep=packing&eventType=ObjectEvent\
                &GE_eventTime=2026-03-01T00:00:00Z&LT_eventTime=2026-03-02T00:00:00Z\
                &EQ_bizLocation=urn:epc:id:sgln:9520123.45678.0&GE_recordTime=2026-03-01T00:00:00Z
                """
        ).plan
        let gtin = EventGenerator.gtin(1)
        #expect(
            plan.identifiers == [
                [.exactly("urn:example:run")],
                [
                    .exactly("https://id.gs1.org/01/09520123456788/21/S1"),
                    .exactly("https://id.gs1.org/01/\(gtin)"),
                    .beginning("https://id.gs1.org/01/\(gtin)/21/"),
                ],
            ])
        #expect(plan.bizLocations == [["https://id.gs1.org/414/9520123456788"]])
        #expect(plan.readPoints.isEmpty)
        #expect(plan.eventTypes == ["ObjectEvent"])
        #expect(plan.bizSteps == ["https://ref.gs1.org/cbv/BizStep-packing"])
        #expect(plan.eventIDs == ["urn:uuid:a"])
        #expect(plan.eventTimes == ModelEvent.start..<(ModelEvent.start + 86_400_000))
        #expect(plan.recordTimes.lowerBound == ModelEvent.start)
        let none = try EventQuery(
            queryString: "GE_eventTime=2026-03-02T00:00:00Z&LT_eventTime=2026-03-01T00:00:00Z")
        #expect(none.plan.eventTimes.isEmpty)
    }
}

/// What an index would hold of one event.
private struct NaiveIndex {
    private let event: QueryableEvent

    init(_ event: QueryableEvent) { self.event = event }

    /// Whether the index would give the event for these keys.
    func mayHold(_ keys: IndexKeys) -> Bool {
        let core = event.event
        var uris = core.flows.map(\.subject.uri)
        if let process = core.transformationID { uris.append(process.uri) }
        return keys.identifiers.allSatisfy { list in
            list.contains { key in
                switch key {
                case .exactly(let uri): uris.contains(uri)
                case .beginning(let text): uris.contains { $0.hasPrefix(text) }
                }
            }
        }
            && keys.readPoints.allSatisfy { $0.contains(core.readPoint?.uri ?? "") }
            && keys.bizLocations.allSatisfy { $0.contains(core.bizLocation?.uri ?? "") }
            && keys.eventTypes?.contains(core.type.rawValue) ?? true
            && keys.bizSteps?.contains(core.bizStep ?? "") ?? true
            && keys.eventIDs?.contains(core.eventID ?? "") ?? true
            && keys.eventTimes.contains(core.eventTimeMilliseconds)
            && keys.recordTimes.contains(event.recordTimeMilliseconds)
    }
}
