import ArgumentParser
import Client
import Foundation
import MerkleTrees
import Notes
import Records
import Storage
import Verdicts

/// What `cairn submit` waits for.
enum AwaitedState: String, CaseIterable, ExpressibleByArgument {
    /// The statement is registered and sealed by the log.
    case sealed
    /// Its receipt is final: a quorum of nodes has cosigned it (SPEC §12).
    case cosigned
}

/// Tells whether receipts are final, by governance that was verified here (SPEC §25.4).
struct Finality {
    let governance: GovernanceState
    /// As of when that is, for messages.
    let basis: String

    /// By the governance of a file, else of the node as it proves it, from the genesis file on.
    ///
    /// - Throws: what does not hold; that the network asks for no cosignatures.
    init(genesis path: String, file: String?, node: NodeOptions) async throws {
        let shown: ShownGovernance
        if let file {
            shown = try ShownGovernance(file: file, genesis: path)
        } else {
            let founded = try ShownGovernance(genesis: path)
            let subject = Subject.networkURI(founded.state.network)
            let bytes = try await node.call { client in
                try await client.evidence(about: subject, scope: .subject)
            }
            shown = try ShownGovernance(evidence: bytes, from: node.url, genesis: path)
        }
        governance = shown.state
        basis = shown.basis
        guard quorum > 0 else {
            throw CommandFailure(
                .badInput,
                "--wait cosigned: the network asks for no cosignatures (its quorum is 0), by "
                    + basis)
        }
    }

    /// How many cosignatures make a receipt final.
    var quorum: UInt64 { governance.policy.quorum }

    /// The names of those who have cosigned a statement's receipt, in their order.
    ///
    /// - Throws: that the receipt does not prove the statement, or that it is not of a log of the
    ///   network.
    func cosigners(of receipt: [UInt8], for id: Hash256) throws -> [String] {
        do {
            let acknowledged = try Acknowledgement(receipt: receipt)
            let proof = try LogProof.parse(receipt)
            guard case .statement(_, let statement) = try LogEntry.decode(proof.extra ?? []),
                try UnverifiedStatement.decode(statement).id == id
            else {
                throw CommandFailure(.badInput, "the receipt is of another statement")
            }
            let checkpoint = acknowledged.checkpoint
            guard
                let log = governance.logVerifier(
                    origin: checkpoint.origin, size: checkpoint.size)
            else {
                throw CommandFailure(
                    .badInput, "\(checkpoint.origin) is no log of the network, by \(basis)")
            }
            let verified = try proof.checkpoint.verify(known: [log] + governance.cosigners)
            guard verified.signers.contains(log) else {
                throw CommandFailure(.badInput, "the log's key has not signed it")
            }
            return Set(verified.signers.filter { $0.kind == .cosignature }.map(\.name)).sorted()
        } catch let error as NoteError {
            throw CommandFailure(.badInput, "\(error.reason) (\(error.code))")
        } catch let refusal as Refusal {
            throw CommandFailure(.badInput, refusal.sentence)
        }
    }
}

/// Waits until the receipts of registered statements are final, and keeps them.
struct FinalReceipts {
    /// Between two questions about one statement, in milliseconds: at first, and at most.
    private static let pausesMilliseconds = 100...2_000

    let finality: Finality
    /// How long to wait for all of them together.
    let patience: Duration
    /// Where they are kept; nil: nowhere.
    let folder: ReceiptFolder?
    /// Who has cosigned, of each statement whose receipt is final.
    private(set) var cosigners: [Hash256: [String]] = [:]

    init(_ finality: Finality, patience: Duration, folder: ReceiptFolder?) {
        self.finality = finality
        self.patience = patience
        self.folder = folder
    }

    /// Waits for statements, the first of the log first: a later checkpoint covers those before.
    ///
    /// - Returns: whether all are final.
    /// - Throws: ``ClientError``; a receipt that does not hold.
    mutating func wait(for ids: [Hash256], at client: NodeClient) async throws -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + patience
        for id in ids {
            var pause = Self.pausesMilliseconds.lowerBound
            while true {
                Console.progress("\(cosigners.count) of \(ids.count) receipts are final")
                if try await take(id, client) { break }
                guard clock.now < deadline else { return false }
                let left = min(.milliseconds(pause), deadline - clock.now)
                try await Task.sleep(for: left)
                pause = min(pause * 3 / 2, Self.pausesMilliseconds.upperBound)
            }
        }
        return true
    }

    /// Asks for a receipt, and keeps it if it is final; a node that is busy is asked again.
    private mutating func take(_ id: Hash256, _ client: NodeClient) async throws -> Bool {
        let receipt: [UInt8]
        do throws(ClientError) {
            receipt = try await client.receipt(of: id)
        } catch {
            guard case .problem(let problem) = error, problem.status == 503 else { throw error }
            return false
        }
        let names: [String]
        do {
            names = try finality.cosigners(of: receipt, for: id)
        } catch let failure as CommandFailure {
            throw CommandFailure(failure.code, "the receipt of \(id.hex): \(failure.message)")
        }
        guard UInt64(names.count) >= finality.quorum else { return false }
        try folder?.write(receipt, of: id)
        cosigners[id] = names
        return true
    }
}
