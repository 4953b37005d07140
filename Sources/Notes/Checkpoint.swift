package import MerkleTrees
import Signatures

/// A log's head: which log, how many leaves, which root (c2sp.org/tlog-checkpoint).
///
/// This is the text of the note that a log signs; see ``SignedNote`` for the signatures.
package struct Checkpoint: Sendable {
    /// The identity of the log.
    package let origin: String
    /// The number of leaves.
    package let size: UInt64
    /// The root of the RFC 6962 tree; of the empty tree, SHA-256 of nothing.
    package let root: Hash256
    /// Further lines, which Cairn does not write and C2SP discourages.
    package let extensions: [String]

    /// A checkpoint without extension lines.
    ///
    /// - Throws: `note.checkpoint` when the origin is empty, longer than 255 bytes or not one
    ///   line, or the root of an empty tree is not SHA-256 of nothing.
    package init(origin: String, size: UInt64, root: Hash256) throws(NoteError) {
        try self.init(origin: origin, size: size, root: root, extensions: [])
    }

    private init(
        origin: String, size: UInt64, root: Hash256, extensions: [String]
    ) throws(NoteError) {
        guard (1...NoteLimits.nameByteCount).contains(origin.utf8.count),
            origin.utf8.allSatisfy({ $0 >= 0x20 })
        else {
            throw .checkpoint("an origin is one line of 1 to \(NoteLimits.nameByteCount) bytes")
        }
        guard size > 0 || root == Hash256.sha256([]) else {
            throw .checkpoint("the root of an empty tree is SHA-256 of nothing")
        }
        self.origin = origin
        self.size = size
        self.root = root
        self.extensions = extensions
    }

    /// Reads the text of a checkpoint's note.
    ///
    /// - Throws: `note.checkpoint`, `note.malformed`.
    package init(parsing text: String) throws(NoteError) {
        let lines = try NoteText.lines(Array(text.utf8)[...])
        guard lines.count >= 3, lines.allSatisfy({ !$0.isEmpty }) else {
            throw .checkpoint("a checkpoint has at least three lines and no empty one")
        }
        guard let size = NoteText.decimal(lines[1]) else {
            throw .checkpoint("the size is not a decimal number below 2⁶⁴ without leading zeros")
        }
        guard let root = Base64.standard.decode(bytes: Array(lines[2])).flatMap(Hash256.init) else {
            throw .checkpoint("the root is not base64 of 32 bytes")
        }
        var extensions: [String] = []
        for line in lines.dropFirst(3) { extensions.append(try NoteText.text(line)) }
        try self.init(
            origin: try NoteText.text(lines[0]), size: size, root: root, extensions: extensions)
    }

    /// The text that is signed: origin, size, root and the extension lines, each with a newline.
    package var text: String {
        let root = Base64.standard.encode(root.bytes)
        return ([origin, String(size), root] + extensions).joined(separator: "\n") + "\n"
    }
}

extension Checkpoint: Hashable {
    /// Whether the texts are the same bytes.
    package static func == (left: Checkpoint, right: Checkpoint) -> Bool {
        left.size == right.size && left.root == right.root && NoteText.same(left.text, right.text)
    }

    /// Hashes size and root.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(size)
        hasher.combine(root)
    }
}
