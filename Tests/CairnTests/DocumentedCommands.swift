import Foundation
import Support
import Testing

/// The commands of a page, run as they stand, but for a port of their own.
struct DocumentedCommands {
    private(set) var script: String

    /// The first block of a page that has some words.
    init(_ page: String, having words: String) throws {
        script = try #require(Self.blocks(of: try Self.text(page)).first { $0.contains(words) })
    }

    /// All blocks of some chapters of a page, which are told by their headings.
    init(_ page: String, chapters: [String]) throws {
        let text = "\n" + (try Self.text(page))
        let parts = text.components(separatedBy: "\n#")
        script = ""
        for chapter in chapters {
            let found = try #require(parts.first { $0.contains("# \(chapter)\n") })
            script += Self.blocks(of: found).joined()
        }
    }

    private static func text(_ page: String) throws -> String {
        try String(contentsOf: CairnProcess.root.appending(path: page), encoding: .utf8)
    }

    private static func blocks(of text: String) -> [String] {
        let pieces = text.components(separatedBy: "```\n")
        return pieces.indices.filter { !$0.isMultiple(of: 2) }.map { pieces[$0] }
    }

    /// The first of so many ports in a row on which nobody listens.
    private static func freePorts(count: Int) -> Int? {
        (0..<50).lazy.map { _ in Int.random(in: 1_000..<1_400) * 20 }.first { first in
            (first..<first + count).allSatisfy(isFree)
        }
    }

    private static func isFree(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let bound = unsafe withUnsafeBytes(of: &address) { bytes in
            unsafe bind(
                descriptor, bytes.assumingMemoryBound(to: sockaddr.self).baseAddress,
                socklen_t(bytes.count))
        }
        return bound == 0
    }

    /// Runs them, and then others, in a folder that has what the project's root has.
    ///
    /// Each port gets a number of its own, and a node is waited for before what follows it.
    func run(
        in place: DemoPlace, then more: String = ""
    ) throws -> (script: String, run: CairnProcess.Outcome) {
        let first = try #require(Self.freePorts(count: 20))
        var ports: [Substring: Int] = [:]
        let script = (self.script + more)
            .replacing(/127\.0\.0\.1:([0-9]+)/) { match in
                let port = ports[match.1] ?? first + ports.count
                ports[match.1] = port
                return "127.0.0.1:\(port)"
            }
            .replacing(/(cairn serve [^&]*--http 127\.0\.0\.1:)([0-9]+)([^&]*) &\n/) { match in
                let wait =
                    "for i in $(seq 1 200); do (: </dev/tcp/127.0.0.1/\(match.2)) 2>/dev/null "
                    + "&& break; sleep 0.05; done"
                return "\(match.1)\(match.2)\(match.3) &\nnode=$!\nnodes=\"$nodes $!\"\n\(wait)\n"
            }
            // What is claimed of the demonstration's batches nobody has certified.
            .replacing(/cairn verify (?:[^\n]*\\\n)*[^\n]*/) { "\($0.0) || test $? = 1" }
            .replacing("python3 tools", with: "/usr/bin/python3 tools")
        for name in ["genesis", "tools"] {
            try FileManager.default.createSymbolicLink(
                at: place.folder.appending(path: name),
                withDestinationURL: CairnProcess.root.appending(path: name))
        }
        var environment = ProcessInfo.processInfo.environment
        let bin = CairnProcess.binary.deletingLastPathComponent().path()
        environment["PATH"] = bin + ":" + (environment["PATH"] ?? "")
        let whole = "set -e\ntrap 'kill $nodes 2>/dev/null; wait $nodes' EXIT\n" + script
        let run = try CairnProcess.run(
            // Some wait for a node until it answers, which one that has ended never does.
            URL(filePath: "/usr/bin/timeout"), ["--signal=INT", "300", "/bin/bash", "-c", whole],
            in: place.folder, environment: environment)
        #expect(run.code == 0, "\(run.errors)")
        return (script, run)
    }
}
