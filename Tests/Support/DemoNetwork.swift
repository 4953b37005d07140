package import MerkleTrees
package import Records
package import Signatures

/// A small invented network for tests, the same bytes each time: three organisations under GS1's
/// example prefix 952, two governors who must both sign, one node.
package struct DemoNetwork: Sendable {
    /// A member with the private half of its issuer key.
    package struct Member: Sendable {
        /// The URI of its party GLN.
        package let uri: String
        /// Its issuer key.
        package let key: SigningKey
        /// Its GS1 company prefix.
        package let prefix: String
        /// Its site.
        package let site: String
        /// A product under its prefix.
        package let gtin: String

        /// The same member, signing with another key.
        package func signing(with key: SigningKey) -> Member {
            Member(uri: uri, key: key, prefix: prefix, site: site, gtin: gtin)
        }

        /// The canonical URI of a batch of its product.
        package func batch(_ lot: String) -> String { "https://id.gs1.org/01/\(gtin)/10/\(lot)" }

        /// The canonical URI of its product.
        package var product: String { "https://id.gs1.org/01/\(gtin)" }
    }

    /// When the network was founded: 2026-01-01T00:00:00Z.
    package static let startMilliseconds: UInt64 = 1_767_225_600_000
    /// The same in seconds.
    package static let startSeconds: UInt64 = startMilliseconds / 1_000
    /// The origin of the one node's log.
    package static let origin = "demo.example/log"

    /// Makes things; owns prefix 9521141.
    package let supplier: Member
    /// Moves things; owns prefix 9521987.
    package let carrier: Member
    /// Sells things; owns prefix 9524005.
    package let wholesaler: Member
    /// The private keys of the two governors.
    package let governors: [SigningKey]
    /// The private key of the node's log.
    package let logKey: SigningKey
    /// What founded the network.
    package let document: GenesisDocument
    /// The genesis file.
    package let file: GenesisFile
    /// The governance after genesis.
    package let state: GovernanceState

    /// The network id.
    package var id: Hash256 { state.network }
    /// The three members.
    package var members: [Member] { [supplier, carrier, wholesaler] }

    /// Founds the network.
    ///
    /// - Parameter adjust: turns the usual genesis document into another one.
    /// - Throws: what refuses the adjusted document.
    package init(adjust: (GenesisDocument) -> GenesisDocument = { $0 }) throws {
        supplier = try Self.member(
            "supplier", prefix: "9521141", party: "9521141000007", site: "9521141000014",
            gtin: "09521141123454")
        carrier = try Self.member(
            "carrier", prefix: "9521987", party: "9521987000001", site: "9521987000018",
            gtin: "09521987123458")
        wholesaler = try Self.member(
            "wholesaler", prefix: "9524005", party: "9524005000007", site: "9524005000014",
            gtin: "09524005123454")
        governors = [try Self.key("governor 1"), try Self.key("governor 2")]
        logKey = try Self.key("log")
        let members = [
            Self.organisation(supplier, "Demo Supplier", .supplier),
            Self.organisation(carrier, "Demo Carrier", .carrier),
            Self.organisation(wholesaler, "Demo Wholesaler", .wholesaler),
        ]
        document = adjust(
            GenesisDocument(
                name: "Demo network", createdMilliseconds: Self.startMilliseconds,
                governors: Governors(
                    [
                        Governor(organisation: supplier.uri, key: governors[0].publicKey),
                        Governor(organisation: wholesaler.uri, key: governors[1].publicKey),
                    ], threshold: 2),
                organisations: members,
                nodes: [
                    LogNode(
                        origin: Self.origin, organisation: wholesaler.uri,
                        logKey: logKey.publicKey)
                ],
                policy: Policy(quorum: 0, toleratedLiars: 0, furthestFutureSeconds: 300)))
        file = try GenesisFile.make(
            document, governors: governors, issuer: wholesaler.uri, issuerKey: wholesaler.key,
            issuedAtSeconds: Self.startSeconds)
        state = try file.verified()
    }

    /// The Ed25519 key with this name: the same each time.
    package static func key(_ name: String) throws -> SigningKey {
        try SigningKey(ed25519Seed: Hash256.sha256(Array("demo key \(name)".utf8)).bytes)
    }

    /// A further member, not in the genesis document; its key follows from its name.
    package static func member(
        _ name: String, prefix: String, party: String, site: String, gtin: String
    ) throws -> Member {
        Member(
            uri: "https://id.gs1.org/417/\(party)", key: try key(name), prefix: prefix,
            site: "https://id.gs1.org/414/\(site)", gtin: gtin)
    }

    /// A member as governance lists it, its key counting from the start.
    package static func organisation(_ member: Member, _ name: String, _ role: OrganisationRole)
        -> Organisation
    {
        Organisation(
            uri: member.uri, name: name, roles: [role], prefixes: [member.prefix],
            sites: [member.site],
            keys: [
                OrganisationKey(
                    purpose: .issuer, key: member.key.publicKey,
                    fromMilliseconds: startMilliseconds)
            ])
    }
}
