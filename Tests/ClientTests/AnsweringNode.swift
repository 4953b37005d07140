import Client
import HTTPAPI
import Lineage
import Logging
import MerkleTrees
import Records

/// A node that takes every submission but empty texts, to call it through the real HTTP layer.
struct AnsweringNode: NodeService {
    func submit(_ submission: [UInt8], patiently: Bool) async throws(Refusal) -> Registration {
        guard submission != [0x60] else {
            throw Refusal(code: "rows.missing", field: "manifest", reason: "as scripted")
        }
        return Registration(
            id: Hash256.sha256(submission), leafIndex: UInt64(submission.count),
            isNew: submission.count == 1)
    }

    func receipt(
        of id: Hash256, at leafIndex: UInt64?, form: ReceiptForm, for reader: Reader
    ) async throws(Refusal) -> [UInt8] {
        Array("receipt \(id.hex)".utf8)
    }

    func keySet() async throws(Refusal) -> [UInt8] { [] }
    func key(thumbprint: Hash256) async throws(Refusal) -> [UInt8] { [] }
    func checkpoint() async throws(Refusal) -> [UInt8] { Array("note".utf8) }
    func tile(path: String, for reader: Reader) async throws(Refusal) -> [UInt8] { [] }
    func manifest(
        at leafIndex: UInt64, for reader: Reader
    ) async throws(Refusal) -> [UInt8] { [] }
    func part(_ digest: Hash256, for reader: Reader) async throws(Refusal) -> [UInt8] { [] }
    func organisations(for reader: Reader) async throws(Refusal) -> [UInt8] { [] }
    func peers() async throws(Refusal) -> [UInt8] { [] }
    func alarm(_ digest: Hash256) async throws(Refusal) -> [UInt8] { [] }

    func consistencyProof(from old: UInt64, to new: UInt64) async throws(Refusal) -> [Hash256] {
        []
    }

    func evidence(
        about subject: String, upstream: Bool, for reader: Reader, onlyFor other: String?
    ) async throws(Refusal) -> [UInt8] {
        [UInt8](repeating: upstream ? 1 : 0, count: subject == "urn:x:large" ? 5_000 : 10)
    }

    func trace(_ request: TraceRequest, for reader: Reader) async throws(Refusal) -> [UInt8] {
        Array("\(request.subject) \(request.direction) \(request.limit ?? 0) \(request.form)".utf8)
    }

    func health() async -> NodeHealth {
        NodeHealth(isReady: true, status: "ok", origin: "log.example", size: 1)
    }
}

/// Runs a test with a client of a node that answers.
func withClient(
    limits: ClientLimits = ClientLimits(), _ body: (NodeClient) async throws -> Void
) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let listener = try await HTTPListener.start(
        service: AnsweringNode(), address: .ephemeral,
        callers: .loopback(as: Caller(role: .nodeOperator, reader: .nodeOperator)), logger: logger)
    let client = try NodeClient(url: "http://\(listener.address)", limits: limits)
    let result: Result<Void, any Error>
    do { result = .success(try await body(client)) } catch { result = .failure(error) }
    await listener.stop(drainSeconds: 1)
    try result.get()
}

/// Runs a test with the port of a node that answers.
func withListening(_ body: (Int) async throws -> Void) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let listener = try await HTTPListener.start(
        service: AnsweringNode(), address: .ephemeral,
        callers: .loopback(as: Caller(role: .nodeOperator, reader: .nodeOperator)), logger: logger)
    let result: Result<Void, any Error>
    do {
        result = .success(try await body(listener.address.port))
    } catch {
        result = .failure(error)
    }
    await listener.stop(drainSeconds: 1)
    try result.get()
}
