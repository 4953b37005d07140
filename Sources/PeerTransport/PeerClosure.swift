/// Why a connection between nodes ended, or was never made.
///
/// Two closures are the same when their codes agree; the reason is for a person.
package struct PeerClosure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The stable words of SPEC §20.
    package enum Code: String, Hashable, Sendable, CaseIterable {
        /// What was given as an address is none, or this machine cannot listen there.
        case address = "peer.address"
        /// Nobody answered there.
        case unreachable = "peer.unreachable"
        /// TLS did not come about: no certificate, another version or protocol, too slow.
        case handshake = "peer.handshake"
        /// The certificate's time has not come or has passed.
        case certificate = "peer.certificate"
        /// The other side's key is none that governance names, or not the one that was expected.
        case notPinned = "peer.not-pinned"
        /// The other side ended the connection before its first frame, with a TLS alert: most
        /// likely it does not have this node's key.
        case refused = "peer.refused"
        /// More connections than are taken, in all, with this key or from this address.
        case tooMany = "peer.too-many"
        /// A frame of no bytes or of more than the limit.
        case frameLength = "peer.frame-length"
        /// The other side ended the connection inside a frame.
        case truncated = "peer.truncated"
        /// Nothing came for too long.
        case idle = "peer.idle"
        /// A frame was begun and did not come to its end in time.
        case slow = "peer.slow"
        /// What was sent was not taken in time.
        case unread = "peer.unread"
        /// The connection broke, without a word from the other side.
        case broken = "peer.broken"
        /// The other side ended the connection in order.
        case closed = "peer.closed"
        /// This side ended the connection in order.
        case ended = "peer.ended"
        /// The key is no longer one that governance names.
        case removed = "peer.removed"
        /// The other side broke a rule of the protocol above.
        case misbehaved = "peer.misbehaved"
        /// The task that waited was cancelled; the connection may go on.
        case cancelled = "peer.cancelled"
    }

    /// What kind of end it was.
    package let code: Code
    /// What happened, for a person.
    package let reason: String

    /// A closure with its code and a sentence for a person.
    package init(_ code: Code, _ reason: String) {
        self.code = code
        self.reason = reason
    }

    /// Code and reason on one line.
    package var description: String { "\(code.rawValue): \(reason)" }

    /// Whether two closures have the same code.
    package static func == (left: PeerClosure, right: PeerClosure) -> Bool {
        left.code == right.code
    }

    /// Hashes the code.
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }
}
