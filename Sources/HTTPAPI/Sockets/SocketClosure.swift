import NIOWebSocket

/// Why the node ends a WebSocket, as its caller is told (RFC 6455 §7.4, SPEC §17.4).
struct SocketClosure: Sendable {
    var code: WebSocketErrorCode
    /// For a person; ASCII, at most 123 bytes.
    var reason: String

    /// The node stops: 1001.
    static let stopping = SocketClosure(code: .goingAway, reason: "the node stops")
    /// The caller breaks the protocol: 1002.
    static let malformed = SocketClosure(code: .protocolError, reason: "no such frame")
    /// The caller says something: 1003.
    static let talkative = SocketClosure(
        code: .unacceptableData, reason: "nothing is said to the node here")
    /// The caller sends a frame beyond the limit: 1009.
    static let tooLarge = SocketClosure(code: .messageTooLarge, reason: "the frame is too long")
    /// The node cannot go on: 1011.
    static let failed = SocketClosure(
        code: .unexpectedServerError, reason: "the node could not look; try again")

    /// Nobody is left who may be told, or nothing to tell: 1008.
    static func withdrawn(_ reason: String) -> SocketClosure {
        let shown = reason.filter(\.isASCII).prefix(123)
        return SocketClosure(code: .policyViolation, reason: String(shown))
    }
}
