import Foundation

/// The machine's clock; tests give nodes another.
package enum SystemClock {
    /// Milliseconds since 1970; 0 for a clock set before that.
    package static func nowMilliseconds() -> UInt64 {
        UInt64(max(0, Date().timeIntervalSince1970 * 1_000))
    }
}
