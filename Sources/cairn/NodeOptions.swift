import ArgumentParser
import Client
import Foundation

/// Which node to ask, and as whom.
struct NodeOptions: ParsableArguments {
    @Option(name: .customLong("node"), help: "The node's address, such as http://127.0.0.1:8080.")
    var url: String
    @Option(
        help: ArgumentHelp(
            "A file that holds a token of this node; else the variable CAIRN_TOKEN is read.",
            valueName: "file"))
    var tokenFile: String?
    @Option(
        help: ArgumentHelp(
            "Ask as a member, by its reader key; with --organisation and --origin.",
            valueName: "file"))
    var readerKey: String?
    @Option(help: ArgumentHelp("A file that holds the reader key's passphrase.", valueName: "file"))
    var readerPassphraseFile: String?
    @Option(help: ArgumentHelp("The organisation whose reader key it is.", valueName: "uri"))
    var organisation: String?
    @Option(help: ArgumentHelp("The origin of the node's log.", valueName: "origin"))
    var origin: String?
    @Option(
        help: ArgumentHelp(
            "PEM certificates of the authorities to believe instead of the system's.",
            valueName: "file"))
    var caFile: String?

    /// Does something with a client and turns its errors into exit codes.
    func call<Answer>(_ body: (NodeClient) async throws -> Answer) async throws -> Answer {
        do {
            let identity = ClientIdentity(credential: try credential(), authorityFile: caFile)
            let client = try NodeClient(url: url, identity: identity)
            return try await body(client)
        } catch let error as ClientError {
            throw CommandFailure(error, node: url)
        }
    }

    /// Whether the node is asked as nobody in particular.
    var isAnonymous: Bool {
        readerKey == nil && tokenFile == nil
            && ProcessInfo.processInfo.environment["CAIRN_TOKEN"] == nil
    }

    private func credential() throws -> NodeCredential? {
        guard let readerKey else {
            guard organisation == nil, origin == nil, readerPassphraseFile == nil else {
                throw CommandFailure(
                    .badInput, "--organisation and --origin go with --reader-key")
            }
            return try secret().map(NodeCredential.secret)
        }
        guard tokenFile == nil, let organisation, let origin else {
            throw CommandFailure(
                .badInput,
                "--reader-key goes with --organisation and --origin, and not with --token-file")
        }
        let key = try Files.signingKey(
            readerKey, passphraseFile: readerPassphraseFile,
            option: "--reader-passphrase-file")
        return .readerKey(key, organisation: organisation, origin: origin)
    }

    private func secret() throws -> String? {
        let text: String
        if let tokenFile {
            text = String(decoding: try Files.read(tokenFile), as: UTF8.self)
        } else if let variable = ProcessInfo.processInfo.environment["CAIRN_TOKEN"] {
            text = variable
        } else {
            return nil
        }
        let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        let isToken = secret.utf8.allSatisfy { byte in byte > 0x20 && byte < 0x7F }
        guard isToken, (1...4_096).contains(secret.utf8.count) else {
            // Without the text: it may be a secret all the same.
            throw CommandFailure(.badInput, "\(tokenFile ?? "CAIRN_TOKEN"): holds no token")
        }
        return secret
    }
}
