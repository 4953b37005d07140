import MerkleTrees
import Records
import Testing

/// Which description of a thing holds (SPEC §8.8).
@Suite struct MasterDataTimelineTests {
    private static let hashes = [
        Hash256.sha256(Array("one".utf8)), Hash256.sha256(Array("two".utf8)),
    ].sorted()

    private static func record(
        _ value: String, from: UInt64, until: UInt64? = nil, contentType: String? = nil
    ) -> Record {
        var data = MasterData(kind: .site)
        data.attributes = [MasterData.Attribute("soil", value)]
        var record = data.record(
            about: "https://sites.example/1", fromMilliseconds: from, untilMilliseconds: until)
        if let contentType { record.body?.contentType = contentType }
        return record
    }

    private static func held(
        _ records: [(record: Record, part: Hash256, registered: UInt64)], at time: UInt64
    ) -> [String] {
        var timeline = MasterDataTimeline()
        for each in records {
            timeline.add(
                each.record, by: "https://id.gs1.org/417/9521101000009", standing: .own,
                part: each.part, registeredAtMilliseconds: each.registered)
        }
        return timeline.holding(atMilliseconds: time).flatMap { $0.data.attributes.map(\.value) }
    }

    @Test func `of two that hold from one time the later registered counts`() {
        for parts in [Self.hashes, Self.hashes.reversed()] {
            let records = [
                (record: Self.record("loam", from: 10), part: parts[0], registered: UInt64(7)),
                (record: Self.record("clay", from: 10), part: parts[1], registered: UInt64(8)),
            ]
            #expect(Self.held(records, at: 20) == ["clay"])
            #expect(Self.held(records.reversed(), at: 20) == ["clay"])
        }
    }

    @Test func `of two registered at one time the greater digest counts`() {
        let records = [
            (record: Self.record("loam", from: 10), part: Self.hashes[1], registered: UInt64(7)),
            (record: Self.record("clay", from: 10), part: Self.hashes[0], registered: UInt64(7)),
        ]
        #expect(Self.held(records, at: 20) == ["loam"])
        #expect(Self.held(records.reversed(), at: 20) == ["loam"])
    }

    @Test func `what is replaced does not come back when its successor ends`() {
        let records = [
            (record: Self.record("loam", from: 10), part: Self.hashes[0], registered: UInt64(7)),
            (
                record: Self.record("clay", from: 20, until: 30), part: Self.hashes[1],
                registered: UInt64(6)
            ),
        ]
        let held = [9, 10, 20, 30].map { Self.held(records, at: $0) }
        #expect(held == [[], ["loam"], ["clay"], []])
    }

    @Test func `a body of another type ends nothing`() {
        let records = [
            (record: Self.record("loam", from: 10), part: Self.hashes[0], registered: UInt64(7)),
            (
                record: Self.record("clay", from: 20, contentType: "text/plain"),
                part: Self.hashes[1], registered: UInt64(8)
            ),
        ]
        #expect(Self.held(records, at: 25) == ["loam"])
    }
}
