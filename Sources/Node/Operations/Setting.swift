/// One setting of a node that serves (SPEC §18): its name, its kind, what it is if nobody sets it.
package enum Setting: String, CaseIterable, Hashable, Sendable {
    case listen, tlsCertificate, tlsKey, behindProxy, keyPassphraseFile, logLevel, logFormat
    case waitingSubmissions, waitingBytes, drainSeconds, readyLagEntries, diskReserveBytes
    case foreignLinksPerDay, diskWarningDays, captureKey, captureKeyPassphraseFile
    case captureVisibility, webhookHosts
    case peerListen, peerKey, peerKeyPassphraseFile, cosignerKey, cosignerKeyPassphraseFile
    case peerAddresses, alone
    case witnessKey, witnessKeyPassphraseFile, witnessLogs

    /// What values a setting takes.
    enum Kind: Hashable, Sendable {
        case text
        /// A file's path; in `config.json` it is relative to the node's directory.
        case path
        case choice([String])
        case number(ClosedRange<Int>)
        case flag
    }

    /// The environment variable that sets it: `CAIRN_LOG_LEVEL` for `logLevel`.
    package var environmentName: String {
        let words = rawValue.map { $0.isUppercase ? "_\($0)" : $0.uppercased() }
        return "CAIRN_" + words.joined()
    }

    var kind: Kind {
        switch self {
        case .listen, .captureVisibility, .webhookHosts, .peerListen, .peerAddresses: .text
        case .tlsCertificate, .tlsKey, .keyPassphraseFile, .captureKey,
            .captureKeyPassphraseFile, .peerKey, .peerKeyPassphraseFile, .cosignerKey,
            .cosignerKeyPassphraseFile, .witnessKey, .witnessKeyPassphraseFile, .witnessLogs:
            .path
        case .behindProxy, .alone: .flag
        case .logLevel: .choice(["debug", "info", "notice", "warning", "error", "critical"])
        case .logFormat: .choice(["text", "json"])
        case .waitingSubmissions: .number(1...1_000_000)
        case .waitingBytes: .number(8 << 20...16 << 30)
        case .drainSeconds: .number(1...3_600)
        case .foreignLinksPerDay: .number(1...1_000_000_000)
        case .readyLagEntries: .number(0...1_000_000_000)
        case .diskReserveBytes: .number(0...1 << 50)
        case .diskWarningDays: .number(0...3_650)
        }
    }

    /// What it is if nobody sets it; nil if it then does not apply.
    var standard: SettingValue? {
        switch self {
        case .listen: .text("127.0.0.1:8080")
        case .tlsCertificate, .tlsKey, .keyPassphraseFile, .diskReserveBytes, .captureKey,
            .captureKeyPassphraseFile, .webhookHosts, .peerListen, .peerKey,
            .peerKeyPassphraseFile, .cosignerKey, .cosignerKeyPassphraseFile, .peerAddresses,
            .witnessKey, .witnessKeyPassphraseFile, .witnessLogs:
            nil
        case .behindProxy, .alone: .flag(false)
        case .logLevel: .text("info")
        case .logFormat: .text("text")
        case .waitingSubmissions: .number(4_096)
        case .waitingBytes: .number(64 << 20)
        case .drainSeconds: .number(10)
        case .readyLagEntries: .number(100_000)
        case .diskWarningDays: .number(30)
        case .foreignLinksPerDay: .number(1_000)
        case .captureVisibility: .text("network")
        }
    }

    /// Reads a JSON value or, from the environment and the command line, a text.
    ///
    /// - Throws: a sentence on what values it takes.
    func read(_ value: SettingValue, isText: Bool) throws(SettingProblem) -> SettingValue {
        switch (kind, value) {
        case (.text, .text(let text)), (.path, .text(let text)):
            guard !text.isEmpty else { throw SettingProblem("must not be empty") }
            return value
        case (.choice(let choices), .text(let text)):
            guard choices.contains(text) else {
                throw SettingProblem(
                    "'\(text)' is none of \(choices.joined(separator: ", "))")
            }
            return value
        case (.number(let range), .number(let number)):
            guard range.contains(number) else {
                throw SettingProblem(
                    "\(number) is not between \(range.lowerBound) and \(range.upperBound)")
            }
            return value
        case (.number, .text(let text)) where isText:
            guard let number = Int(text) else {
                throw SettingProblem("'\(text)' is not a whole number")
            }
            return try read(.number(number), isText: true)
        case (.flag, .flag): return value
        case (.flag, .text("true")) where isText: return .flag(true)
        case (.flag, .text("false")) where isText: return .flag(false)
        default: throw SettingProblem("must be \(kindName), not \(value.kindName)")
        }
    }

    private var kindName: String {
        switch kind {
        case .text, .path: "a string"
        case .choice(let choices): "one of \(choices.joined(separator: ", "))"
        case .number: "a whole number"
        case .flag: "true or false"
        }
    }
}

/// What a setting is set to.
package enum SettingValue: Hashable, Sendable, CustomStringConvertible {
    case text(String)
    case number(Int)
    case flag(Bool)

    /// As it is written on a command line.
    package var description: String {
        switch self {
        case .text(let text): text
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        }
    }

    var kindName: String {
        switch self {
        case .text(let text): "'\(text)'"
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        }
    }
}

/// Why a setting's value is refused.
struct SettingProblem: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
}
