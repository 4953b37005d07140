import Foundation

/// `cairn-bench`, run through `tools/bench/run`: a node's speed beside the machine's.
@main
enum Bench {
    static func main() async {
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            if options.wantsHelp { return print(Options.help) }
            switch options.subject {
            case .node:
                let report = try await inDirectory(options) { parent in
                    var measurement = try Measurement(options, in: parent)
                    return try await measurement.run(appendingIn: parent)
                }
                print(options.printsJSON ? try report.json() : report.table)
            case .lineage:
                try await inDirectory(options) { try await Lineages(options, in: $0).run() }
            case .verdict:
                try await inDirectory(options) { try await VerdictFigures(options, in: $0).run() }
            case .sync:
                try await inDirectory(options) { try await PeerFigures(options, in: $0).run() }
            case .peer: try await PeerProgram(options).run()
            }
        } catch {
            Progress.say("Error: \(error)")
            exit(error is BenchError ? 2 : 3)
        }
    }

    private static func inDirectory<Value>(
        _ options: Options, _ body: @Sendable (String) async throws -> Value
    ) async throws -> Value {
        let parent = options.directory ?? fresh()
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true)
        defer {
            if options.directory == nil { try? FileManager.default.removeItem(atPath: parent) }
        }
        return try await body(parent)
    }

    /// A directory beside the program, so that it lies on the same disk as the build.
    private static func fresh() -> String {
        let program = Bundle.main.executableURL ?? URL(filePath: CommandLine.arguments[0])
        let folder = program.resolvingSymlinksInPath().deletingLastPathComponent()
        return folder.path + "/bench-\(UUID().uuidString)"
    }
}

/// Standard error: how far the run is, and what went wrong.
enum Progress {
    /// Prints a line.
    static func say(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }
}
