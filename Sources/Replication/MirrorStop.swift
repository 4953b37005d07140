import DeterministicCBOR
package import MerkleTrees

/// Why a log is mirrored no further, as it is kept over restarts (SPEC §25.3).
///
/// Without it a log that broke a rule could show another history after a restart of those who saw
/// it. It holds while the log has the key it had.
package struct MirrorStop: Hashable, Sendable {
    /// What it did.
    package var reason: String
    /// The thumbprint of the log's key then.
    package var key: Hash256
    /// The signed checkpoint whose tree holds it; empty where there is none at hand.
    package var note: [UInt8]

    /// Names everything.
    package init(reason: String, key: Hash256, note: [UInt8]) {
        self.reason = reason
        self.key = key
        self.note = note
    }

    private static let header = "cairn-stopped-1"

    /// As bytes, for a file.
    package func encoded() -> [UInt8] {
        CBORValue.array([.text(Self.header), .text(reason), .bytes(key.bytes), .bytes(note)])
            .encoded()
    }

    /// Reads what ``encoded()`` wrote; nil for anything else.
    package init?(decoding bytes: [UInt8]) {
        guard case .array(let items)? = try? CBORValue.decode(bytes), items.count == 4,
            items[0] == .text(Self.header), case .text(let reason) = items[1],
            case .bytes(let digest) = items[2], let key = Hash256(digest),
            case .bytes(let note) = items[3]
        else { return nil }
        self.init(reason: reason, key: key, note: note)
    }
}
