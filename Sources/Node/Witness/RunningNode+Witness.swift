import HTTPAPI
import MerkleTrees
import Records

extension RunningNode {
    package var isWitness: Bool { witness != nil }

    package func addCheckpoint(_ request: [UInt8]) async throws(Refusal) -> WitnessAnswer {
        guard let witness else { throw .noWitness }
        return try await serving { _ in try witness.answer(request) }
    }

    package func witnessed(_ originHash: Hash256) async throws(Refusal) -> [UInt8] {
        guard let witness else { throw .noWitness }
        return try await serving { _ in try witness.newest(originHash) }
    }
}
