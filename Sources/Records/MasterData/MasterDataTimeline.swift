import GS1
package import MerkleTrees

extension MasterData {
    /// What a record of master data says; nil for other records, and for a body that does not hold
    /// to SPEC §8.8.
    package static func of(_ record: Record) -> MasterData? {
        guard record.kind == .masterData, let body = record.body, body.contentType == contentType
        else { return nil }
        return try? read(body.bytes)
    }

    /// The names of the attribute that tells in which other a site lies.
    private static let containerNames: Set<String> = [
        "containedInPlace", "gs1:containedInPlace", "https://ref.gs1.org/voc/containedInPlace",
        "https://schema.org/containedInPlace",
    ]

    /// The sites in which it lies, as canonical URIs: values of the attribute `containedInPlace`
    /// that are identifiers.
    package var containers: [String] {
        attributes.filter { Self.containerNames.contains($0.name) }
            .compactMap { try? CanonicalIdentifier($0.value).uri }
    }
}

/// What was said about one thing by those whose word counts, and what of it holds at a time.
///
/// Of each issuer the record holds that was from the latest time on, of two of one time the later
/// registered (SPEC §8.8). *Reported* records, of issuers who neither own the thing nor speak for
/// its owner, count for nothing.
package struct MasterDataTimeline: Sendable {
    /// One record about the thing.
    package struct Entry: Sendable {
        /// Who signed it.
        package let issuer: String
        /// Its part.
        package let part: Hash256
        /// When its log first had it, milliseconds since the epoch.
        package let registeredAtMilliseconds: UInt64
        /// From when it holds, milliseconds since the epoch.
        package let fromMilliseconds: UInt64
        /// Until when; nil for until said otherwise.
        package let untilMilliseconds: UInt64?
        /// What it says.
        package let data: MasterData
    }

    private var entries: [Entry] = []

    /// Nothing was said yet.
    package init() {}

    /// Takes up a record about the thing, which its log first had at a time.
    package mutating func add(
        _ record: Record, by issuer: String, standing: Standing, part: Hash256,
        registeredAtMilliseconds: UInt64
    ) {
        guard standing != .reported, let from = record.fromMilliseconds,
            let data = MasterData.of(record)
        else { return }
        entries.append(
            Entry(
                issuer: issuer, part: part, registeredAtMilliseconds: registeredAtMilliseconds,
                fromMilliseconds: from,
                untilMilliseconds: record.untilMilliseconds, data: data))
    }

    /// What holds at a time: of each issuer at most one entry, in the order of issuers.
    package func holding(atMilliseconds time: UInt64) -> [Entry] {
        var newest: [String: Entry] = [:]
        for entry in entries where entry.fromMilliseconds <= time {
            let other = newest[entry.issuer]
            let isNewer = other.map {
                ($0.fromMilliseconds, $0.registeredAtMilliseconds, $0.part)
                    < (entry.fromMilliseconds, entry.registeredAtMilliseconds, entry.part)
            }
            if isNewer ?? true { newest[entry.issuer] = entry }
        }
        return newest.values.filter { $0.untilMilliseconds.map { time < $0 } ?? true }
            .sorted { $0.issuer < $1.issuer }
    }
}
