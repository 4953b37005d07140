import Client
import EPCIS
import Foundation
import MerkleTrees
import Records

/// Signs one record and hands it in.
enum RecordSigning {
    /// Signs a record with the key that the options name, and sends it to the node.
    ///
    /// - Returns: the statement's id, in hex.
    /// - Throws: what is wrong with the options or the record, or what the node refuses.
    static func register(
        _ record: Record, signing: SigningOptions, node: NodeOptions
    ) async throws -> String {
        let network = try signing.network()
        let signer = try signing.signer(in: network)
        let visibility = try signing.partVisibility(in: network)
        let submission: Submission
        do throws(Refusal) {
            let part = try signer.part(record, visibility: visibility)
            _ = try Content.read(part, events: .schema)
            let now = UInt64(Date().timeIntervalSince1970)
            guard let signed = try signer.submissions([part], issuedAtSeconds: now).first else {
                throw Refusal(code: "record.field", field: "record", reason: "says nothing")
            }
            submission = signed
        } catch {
            throw CommandFailure(error, about: "the \(record.kind.rawValue)")
        }
        let entry = try await node.call { try await $0.submit(submission.encoded()) }
        return entry.id.hex
    }
}
