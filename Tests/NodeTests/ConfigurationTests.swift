import EPCIS
import Foundation
import Logging
import Support
import Testing

@testable import Node

@Suite struct `A node's settings` {
    private static func configuration(
        _ json: String? = nil, environment: [String: String] = [:], options: [Setting: String] = [:]
    ) throws -> ServingConfiguration {
        let directory = try TemporaryDirectory()
        defer { withExtendedLifetime(directory) {} }
        if let json { try directory.write(Array(json.utf8), to: ServingConfiguration.fileName) }
        return try ServingConfiguration(
            directory: directory.path, environment: environment, options: options)
    }

    @Test func `are the documented ones`() throws {
        let url = Vectors.root.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "SPEC.md")
        let spec = try String(contentsOf: url, encoding: .utf8)
        let rows = spec.split(separator: "\n").compactMap { line -> [String]? in
            let cells = line.split(separator: "|").map {
                $0.trimmingCharacters(in: .whitespaces).replacing("`", with: "")
            }
            return cells.count == 4 && cells[1].hasPrefix("CAIRN_") ? cells : nil
        }
        #expect(rows.map { $0[0] } == Setting.allCases.map(\.rawValue))
        #expect(rows.map { $0[1] } == Setting.allCases.map(\.environmentName))
        #expect(rows.map { $0[2] } == Setting.allCases.map { $0.standard?.description ?? "–" })
    }

    @Test func `hold without a file`() throws {
        let configuration = try Self.configuration()
        #expect(configuration.text(.listen) == "127.0.0.1:8080")
        #expect(configuration.number(.drainSeconds) == 10)
        #expect(configuration.text(.keyPassphraseFile) == nil)
        #expect(configuration.source(of: .listen) == .standard)
    }

    @Test func `of the command line win over the environment, and that over the file`() throws {
        let configuration = try Self.configuration(
            #"{"listen": "127.0.0.1:1", "logLevel": "error", "drainSeconds": 5}"#,
            environment: ["CAIRN_LISTEN": "127.0.0.1:2", "CAIRN_LOG_LEVEL": "debug", "HOME": "/"],
            options: [.listen: "127.0.0.1:3"])
        #expect(configuration.text(.listen) == "127.0.0.1:3")
        #expect(configuration.source(of: .listen) == .option)
        #expect(configuration.text(.logLevel) == "debug")
        #expect(configuration.source(of: .logLevel) == .environment)
        #expect(configuration.number(.drainSeconds) == 5)
        #expect(configuration.source(of: .drainSeconds) == .file)
        #expect(configuration.unknownVariables.isEmpty)
    }

    @Test(arguments: [
        (#"{"lisen": "x"}"#, "lisen"), (#"{"drainSeconds": "5"}"#, "drainSeconds"),
        (#"{"drainSeconds": 0}"#, "drainSeconds"), (#"{"drainSeconds": 1.5}"#, "drainSeconds"),
        (#"{"behindProxy": "true"}"#, "behindProxy"), (#"{"logLevel": "loud"}"#, "logLevel"),
        (#"{"logFormat": ["json"]}"#, "logFormat"), (#"{"listen": null}"#, "listen"),
        (#"{"listen": ""}"#, "listen"), (#"{"tlsKey": "k.pem"}"#, "tlsKey"),
        (#"{"drainSeconds": 1, "drainSeconds": 2}"#, "json.duplicate-name"),
        (#"{"waitingSubmissions": 99999999999999999999}"#, "waitingSubmissions"),
        ("[]", "config.json"), ("", "config.json"), ("{", "config.json"),
    ])
    func `that are wrong are refused by name`(json: String, name: String) throws {
        let error = #expect(throws: NodeError.self) { try Self.configuration(json) }
        #expect(error?.code == "node.configuration")
        #expect(error?.isInput == true)
        #expect(error?.reason.contains(name) == true, "\(error?.reason ?? "")")
    }

    @Test func `in the environment are read as strictly, and unknown ones are named`() throws {
        let error = #expect(throws: NodeError.self) {
            try Self.configuration(environment: ["CAIRN_DRAIN_SECONDS": "soon"])
        }
        #expect(error?.reason == "CAIRN_DRAIN_SECONDS: 'soon' is not a whole number")
        let configuration = try Self.configuration(environment: ["CAIRN_LOGLEVEL": "debug"])
        #expect(configuration.unknownVariables == ["CAIRN_LOGLEVEL"])
    }

    @Test func `name files relative to the directory they stand in`() throws {
        let configuration = try Self.configuration(
            #"{"keyPassphraseFile": "secret"}"#, options: [:])
        #expect(configuration.text(.keyPassphraseFile)?.hasPrefix("/") == true)
        #expect(configuration.text(.keyPassphraseFile)?.hasSuffix("/secret") == true)
        let given = try Self.configuration(options: [.keyPassphraseFile: "secret"])
        #expect(given.text(.keyPassphraseFile) == "secret")
    }

    @Test func `are shown with who set them, as a table and as JSON`() throws {
        let configuration = try Self.configuration(#"{"drainSeconds": 5}"#)
        #expect(configuration.table.contains("drainSeconds              5"))
        #expect(configuration.table.split(separator: "\n").count == Setting.allCases.count)
        let shown = configuration.json["drainSeconds"]
        #expect(shown?["value"]?.asNumber?.text == "5")
        #expect(shown?["source"]?.asString == "config.json")
    }
}

@Suite struct `The passphrase of the log key` {
    private static func file(mode: Int, _ text: String = "open sesame\n") throws
        -> TemporaryDirectory
    {
        let directory = try TemporaryDirectory()
        try directory.write(Array(text.utf8), to: KeyPassphrase.credentialName)
        try FileManager.default.setAttributes(
            [.posixPermissions: mode],
            ofItemAtPath: directory.path + "/" + KeyPassphrase.credentialName)
        return directory
    }

    @Test(arguments: [0o600, 0o400, 0o440, 0o640])
    func `is read from a file without the line's end`(mode: Int) throws {
        let directory = try Self.file(mode: mode)
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/" + KeyPassphrase.credentialName
        #expect(try KeyPassphrase.read(file: path, environment: [:]) == Array("open sesame".utf8))
    }

    @Test(arguments: [0o644, 0o604, 0o602])
    func `is refused from a file that others can read or change`(mode: Int) throws {
        let directory = try Self.file(mode: mode)
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/" + KeyPassphrase.credentialName
        let error = #expect(throws: NodeError.self) {
            try KeyPassphrase.read(file: path, environment: [:])
        }
        #expect(error?.code == "node.passphrase-file")
        #expect(error?.reason.contains("chmod 600") == true)
    }

    @Test func `is taken from systemd's credentials when no file is named`() throws {
        let directory = try Self.file(mode: 0o400)
        let environment = ["CREDENTIALS_DIRECTORY": directory.path]
        #expect(
            try KeyPassphrase.read(file: nil, environment: environment)
                == Array("open sesame".utf8))
        let none = try TemporaryDirectory()
        defer { withExtendedLifetime((directory, none)) {} }
        let other = ["CREDENTIALS_DIRECTORY": none.path]
        #expect(try KeyPassphrase.read(file: nil, environment: other) == nil)
        #expect(try KeyPassphrase.read(file: nil, environment: [:]) == nil)
    }

    @Test func `is refused where there is none, or too much`() throws {
        let directory = try Self.file(mode: 0o600, "")
        defer { withExtendedLifetime(directory) {} }
        let path = directory.path + "/" + KeyPassphrase.credentialName
        for file in [path, directory.path, directory.path + "/nowhere"] {
            let error = #expect(throws: NodeError.self) {
                try KeyPassphrase.read(file: file, environment: [:])
            }
            #expect(error?.code == "node.passphrase-file")
        }
    }
}
