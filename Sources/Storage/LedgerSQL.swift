/// Every statement that reads or writes the ledger's tables.
enum LedgerSQL: Int, CaseIterable {
    case lastSeal, nextSeal, entry, entries, manifest, links, statements, partUses, partDigest
    case partBytes, lastPart, bucket, bucketRange, bucketHashes, tile, checkpoint, records
    case authorities, addAuthority
    case manifests, linkRows, partRows
    case addEntry, addManifest, addLinks, addStatement, addPart, addPartUse, setBucket
    case setTile, addSeal, addRecord, erasePart
    case setCheckpoint, setPart, addAbsent, removeAbsent, isAbsent, absentParts, dropLost, setLost,
        losses

    /// The statement's text.
    var text: String {
        switch self {
        case .lastSeal: "SELECT max(place) FROM seal WHERE place < ? AND place >= ?"
        case .nextSeal: "SELECT min(place) FROM seal WHERE place >= ? AND place < ?"
        case .entry: "SELECT bytes FROM entry WHERE place = ?"
        case .entries:
            "SELECT place, bytes FROM entry WHERE place >= ? AND place < ? ORDER BY place"
        case .manifest: "SELECT bytes FROM manifest WHERE place = ?"
        case .manifests:
            "SELECT place, bytes FROM manifest WHERE place >= ? AND place < ? ORDER BY place"
        case .linkRows:
            "SELECT place, before FROM link WHERE place >= ? AND place < ? ORDER BY place"
        case .partRows: "SELECT number, digest, bytes FROM part WHERE number > ? ORDER BY number"
        case .links: "SELECT before FROM link WHERE place = ?"
        case .statements: "SELECT place FROM statement WHERE prefix = ? ORDER BY place"
        case .partUses: "SELECT place, number FROM part_use WHERE prefix = ? ORDER BY place"
        case .partDigest: "SELECT digest FROM part WHERE number = ?"
        case .partBytes: "SELECT bytes FROM part WHERE number = ?"
        case .lastPart: "SELECT max(number) FROM part"
        case .bucket: "SELECT hash, leaves FROM bucket WHERE place = ?"
        case .bucketRange: "SELECT place FROM bucket WHERE place >= ? AND place <= ? ORDER BY place"
        case .bucketHashes: "SELECT place, hash FROM bucket WHERE place >= ? AND place < ?"
        case .tile: "SELECT nodes FROM tile WHERE place = ?"
        case .checkpoint: "SELECT checkpoint FROM seal WHERE place = ?"
        case .records: "SELECT place, number FROM record WHERE id = ? ORDER BY place, number"
        case .authorities:
            "SELECT place, number FROM authority WHERE place >= ? AND place < ? ORDER BY place"
        case .addAuthority: "INSERT INTO authority(place, number) VALUES(?, ?)"
        case .addEntry: "INSERT INTO entry(place, bytes) VALUES(?, ?)"
        case .addManifest: "INSERT INTO manifest(place, bytes) VALUES(?, ?)"
        case .addLinks: "INSERT INTO link(place, before) VALUES(?, ?)"
        case .addStatement: "INSERT INTO statement(prefix, place) VALUES(?, ?)"
        case .addPart: "INSERT INTO part(number, digest, bytes) VALUES(?, ?, ?)"
        case .addPartUse: "INSERT INTO part_use(prefix, place, number) VALUES(?, ?, ?)"
        case .setBucket: "INSERT OR REPLACE INTO bucket(place, hash, leaves) VALUES(?, ?, ?)"
        case .setTile: "INSERT OR REPLACE INTO tile(place, nodes) VALUES(?, ?)"
        case .addSeal: "INSERT INTO seal(place, checkpoint) VALUES(?, ?)"
        case .addRecord: "INSERT INTO record(id, place, number) VALUES(?, ?, ?)"
        case .erasePart: "UPDATE part SET bytes = NULL WHERE number = ?"
        case .setCheckpoint: "UPDATE seal SET checkpoint = ? WHERE place = ?"
        case .setPart: "UPDATE part SET bytes = ? WHERE number = ? AND bytes IS NULL"
        case .addAbsent: "INSERT INTO absent(number) VALUES(?)"
        case .removeAbsent: "DELETE FROM absent WHERE number = ?"
        case .isAbsent: "SELECT 1 FROM absent WHERE number = ?"
        case .absentParts:
            "SELECT a.number, p.digest FROM absent a JOIN part p ON p.number = a.number "
                + "WHERE a.number > ? ORDER BY a.number LIMIT ?"
        case .dropLost: "DELETE FROM lost WHERE key_changes = ? AND size < ?"
        case .setLost: "INSERT OR REPLACE INTO lost(size, key_changes) VALUES(?, ?)"
        case .losses: "SELECT size, key_changes FROM lost ORDER BY size"
        }
    }
}
