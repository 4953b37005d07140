import HTTPAPI
import MerkleTrees
import Records
import Synchronization

/// A node that takes some submissions and then says that it stops, or refuses the others, behind the
/// real HTTP layer.
final class StoppingNode: NodeService {
    private let left: Mutex<UInt64>
    private let taken = Mutex<[[UInt8]]>([])
    private let refusal: Refusal

    /// A node that takes so many, and refuses those behind them.
    init(
        taking count: UInt64,
        otherwise refusal: Refusal = Refusal(
            code: "node.stopping", field: "", reason: "the node is stopping; try again in a moment")
    ) {
        left = Mutex(count)
        self.refusal = refusal
    }

    /// Takes so many more.
    func take(_ count: UInt64) { left.withLock { $0 = count } }

    /// The submissions taken so far, in order.
    var submissions: [[UInt8]] { taken.withLock { $0 } }

    func submit(_ submission: [UInt8], patiently: Bool) async throws(Refusal) -> Registration {
        let place = left.withLock { left -> UInt64? in
            guard left > 0 else { return nil }
            left -= 1
            return left
        }
        guard let place else { throw refusal }
        taken.withLock { $0.append(submission) }
        return Registration(id: Hash256.sha256(submission), leafIndex: place, isNew: true)
    }

    func receipt(
        of id: Hash256, at leafIndex: UInt64?, form: ReceiptForm, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        throw refusal
    }
    func keySet() async throws(Refusal) -> [UInt8] { throw refusal }
    func key(thumbprint: Hash256) async throws(Refusal) -> [UInt8] { throw refusal }
    func checkpoint() async throws(Refusal) -> [UInt8] { throw refusal }
    func tile(path: String, for reader: Reader) async throws(Refusal) -> [UInt8] { throw refusal }
    func manifest(
        at leafIndex: UInt64, for reader: Reader
    ) async throws(Refusal) -> [UInt8] { throw refusal }
    func part(_ digest: Hash256, for reader: Reader) async throws(Refusal) -> [UInt8] {
        throw refusal
    }
    func consistencyProof(from old: UInt64, to new: UInt64) async throws(Refusal) -> [Hash256] {
        throw refusal
    }
    func evidence(
        about subject: String, upstream: Bool, for reader: Reader, onlyFor other: String?
    ) async throws(Refusal) -> [UInt8] { throw refusal }
    func trace(_ request: TraceRequest, for reader: Reader) async throws(Refusal) -> [UInt8] {
        throw refusal
    }
    func organisations(for reader: Reader) async throws(Refusal) -> [UInt8] { throw refusal }
    func peers() async throws(Refusal) -> [UInt8] { throw refusal }
    func alarm(_ digest: Hash256) async throws(Refusal) -> [UInt8] { throw refusal }
    func health() async -> NodeHealth {
        NodeHealth(isReady: false, status: "stopping", origin: "log.example", size: 1)
    }
}
