import MerkleTrees
import Replication
import Testing

@Suite struct PeerMessageTests {
    private static let messages: [PeerMessage] = [
        .hello(version: 1, network: .zero, origin: "log.example"),
        .heads([.init(origin: "log.example", note: [1, 2])], alarms: [.zero]),
        .ask(7, .entries(origin: "log.example", from: 256, underSize: 512)),
        .ask(8, .parts(origin: "log.example", [.zero])), .ask(9, .alarm(.zero)),
        .answer(7, isLast: false, [1]), .ping(3), .pong(3), .bye(code: "peer.idle", reason: "x"),
    ]

    @Test(arguments: messages) func `a message is read as it was written`(
        message: PeerMessage
    ) throws {
        #expect(try PeerMessage.decode(message.encoded()) == message)
    }

    @Test(arguments: messages) func `a message cut short or with more behind it is refused`(
        message: PeerMessage
    ) {
        let bytes = message.encoded()
        for count in bytes.indices {
            #expect(throws: (any Error).self) { try PeerMessage.decode(Array(bytes[..<count])) }
        }
        #expect(throws: (any Error).self) { try PeerMessage.decode(bytes + [0]) }
    }
}
