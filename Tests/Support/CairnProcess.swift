package import Foundation

/// The built `cairn`, run as a process of its own, as a person would.
package struct CairnProcess: Sendable {
    /// What a run printed and how it ended.
    package struct Outcome: Sendable {
        /// The exit code; for a signal, minus its number.
        package var code: Int32
        /// Standard output.
        package var output: String
        /// Standard error.
        package var errors: String
    }

    /// The project's root.
    package static let root = Vectors.root.deletingLastPathComponent().deletingLastPathComponent()

    /// The binary, beside the test bundle.
    package static var binary: URL {
        let bundle = URL(filePath: CommandLine.arguments[0]).resolvingSymlinksInPath()
        var folder = bundle.deletingLastPathComponent()
        for _ in 0..<5 {
            let candidate = folder.appending(path: "cairn")
            if FileManager.default.isExecutableFile(atPath: candidate.path()) { return candidate }
            folder = folder.deletingLastPathComponent()
        }
        return URL(filePath: ".build/debug/cairn", relativeTo: root)
    }

    /// Runs `cairn` to its end.
    package static func run(
        _ arguments: [String], in folder: URL? = nil
    ) throws -> Outcome {
        try run(binary, arguments, in: folder)
    }

    /// Runs a program to its end, its output read as it comes.
    package static func run(
        _ program: URL, _ arguments: [String], in folder: URL? = nil,
        environment: [String: String]? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL = program
        process.arguments = arguments
        process.currentDirectoryURL = folder ?? root
        if let environment { process.environment = environment }
        let capture = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: capture, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: capture) }
        let files = ["out", "err"].map { capture.appending(path: $0) }
        for file in files { try Data().write(to: file) }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: files[0])
        process.standardError = try FileHandle(forWritingTo: files[1])
        try process.run()
        process.waitUntilExit()
        let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        let signal = process.terminationReason == .uncaughtSignal
        return Outcome(
            code: signal ? -process.terminationStatus : process.terminationStatus,
            output: texts[0], errors: texts[1])
    }
}

/// A `cairn serve` that answers, until it is stopped or killed.
package final class ServingNode {
    private let process: Process
    private let log: URL
    /// Where it answers.
    package let url: String

    /// Starts a node and waits until it says its address.
    ///
    /// - Parameters:
    ///   - directory: the node's.
    ///   - options: of `serve`, beside the address.
    ///   - errors: a file for what it prints to standard error; nil: nowhere.
    /// - Throws: if it does not start.
    package init(directory: URL, options: [String] = [], errors: URL? = nil) throws {
        process = Process()
        process.executableURL = CairnProcess.binary
        process.arguments = ["serve", directory.path(), "--http", "127.0.0.1:0"] + options
        log = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data().write(to: log)
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: log)
        process.standardError = FileHandle.nullDevice
        if let errors {
            try Data().write(to: errors)
            process.standardError = try FileHandle(forWritingTo: errors)
        }
        try process.run()
        var found: String?
        for _ in 0..<1_000 where found == nil && process.isRunning {
            let text = String(decoding: try Data(contentsOf: log), as: UTF8.self)
            if text.hasSuffix("\n"), let range = text.range(of: " at http") {
                found = String(text[range.lowerBound...].dropFirst(4).dropLast())
            } else {
                Thread.sleep(forTimeInterval: 0.01)
            }
        }
        guard let found else {
            process.terminate()
            throw CocoaError(.executableLoad)
        }
        url = found
    }

    /// The process, for killing it from another task.
    package var processIdentifier: Int32 { process.processIdentifier }

    /// Ends it at once, as a crash does.
    package func kill() {
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: log)
    }

    /// Asks it to finish, and gives its exit code.
    package func stop() -> Int32 {
        process.terminate()
        process.waitUntilExit()
        try? FileManager.default.removeItem(at: log)
        return process.terminationStatus
    }
}

/// The demo network's files and a temporary place for a node.
package struct DemoPlace {
    /// A folder of its own, removed with `remove()`.
    package let folder: URL
    /// The demo genesis file.
    package static let genesis = CairnProcess.root.appending(path: "genesis/demo/demo.genesis")

    /// Makes the folder.
    package init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// Removes the folder.
    package func remove() {
        try? FileManager.default.removeItem(at: folder)
    }

    /// The path of a demo key.
    package static func key(_ name: String) -> String {
        CairnProcess.root.appending(path: "genesis/demo/keys/\(name).pem").path()
    }

    /// Makes a node's directory and gives it.
    package func makeNode() throws -> URL {
        let node = folder.appending(path: "node")
        let made = try CairnProcess.run([
            "init", node.path(), "--genesis", Self.genesis.path(), "--origin",
            "ledger.harbourhome.example/cairn", "--log-key", Self.key("log"),
        ])
        guard made.code == 0 else { throw CocoaError(.fileWriteUnknown) }
        return node
    }
}
