import Foundation

/// `cairn-bench`, run through `tools/bench/run`: a node's speed beside the machine's.
@main
enum Bench {
    static func main() async {
        do {
            let options = try Options(CommandLine.arguments.dropFirst())
            if options.wantsHelp { return print(Options.help) }
            if options.measuresLineage { return try await lineages(options) }
            let report = try await measure(options)
            print(options.printsJSON ? try report.json() : report.table)
        } catch {
            Progress.say("Error: \(error)")
            exit(error is BenchError ? 2 : 3)
        }
    }

    private static func measure(_ options: Options) async throws -> Report {
        let parent = options.directory ?? fresh()
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true)
        defer {
            if options.directory == nil { try? FileManager.default.removeItem(atPath: parent) }
        }
        var measurement = try Measurement(options, in: parent)
        return try await measurement.run(appendingIn: parent)
    }

    private static func lineages(_ options: Options) async throws {
        let parent = options.directory ?? fresh()
        try FileManager.default.createDirectory(
            atPath: parent, withIntermediateDirectories: true)
        defer {
            if options.directory == nil { try? FileManager.default.removeItem(atPath: parent) }
        }
        try await Lineages(options, in: parent).run()
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
