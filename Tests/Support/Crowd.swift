import Foundation

/// Many connections to one port of this machine, moved by one thread, so that hundreds of slow
/// callers cost the test next to nothing.
package final class Crowd: @unchecked Sendable {
    // Touched by the one task that owns the crowd; descriptors are closed when it ends.
    private var open: [Int32] = []
    private var received: [Int32: Int] = [:]

    /// How many connections have not been closed by the other side, as far as was looked.
    package var openCount: Int { open.count }

    /// Connects that many times to 127.0.0.1.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - port: where the server listens.
    ///   - receiveBufferBytes: how much the system takes in for each that is not received yet.
    /// - Throws: if a connection cannot be made.
    package init(_ count: Int, port: Int, receiveBufferBytes: Int32? = nil) throws {
        for _ in 0..<count {
            open.append(
                try LoopbackSocket.connected(to: port, receiveBufferBytes: receiveBufferBytes))
        }
    }

    deinit { drop() }

    /// Sends the bytes on each, as many as the system takes at once.
    package func send(_ bytes: [UInt8]) {
        for descriptor in open {
            _ = unsafe bytes.withUnsafeBytes {
                unsafe Foundation.send(
                    descriptor, $0.baseAddress, $0.count,
                    Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
        }
    }

    /// Takes in what has come and forgets the connections that the other side has closed.
    package func look() {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        open.removeAll { descriptor in
            while true {
                let count = unsafe buffer.withUnsafeMutableBytes {
                    unsafe recv(
                        descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
                }
                if count > 0 {
                    received[descriptor, default: 0] += count
                    continue
                }
                if count < 0, errno == EAGAIN || errno == EINTR { return false }
                close(descriptor)
                return true
            }
        }
    }

    /// The bytes that have come on all together.
    package var receivedBytes: Int { received.values.reduce(0, +) }

    /// Ends every connection.
    package func drop() {
        for descriptor in open { close(descriptor) }
        open = []
    }
}
