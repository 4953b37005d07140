import EPCIS
import Foundation
import GRDB
import Lineage
import MerkleTrees
import Records

/// What the views keep of an event for lineages: who said it, who may see it, and its story.
///
/// Bytes: form (1), part digest, what was said (16 bytes of a hash of issuer and content, by which
/// the same event sent twice is known), issuer, standing, audience (``Disclosure``; 0 public, 1
/// network, else two more than the number of organisations, and these), story.
struct StoredStory {
    private static let form: UInt64 = 1
    private static let saidBytes = 16

    /// How an event is found other than by its things.
    private enum Passage: Int64 {
        case place = 0
        case transaction = 1
        case declared = 2
        case corrective = 3
    }

    private let story: EventStory
    private let bytes: [UInt8]

    /// What is kept of a part; nothing unless it is an event.
    init?(
        _ content: Content, of part: Part, audience: Visibility, issuer: String, standing: Standing
    ) {
        guard case .event(let event) = content else { return nil }
        story = EventStory(event)
        var writer = StoryWriter()
        writer.write(Self.form)
        writer.write(raw: part.digest.bytes)
        let said = Hash256.sha256(Array(issuer.utf8) + [0] + part.content)
        writer.write(raw: said.bytes.prefix(Self.saidBytes))
        writer.write(issuer)
        writer.write(UInt64(standing.rawValue))
        switch audience {
        case .open: writer.write(0 as UInt64)
        case .network: writer.write(1 as UInt64)
        case .organisations(let listed):
            writer.write(2 + UInt64(listed.count))
            for uri in listed { writer.write(uri) }
        }
        story.write(to: &writer)
        bytes = writer.bytes
    }

    /// Writes the rows of an event that has this number.
    func write(to database: Database, number: Int64) throws {
        try SQLStatement(database, "INSERT OR REPLACE INTO story(event, bytes) VALUES(?, ?)")
            .run(.integer(number), .bytes(bytes))
        let insert = try SQLStatement(
            database, "INSERT OR IGNORE INTO passage(kind, uri, time, event) VALUES(?, ?, ?, ?)")
        for (kind, uri) in Self.passages(of: story) {
            try insert.run(
                .integer(kind), .text(uri), .integer(story.timeMilliseconds), .integer(number))
        }
    }

    private static func passages(of story: EventStory) -> [(Int64, String)] {
        var rows = story.places.map { (Passage.place.rawValue, $0) }
        rows += story.transactions.map { (Passage.transaction.rawValue, $0) }
        guard let declaration = story.declaration else { return rows }
        if let id = story.eventID {
            rows.append((Passage.declared.rawValue, Corrections.normal(id)))
        }
        return rows
            + declaration.correctiveEventIDs.map {
                (Passage.corrective.rawValue, Corrections.normal($0))
            }
    }

    /// Removes what an erased part told, as soon as its erasure is registered.
    static func erase(_ event: Int64, from database: Database) throws {
        guard
            let bytes = try SQLStatement(database, "SELECT bytes FROM story WHERE event = ?")
                .first(.integer(event), read: { $0.bytes(0) }),
            let story = read(bytes, TextPool(), permitting: { _, _, _ in true })?.event.story
        else { return }
        let time = story.timeMilliseconds
        let names =
            story.things.map(\.uri) + story.places + [story.process].compactMap(\.self)
        let flow = try SQLStatement(
            database, "DELETE FROM flow WHERE subject = ? AND time = ? AND event = ?")
        for name in names { try flow.run(.text(name), .integer(time), .integer(event)) }
        let passage = try SQLStatement(
            database, "DELETE FROM passage WHERE kind = ? AND uri = ? AND time = ? AND event = ?")
        for (kind, uri) in passages(of: story) {
            try passage.run(.integer(kind), .text(uri), .integer(time), .integer(event))
        }
        try SQLStatement(database, "DELETE FROM story WHERE event = ?").run(.integer(event))
    }

    /// What was said by whom: the bytes of the hash.
    struct Said: Hashable {
        private let first: UInt64
        private let second: UInt64

        fileprivate init(_ bytes: ArraySlice<UInt8>) {
            func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
                bytes.reduce(0) { $0 << 8 | UInt64($1) }
            }
            first = number(bytes.prefix(8))
            second = number(bytes.dropFirst(8))
        }

        // It is a hash already.
        func hash(into hasher: inout Hasher) { hasher.combine(first) }
    }

    /// A story that was read, and what tells whether it was read before.
    struct Told {
        var event: RecordedEvent
        var said: Said
    }

    /// Reads a row: nothing if it may not be seen, as `permitting` tells of its audience, issuer
    /// and part, or if it is no story.
    static func read(
        _ bytes: [UInt8], _ pool: TextPool, permitting: (Visibility, String, Hash256) throws -> Bool
    ) rethrows -> Told? {
        var row = StoryReader(bytes, pool: pool)
        guard row.number() == form, let digest = row.raw(32).flatMap({ Hash256($0) }),
            let said = row.raw(saidBytes), let issuer = row.sharedText(),
            let grade = row.number(),
            let standing = Standing(rawValue: UInt8(truncatingIfNeeded: grade)),
            let audience = visibility(&row), try permitting(audience, issuer, digest),
            let story = EventStory(&row)
        else { return nil }
        return Told(
            event: RecordedEvent(
                digest: digest, issuer: issuer, standing: standing, story: consume story),
            said: Said(said))
    }

    private static func visibility(_ row: inout StoryReader) -> Visibility? {
        guard let code = row.number() else { return nil }
        guard code > 1 else { return code == 0 ? .open : .network }
        var listed: [String] = []
        for _ in 0..<code - 2 {
            guard let uri = row.sharedText() else { return nil }
            listed.append(uri)
        }
        return .organisations(listed)
    }
}
