import Foundation

/// The machine's clock.
enum SystemClock {
    /// Milliseconds since 1970; 0 for a clock set before that.
    static func nowMilliseconds() -> UInt64 {
        UInt64(max(0, Date().timeIntervalSince1970 * 1_000))
    }
}
