import DeterministicCBOR
import MerkleTrees
import Signatures

/// What governance says after some amendment: the storage of a ``GovernanceState``.
struct GovernanceFacts: Sendable {
    let network: Hash256
    let name: String
    let genesisStatement: [UInt8]
    var seq: UInt64 = 0
    var head: Hash256
    var rulesVersion: UInt64
    var governors: Governors
    var policy: Policy
    var organisations: [String: Organisation] = [:]
    var nodes: [String: LogNode] = [:]
    var removedOrigins: Set<String> = []
    var delegations: [String: Delegation] = [:]
    var delegationsTo: [String: [String]] = [:]
    var schemes: [String: CBORValue] = [:]
    var anchors: [String]
    /// Parts whose erasure governors ordered.
    var ordered: Set<Hash256> = []
    var keys = KeyRegistry()
    var prefixes = PrefixTable()
    var siteOwners: [String: [String]] = [:]
    var suspensions: [String: SuspensionHistory] = [:]
    var logKeys: [String: LogKeyHistory] = [:]

    /// The versions of the row rules that this program knows.
    static let knownRulesVersions: ClosedRange<UInt64> = 1...1

    /// The state that a genesis document founds.
    ///
    /// - Throws: `governance.format`, `governance.prefix-taken`, `governance.key-reused`,
    ///   `governance.change` or `governance.quorum`.
    init(_ document: GenesisDocument, network: Hash256, statement: [UInt8]) throws(Refusal) {
        guard Self.knownRulesVersions.contains(document.rulesVersion) else {
            throw Refusal(
                code: "governance.format", field: "genesis.rulesVersion",
                reason: "this program does not know rules version \(document.rulesVersion)")
        }
        self.network = network
        name = document.name
        genesisStatement = statement
        head = network
        rulesVersion = document.rulesVersion
        governors = document.governors
        policy = document.policy
        anchors = document.anchors
        for (index, organisation) in document.organisations.enumerated() {
            try admit(organisation, field: "genesis.organisations[\(index)]")
        }
        try setGovernors(document.governors, field: "genesis.governors")
        for (index, node) in document.nodes.enumerated() {
            try set(node, field: "genesis.nodes[\(index)]")
        }
        for (index, delegation) in document.delegations.enumerated() {
            try add(
                delegation, field: "genesis.delegations[\(index)]", code: "governance.format")
        }
        try setAnchors(document.anchors, field: "genesis.anchors")
        for scheme in document.schemes { schemes[scheme.id] = scheme.terms }
        try checkQuorum(field: "genesis.policy")
    }

    /// Two quorums must always share an honest cosigner (SPEC §9.1).
    func checkQuorum(field: String) throws(Refusal) {
        let cosigners = nodes.values.count { $0.cosignerKey != nil }
        guard policy.holds(cosigners: cosigners) else {
            throw Refusal(
                code: "governance.quorum", field: field,
                reason: "n = \(cosigners) cosigners and f = \(policy.toleratedLiars) liars do not "
                    + "bear a quorum of q = \(policy.quorum): q ≤ n and 2q > n + f must hold")
        }
    }
}
