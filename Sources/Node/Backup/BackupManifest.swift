import EPCIS
import MerkleTrees

/// What `manifest.json`, the first file of a backup, says (SPEC §18.3).
struct BackupManifest: Hashable, Sendable {
    static let fileName = "manifest.json"
    static let form = "cairn-backup-1"
    /// The most bytes of it.
    static let bytesLimit: UInt64 = 1 << 20

    /// A file of the backup.
    struct File: Hashable, Sendable {
        var name: String
        var size: UInt64
        var digest: Hash256
    }

    /// When it was made, RFC 3339.
    var made: String
    /// The log's name.
    var origin: String
    /// The network's id.
    var network: Hash256
    /// Entries of the log.
    var size: UInt64
    /// The log's newest checkpoint, a signed note.
    var checkpoint: String
    /// The other files, in their order.
    var files: [File]

    func encoded() -> [UInt8] {
        let files = files.map { file in
            JSONValue.object([
                JSONMember("name", .string(file.name)),
                JSONMember("bytes", .number(JSONNumber(file.size))),
                JSONMember("sha256", .string(file.digest.hex)),
            ])
        }
        let members = [
            JSONMember("format", .string(Self.form)), JSONMember("made", .string(made)),
            JSONMember("origin", .string(origin)), JSONMember("network", .string(network.hex)),
            JSONMember("size", .number(JSONNumber(size))),
            JSONMember("checkpoint", .string(checkpoint)), JSONMember("files", .array(files)),
        ]
        return JSONValue.object(members).serialized() + [0x0A]
    }

    /// Reads it strictly; nil for anything but what ``encoded()`` writes.
    init?(_ bytes: [UInt8]) {
        guard let json = try? JSONValue.parse(bytes), json["format"]?.asString == Self.form,
            let made = json["made"]?.asString, let origin = json["origin"]?.asString,
            let network = json["network"]?.asString.flatMap({ Hash256(hex: $0[...]) }),
            let size = json["size"]?.asNumber.flatMap({ UInt64($0.text) }),
            let checkpoint = json["checkpoint"]?.asString, let list = json["files"]?.asArray
        else { return nil }
        var files: [File] = []
        for entry in list {
            guard let name = entry["name"]?.asString,
                let size = entry["bytes"]?.asNumber.flatMap({ UInt64($0.text) }),
                let digest = entry["sha256"]?.asString.flatMap({ Hash256(hex: $0[...]) })
            else { return nil }
            files.append(File(name: name, size: size, digest: digest))
        }
        self.init(
            made: made, origin: origin, network: network, size: size, checkpoint: checkpoint,
            files: files)
        guard encoded() == bytes else { return nil }
    }

    init(
        made: String, origin: String, network: Hash256, size: UInt64, checkpoint: String,
        files: [File]
    ) {
        self.made = made
        self.origin = origin
        self.network = network
        self.size = size
        self.checkpoint = checkpoint
        self.files = files
    }
}
