import Foundation
import MerkleTrees
import Storage

/// Mirrors and alarms as files of a backup, which has no folders (SPEC §18.3).
enum ReplicaFiles {
    private static let mirrorPrefix = "mirror-"
    private static let mirrorSuffix = ".sqlite"

    /// Whether a name is that of a mirror's snapshot.
    static func isMirror(_ name: String) -> Bool { mirrorFolder(name) != nil }

    /// Where in a node's directory a file of a backup belongs.
    static func place(of name: String) -> String {
        if let folder = mirrorFolder(name) {
            return "\(Replicas.directoryName)/\(folder)/\(Ledger.fileName)"
        }
        return KeptAlarms.isFileName(name) ? "\(KeptAlarms.directoryName)/\(name)" : name
    }

    /// Whether a name is that of a mirror's snapshot or of an alarm.
    static func isReplica(_ name: String) -> Bool { place(of: name) != name }

    private static func mirrorFolder(_ name: String) -> String? {
        guard name.hasPrefix(mirrorPrefix), name.hasSuffix(mirrorSuffix) else { return nil }
        let folder = name.dropFirst(mirrorPrefix.count).dropLast(mirrorSuffix.count)
        let digits = Set("0123456789abcdef".utf8)
        guard folder.utf8.count == 32, folder.utf8.allSatisfy(digits.contains) else { return nil }
        return String(folder)
    }

    /// Takes a snapshot of each mirror of a node.
    ///
    /// - Returns: the names of the snapshots in the work directory, and of the alarms.
    static func gather(
        _ node: NodeDirectory, _ work: NodeDirectory
    ) throws(NodeError) -> (mirrors: [String], alarms: [String]) {
        try NodeError.mapping {
            var mirrors: [String] = []
            for path in try Replicas.mirrorDirectories(node: node.path) {
                let folder = URL(filePath: path).lastPathComponent
                let name = mirrorPrefix + folder + mirrorSuffix
                guard isMirror(name) else { continue }
                do {
                    let mirror = try Ledger.inspect(directory: path, kind: .mirror)
                    defer { try? mirror.close() }
                    try mirror.writeSnapshot(to: work.file(name))
                } catch let error as StorageError {
                    throw StorageError(
                        code: error.code, place: "\(path) \(error.place)", reason: error.reason)
                }
                mirrors.append(name)
            }
            return (mirrors, try KeptAlarms(node: node.path).fileNames)
        }
    }

    /// Makes the directories that the files of a backup need.
    static func makeDirectories(
        for files: [BackupManifest.File], in draft: NodeDirectory
    ) throws(NodeError) {
        try NodeError.mapping {
            for name in files.map({ place(of: $0.name) }) {
                let folders = name.split(separator: "/").dropLast()
                for count in folders.indices {
                    let path = folders[...count].joined(separator: "/")
                    try WholeFile.makeDirectory(draft.file(path))
                }
            }
        }
    }

    /// Makes durable which files those directories hold, and removes the mirrors in which something
    /// was found: they are fetched again.
    ///
    /// - Returns: the report on what is left; an alarm that proves nothing is no reason to refuse a
    ///   backup.
    static func settle(
        _ draft: NodeDirectory, after report: LedgerReport
    ) throws(NodeError) -> LedgerReport {
        try NodeError.mapping {
            let wrong = Set(report.findings.compactMap(\.mirror))
            let sound = report.mirrors.filter { !wrong.contains($0.origin) }.map {
                Replicas.directory(ofMirror: $0.origin, node: draft.path)
            }
            for path in try Replicas.mirrorDirectories(node: draft.path) {
                guard sound.contains(path) else {
                    try FileManager.default.removeItem(atPath: path)
                    continue
                }
                try NodeDirectory.synchronize(directory: path)
            }
            for name in [Replicas.directoryName, KeptAlarms.directoryName] {
                guard FileManager.default.fileExists(atPath: draft.file(name)) else { continue }
                try NodeDirectory.synchronize(directory: draft.file(name))
            }
            var rest = report
            rest.findings.removeAll {
                $0.mirror != nil || $0.table == KeptAlarms.directoryName
            }
            return rest
        }
    }
}
