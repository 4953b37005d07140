import ArgumentParser
import Foundation
import HTTPAPI
import Node

struct InitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Makes a node's directory.",
        discussion: """
            The log key must be the one that the genesis file names for the origin. It is copied \
            into the directory.

            Example:
              cairn init ./node --genesis genesis/demo/demo.genesis \\
                --origin ledger.harbourhome.example/cairn \\
                --log-key genesis/demo/keys/log.pem
            """)

    @Argument(help: "The directory to make.", transform: Files.directory) var directory: String
    @Option(help: "The network's genesis file.") var genesis: String
    @Option(help: "The log's origin, as in the genesis file.") var origin: String
    @Option(help: "The log's key, PEM.") var logKey: String
    @Option(help: "A file that holds the key's passphrase.") var passphraseFile: String?

    func run() async throws {
        let pem = try Files.read(logKey, as: .key)
        let passphrase = try Files.passphrase(passphraseFile)
        let bytes = try Files.read(genesis, as: .genesis)
        let draft = DraftDirectory()
        // It holds a copy of the log key.
        let interruption = Interruption { draft.remove() }
        defer { interruption.end() }
        try await NodeCommands.run(directory) {
            do throws(NodeError) {
                try NodeRuntime.initialise(
                    directory: directory, genesis: bytes, origin: origin, logKeyPEM: pem,
                    passphrase: passphrase
                ) { draft.begin(at: $0) }
            } catch {
                draft.awaitRemoval()
                throw error
            }
        }
        Console.note("\(directory): ready; start it with cairn serve \(directory)")
    }
}

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs a node until it is told to stop.",
        discussion: """
            Prints its address once it answers. SIGTERM and Ctrl-C let it finish what it has \
            accepted and end it.

            On loopback, whoever calls from this machine is the node's operator. Beyond loopback \
            callers show tokens (cairn token), and the node wants TLS: its own certificate, or a \
            proxy that ends TLS. A proxy on this machine needs --behind-proxy too.

            Example:
              cairn serve ./node --http 127.0.0.1:8080
              cairn serve ./node --http 0.0.0.0:443 \\
                --tls-certificate chain.pem --tls-key key.pem
            """)

    @Argument(help: "The node's directory.") var directory: String
    @Option(help: "Where to listen: an address and port; port 0 takes a free one.")
    var http = "127.0.0.1:8080"
    @Option(help: "The certificate chain to show, PEM.") var tlsCertificate: String?
    @Option(help: "The certificate's key, PEM without passphrase.") var tlsKey: String?
    @Flag(help: "A proxy before the node ends TLS; nobody is taken for the operator.")
    var behindProxy = false
    @Option(help: "A file that holds the log key's passphrase.") var passphraseFile: String?

    func run() async throws {
        let passphrase = try Files.passphrase(passphraseFile)
        let exposure = try exposure()
        try await NodeCommands.run(directory) {
            let node = try NodeRuntime(
                directory: directory, http: http, passphrase: passphrase, exposure: exposure)
            try await node.start()
            print("cairn: serving \(node.origin) at \(node.url)")
            fflush(nil)
            try await node.run()
        }
        Console.note("cairn: stopped")
    }

    private func exposure() throws -> NodeRuntime.Exposure {
        switch (tlsCertificate, tlsKey, behindProxy) {
        case (nil, nil, false): return .machine
        case (nil, nil, true): return .proxied
        case (let certificate?, let key?, false):
            let (chain, secret) = (try Files.read(certificate), try Files.read(key))
            do {
                return .tls(try ServerTLS(certificatePEM: chain, keyPEM: secret))
            } catch {
                throw CommandFailure(.badInput, "\(certificate), \(key): \(error.reason)")
            }
        case (_, _, true):
            throw CommandFailure(
                .badInput, "--behind-proxy: the proxy ends TLS; give it the certificate instead")
        default:
            throw CommandFailure(.badInput, "--tls-certificate and --tls-key go together")
        }
    }
}

/// Turns a node's errors into exit codes.
enum NodeCommands {
    /// Runs something on a directory.
    static func run<Answer>(
        _ directory: String, _ body: () async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await body()
        } catch let error as NodeError {
            Console.endProgress()
            throw CommandFailure(
                error.isInput ? .badInput : .unreachable,
                "\(directory): \(error.reason) (\(error.code))")
        }
    }
}

struct RebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild", abstract: "Makes a node's views again from its ledger.",
        discussion: """
            Views serve queries only; nothing is lost when they are. The node must not be running.

            Example:
              cairn rebuild ./node
            """)

    @Argument(help: "The node's directory.", transform: Files.directory) var directory: String

    func run() async throws {
        try await NodeCommands.run(directory) {
            try NodeRuntime.rebuild(directory: directory) { done, all in
                Console.progress("indexed \(done) of \(all) entries")
            }
        }
        Console.endProgress()
        Console.note("\(directory): views rebuilt")
    }
}
