import DeterministicCBOR
package import MerkleTrees
package import Signatures

/// An organisation that asks to be admitted, and the proof that it holds its keys (SPEC §9.5).
///
/// Each of its keys signs the network's id and all that is asked, so that nobody has a stranger's
/// key listed as its own, and nothing is changed on the way to the governors. It proves nothing
/// about who the applicant is: governors find that out by another channel.
package struct JoinRequest: Hashable, Sendable {
    /// The network it asks to join.
    package let network: Hash256
    /// What is to be admitted; its keys count from 0 here.
    package let organisation: Organisation
    /// The signature of each key, by thumbprint.
    package let proofs: [Hash256: [UInt8]]

    /// A request as it was read; ``check(for:)`` checks it.
    package init(network: Hash256, organisation: Organisation, proofs: [Hash256: [UInt8]]) {
        self.network = network
        self.organisation = Self.undated(organisation)
        self.proofs = proofs
    }

    /// Asks for an organisation to be admitted, with the private half of each of its keys.
    ///
    /// - Throws: `key.*` when a key cannot sign, `governance.join` when one is not there.
    package static func make(
        _ organisation: Organisation, network: Hash256, keys: [SigningKey]
    ) throws(Refusal) -> JoinRequest {
        let message = message(organisation, network: network)
        var proofs: [Hash256: [UInt8]] = [:]
        for key in keys {
            do {
                proofs[key.publicKey.thumbprint] = try key.sign(message)
            } catch {
                throw Refusal(error, field: "keys")
            }
        }
        let request = JoinRequest(network: network, organisation: organisation, proofs: proofs)
        try request.check(for: network)
        return request
    }

    /// Checks that the request is for this network and that each of its keys signed it.
    ///
    /// - Throws: `governance.join`.
    package func check(for network: Hash256) throws(Refusal) {
        guard self.network == network else {
            throw Self.refusal(
                "network", "the request is for network \(self.network.hex), not \(network.hex)")
        }
        guard !organisation.keys.isEmpty, proofs.count == organisation.keys.count else {
            throw Self.refusal("keys", "each key of a join request has its proof, and one must be")
        }
        let message = Self.message(organisation, network: network)
        for (index, listed) in organisation.keys.enumerated() {
            guard let proof = proofs[listed.key.thumbprint],
                listed.key.isValidSignature(proof, for: message)
            else {
                throw Self.refusal(
                    "keys[\(index)]",
                    "key \(listed.key.thumbprint.hex) has not signed this request: it was "
                        + "changed, or the applicant does not hold the key")
            }
        }
    }

    /// What each key signs: `"cairn/join-request/v1" 0x00 ‖ network id ‖ organisation`, its keys
    /// counting from 0.
    static func message(_ organisation: Organisation, network: Hash256) -> [UInt8] {
        Domain.joinRequest + network.bytes + undated(organisation).cbor.encoded()
    }

    /// The governors decide from when keys count.
    private static func undated(_ organisation: Organisation) -> Organisation {
        organisation.with(
            keys: organisation.keys.map {
                OrganisationKey(purpose: $0.purpose, key: $0.key, fromMilliseconds: 0)
            })
    }

    private static func refusal(_ field: String, _ reason: String) -> Refusal {
        Refusal(code: "governance.join", field: field, reason: reason)
    }
}
