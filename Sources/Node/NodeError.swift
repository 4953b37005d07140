import Records
import Sequencing
import Signatures
import Storage

/// Why a node cannot be made, started or kept running.
///
/// Errors compare by code, which is stable: `node.*` for what is wrong with a directory or its
/// files, and the codes of the module that failed for the rest (`storage.locked`, `log.damaged`,
/// `key.passphrase`, `governance.signature`).
package struct NodeError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A stable code, lower case and dotted.
    package var code: String
    /// What is wrong and what a person can do about it.
    package var reason: String
    /// Whether the caller gave something wrong, as opposed to a disk or a network that failed.
    package var isInput: Bool

    /// Makes an error.
    package init(code: String, reason: String, isInput: Bool) {
        self.code = code
        self.reason = reason
        self.isInput = isInput
    }

    /// `code: reason`.
    package var description: String { "\(code): \(reason)" }
}

extension NodeError {
    static func input(_ code: String, _ reason: String) -> NodeError {
        NodeError(code: code, reason: reason, isInput: true)
    }

    static func failure(_ code: String, _ reason: String) -> NodeError {
        NodeError(code: code, reason: reason, isInput: false)
    }

    /// The error of a node for whatever a lower layer threw.
    init(_ error: any Error) {
        switch error {
        case let error as NodeError: self = error
        case let error as StorageError:
            let isInput = ["storage.missing", "storage.schema"].contains(error.code)
            self.init(
                code: error.code, reason: "\(error.place): \(error.reason)", isInput: isInput)
        case let error as SequencingError:
            self.init(code: error.code, reason: error.reason, isInput: error.code == "log.key")
        case let error as Refusal:
            let place = error.field.isEmpty ? "" : "\(error.field): "
            self.init(code: error.code, reason: place + error.reason, isInput: true)
        case let error as KeyError:
            self.init(code: error.code, reason: error.reason, isInput: true)
        default: self.init(code: "node.failed", reason: "\(error)", isInput: false)
        }
    }

    /// Runs code that throws anything and lets only errors of a node out.
    static func mapping<Value>(_ body: () throws -> Value) throws(NodeError) -> Value {
        do {
            return try body()
        } catch {
            throw NodeError(error)
        }
    }
}

extension Refusal {
    /// The answer to a caller while the node goes down.
    static let stopping = Refusal(
        code: "node.stopping", field: "", reason: "the node is stopping; try again in a moment")

    /// The answer to a caller whose submission finds no room.
    static let busy = Refusal(
        code: "node.busy", field: "",
        reason: "the node has as much in hand as it can hold; try again in a moment")

    /// The answer to a caller once governance has removed the node.
    static let removed = Refusal(
        code: "node.removed", field: "",
        reason: "the network has removed this node; register with another")

    /// The answer to a caller once governance has given the log another key than the node has.
    static let keyReplaced = Refusal(
        code: "node.key-replaced", field: "",
        reason: "the network has given this log another key; its operator stops the node, gives "
            + "it that key with cairn rekey, and starts it")

    /// The answer to a caller while too few peers have said how far they know the log.
    static let unconfirmed = Refusal(
        code: "node.unconfirmed", field: "",
        reason:
            "too few peers have said how far they know this log; try again once they are reached"
    )

    /// The answer to a caller when there is no space for the submission.
    static let full = Refusal(
        code: "storage.full", field: "",
        reason: "the node's disk is full; nothing of what was sent was kept; try again later")

    /// The answer to a caller when the node itself cannot do its work; the log says why.
    static let failed = Refusal(
        code: "node.failed", field: "",
        reason: "the node failed; whether the submission was kept shows when it is sent again "
            + "after the next start")
}
