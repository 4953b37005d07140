import MerkleTrees
import Notes
package import Signatures

/// The logs that a node cosigns as a witness, with the keys that are trusted for each: a file of
/// its operator's (SPEC §25.7).
///
/// Names of logs are compared by their bytes.
package struct WitnessLogs: Hashable, Sendable {
    /// The longest file, in bytes.
    package static let byteCountLimit = 1 << 20
    /// The most keys in it.
    package static let keysLimit = 4_096

    private let keys: [[UInt8]: [NoteVerifier]]
    private let origins: [Hash256: String]

    /// How many logs there are.
    var count: Int { keys.count }

    /// Reads a file of lines: verifier keys.
    ///
    /// After a space stands the log's origin where that is not the key's name. Lines that are
    /// empty or begin with `#` say nothing.
    ///
    /// - Throws: `node.witness-logs`, naming the line.
    package init(parsing bytes: [UInt8]) throws(NodeError) {
        guard bytes.count <= Self.byteCountLimit,
            let text = String(validating: bytes, as: UTF8.self)
        else {
            throw .input(
                "node.witness-logs", "it is not UTF-8 of at most \(Self.byteCountLimit) bytes")
        }
        var keys: [[UInt8]: [NoteVerifier]] = [:]
        var origins: [Hash256: String] = [:]
        var count = 0
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            guard !line.isEmpty, line.first != UInt8(ascii: "#") else { continue }
            count += 1
            guard count <= Self.keysLimit else {
                throw .input("node.witness-logs", "it has more than \(Self.keysLimit) keys")
            }
            let (key, origin) = try Self.read(line, number: index + 1)
            let name = Array(origin.utf8)
            guard !keys[name, default: []].contains(key) else {
                throw .input("node.witness-logs", "line \(index + 1): that key stands there twice")
            }
            keys[name, default: []].append(key)
            origins[Hash256.sha256(name)] = origin
        }
        self.keys = keys
        self.origins = origins
    }

    private static func read(
        _ line: Substring.UTF8View, number: Int
    ) throws(NodeError) -> (NoteVerifier, String) {
        let halves = line.split(separator: 0x20, maxSplits: 1)
        let words = halves.map { String(Substring($0)) }
        do throws(NoteError) {
            let key = try NoteVerifier(vkey: words.first ?? "")
            let origin = words.count > 1 ? words[1] : key.name
            _ = try Checkpoint(origin: origin, size: 0, root: .sha256([]))
            return (key, origin)
        } catch {
            throw .input(
                "node.witness-logs",
                "line \(number): \(error.reason) (\(error.code)); a line is a verifier key "
                    + "<name>+<hex>+<base64>, and after a space the log's origin where that is "
                    + "not the name")
        }
    }

    /// The keys that are trusted for a log; nil if it is not known.
    func keys(of origin: String) -> [NoteVerifier]? { keys[Array(origin.utf8)] }

    /// The log whose origin has a SHA-256.
    func origin(hashed hash: Hash256) -> String? { origins[hash] }
}

/// With what a node cosigns as a witness.
package struct WitnessSettings: Sendable {
    /// The witness key; nothing else is signed with it.
    package var key: SigningKey
    /// The logs it cosigns.
    package var logs: WitnessLogs

    /// Puts them together.
    package init(key: SigningKey, logs: WitnessLogs) {
        self.key = key
        self.logs = logs
    }
}
