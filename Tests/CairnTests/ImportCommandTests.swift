import DeterministicCBOR
import Foundation
import HTTPAPI
import Logging
import Records
import Support
import Testing

@Suite struct `Importing lists` {
    private static let header =
        "Shipped,From GLN,Receiver GLN,GTIN,Lot,Quantity,Unit\n"

    private static func row(_ lot: Int, quantity: String = "1.5") -> String {
        "2026-08-01 08:00,9521101001013,9521102000008,9521101000016,L\(lot),\(quantity),kg\n"
    }

    /// A list of shipments in a demo place.
    private static func list(_ rows: String, in place: DemoPlace) throws -> String {
        let file = place.folder.appending(path: "shipments.csv")
        try Data((header + rows).utf8).write(to: file)
        return file.path()
    }

    private static let signing = [
        "--mapping", "shipment-list", "--key", DemoPlace.key("farm"), "--issuer",
        "https://id.gs1.org/417/9521101000009", "--genesis", DemoPlace.genesis.path(),
    ]

    private static func run(_ arguments: [String]) async throws -> CairnProcess.Outcome {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(with: Result { try CairnProcess.run(arguments) })
            }
        }
    }

    /// The digests of the parts in submissions, each counted.
    private static func parts(_ submissions: [[UInt8]]) throws -> [[UInt8]: Int] {
        var counts: [[UInt8]: Int] = [:]
        for bytes in submissions {
            for part in try Submission.decode(bytes).parts { counts[part, default: 0] += 1 }
        }
        return counts
    }

    @Test func `a check says what is wrong and leaves nothing behind`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = try Self.list(Self.row(1) + Self.row(2, quantity: "many"), in: place)
        let run = try CairnProcess.run(["import", file, "--mapping", "shipment-list", "--check"])
        #expect(run.code == 2)
        #expect(run.output.hasPrefix("row 2 (line 3), Quantity: \"many\" is no number"))
        #expect(run.errors.contains("1 row good, 1 row wrong"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.folder.path()).count == 1)
    }

    @Test func `a document that breaks the schema is repaired when asked, and each repair told`()
        throws
    {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = place.folder.appending(path: "received.json").path()
        let event = """
            {"type":"objectevent","eventTime":"2026-08-01 08:00:00","action":"OBSERVE",
            "bizStep":"urn:epcglobal:cbv:bizstep:shipping","supplier":"9",
            "readPoint":{"id":"https://id.gs1.org/414/9521101001013"},
            "epcList":["https://id.gs1.org/01/09521101000016/21/7"]}
            """
        let broken = event.replacing("09521101000016", with: "09521101000017")
        let document = """
            {"@context":["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type":"EPCISDocument","schemaVersion":"2.0","creationDate":"2026-08-01T08:00:00Z",
            "epcisBody":{"eventList":[\(event),\(broken)]}}
            """
        try Data(document.utf8).write(to: URL(filePath: file))
        let strict = try CairnProcess.run(["import", file, "--check"])
        #expect(strict.code == 2)
        let zoneless = try CairnProcess.run(["import", file, "--check", "--lenient"])
        #expect(zoneless.code == 2)
        #expect(zoneless.errors.contains("2 rows wrong"), "\(zoneless.errors)")
        let output = place.folder.appending(path: "out")
        let signing = Array(Self.signing.dropFirst(2))
        let run = try CairnProcess.run(
            ["import", file, "--lenient", "--zone", "+01:00", "--historical"] + signing
                + ["-o", output.path()])
        #expect(run.code == 2)
        #expect(run.errors.contains("1 row good, 1 row wrong"), "\(run.errors)")
        let report = try String(contentsOfFile: file + ".repairs.json", encoding: .utf8)
        for code in ["event-type", "vocabulary", "time-form", "zone-added", "extension-name"] {
            #expect(report.contains("repair.\(code)"), "\(code): \(report)")
        }
        let errors = try String(contentsOfFile: file + ".errors.csv", encoding: .utf8)
        #expect(errors.contains("event[1].epcList"))
        let names = try FileManager.default.contentsOfDirectory(atPath: output.path())
        let signed = try Data(contentsOf: output.appending(path: try #require(names.first)))
        let parts = try Submission.decode([UInt8](signed)).parts.map { try Part.decode($0) }
        #expect(parts.count == 1)
        let content = String(decoding: parts.first?.content ?? [], as: UTF8.self)
        #expect(content.contains("\"eventTime\":\"2026-08-01T08:00:00+01:00\""), "\(content)")
    }

    @Test func `wrong rows are listed beside the file, and the others signed once`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = try Self.list(
            Self.row(1) + Self.row(2, quantity: "\"a, \"\"b\"\"\"") + Self.row(1) + Self.row(3),
            in: place)
        let output = place.folder.appending(path: "out")
        let arguments = ["import", file] + Self.signing + ["-o", output.path()]
        let run = try CairnProcess.run(arguments)
        #expect(run.code == 2)
        #expect(run.errors.contains("2 rows good, 1 row repeated, 1 row wrong"), "\(run.errors)")
        let errors = try String(contentsOfFile: file + ".errors.csv", encoding: .utf8)
        let lines = errors.split(separator: "\r\n")
        #expect(lines.count == 2 && lines[0] == "row,line,column,code,message")
        #expect(lines[1].hasPrefix("2,3,Quantity,row.number,\"\"\"a, \"\"b"), "\(lines[1])")
        let written = try FileManager.default.contentsOfDirectory(atPath: output.path())
        #expect(written == ["rows-0000000001-0000000004.cairn"])
        // The same again does nothing; a list that grew goes on.
        #expect(try CairnProcess.run(arguments).code == 2)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: output.path()) == written)
        let grown = try FileHandle(forWritingTo: URL(filePath: file))
        _ = try grown.seekToEnd()
        try grown.write(contentsOf: Data(Self.row(4).utf8))
        try grown.close()
        let more = try CairnProcess.run(arguments)
        #expect(more.errors.contains("goes on after row 4"))
        #expect(more.errors.contains("3 rows good"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: output.path()).sorted()
                == written + ["rows-0000000005-0000000005.cairn"])
        // What was done already may not change under it.
        _ = try Self.list(Self.row(9) + Self.row(4) + Self.row(5) + Self.row(6), in: place)
        let changed = try CairnProcess.run(arguments)
        #expect(changed.code == 2 && changed.errors.contains("import.changed"))
        let other = try CairnProcess.run(
            ["import", file] + Self.signing + ["-o", place.folder.appending(path: "b").path()])
        #expect(other.code == 2 && other.errors.contains("to begin anew"), "\(other.errors)")
    }

    @Test func `a list that is being imported is not imported a second time`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = try Self.list(Self.row(1), in: place)
        let arguments =
            ["import", file] + Self.signing + ["-o", place.folder.appending(path: "out").path()]
        let held = unsafe open(file, O_RDONLY)
        #expect(flock(held, LOCK_EX) == 0)
        let second = try CairnProcess.run(arguments)
        #expect(second.code == 3)
        #expect(second.errors.contains("another process is importing it"), "\(second.errors)")
        #expect(!FileManager.default.fileExists(atPath: file + ".cairn-import.json"))
        close(held)
        #expect(try CairnProcess.run(arguments).code == 0)
    }

    @Test func `refused rows are tried again under other options, the others not`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let old = Self.row(2).replacing("2026-08", with: "2020-08")
        let file = try Self.list(
            Self.row(1) + old + Self.row(3, quantity: "many") + Self.row(4), in: place)
        let output = place.folder.appending(path: "out")
        let arguments = ["import", file] + Self.signing + ["-o", output.path()]
        func written() throws -> [String] {
            try FileManager.default.contentsOfDirectory(atPath: output.path()).sorted()
        }
        let first = try CairnProcess.run(arguments)
        #expect(first.code == 2)
        #expect(first.errors.contains("2 rows good, 2 rows wrong"), "\(first.errors)")
        #expect(try written() == ["rows-0000000001-0000000004.cairn"])
        let second = try CairnProcess.run(arguments + ["--historical"])
        #expect(second.code == 2)
        #expect(second.errors.contains("2 rows that were refused are tried again"))
        #expect(second.errors.contains("3 rows good, 1 row wrong"), "\(second.errors)")
        let both = ["rows-0000000001-0000000004.cairn", "rows-0000000002-0000000002.cairn"]
        #expect(try written() == both)
        let errors = try String(contentsOfFile: file + ".errors.csv", encoding: .utf8)
        #expect(errors.contains("\r\n3,") && !errors.contains("before-network"), "\(errors)")
        #expect(!FileManager.default.fileExists(atPath: file + ".cairn-import.again"))
        // The same once more does nothing; the row is not refused again under the old options.
        let third = try CairnProcess.run(arguments + ["--historical"])
        #expect(third.errors.contains("goes on after row 4"), "\(third.errors)")
        let fourth = try CairnProcess.run(arguments)
        #expect(fourth.errors.contains("3 rows good, 1 row wrong"), "\(fourth.errors)")
        #expect(try written() == both)
        // Their numbers say nothing about another list.
        _ = try Self.list(Self.row(9) + old + Self.row(3) + Self.row(4), in: place)
        let changed = try CairnProcess.run(arguments + ["--historical"])
        #expect(changed.code == 2 && changed.errors.contains("import.changed"))
    }

    @Test func `a node that stops in the middle gets every row once in the end`() async throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = try Self.list((1...2_500).map { Self.row($0) }.joined(), in: place)
        let service = StoppingNode(taking: 130)
        let listener = try await HTTPListener.start(
            service: service, address: .ephemeral,
            callers: .loopback(as: Caller(role: .nodeOperator, reader: .nodeOperator)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let arguments =
            ["import", file] + Self.signing
            + ["--node", "http://\(listener.address)", "--batch", "10"]
        let first = try await Self.run(arguments)
        #expect(first.code == 3)
        #expect(first.errors.contains("imported up to row 1000"), "\(first.errors)")
        service.take(10_000)
        // The group whose end was not told is signed at another second, and is the same.
        try await Task.sleep(for: .milliseconds(1_100))
        let second = try await Self.run(arguments)
        await listener.stop(drainSeconds: 1)
        #expect(second.code == 0, "\(second.errors)")
        #expect(second.errors.contains("2500 rows good"))
        let statements = try service.submissions.map { try Submission.decode($0).statement }
        #expect(statements.count == 280)
        let once = Set(statements)
        #expect(once.count == 250)
        let parts = try Self.parts(Array(Set(service.submissions)))
        #expect(parts.count == 2_500)
        #expect(parts.values.allSatisfy { $0 == 1 })
    }

    @Test func `an import that is killed goes on without loss or doubles`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let rows = (1...2_200).map { Self.row($0, quantity: $0 % 100 == 0 ? "no" : "1") }
        let file = try Self.list(rows.joined(), in: place)
        let output = place.folder.appending(path: "out")
        let arguments = ["import", file] + Self.signing + ["-o", output.path()]
        func written() throws -> [String] {
            guard FileManager.default.fileExists(atPath: output.path()) else { return [] }
            // What was being written when the program was killed has another name.
            return try FileManager.default.contentsOfDirectory(atPath: output.path())
                .filter { $0.hasSuffix(".cairn") }.sorted()
        }
        // Killed anew as soon as it has written one more group, until it comes through.
        var kills = 0
        while kills < 2 {
            let before = try written().count
            let process = Process()
            process.executableURL = CairnProcess.binary
            process.arguments = arguments
            process.currentDirectoryURL = CairnProcess.root
            process.standardError = FileHandle.nullDevice
            try process.run()
            while process.isRunning, try written().count == before {
                Thread.sleep(forTimeInterval: 0.002)
            }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            kills += 1
        }
        let last = try CairnProcess.run(arguments)
        #expect(last.code == 2)
        #expect(last.errors.contains("2178 rows good, 22 rows wrong"), "\(last.errors)")
        var submissions: [[UInt8]] = []
        for name in try written() {
            var rest = [UInt8](try Data(contentsOf: output.appending(path: name)))[...]
            while !rest.isEmpty {
                let (value, end) = try CBORValue.decodePrefix(rest)
                submissions.append(value.encoded())
                rest = rest[end...]
            }
        }
        let parts = try Self.parts(submissions)
        #expect(parts.count == 2_178)
        #expect(parts.values.allSatisfy { $0 == 1 })
        let errors = try String(contentsOfFile: file + ".errors.csv", encoding: .utf8)
        #expect(errors.split(separator: "\r\n").count == 23)
    }

    @Test func `a real node takes the rows, and refuses one that is another's alone`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { node.kill() }
        let mapping = place.folder.appending(path: "made.json")
        try Data(
            #"""
            {"cairnMapping": 1, "name": "made",
             "columns": {"day": {"type": "time", "format": "yyyy-MM-dd HH:mm", "zone": "UTC"},
                         "gtin": {"type": "gtin"}, "lot": {}},
             "event": {"type": "ObjectEvent", "eventTime": "{day}",
                       "eventTimeZoneOffset": "{day.offset}", "action": "ADD",
                       "quantityList": [
                         {"epcClass": "https://id.gs1.org/01/{gtin}/10/{lot}"}]}}
            """#.utf8
        ).write(to: mapping)
        let file = place.folder.appending(path: "made.csv")
        try Data(
            """
            day,gtin,lot
            2026-08-01 08:00,9521101000016,A1
            2026-08-01 08:00,9521102000015,B1
            2026-08-01 08:00,9521101000016,A2
            2026-01-01 08:00,9521101000016,A3

            """.utf8
        ).write(to: file)
        var arguments = ["import", file.path()] + Self.signing + ["--node", node.url]
        arguments[3] = mapping.path()
        let run = try CairnProcess.run(arguments)
        #expect(run.code == 2)
        #expect(run.errors.contains("2 rows good, 2 rows wrong"), "\(run.errors)")
        let errors = try String(contentsOfFile: file.path() + ".errors.csv", encoding: .utf8)
        #expect(errors.contains("\r\n2,3,,authority.create-prefix,"), "\(errors)")
        #expect(errors.contains("\r\n4,5,day,row.before-network,"), "\(errors)")
        // A slash at the URL's end is no other node; what is done is told apart from what is new.
        var slashed = arguments
        slashed[slashed.count - 1] = node.url + "/"
        let again = try CairnProcess.run(slashed)
        #expect(
            again.errors.contains("2 rows wrong; none of them new, the others imported before"),
            "\(again.errors)")
        try Data(
            try String(contentsOf: file, encoding: .utf8).utf8
                + Data("2026-08-01 08:00,9521101000016,A4\n".utf8)
        ).write(to: file)
        let more = try CairnProcess.run(slashed)
        #expect(
            more.errors.contains("3 rows good, 2 rows wrong; 1 of them new"), "\(more.errors)")
        let traced = try CairnProcess.run([
            "trace", "https://id.gs1.org/01/09521101000016/10/A2", "--node", node.url,
        ])
        #expect(traced.code == 0)
    }

    @Test func `a key that the node does not take stops the import, and no row counts as done`()
        throws
    {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { node.kill() }
        let file = try Self.list(Self.row(1) + Self.row(2, quantity: "no") + Self.row(3), in: place)
        let right = ["import", file] + Self.signing + ["--node", node.url]
        let stranger = place.folder.appending(path: "stranger.pem").path()
        #expect(try CairnProcess.run(["key", "new", "-o", stranger]).code == 0)
        var wrong = right
        wrong[5] = stranger
        let stopped = try CairnProcess.run(wrong)
        #expect(stopped.code == 2)
        #expect(stopped.errors.contains("(statement.key-unknown); nothing is imported"))
        #expect(!stopped.errors.contains("imported before"), "\(stopped.errors)")
        for ending in [".cairn-import.json", ".errors.csv"] {
            #expect(!FileManager.default.fileExists(atPath: file + ending))
        }
        let run = try CairnProcess.run(right)
        #expect(run.errors.contains("2 rows good, 1 row wrong\n"), "\(run.errors)")
        // What is done stays done when a later group meets the wrong key.
        let grown = try FileHandle(forWritingTo: URL(filePath: file))
        _ = try grown.seekToEnd()
        try grown.write(contentsOf: Data(Self.row(4).utf8))
        try grown.close()
        let later = try CairnProcess.run(wrong)
        #expect(later.errors.contains("imported up to row 3"), "\(later.errors)")
        let done = try CairnProcess.run(right)
        #expect(done.errors.contains("3 rows good, 1 row wrong; 1 of them new"), "\(done.errors)")
    }

    @Test func `rows that the node refused are tried again on the next run`()
        async throws
    {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = try Self.list(Self.row(1) + Self.row(2) + Self.row(3), in: place)
        let refusal = Refusal(code: "authority.create-prefix", field: "", reason: "not yours")
        let service = StoppingNode(taking: 0, otherwise: refusal)
        let listener = try await HTTPListener.start(
            service: service, address: .ephemeral,
            callers: .loopback(as: Caller(role: .nodeOperator, reader: .nodeOperator)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let arguments =
            ["import", file] + Self.signing + ["--node", "http://\(listener.address)"]
        let first = try await Self.run(arguments)
        #expect(first.code == 2)
        #expect(first.errors.contains("0 rows good, 3 rows wrong\n"), "\(first.errors)")
        #expect(first.errors.contains("the node refused are tried again"), "\(first.errors)")
        let second = try await Self.run(arguments)
        #expect(second.errors.contains("3 rows that were refused are tried again"))
        #expect(!second.errors.contains("imported before"), "\(second.errors)")
        service.take(10)
        let third = try await Self.run(arguments)
        #expect(third.code == 0, "\(third.errors)")
        #expect(third.errors.contains("3 rows good\n"), "\(third.errors)")
        let fourth = try await Self.run(arguments)
        await listener.stop(drainSeconds: 1)
        #expect(fourth.errors.contains("none of them new, the others imported before"))
        #expect(!fourth.errors.contains("tried again"), "\(fourth.errors)")
        #expect(try Self.parts(service.submissions).count == 3)
        #expect(!FileManager.default.fileExists(atPath: file + ".errors.csv"))
    }

    @Test func `a node takes master data about one's own site, and not about another's`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let node = try ServingNode(directory: try place.makeNode())
        defer { node.kill() }
        let file = place.folder.appending(path: "sites.csv")
        try Data(
            """
            GLN,Name,Country,Lat,Lng
            9521101001013,Sandalfield,India,23.1,72.6
            9521102001012,Kesar,India,23.1,72.6
            """.utf8
        ).write(to: file)
        var arguments = ["import", file.path()] + Self.signing + ["--node", node.url]
        arguments[3] = "site-list"
        let dateless = try CairnProcess.run(arguments)
        #expect(dateless.code == 2 && dateless.errors.contains("2 rows wrong"))
        try FileManager.default.removeItem(atPath: file.path() + ".cairn-import.json")
        let run = try CairnProcess.run(arguments + ["--valid-from", "2026-08-01"])
        #expect(run.code == 2 && run.errors.contains("1 row good, 1 row wrong"), "\(run.errors)")
        let errors = try String(contentsOfFile: file.path() + ".errors.csv", encoding: .utf8)
        #expect(errors.contains("\r\n2,3,,authority.assert-own,"), "\(errors)")
    }

    @Test func `documents in XML are imported without a mapping`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = place.folder.appending(path: "events.xml")
        try Data(try Vectors.bytes("openepcis-test-resources/XML-1.2/ObjectEvent.xml"))
            .write(to: file)
        var arguments = ["import", file.path()] + Self.signing.dropFirst(2)
        arguments += ["-o", place.folder.appending(path: "out").path()]
        let old = try CairnProcess.run(arguments)
        #expect(old.code == 2)
        let errors = try String(contentsOfFile: file.path() + ".errors.csv", encoding: .utf8)
        #expect(errors.contains("row.before-network"), "\(errors) \(old.errors)")
        try FileManager.default.removeItem(atPath: file.path() + ".cairn-import.json")
        let meant = try CairnProcess.run(arguments + ["--historical"])
        #expect(meant.code == 0, "\(meant.errors)")
    }

    @Test(arguments: [
        (["import"], "a file is missing"),
        (["import", "x.csv"], "a list needs --mapping"),
        (["import", "x.xlsx", "--mapping", "site-list"], "save it as CSV UTF-8"),
        (["import", "x.csv", "--mapping", "nosuch.json"], "nosuch.json: there is no such file"),
        (["import", "x.csv", "--mapping", "nosuch"], "along come shipment-list"),
        (["import", "--show-mapping", "nosuch"], "there are shipment-list"),
        (["import", "nosuch.csv", "--mapping", "site-list", "--check"], "nosuch.csv"),
        (["import", "x.csv", "--mapping", "site-list"], "--key, --issuer and --genesis"),
    ])
    func `a command that lacks something says what`(words: [String], expected: String) throws {
        let run = try CairnProcess.run(words)
        #expect(run.code == 2)
        #expect(run.errors.contains(expected), "\(run.errors)")
    }

    @Test func `what holds nothing is told`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let list = try CairnProcess.run(
            ["import", try Self.list("", in: place), "--mapping", "shipment-list", "--check"])
        #expect(list.code == 0 && list.errors.contains("no rows"), "\(list.errors)")
        let file = place.folder.appending(path: "events.xml")
        try Data().write(to: file)
        let empty = try CairnProcess.run(["import", file.path(), "--check"])
        #expect(empty.code == 2 && empty.errors.contains("is empty"), "\(empty.errors)")
    }

    @Test func `what cannot be read leaves the errors of a former import alone`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let file = place.folder.appending(path: "no.csv")
        let errors = file.path() + ".errors.csv"
        let words = ["import", file.path()] + Self.signing + ["--node", "http://127.0.0.1:1"]
        #expect(try CairnProcess.run(words).code == 2)
        #expect(!FileManager.default.fileExists(atPath: errors))
        try Data("no,such,columns\n".utf8).write(to: file)
        try Data("kept".utf8).write(to: URL(filePath: errors))
        #expect(try CairnProcess.run(words).code == 2)
        #expect(try String(contentsOfFile: errors, encoding: .utf8) == "kept")
    }

    @Test func `a mapping that comes along can be taken and changed`() throws {
        let place = try DemoPlace()
        defer { place.remove() }
        let shown = try CairnProcess.run(["import", "--show-mapping", "shipment-list"])
        #expect(shown.code == 0)
        let mapping = place.folder.appending(path: "mine.json")
        try Data(shown.output.replacing("\"UTC\"", with: "\"Asia/Kolkata\"").utf8)
            .write(to: mapping)
        let file = try Self.list(Self.row(1), in: place)
        let run = try CairnProcess.run(["import", file, "--mapping", mapping.path(), "--check"])
        #expect(run.code == 0, "\(run.errors)")
    }
}
