import Foundation
import GRDB
import MerkleTrees
import Records

extension LedgerQueries {
    /// Sites that one query may name by way of those they lie in.
    package static let siteLimit = 4_096

    /// The sites below some, direct or not, as master data have it at a time.
    ///
    /// Only what the reader may see counts, and of that only what the site's owner or somebody in
    /// its name says (SPEC §8.8).
    ///
    /// - Parameters:
    ///   - roots: canonical URIs.
    ///   - time: milliseconds since the epoch.
    /// - Returns: of each root the sites below it; nil if there are more than ``siteLimit``.
    /// - Throws: ``WorkLimitReached``, ``StorageError``.
    package func sites(
        below roots: [String], atMilliseconds time: UInt64
    ) throws -> [String: [String]]? {
        try reading { database, reading in
            var direct: [String: [String]] = [:]
            var result: [String: [String]] = [:]
            for root in roots {
                var seen: Set<String> = [root]
                var open = [root]
                while let outer = open.popLast() {
                    guard !limit.isReached else { throw WorkLimitReached() }
                    if direct[outer] == nil {
                        direct[outer] = try sites(directlyIn: outer, time, database, reading)
                    }
                    for inner in direct[outer] ?? [] where seen.insert(inner).inserted {
                        guard seen.count <= Self.siteLimit else { return nil }
                        open.append(inner)
                    }
                }
                result[root] = seen.subtracting([root]).sorted()
            }
            return result
        }
    }

    private func sites(
        directlyIn outer: String, _ time: UInt64, _ database: Database, _ reading: LedgerReading
    ) throws -> [String] {
        let candidates = try String.fetchAll(
            database, sql: "SELECT DISTINCT inner FROM inside WHERE outer = ? LIMIT ?",
            arguments: [outer, Self.siteLimit + 1])
        return try candidates.filter { inner in
            try timeline(of: inner, database, reading).holding(atMilliseconds: time)
                .contains { $0.data.containers.contains(outer) }
        }
    }

    /// What the reader may see of what was said about a thing.
    private func timeline(
        of uri: String, _ database: Database, _ reading: LedgerReading
    ) throws -> MasterDataTimeline {
        let rows = try GRDB::Row.fetchAll(
            database,
            sql: """
                SELECT r.digest, r.registered, r.issuer, r.standing FROM about a
                JOIN record r ON r.number = a.record WHERE a.uri = ? AND r.kind = ?
                """, arguments: [uri, RecordKind.masterData.rawValue])
        var timeline = MasterDataTimeline()
        for row in rows {
            guard let digest = Data.fromDatabaseValue(row[0]).flatMap({ Hash256([UInt8]($0)) }),
                let registered = Int64.fromDatabaseValue(row[1]),
                let issuer = String.fromDatabaseValue(row[2]),
                let number = UInt8.fromDatabaseValue(row[3]),
                let standing = Standing(rawValue: number),
                let bytes = try reading.store.part(digest), let part = try? Part.decode(bytes),
                try reading.rights.permit(part),
                case .record(let record)? = try? Content.read(part)
            else { continue }
            timeline.add(
                record, by: issuer, standing: standing, part: digest,
                registeredAtMilliseconds: UInt64(clamping: registered))
        }
        return timeline
    }
}
