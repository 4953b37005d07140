import Records
package import Signatures

/// With what a node signs what is captured: its own organisation's issuer key (SPEC §17.3).
package struct CaptureKey: Sendable {
    /// The key.
    package var key: SigningKey
    /// Who may see what it signs: `public`, `network`, or URIs of organisations with commas.
    package var visibility: String

    /// A key and whom its parts are for.
    package init(_ key: SigningKey, visibility: String = "network") {
        self.key = key
        self.visibility = visibility
    }
}

/// Signs captured events in the name of the node's organisation.
struct CaptureSigner: Sendable {
    /// Makes parts and statements.
    let signer: Signer
    /// Who may see them.
    let visibility: Visibility

    /// Takes a key that the network knows for an issuer key of the organisation.
    ///
    /// - Throws: `node.capture-key`, `node.configuration` for a visibility that is none.
    init(
        _ capture: CaptureKey, organisation: String, governance: GovernanceState
    ) throws(NodeError) {
        let thumbprint = capture.key.publicKey.thumbprint
        guard let known = governance.key(thumbprint) else {
            throw .input(
                "node.capture-key",
                "captureKey: the network does not know this key; an amendment can give it to "
                    + "\(organisation) as an issuer key")
        }
        try Self.check(known, organisation: organisation)
        signer = Signer(network: governance.network, issuer: organisation, key: capture.key)
        visibility = try Self.visibility(capture.visibility, organisation, governance)
    }

    /// Refuses a key that is another's, or for something else.
    static func check(_ known: RegisteredKey, organisation: String) throws(NodeError) {
        guard known.owner == organisation, known.purpose == .issuer else {
            throw .input(
                "node.capture-key",
                "captureKey: is \(known.owner)'s \(known.purpose.rawValue) key, not an issuer key "
                    + "of \(organisation), which runs this node")
        }
    }

    private static func visibility(
        _ text: String, _ organisation: String, _ governance: GovernanceState
    ) throws(NodeError) -> Visibility {
        switch text {
        case "public": return .open
        case "network": return .network
        default:
            let listed = text.split(separator: ",").map { $0.filter { $0 != " " } }
            guard !listed.isEmpty, listed.count < Limits.visibilityOrganisations,
                listed.allSatisfy({ $0.contains(":") })
            else {
                throw .input(
                    "node.configuration",
                    "captureVisibility: must be public, network, or organisation URIs separated "
                        + "by commas")
            }
            if let stranger = listed.first(where: { governance.organisations[$0] == nil }) {
                throw .input(
                    "node.configuration",
                    "captureVisibility: \(stranger) is no member of the network")
            }
            return .only(listed + [organisation])
        }
    }
}
