import HTTPTypes
import HummingbirdCore
import MerkleTrees
import Records

extension Responder {
    /// Answers what a log asks of a witness, as c2sp.org/tlog-witness says; anybody may ask.
    func addCheckpoint(_ asking: Asking) async throws(Refusal) -> Answer {
        guard service.isWitness else { throw .noWitness }
        guard let holding = SlotHolding(witnessBytes, 0) else { throw Self.busy }
        defer { holding.release() }
        let bytes = try await WholeBody.checkpoint.read(asking.request, holding: holding)
        guard let turn = SlotHolding(witnessRequests, 1) else { throw Self.busy }
        defer { turn.release() }
        switch try await service.addCheckpoint(bytes) {
        case .cosigned(let line): return Answer(type: MediaType.text, line).fresh
        case .conflict(let size):
            return Answer(409, type: MediaType.logSize, Array("\(size)\n".utf8)).fresh
        }
    }

    func witnessed(_ originHash: Hash256) async throws(Refusal) -> Answer {
        guard service.isWitness else { throw .noWitness }
        return Answer(type: MediaType.text, try await service.witnessed(originHash)).fresh
    }
}
