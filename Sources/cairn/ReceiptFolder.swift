import Client
import Foundation
import MerkleTrees
import Node

/// A directory where receipts are kept, each written as soon as it can be had.
struct ReceiptFolder {
    /// The directory's path as given.
    let path: String

    /// Makes the directory unless it is there.
    init(making path: String) throws {
        self.path = path
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .unreachable, "\(path): cannot be made: \(SystemWords.reason(error))")
        }
    }

    /// Fetches and writes the receipts of statements as they are registered.
    func keep(
        _ registered: AsyncStream<Hash256>, from client: NodeClient
    ) async throws {
        for await id in registered {
            try write(try await client.receipt(of: id), of: id)
        }
    }

    /// Writes the receipt of a statement, in the place of an earlier one.
    func write(_ receipt: [UInt8], of id: Hash256) throws {
        let stem = path.hasSuffix("/") ? path : path + "/"
        try Files.write(receipt, to: "\(stem)\(id.hex).tlog-proof")
    }
}
