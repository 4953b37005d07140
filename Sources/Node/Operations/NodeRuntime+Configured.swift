import Foundation
import HTTPAPI
package import Logging
import Queries
import Records

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

    /// How the node is reached, with the certificate read from its files.
    ///
    /// - Throws: `node.configuration`, naming the files.
    func exposure() throws(NodeError) -> NodeRuntime.Exposure {
        guard let certificate = text(.tlsCertificate), let key = text(.tlsKey) else {
            return isSet(.behindProxy) ? .proxied : .machine
        }
        guard !isSet(.behindProxy) else {
            throw .input(
                "node.configuration",
                "behindProxy: the proxy ends TLS; give it the certificate, not the node")
        }
        do {
            return .tls(
                try ServerTLS(
                    certificatePEM: try Self.read(certificate, .tlsCertificate),
                    keyPEM: try Self.read(key, .tlsKey)))
        } catch let error as ListenError {
            throw .input("node.configuration", "\(certificate), \(key): \(error.reason)")
        } catch {
            throw NodeError(error)
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
        try self.init(
            directory: directory, http: serving.text(.listen) ?? "",
            passphrase: try KeyPassphrase.read(
                file: serving.text(.keyPassphraseFile), environment: environment),
            exposure: try serving.exposure(), settings: try serving.settings(logger: logger))
    }

    /// Checks that a node could start with its settings, as far as files tell: it reads the genesis
    /// file, `node.json`, the passphrase and the log key, and takes no lock.
    ///
    /// - Throws: what ``start()`` would throw for them.
    package static func rehearse(
        directory path: String, _ serving: ServingConfiguration, environment: [String: String]
    ) throws(NodeError) {
        let logger = Logger(label: "cairn") { _ in SwiftLogNoOpLogHandler() }
        _ = try NodeRuntime(
            directory: path, serving, environment: environment, logger: logger)
        let directory = NodeDirectory(path: path)
        _ = try directory.genesis()
        _ = try directory.logKey(
            try directory.configuration(),
            passphrase: try KeyPassphrase.read(
                file: serving.text(.keyPassphraseFile), environment: environment))
    }
}
