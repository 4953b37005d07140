/// Bounds on documents and events beyond those of `JSONLimits`.
package enum EPCISLimits {
    /// Bytes of one self-contained event; 1 MiB, the limit of a part's content.
    package static let eventByteCount = 1 << 20
    /// Bytes of all events of one document together, each with its own copy of the context.
    package static let documentByteCount = 64 << 20
    /// Bytes of a document's context and of an event's own context, each; 64 KiB.
    package static let contextByteCount = 64 << 10
    /// Objects that one event may name in all its lists; 16,384.
    package static let objectCount = 16_384
    /// Business transactions of one event that are read; 1,024.
    package static let transactionCount = 1_024
    /// Bytes of one URI that is kept; 2,048.
    package static let uriByteCount = 2048

    /// The limits of reading one event's JSON.
    package static let eventJSON: JSONLimits = {
        var limits = JSONLimits()
        limits.byteCount = eventByteCount
        return limits
    }()
}
