import GRDB
import MerkleTrees
import Support
import Testing

@testable import Storage

@Suite struct `The jobs of a node that captures` {
    private let directory: TemporaryDirectory
    private let state: ServiceState

    init() throws {
        directory = try TemporaryDirectory()
        state = try ServiceState(
            directory: directory.path,
            identity: LogIdentity(
                origin: DemoNetwork.origin, network: Hash256.sha256([1]), indexDepth: 8))
    }

    private func order(_ id: String, bytes: Int = 3) -> CaptureOrder {
        CaptureOrder(
            id: id, createdMilliseconds: 1_000, behaviour: "rollback", form: "json",
            extensions: id == "a" ? [0x7B, 0x7D] : nil,
            document: [UInt8](repeating: 7, count: bytes))
    }

    @Test func `wait in their order, and keep their text until they are done`() throws {
        #expect(try state.add(order("a")))
        #expect(try state.add(order("b")))
        let first = try #require(try state.nextCapture())
        #expect(first.order == order("a"))
        #expect(try state.capture(id: "a")?.finishedMilliseconds == nil)
        try state.finishCapture(
            first.number, nowMilliseconds: 2_000, isSuccess: false, errors: Array("[1]".utf8))
        #expect(try state.nextCapture()?.order.id == "b")
        let job = try #require(try state.capture(id: "a"))
        #expect(
            job
                == CaptureJob(
                    number: first.number, id: "a", createdMilliseconds: 1_000,
                    behaviour: "rollback", finishedMilliseconds: 2_000, isSuccess: false,
                    errors: Array("[1]".utf8)))
        let texts = try state.read {
            try Int.fetchOne(
                $0, sql: "SELECT count(*) FROM capture_job WHERE document IS NOT NULL")
        }
        #expect(texts == 1)
        #expect(try state.capture(id: "c") == nil)
        #expect(throws: StorageError.self) { try state.add(order("a")) }
        try state.close()
    }

    @Test func `are no more than 64 that wait, and no more bytes than 64 MiB`() throws {
        for number in 0..<ServiceState.capturesWaiting {
            #expect(try state.add(order("\(number)")))
        }
        #expect(try !state.add(order("more")))
        let first = try #require(try state.nextCapture())
        try state.finishCapture(first.number, nowMilliseconds: 1, isSuccess: true, errors: [])
        let waiting = (ServiceState.capturesWaiting - 1) * 3
        #expect(
            try !state.add(
                order("large", bytes: ServiceState.captureBytesWaiting - waiting + 1)))
        #expect(
            try state.add(order("fits", bytes: ServiceState.captureBytesWaiting - waiting)))
        try state.close()
    }

    @Test func `are forgotten when a thousand came after them, unless they wait`() throws {
        #expect(try state.add(order("waits")))
        try state.write { database in
            for number in 0..<ServiceState.capturesRemembered {
                try database.execute(
                    sql: """
                        INSERT INTO capture_job(
                            id, created, behaviour, form, bytes, finished, success)
                        VALUES(?, 1, 'proceed', 'json', 0, 2, 1)
                        """, arguments: ["old \(number)"])
            }
        }
        #expect(try state.add(order("new")))
        let last = ServiceState.capturesRemembered + 2
        try state.finishCapture(
            Int64(last), nowMilliseconds: 9, isSuccess: true, errors: Array("[]".utf8))
        #expect(try state.capture(id: "old 0") == nil)
        #expect(try state.capture(id: "old 1") != nil)
        #expect(try state.nextCapture()?.order.id == "waits")
        let page = try state.captures(before: nil, limit: 2)
        #expect(page.map(\.id) == ["new", "old 999"])
        #expect(try state.captures(before: page[1].number, limit: 1).map(\.id) == ["old 998"])
        try state.close()
    }
}
