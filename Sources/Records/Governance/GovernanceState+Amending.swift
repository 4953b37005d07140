import MerkleTrees
import Signatures

extension GovernanceState {
    /// The state that a genesis body founds, after checking its governors' signatures.
    ///
    /// - Parameters:
    ///   - body: the genesis body with its signatures.
    ///   - statement: the genesis statement that carries it.
    /// - Throws: `governance.*`.
    package init(genesis body: GovernanceBody, statement: [UInt8]) throws(Refusal) {
        guard case .genesis(let document) = body.kind else {
            throw Refusal(
                code: "governance.format", field: "governance.body",
                reason: "a network begins with a genesis document, not with an amendment")
        }
        try document.governors.check(body)
        let network = GenesisDocument.networkID(of: body.body)
        self.init(try GovernanceFacts(document, network: network, statement: statement))
    }

    /// The state after the next amendment.
    ///
    /// - Parameter content: the content of a governance part (SPEC §9.3).
    /// - Returns: the state with the amendment's changes.
    /// - Throws: `cbor.*`, `key.*`, `governance.*`; this state stays as it is.
    package func applying(_ content: [UInt8]) throws(Refusal) -> GovernanceState {
        try applying(GovernanceBody.decode(content))
    }

    /// The state after the next amendment, already read.
    ///
    /// - Throws: `governance.seq`, `governance.previous`, `governance.signature`,
    ///   `governance.threshold`, or what refuses a change.
    package func applying(_ body: GovernanceBody) throws(Refusal) -> GovernanceState {
        guard case .amendment(let amendment) = body.kind else {
            throw Refusal(
                code: "governance.seq", field: "governance.body",
                reason: "a network has one genesis; only amendments follow it")
        }
        try checkPlace(of: amendment)
        try governors.check(body)
        var facts = facts
        for (index, change) in amendment.changes.enumerated() {
            try facts.apply(change, field: "amendment.changes[\(index)]")
        }
        try facts.checkQuorum(field: "amendment")
        facts.seq = amendment.seq
        facts.head = body.digest
        return GovernanceState(facts)
    }

    /// What one change would make of this governance, before anybody has signed it.
    ///
    /// The result has this state's number and head: it stands between two amendments.
    ///
    /// - Parameters:
    ///   - change: any change, also one that no reader has seen.
    ///   - field: what refusals call it.
    /// - Returns: the state after it.
    /// - Throws: `governance.*` for a malformed or an impossible change.
    package func trying(_ change: Change, field: String) throws(Refusal) -> GovernanceState {
        let shape = ShapeReader(code: "governance.format")
        let read = try Change(cbor: change.cbor, shape: shape, field: field)
        var facts = facts
        try facts.apply(read, field: field)
        return GovernanceState(facts)
    }

    /// The states that lead through an amendment, before its threshold is reached: one before each
    /// change, and one after the last.
    ///
    /// - Throws: what ``applying(_:)`` refuses but `governance.threshold`: each signature that is
    ///   there must be a governor's and verify.
    package func states(through file: AmendmentFile) throws(Refusal) -> [GovernanceState] {
        try checkPlace(of: file.amendment)
        try governors.checkEach(of: file.signatures, digest: file.digest)
        var states = [self]
        var facts = facts
        for (index, change) in file.amendment.changes.enumerated() {
            try facts.apply(change, field: "amendment.changes[\(index)]")
            states.append(GovernanceState(facts))
        }
        try facts.checkQuorum(field: "amendment")
        return states
    }

    private func checkPlace(of amendment: Amendment) throws(Refusal) {
        guard amendment.network == network else {
            throw Refusal(
                code: "governance.format", field: "amendment.network",
                reason: "this amendment changes another network")
        }
        guard amendment.seq > 0, amendment.seq - 1 == seq else {
            throw Refusal(
                code: "governance.seq", field: "amendment.seq",
                reason: "the next amendment has number \(seq + 1), not \(amendment.seq)")
        }
        guard amendment.previous == head else {
            throw Refusal(
                code: "governance.previous", field: "amendment.previous",
                reason: "the amendment follows \(amendment.previous.hex), the head is \(head.hex)")
        }
    }
}

extension Governors {
    /// Checks that every signature is one of these governors' and that enough of them signed.
    ///
    /// - Throws: `governance.signature` or `governance.threshold`.
    func check(_ body: GovernanceBody) throws(Refusal) {
        try checkEach(of: body.signatures, digest: body.digest)
        guard body.signatures.count >= threshold else {
            throw Refusal(
                code: "governance.threshold", field: "governance.signatures",
                reason: "\(body.signatures.count) of the \(threshold) governors needed have signed")
        }
    }

    /// Checks that every signature is one of these governors', however many there are.
    ///
    /// - Throws: `governance.signature`.
    func checkEach(of signatures: [GovernorSignature], digest: Hash256) throws(Refusal) {
        let message = GovernanceBody.signedMessage(digest: digest)
        for (index, signed) in signatures.enumerated() {
            let key = members.first { $0.key.thumbprint == signed.thumbprint }?.key
            guard let key, key.isValidSignature(signed.signature, for: message) else {
                throw Refusal(
                    code: "governance.signature", field: "governance.signatures[\(index)]",
                    reason: key == nil
                        ? "key \(signed.thumbprint.hex) is no governor's"
                        : "the signature of \(signed.thumbprint.hex) does not verify")
            }
        }
    }
}
