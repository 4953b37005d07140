import Imports

/// The kinds of files that Cairn has and meets, told by their first bytes (SPEC §18).
///
/// Only for messages: what a file is believed to be is still read strictly.
enum FileKind {
    case genesis, amendment, evidence, dossier, alarm, submissions, receipt, checkpoint, key, json
    case markedJSON, xml, database, text

    /// What the bytes look like; nil for nothing known.
    static func of(_ bytes: [UInt8]) -> FileKind? {
        for (start, kind) in starts where bytes.starts(with: start) { return kind }
        // Three byte strings: [statement, manifest, parts].
        if bytes.first == 0x83, bytes.count > 1, (0x40...0x5B).contains(bytes[1]) {
            return .submissions
        }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if bytes.starts(with: mark), of(Array(bytes.prefix(textBytes).dropFirst(3))) == .json {
            return .markedJSON
        }
        if DocumentImport.isXML(bytes) { return .xml }
        guard isText(bytes.prefix(textBytes)) else { return nil }
        let first = bytes.first { !" \t\r\n".utf8.contains($0) }
        if first == UInt8(ascii: "{") || first == UInt8(ascii: "[") { return .json }
        let text = String(decoding: bytes.prefix(textBytes), as: UTF8.self)
        // Words about the key may stand before it.
        if text.contains("\n-----BEGIN ") { return .key }
        return text.contains("\n\n— ") ? .checkpoint : .text
    }

    /// With an article.
    var name: String {
        switch self {
        case .genesis: "a genesis file"
        case .amendment: "an amendment file"
        case .evidence: "an evidence file"
        case .dossier: "the dossier of a recall"
        case .alarm: "an alarm"
        case .submissions: "a file of signed submissions"
        case .receipt: "a receipt"
        case .checkpoint: "a checkpoint"
        case .key: "a PEM key"
        case .json: "JSON"
        case .markedJSON: "JSON behind a byte-order mark (BOM)"
        case .xml: "XML"
        case .database: "a SQLite database"
        case .text: "text"
        }
    }

    /// Where a file of this kind comes from or goes.
    var use: String {
        switch self {
        case .genesis: "a genesis file is given with --genesis, and shown by cairn network show"
        case .amendment:
            "an amendment is made by cairn network amend and signed by cairn network sign"
        case .evidence: "evidence is written by cairn export and read by cairn audit"
        case .dossier: "a dossier is written by cairn recall and read by cairn audit"
        case .alarm: "an alarm is served at /alarms/DIGEST and read by cairn audit"
        case .submissions: "submissions are written by cairn sign and sent by cairn submit"
        case .receipt: "receipts are kept by cairn submit --receipts, for cairn check --receipt"
        case .checkpoint: "a checkpoint is what a node serves at /log/checkpoint"
        case .key: "a key is made by cairn key new"
        case .json: "EPCIS documents and records are signed by cairn sign"
        case .markedJSON:
            "save it as UTF-8 without the mark; cairn import --lenient repairs an EPCIS document"
        case .xml: "documents in XML are entered with cairn import"
        case .database: "a node's directory is checked by cairn check"
        case .text: "lists (CSV) are entered with cairn import"
        }
    }

    private static let textBytes = 4_096

    private static let starts: [([UInt8], FileKind)] = [
        ([0x84, 0x6F] + Array("cairn-genesis-".utf8), .genesis),
        ([0x83, 0x71] + Array("cairn-amendment-".utf8), .amendment),
        ([0x87, 0x70] + Array("cairn-evidence-".utf8), .evidence),
        ([0x88, 0x70] + Array("cairn-evidence-".utf8), .evidence),
        ([0x83, 0x6F] + Array("cairn-dossier-".utf8), .dossier),
        ([0x84, 0x6D] + Array("cairn-alarm-".utf8), .alarm),
        (Array("c2sp.org/tlog-proof@".utf8), .receipt), (Array("-----BEGIN ".utf8), .key),
        (Array("SQLite format 3\0".utf8), .database),
    ]

    private static func isText(_ bytes: some Collection<UInt8>) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (9...13).contains($0) }
    }
}

extension Files {
    /// The bytes of a file that must be of a kind; one that is plainly of another is refused in
    /// words, before a reader of its format stumbles over it.
    static func read(_ path: String, as expected: FileKind) throws -> [UInt8] {
        try check(try read(path), of: path, as: expected)
    }

    /// Bytes that a file was found to hold, unless they are plainly of another kind.
    static func check(
        _ bytes: [UInt8], of path: String, as expected: FileKind
    ) throws -> [UInt8] {
        guard !bytes.isEmpty else {
            throw CommandFailure(.badInput, "\(path): is empty; expected \(expected.name)")
        }
        guard let kind = FileKind.of(bytes), kind != expected else { return bytes }
        // Whoever is asked for JSON is told what to do with what he has: the command for JSON is
        // the one that he has just called.
        let isJSON = expected == .json
        let uses = [isJSON ? "" : expected.use, isJSON || kind != .text ? kind.use : ""]
            .filter { !$0.isEmpty }.joined(separator: "; ")
        throw CommandFailure(
            .badInput, "\(path): is \(kind.name), expected \(expected.name) (\(uses))")
    }
}
