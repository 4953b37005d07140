/// Whose log a ledger holds, and what that costs in memory.
package enum LedgerKind: Hashable, Sendable {
    /// The node's own: every part came with its statement, and every seal with its checkpoint, but
    /// for what it has lost and recovered from its mirrors.
    case own
    /// A mirror of another's. There can be many of them, so each has less memory.
    case mirror

    /// Memory for pages of the writer's connection.
    var writerCacheKiB: Int { self == .own ? 65_536 : 8_192 }
    /// Memory for pages of each reading connection.
    var readerCacheKiB: Int { self == .own ? 8_192 : 2_048 }
    /// How many reads can run at a time.
    var readersLimit: Int { self == .own ? 8 : 6 }
    /// How large the WAL grows before it is copied back, in pages of 4 KiB.
    var checkpointPages: Int { self == .own ? 32_768 : 4_096 }
    /// How many buckets of the subject index may be kept between two commits.
    var bucketsLimit: Int { self == .own ? 65_536 : 8_192 }
}
