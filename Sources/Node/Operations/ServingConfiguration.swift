package import EPCIS
import Foundation

/// What a node that serves was told by its file `config.json`, by the environment and by the
/// command line; the later of these wins (SPEC §18).
///
/// Read strictly: an unknown member, a wrong type and a bad value are refused with the setting's
/// name. No secret stands in it: passphrases are in files of their own.
package struct ServingConfiguration: Hashable, Sendable {
    /// The file's name in a node's directory.
    package static let fileName = "config.json"

    /// Who set a setting.
    package enum Source: Hashable, Sendable, CustomStringConvertible {
        case standard
        case file
        case environment
        case option

        /// One word for tables.
        package var description: String {
            switch self {
            case .standard: "default"
            case .file: ServingConfiguration.fileName
            case .environment: "environment"
            case .option: "command line"
            }
        }
    }

    private struct Choice: Hashable, Sendable {
        var value: SettingValue
        var source: Source
    }

    private let directory: String
    private var choices: [Setting: Choice] = [:]
    /// Environment variables that begin as Cairn's do and are none of them: perhaps misspelt.
    package private(set) var unknownVariables: [String] = []

    /// Puts together what the three sources say.
    ///
    /// - Parameters:
    ///   - directory: the node's directory, which need not hold `config.json`.
    ///   - environment: the process's variables; those of ``Setting/environmentName`` count.
    ///   - options: what the command line says.
    /// - Throws: `node.configuration`, naming file or variable and setting; `node.io`.
    package init(
        directory: String, environment: [String: String] = [:], options: [Setting: String] = [:]
    ) throws(NodeError) {
        self.directory = directory
        try takeFile(NodeDirectory(path: directory).file(Self.fileName))
        let known = Dictionary(
            uniqueKeysWithValues: Setting.allCases.map { ($0.environmentName, $0) })
        for (name, text) in environment where name.hasPrefix("CAIRN_") {
            guard let setting = known[name] else {
                unknownVariables.append(name)
                continue
            }
            try set(setting, .text(text), .environment, place: name)
        }
        unknownVariables.sort()
        for (setting, text) in options {
            try set(setting, .text(text), .option, place: setting.rawValue)
        }
        try checkTogether()
    }

    private mutating func takeFile(_ path: String) throws(NodeError) {
        guard FileManager.default.fileExists(atPath: path) else { return }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw .failure("node.io", "\(path) cannot be read")
        }
        let json: JSONValue
        do {
            json = try JSONValue.parse([UInt8](bytes))
        } catch {
            throw .input(
                "node.configuration",
                "\(path): \(error.reason) at byte \(error.offset) (\(error.code))")
        }
        guard let members = json.asObject else {
            throw .input("node.configuration", "\(path): must be one JSON object")
        }
        for member in members {
            guard let setting = Setting(rawValue: member.name) else {
                let names = Setting.allCases.map(\.rawValue).joined(separator: ", ")
                throw .input(
                    "node.configuration",
                    "\(path): \(member.name): there is no such setting; there are \(names)")
            }
            let place = "\(path): \(member.name)"
            guard let value = Self.value(member.value) else {
                throw .input(
                    "node.configuration",
                    "\(place): must be a string, a whole number, true or false, not "
                        + member.value.kindName)
            }
            try set(setting, value, .file, place: place)
        }
    }

    private static func value(_ json: JSONValue) -> SettingValue? {
        switch json {
        case .string(let text): .text(text)
        case .number(let number): Int(number.text).map(SettingValue.number)
        case .bool(let flag): .flag(flag)
        default: nil
        }
    }

    private mutating func set(
        _ setting: Setting, _ value: SettingValue, _ source: Source, place: String
    ) throws(NodeError) {
        do throws(SettingProblem) {
            var value = try setting.read(value, isText: source != .file)
            if source == .file, setting.kind == .path, case .text(let path) = value,
                !path.hasPrefix("/")
            {
                value = .text(NodeDirectory(path: directory).file(path))
            }
            choices[setting] = Choice(value: value, source: source)
        } catch {
            throw .input("node.configuration", "\(place): \(error.reason)")
        }
    }

    private func checkTogether() throws(NodeError) {
        let pairs: [(Setting, Setting)] = [(.tlsCertificate, .tlsKey), (.tlsKey, .tlsCertificate)]
        for (setting, other) in pairs where self[setting] != nil && self[other] == nil {
            throw .input(
                "node.configuration",
                "\(setting.rawValue): needs \(other.rawValue) beside it")
        }
        guard self[.captureKeyPassphraseFile] == nil || self[.captureKey] != nil else {
            throw .input(
                "node.configuration", "captureKeyPassphraseFile: needs captureKey beside it")
        }
        let needsPeerKey: [Setting] = [
            .peerListen, .peerAddresses, .peerKeyPassphraseFile, .cosignerKey,
        ]
        let pairsOfWitness: [(Setting, Setting)] = [
            (.witnessKey, .witnessLogs), (.witnessLogs, .witnessKey),
            (.witnessKeyPassphraseFile, .witnessKey),
        ]
        for (setting, other) in pairsOfWitness where self[setting] != nil && self[other] == nil {
            throw .input(
                "node.configuration",
                "\(setting.rawValue): needs \(other.rawValue) beside it")
        }
        for setting in needsPeerKey where self[setting] != nil && self[.peerKey] == nil {
            throw .input(
                "node.configuration", "\(setting.rawValue): needs peerKey beside it")
        }
    }

    // MARK: What it says

    /// What a setting is; nil if it does not apply.
    package subscript(_ setting: Setting) -> SettingValue? {
        choices[setting]?.value ?? setting.standard
    }

    /// Who set a setting.
    package func source(of setting: Setting) -> Source { choices[setting]?.source ?? .standard }

    /// A setting that is a text or a path.
    package func text(_ setting: Setting) -> String? { self[setting]?.description }

    /// A setting that is a number.
    package func number(_ setting: Setting) -> Int? {
        guard case .number(let number) = self[setting] else { return nil }
        return number
    }

    /// Whether a setting is true.
    package func isSet(_ setting: Setting) -> Bool { self[setting] == .flag(true) }

    /// Everything as lines for a person.
    package var table: String {
        Setting.allCases.map { setting in
            let value = text(setting) ?? "-"
            return Self.padded(setting.rawValue, 26) + Self.padded(value, 26)
                + source(of: setting).description + "\n"
        }.joined()
    }

    private static func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(2, width - text.count))
    }

    /// Everything as JSON: for each setting its value and who set it.
    package var json: JSONValue {
        .object(
            Setting.allCases.map { setting in
                let value: JSONValue =
                    switch self[setting] {
                    case .text(let text): .string(text)
                    case .number(let number): .number(JSONNumber(number))
                    case .flag(let flag): .bool(flag)
                    case nil: .null
                    }
                return JSONMember(
                    setting.rawValue,
                    .object([
                        JSONMember("value", value),
                        JSONMember("source", .string(source(of: setting).description)),
                    ]))
            })
    }
}
