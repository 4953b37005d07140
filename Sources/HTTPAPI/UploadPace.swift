/// Whether a request's body arrives as fast as it must, judged by bytes for each window of time.
///
/// The first window is free. By the end of every further one the body must have brought the
/// window's bytes for each window after the first, so that a slow start may be made up for, and a
/// fast one may be followed by a pause. Has no clock: its owner tells when a window has passed.
package struct UploadPace: Hashable, Sendable {
    private let windowBytes: Int
    private var windows = 0
    private var bytes = 0

    /// The pace of a body of which nothing has arrived.
    package init(windowBytes: Int) {
        self.windowBytes = windowBytes
    }

    /// Counts what arrived.
    package mutating func received(_ count: Int) { bytes += count }

    /// Counts a window of time; false if the body is too slow by its end.
    package mutating func windowPassed() -> Bool {
        windows += 1
        return bytes >= (windows - 1) * windowBytes
    }
}
