import DeterministicCBOR
import MerkleTrees
import Records
import Sequencing

// What peers are given.
extension Replicator {
    mutating func serve(
        _ question: PeerQuestion, _ number: UInt64, to peer: PeerID
    ) throws {
        let answer: [UInt8]
        switch question {
        case .entries(let origin, let start, let size):
            guard isHeld(origin) else {
                answer = []
                break
            }
            answer = try store.read(origin) { ledger in
                try PackageSource.package(
                    of: ledger, network: identity.genesis.network, from: start, underSize: size
                )?.encoded() ?? []
            }
        case .parts(let origin, let digests):
            answer = try parts(digests, of: origin, for: peer)
        case .alarm(let digest): answer = alarms[digest]?.encoded() ?? []
        }
        var rest = answer[...]
        repeat {
            let piece = rest.prefix(ReplicationLimits.answerPieceBytes)
            rest = rest.dropFirst(piece.count)
            send(.answer(number, isLast: rest.isEmpty, Array(piece)), to: peer)
        } while !rest.isEmpty
    }

    private func isHeld(_ origin: String) -> Bool {
        origin == identity.origin || mirrors[origin] != nil
    }

    /// The parts that the peer's organisation may see by their visibility.
    ///
    /// Grants open nothing to mirrors. While the organisation is suspended it sees what everybody
    /// does, and what it must obey: that parts are erased.
    private func parts(
        _ digests: [Hash256], of origin: String, for peer: PeerID
    ) throws -> [UInt8] {
        guard isHeld(origin), let session = sessions[peer],
            let organisation = governance.nodes[session.origin]?.organisation
        else { return PartsAnswer.encode([]) }
        let member = Reader.member(organisation: organisation)
        let isSuspended = governance.suspensions(of: organisation)
            .isSuspended(atMilliseconds: wallMilliseconds)
        return try store.read(origin) { ledger in
            var parts: [[UInt8]] = []
            var bytes = 0
            for digest in digests {
                guard let encoded = try ledger.part(digest),
                    try !ledger.uses(of: digest).isEmpty,
                    let part = try? Part.decode(encoded)
                else { continue }
                let isForAll = !isSuspended || RecordFacts(of: part)?.erases != nil
                guard part.visibility.permits(isForAll ? member : .anonymous) else { continue }
                bytes += encoded.count
                guard parts.isEmpty || bytes <= ReplicationLimits.partsBytes else { break }
                parts.append(encoded)
            }
            return PartsAnswer.encode(parts)
        }
    }
}

/// Parts as an answer's bytes: those of the asked ones that are given, in the order asked.
enum PartsAnswer {
    static func encode(_ parts: [[UInt8]]) -> [UInt8] {
        CBORValue.array(parts.map { .bytes($0) }).encoded()
    }

    static func decode(_ bytes: [UInt8]) throws(Refusal) -> [Part] {
        let limits = CBORLimits(depth: 2, items: 128, byteCount: ReplicationLimits.answerBytes)
        guard let value = try? CBORValue.decode(bytes, limits: limits),
            case .array(let items) = value, items.count <= ReplicationLimits.partsAsked
        else { throw PeerMessage.refusal("parts are an array of byte strings") }
        var parts: [Part] = []
        for item in items {
            guard let bytes = item.asBytes else {
                throw PeerMessage.refusal("a part is a byte string")
            }
            do {
                parts.append(try Part.decode(bytes))
            } catch {
                throw PeerMessage.refusal("a part: \(error.reason)")
            }
        }
        return parts
    }
}
