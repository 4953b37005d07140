import Replication
import Support

extension SimulatedWorld {
    /// Node 1 tells node 0 of a log that grew, and answers for its entries without end.
    ///
    /// - Returns: for what it is cut off; nil if it never is.
    package func cutOffOfEndlessAnswer(pieceBytes: Int) throws -> String? {
        let (victim, liar) = (nodes[0], nodes[1])
        let peer = PeerID(1 << 32)
        for id in connections.keys.sorted() { cut(id) }
        submit(at: 1)
        let log = liar.own
        let head = PeerMessage.LogHead(
            origin: liar.origin, note: log.checkpoint(ofSeal: log.size() - 1) ?? [])
        var effects = try victim.handle(.connected(peer, origin: liar.origin), now)
        let hello = PeerMessage.hello(
            version: ReplicationLimits.version, network: network.demo.id, origin: liar.origin)
        for message in [hello, .heads([head], alarms: [])] {
            effects += try victim.handle(.received(peer, message.encoded()), now)
        }
        var question: UInt64?
        for case .send(peer, let frame) in effects {
            if case .ask(let number, .entries) = try PeerMessage.decode(frame) { question = number }
        }
        guard let question else { return nil }
        let piece = [UInt8](repeating: 0, count: pieceBytes)
        let message = PeerMessage.answer(question, isLast: false, piece).encoded()
        for _ in 0...ReplicationLimits.answerBytes / pieceBytes {
            for case .disconnect(_, let violation) in try victim.handle(
                .received(peer, message), now)
            {
                return violation.code
            }
        }
        return nil
    }
}
