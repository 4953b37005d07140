/// The place of a tile or an entry bundle, as C2SP tlog-tiles names it.
///
/// A tile of level l holds up to 256 hashes, each the root of 256ˡ leaves; an entry bundle holds up
/// to 256 entries, those whose leaf hashes are in the tile of level 0 with the same index. The
/// index is written in groups of three digits, all but the last with an `x` before them, and a
/// partial tile has its width behind `.p/`: `tile/0/x001/234.p/5`, `tile/entries/000`.
package struct TilePath: Hashable, Sendable {
    /// What lies at the path.
    package enum Content: Hashable, Sendable {
        /// Hashes, each the root of 256 to the power of `level` leaves.
        case hashes(level: Int)
        /// Entries with their lengths.
        case entries
    }

    /// What lies at the path.
    package let content: Content
    /// The number of the tile within its level, from 0 at the left.
    package let index: UInt64
    /// How many hashes or entries it has, from 1 to 256.
    package let width: Int

    /// The width of a full tile.
    package static let fullWidth = 256
    /// The levels that a path can name.
    package static let levels = 0...63

    /// The place of a tile of hashes.
    package init(level: Int, index: UInt64, width: Int = TilePath.fullWidth) {
        precondition(Self.levels.contains(level), "no tile level \(level)")
        self.init(.hashes(level: level), index, width)
    }

    /// The place of an entry bundle.
    package init(entries index: UInt64, width: Int = TilePath.fullWidth) {
        self.init(.entries, index, width)
    }

    private init(_ content: Content, _ index: UInt64, _ width: Int) {
        precondition((1...Self.fullWidth).contains(width), "no tile has \(width) hashes")
        self.content = content
        self.index = index
        self.width = width
    }

    /// The level of a tile of hashes; nil for an entry bundle.
    package var level: Int? {
        guard case .hashes(let level) = content else { return nil }
        return level
    }

    /// Whether fewer than 256 hashes or entries lie there.
    package var isPartial: Bool { width < Self.fullWidth }

    /// How many hashes a tile has in a tree of the given size; 0 if the tree has no such tile.
    package static func width(level: Int, index: UInt64, size: UInt64) -> Int {
        let hashes = size >> UInt64(8 * level)
        let (before, overflow) = index.multipliedReportingOverflow(by: UInt64(fullWidth))
        guard !overflow, before < hashes else { return 0 }
        return Int(min(hashes - before, UInt64(fullWidth)))
    }
}

// MARK: - Text

extension TilePath {
    /// The path, without a slash before it.
    package var path: String {
        let folder: String =
            switch content {
            case .hashes(let level): "tile/\(level)"
            case .entries: "tile/entries"
            }
        var groups: [String] = []
        var rest = index
        repeat {
            let digits = String(rest % 1_000)
            let group = String(repeating: "0", count: 3 - digits.count) + digits
            groups.append(groups.isEmpty ? group : "x" + group)
            rest /= 1_000
        } while rest > 0
        let name = folder + "/" + groups.reversed().joined(separator: "/")
        return isPartial ? "\(name).p/\(width)" : name
    }

    /// Reads a path; nil unless it is spelt exactly as ``path`` spells it.
    package init?(parsing text: some StringProtocol) {
        // The longest path has 7 groups of digits and is some 50 bytes long.
        guard text.utf8.count <= 64 else { return nil }
        let pieces = String(text).split(
            separator: "/" as Character, omittingEmptySubsequences: false)
        var parts = pieces.map { String($0) }
        guard parts.count >= 3, parts[0] == "tile" else { return nil }
        var width = Self.fullWidth
        if parts[parts.count - 2].hasSuffix(".p") {
            guard let partial = Int(parts.removeLast()), (1..<Self.fullWidth).contains(partial)
            else { return nil }
            width = partial
            parts[parts.count - 1].removeLast(2)
        }
        var index: UInt64 = 0
        for group in parts.dropFirst(2) {
            guard let next = Self.appending(group, to: index) else { return nil }
            index = next
        }
        if parts[1] == "entries" {
            self.init(.entries, index, width)
        } else {
            guard let level = Int(parts[1]), Self.levels.contains(level) else { return nil }
            self.init(.hashes(level: level), index, width)
        }
        // Signs, leading zeros and misplaced groups would have been read, but never written.
        guard path == text else { return nil }
    }

    /// The index with a group of digits behind it; nil if it is no group or the index overflows.
    private static func appending(_ group: String, to index: UInt64) -> UInt64? {
        guard let number = UInt64(group.hasPrefix("x") ? String(group.dropFirst()) : group),
            number < 1_000
        else { return nil }
        let (shifted, overflow) = index.multipliedReportingOverflow(by: 1_000)
        guard !overflow else { return nil }
        let (sum, carry) = shifted.addingReportingOverflow(number)
        return carry ? nil : sum
    }
}

/// The contents of an entry bundle: each entry with its length before it in two bytes.
package enum EntryBundle {
    /// The most bytes an entry can have (C2SP tlog-tiles).
    package static let entryBytesLimit = 65_535

    /// The bytes of a bundle of 1 to 256 entries, none longer than ``entryBytesLimit``.
    package static func encode(_ entries: [[UInt8]]) -> [UInt8] {
        precondition((1...TilePath.fullWidth).contains(entries.count), "no such bundle")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(entries.reduce(0) { $0 + 2 + $1.count })
        for entry in entries {
            precondition(entry.count <= entryBytesLimit, "an entry has at most 65,535 bytes")
            bytes.append(UInt8(entry.count >> 8))
            bytes.append(UInt8(entry.count & 0xff))
            bytes += entry
        }
        return bytes
    }

    /// The entries of a bundle; nil unless the bytes hold exactly `width` of them.
    package static func decode(_ bytes: [UInt8], width: Int) -> [[UInt8]]? {
        var entries: [[UInt8]] = []
        var position = 0
        while position < bytes.count {
            guard entries.count < width, bytes.count - position >= 2 else { return nil }
            let count = Int(bytes[position]) << 8 | Int(bytes[position + 1])
            position += 2
            guard bytes.count - position >= count else { return nil }
            entries.append(Array(bytes[position..<position + count]))
            position += count
        }
        return entries.count == width ? entries : nil
    }
}
