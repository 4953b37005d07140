import CDispatch
import Crypto
import Foundation
import Synchronization

/// The clock, the process's accounts and the machine's own limits.
enum Machine {
    /// How many cores the process may use.
    static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

    /// Seconds on a clock that never goes back.
    static func seconds() -> Double { seconds(CLOCK_MONOTONIC) }

    /// Processor seconds that this process has used, over all threads.
    static func cpuSeconds() -> Double { seconds(CLOCK_PROCESS_CPUTIME_ID) }

    private static func seconds(_ clock: clockid_t) -> Double {
        var time = timespec()
        _ = unsafe clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Present and greatest resident memory in MiB; zero where /proc is not.
    static func memoryMiB() -> (now: Double, peak: Double) {
        let text = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        func field(_ name: String) -> Double {
            let line = text.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            let kibibytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first
            return (kibibytes.flatMap { Double($0) } ?? 0) / 1_024
        }
        return (field("VmRSS"), field("VmHWM"))
    }

    /// Begins the greatest resident memory anew at the present one.
    static func forgetPeak() {
        guard let file = FileHandle(forWritingAtPath: "/proc/self/clear_refs") else { return }
        try? file.write(contentsOf: Data("5".utf8))
        try? file.close()
    }

    /// How many tasks wanted a core over the last minute; more than the cores means that others
    /// were measured too.
    static func load() -> Double {
        let text = (try? String(contentsOfFile: "/proc/loadavg", encoding: .utf8)) ?? ""
        return text.split(separator: " ").first.flatMap { Double($0) } ?? 0
    }

    // MARK: Limits

    /// Ed25519 verifications of messages as long as a signed statement, on all cores.
    static func verifications(forSeconds duration: Double) throws -> Rate {
        let key = Curve25519.Signing.PrivateKey()
        let message = [UInt8](repeating: 0x5A, count: 320)
        let signature = [UInt8](try key.signature(for: message))
        let total = Atomic<Int>(0)
        let (start, cpu) = (seconds(), cpuSeconds())
        DispatchQueue.concurrentPerform(iterations: cores) { _ in
            var count = 0
            while seconds() - start < duration {
                for _ in 0..<64 where key.publicKey.isValidSignature(signature, for: message) {
                    count += 1
                }
            }
            total.add(count, ordering: .relaxed)
        }
        return Rate(
            count: total.load(ordering: .relaxed), seconds: seconds() - start,
            cpuSeconds: cpuSeconds() - cpu)
    }

    /// The seconds that appending 4 KiB to a file and `fdatasync` take, one at a time.
    static func durableAppends(_ count: Int, in directory: String) throws -> [Double] {
        let path = directory + "/append"
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw BenchError("\(path) cannot be made") }
        defer {
            close(descriptor)
            _ = unsafe unlink(path)
        }
        let page = [UInt8](repeating: 0xA5, count: 4_096)
        var times: [Double] = []
        for _ in 0..<count {
            let start = seconds()
            let written = unsafe page.withUnsafeBytes {
                unsafe write(descriptor, $0.baseAddress, $0.count)
            }
            guard written == page.count, fdatasync(descriptor) == 0 else {
                throw BenchError("\(path) cannot be written")
            }
            times.append(seconds() - start)
        }
        return times
    }
}

/// So many things in so much time.
struct Rate: Codable {
    var count: Int
    var seconds: Double
    var cpuSeconds: Double

    /// Things a second.
    var perSecond: Double { Double(count) / max(seconds, 1e-9) }
    /// Things a processor second, which other programs on the machine disturb least.
    var perCPUSecond: Double { Double(count) / max(cpuSeconds, 1e-9) }

    static func + (left: Rate, right: Rate) -> Rate {
        Rate(
            count: left.count + right.count, seconds: left.seconds + right.seconds,
            cpuSeconds: left.cpuSeconds + right.cpuSeconds)
    }

    static func - (left: Rate, right: Rate) -> Rate {
        Rate(
            count: left.count - right.count, seconds: left.seconds - right.seconds,
            cpuSeconds: left.cpuSeconds - right.cpuSeconds)
    }
}

extension [Double] {
    /// The value that this share of all values does not exceed; 0 of none.
    func percentile(_ share: Double) -> Double {
        let sorted = self.sorted()
        guard !sorted.isEmpty else { return 0 }
        return sorted[Swift.min(sorted.count - 1, Int(share * Double(sorted.count)))]
    }
}

extension [Rate] {
    /// The one whose rate is in the middle.
    var median: Rate {
        let sorted = self.sorted { $0.perSecond < $1.perSecond }
        return sorted.isEmpty ? Rate(count: 0, seconds: 0, cpuSeconds: 0) : sorted[count / 2]
    }
}
