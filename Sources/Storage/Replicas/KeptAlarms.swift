import Foundation
package import MerkleTrees
package import Records
import Replication

/// The alarms of a node: one file each in `alarms/`, in the order in which they came (SPEC §25.5).
///
/// A file's name is a number and the alarm's digest. Trust: none; whoever changes a file can
/// destroy proof and make none, since an alarm is verified by whoever reads it.
package struct KeptAlarms {
    /// The directory's name in a node's.
    package static let directoryName = "alarms"

    /// A kept alarm, which is read when it is asked for.
    private struct Place {
        var number: Int
        var digest: Hash256
        var origin: String?
    }

    private let directory: String
    private var places: [Place] = []

    /// Takes up what a node's directory holds.
    ///
    /// - Throws: `storage.corrupt` for a file that is not the alarm of its name; `storage.io`.
    package init(node directory: String) throws(StorageError) {
        self.directory = directory + "/" + Self.directoryName
        for (number, digest) in try Self.names(self.directory) {
            let alarm = try read(number, digest)
            places.append(Place(number: number, digest: digest, origin: alarm.origin))
        }
    }

    /// Keeps an alarm durably, unless it is kept or there are as many about its log as there may
    /// be: the first ones convict whom the later ones would.
    ///
    /// - Throws: `storage.io`, `storage.full`.
    package mutating func keep(_ alarm: Alarm) throws(StorageError) {
        let digest = alarm.digest
        guard !places.contains(where: { $0.digest == digest }),
            places.count(where: { $0.origin == alarm.origin }) < ReplicationLimits.alarmsOfOneLog
        else { return }
        if places.isEmpty { try WholeFile.makeDirectory(directory) }
        let number = (places.last?.number ?? 0) + 1
        try WholeFile.make(alarm.encoded(), at: path(number, digest), mode: 0o644)
        places.append(Place(number: number, digest: digest, origin: alarm.origin))
    }

    /// All of them, in the order in which they came.
    ///
    /// - Throws: `storage.corrupt`, `storage.io`.
    package func all() throws(StorageError) -> [Alarm] {
        var alarms: [Alarm] = []
        for place in places { alarms.append(try read(place.number, place.digest)) }
        return alarms
    }

    /// The digests of all, in the order in which they came.
    package var digests: [Hash256] { places.map(\.digest) }

    // MARK: Files

    /// The names of the files of all, in the order in which they came.
    package var fileNames: [String] { places.map { Self.name($0.number, $0.digest) } }

    /// Whether a file has the name of an alarm.
    package static func isFileName(_ name: String) -> Bool { parse(name) != nil }

    private static let suffix = ".alarm"
    private static let digits = 8

    private func path(_ number: Int, _ digest: Hash256) -> String {
        "\(directory)/\(Self.name(number, digest))"
    }

    static func name(_ number: Int, _ digest: Hash256) -> String {
        let text = String(number)
        let zeros = String(repeating: "0", count: max(0, digits - text.count))
        return "\(zeros)\(text)-\(digest.hex)\(suffix)"
    }

    /// The numbers and digests that the names of a directory's files give, by number; other names
    /// are no alarms.
    private static func names(
        _ directory: String
    ) throws(StorageError) -> [(number: Int, digest: Hash256)] {
        guard FileManager.default.fileExists(atPath: directory) else { return [] }
        let names = try StorageError.mapping(directory) {
            try FileManager.default.contentsOfDirectory(atPath: directory)
        }
        return names.compactMap(parse).sorted { $0.number < $1.number }
    }

    private static func parse(_ name: String) -> (number: Int, digest: Hash256)? {
        guard name.hasSuffix(suffix), let dash = name.firstIndex(of: "-"),
            let number = Int(name[..<dash]),
            let digest = Hash256(hex: name[name.index(after: dash)...].dropLast(suffix.count)),
            Self.name(number, digest) == name
        else { return nil }
        return (number, digest)
    }

    private func read(_ number: Int, _ digest: Hash256) throws(StorageError) -> Alarm {
        let path = path(number, digest)
        let bytes = try StorageError.mapping(path) {
            [UInt8](try Data(contentsOf: URL(filePath: path)))
        }
        guard let alarm = try? Alarm.decode(bytes), alarm.digest == digest else {
            throw StorageError(
                code: "storage.corrupt", place: path,
                reason: "it is not the alarm of its name; restore it or move it away")
        }
        return alarm
    }
}
