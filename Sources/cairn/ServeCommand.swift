import ArgumentParser
import EPCIS
import Foundation
import Logging
import Node

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs a node until it is told to stop.",
        discussion: """
            Prints its address once it answers. SIGTERM and Ctrl-C let it finish what it has \
            accepted and end it; a second one ends it at once. SIGHUP makes it read its TLS \
            certificate again.

            On loopback, whoever calls from this machine is the node's operator. Beyond loopback \
            callers show tokens (cairn token), and the node wants TLS: its own certificate, or a \
            proxy that ends TLS. A proxy on this machine needs --behind-proxy too.

            Settings stand in DIR/config.json (SPEC \u{A7}18), such as

              { "listen": "127.0.0.1:8080", "logFormat": "json" }

            A variable such as CAIRN_LOG_FORMAT wins over the file, and an option here over both. \
            --check-config shows what holds and where from, and ends with 0 or 2.

            With --peer-key a node mirrors the logs of the network's other nodes, with \
            --cosigner-key it cosigns them; cairn peers shows how far it is.

            Example:
              cairn serve ./node --http 127.0.0.1:8080
              cairn serve ./node --http 127.0.0.1:8080 --peer-listen 0.0.0.0:7070 \\
                --peer-key tls.pem --cosigner-key cosigner.pem
              cairn serve ./node --http 0.0.0.0:443 \\
                --tls-certificate chain.pem --tls-key key.pem
            """)

    @Argument(help: "The node's directory.") var directory: String
    @Option(
        help: "Where to listen: an address and port (default 127.0.0.1:8080); port 0 is any.")
    var http: String?
    @Option(help: "The certificate chain to show, PEM.") var tlsCertificate: String?
    @Option(help: "The certificate's key, PEM without passphrase.") var tlsKey: String?
    @Flag(help: "A proxy before the node ends TLS; nobody is taken for the operator.")
    var behindProxy = false
    @Option(help: "A file with the log key's passphrase, closed to others.")
    var passphraseFile: String?
    @Option(help: "debug, info, notice, warning, error or critical.") var logLevel: String?
    @Option(help: "text or json: one line for each event.") var logFormat: String?
    @Option(help: "Where to listen for peers, such as 0.0.0.0:7070; needs --peer-key.")
    var peerListen: String?
    @Option(help: "The node's tls key, PEM: with it the node takes part among its peers.")
    var peerKey: String?
    @Option(help: "The node's cosigner key, PEM: with it the node cosigns what it mirrors.")
    var cosignerKey: String?
    @Option(help: "Where other nodes listen: origin=host:port, separated by commas.")
    var peerAddresses: String?
    @Option(help: "A witness key that cairn witness made, PEM; needs --witness-logs.")
    var witnessKey: String?
    @Option(help: "A file of the logs to cosign as a witness: a verifier key a line.")
    var witnessLogs: String?
    @Flag(help: "Sign though too few peers have said how far they know this node's log.")
    var alone = false
    @Flag(help: "Show the settings that hold, and end.") var checkConfig = false
    @Option(help: "For --check-config: table or json.") var format: OutputFormat = .table

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        try await NodeCommands.run(directory) {
            let serving = try ServingConfiguration(
                directory: directory, environment: environment, options: options)
            for name in serving.unknownVariables {
                Console.note("cairn: \(name): there is no such setting; see cairn help serve")
            }
            if checkConfig { return try show(serving, environment) }
            try await serve(serving, environment)
            Console.note("cairn: stopped")
        }
    }

    /// What the command line sets.
    private var options: [Setting: String] {
        let given: [(Setting, String?)] = [
            (.listen, http), (.keyPassphraseFile, passphraseFile), (.logLevel, logLevel),
            (.logFormat, logFormat), (.tlsCertificate, tlsCertificate), (.tlsKey, tlsKey),
            (.behindProxy, behindProxy ? "true" : nil), (.peerListen, peerListen),
            (.peerKey, peerKey), (.cosignerKey, cosignerKey), (.peerAddresses, peerAddresses),
            (.alone, alone ? "true" : nil), (.witnessKey, witnessKey),
            (.witnessLogs, witnessLogs),
        ]
        return Dictionary(
            uniqueKeysWithValues: given.compactMap { setting, text in text.map { (setting, $0) } })
    }

    private func show(_ serving: ServingConfiguration, _ environment: [String: String]) throws {
        try NodeRuntime.rehearse(directory: directory, serving, environment: environment)
        switch format {
        case .table: Console.output(serving.table)
        case .json: Console.output(serving.json.serialized() + [0x0A])
        }
    }

    private func serve(
        _ serving: ServingConfiguration, _ environment: [String: String]
    ) async throws {
        let logger = serving.logger(label: "cairn")
        let node = try NodeRuntime(
            directory: directory, serving, environment: environment, logger: logger)
        try await node.run {
            Console.line("cairn: serving \(node.origin) at \(node.url)")
        }
    }
}
