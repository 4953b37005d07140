/// Bounds on what a caller takes from a node and how long it waits.
package struct ClientLimits: Hashable, Sendable {
    /// For a connection to be made, seconds.
    package var connectSeconds: Int64 = 5
    /// For a whole call but a stream, seconds.
    package var callSeconds: Int64 = 300
    /// For a whole stream, seconds.
    package var streamSeconds: Int64 = 3_600
    /// Without any byte in either direction, seconds.
    package var silenceSeconds: Int64 = 60
    /// The longest answer that is not evidence, bytes.
    package var answerBytes = 64 << 20
    /// The longest evidence file, bytes (SPEC §19).
    package var evidenceBytes = 256 << 20
    /// The longest single answer in a stream, bytes.
    package var resultBytes = 64 << 10

    /// The usual limits.
    package init() {}
}
