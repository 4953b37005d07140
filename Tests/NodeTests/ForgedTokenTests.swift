import Foundation
import Queries
import Support
import Testing

@testable import Node

/// A page token is not signed: whoever asks can make one of any numbers, and the node must read it.
@Suite struct ForgedTokenTests {
    static let cursors: [PageCursor] = [
        (.max, 0, 0, .max, 0), (0, .max, 0, .max, 0), (0, 1 << 50, .max, 1 << 60, 0),
        (.min, 1, 0, 9, 0), (0, 1, 0, .max, .max), (0, 1, 4_096, 9, 0), (0, 9, 0, 9, 0),
    ].map { time, leaf, part, size, count in
        PageCursor(
            last: EventPlace(time, EventPosition(leafIndex: leaf, part: part)), treeSize: size,
            countBefore: count)
    }

    @Test(arguments: ["", "orderBy=eventTime", "orderBy=eventTime&orderDirection=ASC"])
    func `a token of numbers that no log has is refused, and the node goes on`(
        _ text: String
    ) async throws {
        let node = try TestNode()
        let query = try EventQuery(queryString: text)
        try await node.serve { _, caller in
            #expect(try await caller.post(try node.commissioning("LOT1")).status == 201)
            for cursor in Self.cursors {
                let target = "/epcis/events?\(text)\(text.isEmpty ? "" : "&")nextPageToken="
                let answer = try await caller.get(target + cursor.token(of: query.digest))
                #expect(answer.status == 400, "\(cursor)")
                #expect(answer.code == "query.token")
            }
            #expect(try await caller.get("/epcis/events?\(text)").status == 200)
        }
    }
}
