package import MerkleTrees
package import Records

/// A log of the demo network kept as a node keeps it: admission, then the log's state.
@dynamicMemberLookup
package struct DemoLog: Sendable {
    /// The network.
    package let network: DemoNetwork
    private var kept: KeptLog

    /// A log with the genesis statement and its seal.
    package init(network: DemoNetwork) throws {
        self.network = network
        kept = try KeptLog(of: network.keeper, fromMilliseconds: DemoNetwork.startMilliseconds)
    }

    /// What is kept.
    package subscript<Value>(dynamicMember path: KeyPath<KeptLog, Value>) -> Value {
        kept[keyPath: path]
    }

    /// Lets time pass.
    package mutating func wait(milliseconds: UInt64) {
        kept.wait(untilMilliseconds: kept.nowMilliseconds + milliseconds)
    }

    /// Admits a statement and gives it the next leaf.
    @discardableResult
    package mutating func register(_ submission: Submission, _ name: String) throws -> UInt64 {
        try kept.register(submission, name)
    }

    /// Registers an amendment signed by all governors, and seals it.
    package mutating func amend(_ changes: [Change], _ name: String) throws {
        let body = try network.amendment(changes, after: kept.state.governance)
        try register(
            network.submission(body, issuedAtSeconds: kept.nowMilliseconds / 1_000), name)
        try seal()
    }

    /// Seals what is pending.
    package mutating func seal() throws { try kept.seal() }

    /// Puts a statement into the script past admission, and seals it.
    ///
    /// It is what a node may do that does not keep the rules. Nothing can be registered afterwards.
    package mutating func force(_ submission: Submission) { kept.force(submission) }

    /// Takes a part out of the store, as a node does once an erasure of it is registered.
    package mutating func erase(_ digest: Hash256) { kept.erase(digest) }

    /// The log whole.
    package func rendered() throws -> RenderedLog { try kept.rendered() }
}
