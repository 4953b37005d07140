package import Logging

extension ServingConfiguration {
    /// A logger that writes to standard error as the settings say.
    package func logger(label: String) -> Logger {
        let form = text(.logFormat).flatMap { EventLog.Form(rawValue: $0) } ?? .text
        let level = text(.logLevel).flatMap { Logger.Level(rawValue: $0) } ?? .info
        return Logger(label: label) { EventLog(label: $0, form: form, level: level) }
    }

    /// The settings of a node.
    func settings(logger: Logger) -> NodeRuntime.Settings {
        var settings = NodeRuntime.Settings()
        settings.logger = logger
        if let number = number(.waitingSubmissions) { settings.waitingSubmissions = number }
        if let number = number(.waitingBytes) { settings.waitingBytes = number }
        if let number = number(.drainSeconds) { settings.drainSeconds = Int64(number) }
        if let number = number(.readyLagEntries) { settings.readyLagEntries = UInt64(number) }
        if let number = number(.diskReserveBytes) { settings.diskReserveBytes = UInt64(number) }
        if let number = number(.diskWarningDays) { settings.diskWarningDays = number }
        return settings
    }

    /// Refuses settings for what this edition of the program cannot do.
    func requireSupported() throws(NodeError) {
        for setting in [Setting.tlsCertificate, .tlsKey] where self[setting] != nil {
            throw .input(
                "node.configuration",
                "\(setting.rawValue): this edition serves no TLS; remove the setting")
        }
        guard !isSet(.behindProxy) else {
            throw .input(
                "node.configuration",
                "behindProxy: this edition takes no caller's name from a proxy; remove the setting")
        }
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
        try serving.requireSupported()
        try self.init(
            directory: directory, http: serving.text(.listen) ?? "",
            passphrase: try KeyPassphrase.read(
                file: serving.text(.keyPassphraseFile), environment: environment),
            settings: serving.settings(logger: logger))
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
