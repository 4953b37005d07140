import Records
import Signatures
import Support

/// The governors of a simulated network: they keep to one history.
package struct SimulatedGovernors {
    /// What they may decide.
    package enum Decision: String, Sendable {
        /// One node more.
        case admit
        /// Another key of a node.
        case logKey, cosignerKey, transportKey
        /// The statements of an organisation count no more, and count again.
        case suspend, reinstate
        /// One node less.
        case remove

        /// What is decided in a run: often what admits a node, else what changes or ends one.
        static func drawn(_ random: inout SplitMix64) -> [Decision] {
            guard random.next() % 2 == 0 else { return [.admit, .cosignerKey] }
            let choices: [Decision] = [
                .logKey, .logKey, .logKey, .logKey, .cosignerKey, .transportKey, .suspend, .remove,
            ]
            var decisions: [Decision] = []
            for _ in 0...random.next() % 3 {
                let next = choices[Int(random.next() % UInt64(choices.count))]
                switch next {
                case .suspend:
                    decisions += random.next() % 2 == 0 ? [.suspend] : [.suspend, .reinstate]
                // Who is cut off from two others may have nobody left that shows it their keys.
                case .transportKey, .remove:
                    if !decisions.contains(next) { decisions.append(next) }
                default: decisions.append(next)
                }
            }
            return decisions
        }
    }

    private let demo: DemoNetwork
    /// The governance after all that was decided.
    private(set) var newest: GovernanceState
    /// What registers each amendment, in their order.
    private(set) var made: [Submission] = []
    /// Who is suspended.
    private(set) var suspended: String?

    init(of network: SimulatedNetwork) {
        demo = network.demo
        newest = network.demo.state
    }

    /// Signs the next amendment.
    mutating func decide(_ changes: [Change]) throws {
        let body = try demo.amendment(changes, after: newest)
        newest = try newest.applying(body.encoded())
        // The member that registers it is one whose word counts.
        let member = demo.members.first { $0.uri != suspended } ?? demo.wholesaler
        made.append(try demo.submission(body, by: member))
    }

    /// The statements of an organisation count no more from a time on.
    mutating func suspend(_ organisation: String, fromMilliseconds from: UInt64) throws {
        try decide([.suspend(organisation: organisation, fromMilliseconds: from)])
        suspended = organisation
    }

    /// Those of the organisation that is suspended count again.
    mutating func reinstate(fromMilliseconds from: UInt64) throws {
        guard let organisation = suspended else { return }
        try decide([.reinstate(organisation: organisation, fromMilliseconds: from)])
        suspended = nil
    }

    /// A node is of the network no more; a quorum is one of those that are left.
    ///
    /// - Parameters:
    ///   - origin: its log's name.
    ///   - lies: whether one of those that are left may lie.
    /// - Throws: what refuses the amendment.
    mutating func remove(_ origin: String, lies: Bool) throws {
        let left = UInt64(newest.nodes.count - 1)
        var policy = SimulatedNetwork.policy(nodes: Int(left))
        let liars = newest.policy.toleratedLiars
        if lies, (left + liars) / 2 + 1 <= left {
            policy = Policy(
                quorum: (left + liars) / 2 + 1, toleratedLiars: liars,
                furthestFutureSeconds: policy.furthestFutureSeconds)
        }
        try decide([.policy(policy), .removeNode(origin: origin)])
    }
}

extension LogNode {
    /// The same node with other keys.
    func with(cosignerKey: VerificationKey?, tlsKey: VerificationKey?) -> LogNode {
        LogNode(
            origin: origin, organisation: organisation, logKey: logKey, cosignerKey: cosignerKey,
            tlsKey: tlsKey, address: address)
    }
}
