import ArgumentParser
import EPCIS
import Foundation
import MerkleTrees
import Records
import Signatures

extension NetworkCommand {
    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a request to join a network, for its governors.",
            discussion: """
                Only the public half of your keys goes into the file. Each key signs the request, \
                so that the governors know that you hold it and that nothing was changed. They put \
                {"admit": "join.json"} into their changes.

                Example:
                  cairn network join --genesis net.genesis --name "Birch Mill" \\
                    --uri https://id.gs1.org/417/9521111000006 --prefix 9521111 \\
                    --site https://id.gs1.org/414/9521111001010 --role supplier \\
                    --key birch.pem -o join.json
                """)

        @Option(help: "The network's genesis file.") var genesis: String
        @Option(help: "Your URI, normally that of your party GLN.") var uri: String
        @Option(help: "Your name.") var name: String
        @Option(help: "What you do: \(Self.roles); may be given again.") var role: [String] = []
        @Option(help: "A GS1 company prefix of yours; may be given again.") var prefix: [String] =
            []
        @Option(help: "The URI of a site of yours; may be given again.") var site: [String] = []
        @Option(help: "Your issuer key, private, PEM; may be given again.") var key: [String]
        @Option(help: "Your reader key, private, PEM, if you have one.") var readerKey: [String] =
            []
        @Option(help: "A file that holds the passphrase of these keys.") var passphraseFile: String?
        @Option(name: .shortAndLong, help: "The request to write.") var output: String

        private static let roles = OrganisationRole.allCases.map(\.rawValue).joined(separator: ", ")

        func run() async throws {
            let state = try ShownGovernance(genesis: genesis).state
            let issuerKeys = try key.map(privateKey)
            let readerKeys = try readerKey.map(privateKey)
            func listed(_ purpose: KeyPurpose, _ key: SigningKey) -> OrganisationKey {
                OrganisationKey(purpose: purpose, key: key.publicKey, fromMilliseconds: 0)
            }
            let organisation = Organisation(
                uri: uri, name: name,
                roles: try role.map { text in
                    guard let role = OrganisationRole(rawValue: text) else {
                        throw CommandFailure(
                            .badInput, "--role \(text): is unknown; known are \(Self.roles)")
                    }
                    return role
                }, prefixes: prefix, sites: site,
                keys: issuerKeys.map { listed(.issuer, $0) }
                    + readerKeys.map { listed(.reader, $0) })
            do {
                // What the genesis file shows to be impossible need not go to the governors.
                _ = try state.trying(.admit(organisation), field: "admit")
                let request = try JoinRequest.make(
                    organisation, network: state.network, keys: issuerKeys + readerKeys)
                try Files.write(request.json.serialized() + [0x0A], to: output)
            } catch let refusal as Refusal {
                throw CommandFailure(refusal, about: output)
            }
            for listed in organisation.keys {
                Console.line("\(listed.purpose.rawValue) \(listed.key.thumbprint.hex)")
            }
            Console.note("\(output): send it to a governor, and read out the thumbprints above")
        }

        private func privateKey(_ path: String) throws -> SigningKey {
            let pem = try Files.read(path, as: .key)
            if (try? KeyFile.readPublic(pem: pem)) != nil {
                throw CommandFailure(
                    .badInput,
                    "\(path): is a public key; give the private one, which signs the request: only "
                        + "its public half goes into the file")
            }
            return try Files.signingKey(path, passphraseFile: passphraseFile)
        }
    }
}

extension JoinRequest {
    /// The member that tells a join request from another description of an organisation.
    static let versionName = "cairnJoinRequest"
    /// The version of the form that this program writes and reads.
    static let version = "1"

    /// The request as a file for governors (SPEC §9.5).
    var json: JSONValue {
        func texts(_ texts: [String]) -> JSONValue { .array(texts.map(JSONValue.string)) }
        return .object([
            JSONMember(Self.versionName, .number(JSONNumber(1))),
            JSONMember("network", .string(network.hex)),
            JSONMember("uri", .string(organisation.uri)),
            JSONMember("name", .string(organisation.name)),
            JSONMember("roles", texts(organisation.roles.map(\.rawValue))),
            JSONMember("prefixes", texts(organisation.prefixes)),
            JSONMember("sites", texts(organisation.sites)),
            JSONMember(
                "keys",
                .array(
                    organisation.keys.map { listed in
                        let pem = KeyFile.writePublic(listed.key)
                        let proof = proofs[listed.key.thumbprint] ?? []
                        return .object([
                            JSONMember("purpose", .string(listed.purpose.rawValue)),
                            JSONMember("key", .string(String(decoding: pem, as: UTF8.self))),
                            JSONMember("proof", .string(Base64.standard.encode(proof))),
                        ])
                    })),
        ])
    }
}
