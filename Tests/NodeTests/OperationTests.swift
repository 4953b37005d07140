import EPCIS
import Foundation
import Logging
import Records
import Storage
import Support
import Synchronization
import Testing

@testable import Node

/// A file system whose room a test decides.
final class ScriptedDisk: Sendable {
    private let free: Mutex<UInt64>

    init(free: UInt64) { self.free = Mutex(free) }

    func set(free bytes: UInt64) { free.withLock { $0 = bytes } }

    var settings: NodeRuntime.Settings {
        var settings = NodeRuntime.Settings.quiet
        settings.diskReserveBytes = 1_000
        settings.diskSpace = { [self] _ in
            DiskSpace(freeBytes: free.withLock { $0 }, totalBytes: 1_000_000)
        }
        return settings
    }
}

/// Lines of a log, kept.
final class KeptLog: Sendable {
    private let kept = Mutex<[[UInt8]]>([])

    var lines: [String] { kept.withLock { $0.map { String(decoding: $0, as: UTF8.self) } } }
    var events: [JSONValue] { kept.withLock { $0.compactMap { try? JSONValue.parse($0) } } }

    func logger(_ form: EventLog.Form = .json, level: Logger.Level = .debug) -> Logger {
        Logger(label: "test") { label in
            EventLog(
                label: label, form: form, level: level,
                nowMilliseconds: { 1_767_225_600_000 },
                write: { [self] line in kept.withLock { $0.append(line) } })
        }
    }
}

@Suite struct `The log of events` {
    @Test func `has one JSON object a line with time, level, code and fields`() throws {
        let log = KeptLog()
        log.logger().warning(
            "a \"text\"\nof two lines",
            metadata: ["code": "disk.low", "free_bytes": .stringConvertible(5), "time": "x"])
        #expect(
            log.lines == [
                #"{"time":"2026-01-01T00:00:00.000Z","level":"warning","code":"disk.low","#
                    + #""message":"a \"text\"\nof two lines","free_bytes":5,"field_time":"x"}"#
                    + "\n"
            ])
    }

    @Test func `as text stays on one line whatever is in it`() {
        let log = KeptLog()
        log.logger(.text).error("a\nb", metadata: ["field": "c\r\nd"])
        #expect(log.lines == ["2026-01-01T00:00:00.000Z error log.event a b field=c  d\n"])
    }

    @Test func `names its events and holds no secret`() async throws {
        let node = try TestNode()
        let log = KeptLog()
        var settings = NodeRuntime.Settings.quiet
        settings.logger = log.logger()
        let submission = try node.commissioning("SECRETLOT")
        try await node.serve(settings) { _, caller in
            let answer = try await caller.post(submission)
            #expect(answer.status == 201)
        }
        let codes = log.events.compactMap { $0["code"]?.asString }
        #expect(codes.contains("node.serving"))
        #expect(codes.contains("log.sealed"))
        #expect(codes.last == "node.stopped")
        let pem = try String(contentsOfFile: node.directory + "/log-key.pem", encoding: .utf8)
        let secret = pem.split(separator: "\n")[1]
        #expect(log.lines.count >= 3)
        let telling = log.lines.filter { $0.contains(secret) || $0.contains("SECRETLOT") }
        #expect(telling == [])
    }
}

@Suite struct `Metrics` {
    /// The samples of an answer, by name and labels.
    private static func samples(_ text: String) -> [String: Double] {
        var samples: [String: Double] = [:]
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            guard let space = line.lastIndex(of: " ") else { continue }
            samples[String(line[..<space])] = Double(line[line.index(after: space)...])
        }
        return samples
    }

    @Test func `that are served are the documented ones`() async throws {
        let url = Vectors.root.deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "SPEC.md")
        let spec = try String(contentsOf: url, encoding: .utf8)
        let documented = spec.split(separator: "\n").compactMap { line -> [String]? in
            let cells = line.split(separator: "|", omittingEmptySubsequences: false).map {
                $0.trimmingCharacters(in: .whitespaces).replacing("`", with: "")
            }
            guard cells.count == 5, ["counter", "gauge", "histogram"].contains(cells[2]) else {
                return nil
            }
            return [cells[1], cells[2], cells[3]]
        }
        let node = try TestNode()
        let text = try await node.serve { _, caller in
            let answer = try await caller.get("/metrics")
            #expect(answer.status == 200)
            #expect(answer.type.hasPrefix("text/plain; version=0.0.4"))
            return answer.text
        }
        let served = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
            $0.split(separator: " ").dropFirst(2).map(String.init)
        }
        #expect(served == documented.map { Array($0.prefix(2)) })
        #expect(
            Metric.allCases.map { $0.labels.joined(separator: ", ") }
                == documented.prefix(Metric.allCases.count).map { $0[2] })
        #expect(Set(served.map { $0[0] }).count == served.count)
    }

    @Test func `count what was registered, known, refused and asked`() async throws {
        let node = try TestNode()
        let submission = try node.commissioning("LOT1")
        let broken = Submission(
            statement: submission.statement, manifest: submission.manifest, parts: [])
        try await node.serve { _, caller in
            #expect(try await caller.post(submission).status == 201)
            #expect(try await caller.post(submission).status == 200)
            let code = try #require(try await caller.post(broken).code)
            #expect(try await caller.get("/nowhere").status == 404)
            let samples = Self.samples(try await caller.get("/metrics").text)
            #expect(samples["cairn_statements_registered_total"] == 1)
            #expect(samples["cairn_statements_known_total"] == 1)
            #expect(samples["cairn_statements_refused_total{code=\"\(code)\"}"] == 1)
            #expect(
                samples[#"cairn_http_requests_total{route="POST /entries",status="201"}"#] == 1)
            #expect(samples[#"cairn_http_requests_total{route="none",status="404"}"#] == 1)
            #expect(samples["cairn_log_entries"] == 4)
            #expect(samples["cairn_group_commit_seconds_count"] == 1)
            #expect(samples[#"cairn_group_commit_seconds_bucket{le="+Inf"}"#] == 1)
            #expect(samples["cairn_ready"] == 1)
            #expect(try #require(samples["cairn_disk_free_bytes"]) > 0)
            #expect(try #require(samples["cairn_ledger_bytes"]) > 0)
            #expect(try #require(samples["process_open_fds"]) > 3)
        }
    }

    @Test func `have a bounded number of series`() {
        let metrics = NodeMetrics()
        for number in 0..<2_000 { metrics.count(.statementsRefused, "code-\(number)") }
        let text = String(decoding: metrics.text(gauges: [:]), as: UTF8.self)
        let series = text.split(separator: "\n").filter {
            $0.hasPrefix("cairn_statements_refused_total{")
        }
        #expect(series.count == NodeMetrics.seriesLimit + 1)
        #expect(text.contains("{code=\"other\"} \(2_000 - NodeMetrics.seriesLimit)"))
    }

    @Test func `put each duration in its bucket`() {
        let metrics = NodeMetrics()
        for duration in [Duration.milliseconds(1), .milliseconds(3), .seconds(60)] {
            metrics.observe(.groupCommit, duration)
        }
        let text = String(decoding: metrics.text(gauges: [:]), as: UTF8.self)
        #expect(text.contains("_bucket{le=\"0.001\"} 1\n"))
        #expect(text.contains("_bucket{le=\"0.005\"} 2\n"))
        #expect(text.contains("_bucket{le=\"10\"} 2\n"))
        #expect(text.contains("_bucket{le=\"+Inf\"} 3\n"))
    }
}

@Suite struct `The disk` {
    @Test func `below its reserve refuses what is new, answers the rest, and lets go by itself`()
        async throws
    {
        let node = try TestNode()
        let disk = ScriptedDisk(free: 2_000)
        let log = KeptLog()
        var settings = disk.settings
        settings.logger = log.logger(level: .notice)
        let known = try node.commissioning("LOT1")
        let new = try node.commissioning("LOT2")
        try await node.serve(settings) { _, caller in
            #expect(try await caller.post(known).status == 201)
            disk.set(free: 999)
            try await Task.sleep(for: .milliseconds(150))
            let refused = try await caller.post(new)
            #expect(refused.status == 507)
            #expect(refused.code == "storage.reserve")
            #expect(try await caller.post(known).status == 200)
            #expect(try await caller.get("/log/checkpoint").status == 200)
            let ready = try await caller.get("/readyz")
            #expect(ready.status == 503)
            #expect(ready.text.contains("disk-low"))
            #expect(try await caller.get("/healthz").status == 200)
            // Just above the reserve is not enough again, so that it does not go to and fro.
            disk.set(free: 1_001)
            try await Task.sleep(for: .milliseconds(150))
            #expect(try await caller.post(new).status == 507)
            disk.set(free: 1_100)
            try await Task.sleep(for: .milliseconds(150))
            #expect(try await caller.post(new).status == 201)
            #expect(try await caller.get("/readyz").status == 200)
        }
        #expect(log.events.compactMap { $0["code"]?.asString } == ["disk.low", "disk.enough"])
        #expect(try node.findings() == [])
    }

    @Test func `has the reserve that goes with its size`() {
        func reserve(_ total: UInt64) -> UInt64 {
            DiskSpace(freeBytes: 0, totalBytes: total).standardReserve
        }
        #expect(reserve(1 << 30) == 256 << 20)
        #expect(reserve(50 << 30) == 1 << 30)
        #expect(reserve(10 << 40) == 2 << 30)
    }

    @Test func `is forecast from the last day`() {
        var forecast = DiskForecast()
        let minute: UInt64 = 60_000
        forecast.add(bytes: 1_000, atMilliseconds: 0)
        #expect(forecast.bytesPerDay == nil)
        forecast.add(bytes: 2_000, atMilliseconds: 9 * minute)
        #expect(forecast.bytesPerDay == nil)
        forecast.add(bytes: 2_000, atMilliseconds: 20 * minute)
        #expect(forecast.bytesPerDay == 72_000)
        #expect(forecast.daysLeft(bytes: 144_000) == 2)
        // Two days later the first hour is forgotten.
        for hour in 1...48 as ClosedRange<UInt64> {
            forecast.add(bytes: 2_000 + hour, atMilliseconds: hour * 60 * minute)
        }
        #expect(forecast.bytesPerDay == 24)
        // A clock that was set back begins anew.
        forecast.add(bytes: 5_000, atMilliseconds: minute)
        #expect(forecast.bytesPerDay == nil)
    }

    @Test func `without growth lasts for ever`() {
        var forecast = DiskForecast()
        forecast.add(bytes: 10, atMilliseconds: 0)
        forecast.add(bytes: 10, atMilliseconds: 3_600_000)
        #expect(forecast.daysLeft(bytes: 5) == .infinity)
    }

    @Test func `that will soon be full is logged, and not again at once`() throws {
        let directory = try TemporaryDirectory()
        let log = KeptLog()
        let now = Mutex<UInt64>(0)
        var settings = ScriptedDisk(free: 5_000).settings
        settings.logger = log.logger()
        settings.nowMilliseconds = { now.withLock { $0 } }
        let watch = DiskWatch(directory: directory.path, settings: settings)
        try directory.write([UInt8](repeating: 0, count: 100), to: Ledger.fileName)
        #expect(watch.look().ledgerBytes == 100)
        try directory.write([UInt8](repeating: 0, count: 200), to: Ledger.fileName)
        for minutes in [UInt64(60), 61, 62] {
            now.withLock { $0 = minutes * 60_000 }
            #expect(watch.look().bytesPerDay ?? 0 > 2_000)
        }
        #expect(log.events.compactMap { $0["code"]?.asString } == ["disk.forecast"])
        #expect(log.events.first?["days_left"]?.asString == "1")
    }
}

@Suite struct `systemd` {
    @Test func `is told what it asks for, through its socket`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notify"
        let listener = try DatagramListener(path)
        let notifier = ServiceNotifier(environment: [
            "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "\(getpid())",
        ])
        #expect(notifier.send("READY=1"))
        #expect(listener.receive() == "READY=1")
        #expect(notifier.watchdogInterval == .milliseconds(1_500))
    }

    @Test func `is told nothing when it did not ask`() {
        #expect(!ServiceNotifier(environment: [:]).send("READY=1"))
        #expect(!ServiceNotifier(environment: ["NOTIFY_SOCKET": "/nowhere/x"]).send("READY=1"))
        let long = String(repeating: "x", count: 200)
        #expect(!ServiceNotifier(environment: ["NOTIFY_SOCKET": long]).send("READY=1"))
        let other = ["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"]
        #expect(ServiceNotifier(environment: other).watchdogInterval == nil)
    }
}

/// A Unix datagram socket that receives.
private final class DatagramListener {
    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) {
            unsafe $0.copyBytes(from: Array(path.utf8))
        }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe bind(descriptor, $0, length)
            }
        }
        try #require(bound == 0)
    }

    deinit { close(descriptor) }

    func receive() -> String {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = unsafe bytes.withUnsafeMutableBytes {
            unsafe recv(descriptor, $0.baseAddress, $0.count, 0)
        }
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
