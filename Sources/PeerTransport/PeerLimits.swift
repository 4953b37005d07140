/// Bounds on connections between nodes (SPEC §19, §25.1).
///
/// Times are in milliseconds, sizes in bytes. The limits of a frame are the protocol's; the others
/// are this node's own and may differ from node to node.
package struct PeerLimits: Hashable, Sendable {
    /// The longest payload of a frame.
    package var frameBytes = 1 << 20
    /// From the opening of a connection to the end of its handshake; for a dialer, also from its
    /// call to the opening.
    package var handshakeMilliseconds: Int64 = 10_000
    /// How long the other side may send nothing at all.
    package var idleMilliseconds: Int64 = 60_000
    /// From the first byte of a frame to its last.
    package var frameMilliseconds: Int64 = 30_000
    /// How long what is in flight may take to leave this machine.
    package var writeMilliseconds: Int64 = 30_000
    /// How long a connection that was told to end waits for the other side's word that it has.
    package var closingMilliseconds: Int64 = 2_000
    /// Bytes of frames that have come and were not taken, at which no more is read.
    ///
    /// One frame is let in whatever its size.
    package var inboundBytes = 1 << 20
    /// Bytes of frames that were sent and have not left this machine, beyond which senders wait.
    ///
    /// One frame is let out whatever its size.
    package var outboundBytes = 1 << 20
    /// What the system keeps for a socket that is not being read; it may give less.
    ///
    /// All of that arrives at once when the other side ends a connection that is not being read.
    package var socketBytes = 1 << 20
    /// Authenticated connections to a listener at a time.
    package var connections = 256
    /// Of these, with one key.
    package var connectionsOfKey = 4
    /// Handshakes in progress at a time; beyond this one of the busiest source
    /// gives way.
    package var handshakes = 64
    /// Of these, from one IPv4 address or one IPv6 network of 64 bits.
    package var handshakesOfSource = 8

    /// The limits of SPEC §19.
    package init() {}
}
