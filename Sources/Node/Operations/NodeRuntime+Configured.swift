import Foundation
import HTTPAPI
package import Logging
import Queries
import Records
import Signatures

extension ServingConfiguration {
    /// A logger that writes to standard error as the settings say.
    package func logger(label: String) -> Logger {
        let form = text(.logFormat).flatMap { EventLog.Form(rawValue: $0) } ?? .text
        let level = text(.logLevel).flatMap { Logger.Level(rawValue: $0) } ?? .info
        return Logger(label: label) { EventLog(label: $0, form: form, level: level) }
    }

    /// The settings of a node.
    ///
    /// - Throws: `node.configuration` for hosts that are none.
    func settings(logger: Logger) throws(NodeError) -> NodeRuntime.Settings {
        var settings = NodeRuntime.Settings()
        settings.logger = logger
        if let number = number(.waitingSubmissions) { settings.waitingSubmissions = number }
        if let number = number(.waitingBytes) { settings.waitingBytes = number }
        if let number = number(.foreignLinksPerDay) {
            settings.foreignLinksPerDay = UInt32(clamping: number)
        }
        if let number = number(.drainSeconds) { settings.drainSeconds = Int64(number) }
        if let number = number(.readyLagEntries) { settings.readyLagEntries = UInt64(number) }
        if let number = number(.diskReserveBytes) { settings.diskReserveBytes = UInt64(number) }
        if let number = number(.diskWarningDays) { settings.diskWarningDays = number }
        if let hosts = text(.webhookHosts) {
            do throws(Refusal) {
                settings.webhooks = try WebhookPolicy(hosts)
            } catch {
                throw .input("node.configuration", "webhookHosts: \(error.reason)")
            }
        }
        return settings
    }

    /// With what the node signs what is captured, read from its files; nil if it captures nothing.
    ///
    /// - Throws: `node.configuration`, `node.passphrase-file`, `key.*`.
    func captureKey(environment: [String: String]) throws(NodeError) -> CaptureKey? {
        guard let path = text(.captureKey) else { return nil }
        let pem = try Self.read(path, .captureKey)
        let passphrase = try KeyPassphrase.read(
            file: text(.captureKeyPassphraseFile),
            credential: KeyPassphrase.captureCredentialName, environment: environment)
        do throws(KeyError) {
            return CaptureKey(
                try KeyFile.read(pem: pem, passphrase: passphrase),
                visibility: text(.captureVisibility) ?? "network")
        } catch {
            throw .input(error.code, "captureKey: \(path): \(error.reason)")
        }
    }

    /// With what the node takes part among peers, read from its files; nil if it has none.
    ///
    /// - Throws: `node.configuration`, `node.passphrase-file`, `key.*`.
    func peers(environment: [String: String]) throws(NodeError) -> PeerSettings? {
        guard let path = text(.peerKey) else { return nil }
        let tlsKey = try key(
            path, .peerKey, passphraseFile: .peerKeyPassphraseFile,
            credential: KeyPassphrase.peerCredentialName, environment)
        let cosignerKey = try text(.cosignerKey).map { path throws(NodeError) in
            try key(
                path, .cosignerKey, passphraseFile: .cosignerKeyPassphraseFile,
                credential: KeyPassphrase.cosignerCredentialName, environment)
        }
        return PeerSettings(
            listen: text(.peerListen), tlsKey: tlsKey, cosignerKey: cosignerKey,
            addresses: try peerAddresses())
    }

    /// With what the node cosigns as a witness, read from its files; nil if it is none.
    ///
    /// - Throws: `node.configuration`, `node.passphrase-file`, `node.witness-logs`, `key.*`.
    func witness(environment: [String: String]) throws(NodeError) -> WitnessSettings? {
        guard let path = text(.witnessKey), let list = text(.witnessLogs) else { return nil }
        let key = try key(
            path, .witnessKey, passphraseFile: .witnessKeyPassphraseFile,
            credential: KeyPassphrase.witnessCredentialName, environment)
        let bytes = try Self.read(list, .witnessLogs)
        do throws(NodeError) {
            return WitnessSettings(key: key, logs: try WitnessLogs(parsing: bytes))
        } catch {
            throw .input(error.code, "witnessLogs: \(list): \(error.reason)")
        }
    }

    private func key(
        _ path: String, _ setting: Setting, passphraseFile: Setting, credential: String,
        _ environment: [String: String]
    ) throws(NodeError) -> SigningKey {
        let pem = try Self.read(path, setting)
        let passphrase = try KeyPassphrase.read(
            file: text(passphraseFile), credential: credential, environment: environment)
        do throws(KeyError) {
            return try KeyFile.read(pem: pem, passphrase: passphrase)
        } catch {
            throw .input(error.code, "\(setting.rawValue): \(path): \(error.reason)")
        }
    }

    /// `origin=host:port`, separated by commas.
    private func peerAddresses() throws(NodeError) -> [String: String] {
        var addresses: [String: String] = [:]
        for item in text(.peerAddresses)?.split(separator: ",") ?? [] {
            let sides = item.split(separator: "=", maxSplits: 1)
            guard sides.count == 2, LogNode.isOrigin(String(sides[0])) else {
                throw .input(
                    "node.configuration",
                    "peerAddresses: '\(item)' is not origin=host:port, such as "
                        + "logs.example/b=192.0.2.7:7070")
            }
            addresses[String(sides[0])] = String(sides[1])
        }
        return addresses
    }

    /// How the node is reached, with the certificate read from its files.
    ///
    /// - Throws: `node.configuration`, naming the files.
    func exposure() throws(NodeError) -> NodeRuntime.Exposure {
        guard let certificate else { return isSet(.behindProxy) ? .proxied : .machine }
        guard !isSet(.behindProxy) else {
            throw .input(
                "node.configuration",
                "behindProxy: the proxy ends TLS; give it the certificate, not the node")
        }
        return .tls(try certificate())
    }

    /// What reads the certificate to show and its key from their files, as often as it is asked.
    var certificate: (@Sendable () throws(NodeError) -> ServerTLS)? {
        guard let certificate = text(.tlsCertificate), let key = text(.tlsKey) else { return nil }
        return { () throws(NodeError) in
            do {
                return try ServerTLS(
                    certificatePEM: try Self.read(certificate, .tlsCertificate),
                    keyPEM: try Self.read(key, .tlsKey))
            } catch let error as ListenError {
                throw .input("node.configuration", "\(certificate), \(key): \(error.reason)")
            } catch {
                throw NodeError(error)
            }
        }
    }

    private static func read(_ path: String, _ setting: Setting) throws(NodeError) -> [UInt8] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw .input(
                "node.configuration", "\(setting.rawValue): \(path) cannot be read")
        }
        return [UInt8](data)
    }
}

extension NodeRuntime {
    /// The node of a directory, as its settings say; nothing is opened yet.
    ///
    /// - Throws: `node.configuration`, `node.passphrase-file`, `node.missing-file`, `node.listen`.
    package convenience init(
        directory: String, _ serving: ServingConfiguration, environment: [String: String],
        logger: Logger
    ) throws(NodeError) {
        var settings = try serving.settings(logger: logger)
        settings.capture = try serving.captureKey(environment: environment)
        settings.peers = try serving.peers(environment: environment)
        settings.witness = try serving.witness(environment: environment)
        settings.goesOnAlone = serving.isSet(.alone)
        try self.init(
            directory: directory, http: serving.text(.listen) ?? "",
            passphrase: try KeyPassphrase.read(
                file: serving.text(.keyPassphraseFile), environment: environment),
            exposure: try serving.exposure(), certificate: serving.certificate,
            settings: settings)
    }

    /// Checks that a node could start with its settings, as far as files tell: it reads the genesis
    /// file, `node.json`, the passphrase and the log key, and takes no lock.
    ///
    /// - Throws: what ``start()`` would throw for them.
    package static func rehearse(
        directory path: String, _ serving: ServingConfiguration, environment: [String: String]
    ) throws(NodeError) {
        let logger = Logger(label: "cairn") { _ in SwiftLogNoOpLogHandler() }
        let node = try NodeRuntime(
            directory: path, serving, environment: environment, logger: logger)
        let directory = NodeDirectory(path: path)
        let governance = try directory.genesis().state
        if let capture = node.settings.capture, let own = governance.nodes[node.origin],
            governance.key(capture.key.publicKey.thumbprint) != nil
        {
            // A key that only an amendment can have brought is judged at the start.
            _ = try CaptureSigner(
                capture, organisation: own.organisation, governance: governance)
        }
        _ = try directory.logKey(
            try directory.configuration(),
            passphrase: try KeyPassphrase.read(
                file: serving.text(.keyPassphraseFile), environment: environment))
    }
}
