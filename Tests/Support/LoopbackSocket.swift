import Foundation

/// Plain sockets to this machine, for callers that no HTTP library would play.
enum LoopbackSocket {
    /// Connects a socket.
    ///
    /// - Parameters:
    ///   - port: where the server listens.
    ///   - receiveBufferBytes: how much the system may take in that is not received yet; by its
    ///     own measure unless given.
    /// - Returns: the descriptor, which the caller closes.
    /// - Throws: if nobody listens there.
    static func connected(to port: Int, receiveBufferBytes: Int32?) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if var bytes = receiveBufferBytes {
            let length = socklen_t(MemoryLayout<Int32>.size)
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, length)
        }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(descriptor, $0, length)
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw POSIXError(.ECONNREFUSED)
        }
        return descriptor
    }
}
