import Glibc
import MerkleTrees
import Records
import Signatures

/// Files that `tools/fuzz/run` takes out of Tests/Vectors, in the folder `CAIRN_FUZZ_MATERIAL`.
enum Material {
    /// The genesis file of the network of the vectors.
    static let genesis: GenesisFile = {
        do {
            return try GenesisFile.decode(file("genesis"))
        } catch {
            violated("the vectors' genesis file is read: \(error)")
        }
    }()

    /// The governance it founds.
    static let governance: GovernanceState = {
        do {
            return try genesis.verified()
        } catch {
            violated("the vectors' genesis file holds: \(error)")
        }
    }()

    /// Evidence that stands, of one log each.
    static let evidence: [[UInt8]] = (0..<8).map { file("evidence-\($0)") }

    private static func file(_ name: String) -> [UInt8] {
        let path = "\(environment("CAIRN_FUZZ_MATERIAL") ?? ".")/\(name)"
        let file = unsafe open(path, O_RDONLY)
        expect(file >= 0, "\(path) is there; tools/fuzz/run makes it")
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = unsafe chunk.withUnsafeMutableBytes {
                unsafe read(file, $0.baseAddress, $0.count)
            }
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        close(file)
        return bytes
    }
}

/// A network of this program's own, whose secret keys it knows.
enum OwnNetwork {
    static let organisation = "https://id.gs1.org/417/9521001000000"
    static let reader = key(8)

    static let governance: GovernanceState = {
        let governor = key(6)
        let member = Organisation(
            uri: organisation, name: "one", prefixes: ["9521001"],
            keys: [
                OrganisationKey(
                    purpose: .issuer, key: FuzzKeys.ed25519.publicKey, fromMilliseconds: 0),
                OrganisationKey(purpose: .reader, key: reader.publicKey, fromMilliseconds: 0),
            ])
        let document = GenesisDocument(
            name: "fuzz", createdMilliseconds: 0,
            governors: Governors(
                [Governor(organisation: organisation, key: governor.publicKey)], threshold: 1),
            organisations: [member],
            policy: Policy(quorum: 0, toleratedLiars: 0, furthestFutureSeconds: 300))
        do {
            return try GenesisFile.make(
                document, governors: [governor], issuer: organisation, issuerKey: FuzzKeys.ed25519,
                issuedAtSeconds: 0
            ).verified()
        } catch {
            violated("a network of our own: \(error)")
        }
    }()

    private static func key(_ seed: UInt8) -> SigningKey {
        guard let key = try? SigningKey(ed25519Seed: Array(repeating: seed, count: 32)) else {
            violated("a key of our own")
        }
        return key
    }
}

/// A ledger in which nothing stands yet.
struct NoFacts: LedgerFacts {
    func firstIssuer(ofRecord id: String) -> FirstIssuer { .nobody }
    func firstIssuer(ofPart digest: Hash256) -> FirstIssuer { .nobody }
    func mustStayVisible(_ digest: Hash256) -> Bool { false }
    func delegations(to organisation: String) -> [Delegation] { [] }
}
