import GRDB

/// The tables of `views.sqlite`, schema number 4.
///
/// Trust: none. Everything follows from the ledger and can be made again; a changed row gives wrong
/// answers to queries until then, and nothing else. Evidence does not read it.
enum ViewsSchema {
    /// What `PRAGMA user_version` says of a database of this form.
    static let version: Int64 = 4

    /// What makes the tables.
    ///
    /// `view` has one row: how far the ledger is indexed and the hash of the last entry indexed.
    /// Times are milliseconds since 1970.
    ///
    /// The `number` of an event is its place in the log, ``EventNumber``: so the table grows at its
    /// end, and the order of numbers is that of record times. A `flow` is one thing an event says
    /// something about; role `process` is its transformationID.
    ///
    /// A `term` is a value that many events share, such as a business step or those who may see
    /// it; `posting` lists its events. Each list grows at its end, so filling touches as many pages
    /// as there are lists in use. `reading` tells which lists of readers an organisation is on.
    /// Event IDs are random: of them 8 bytes of a hash are indexed.
    ///
    /// `inside` tells which site, by which record of master data, lies in which other. `opening`
    /// leads to the grants (SPEC §5.1) of an issuer to an organisation, by the keys of the subjects
    /// that they are about; one that reaches upstream has the empty key too.
    ///
    /// A `story` is what a lineage needs of an event (``StoredStory``), and a `passage` leads to
    /// events by another name: a place (kind 0), a business transaction (1), an event ID declared
    /// in error (2) or named as correction (3).
    static let tables = """
        CREATE TABLE view(
            one INTEGER PRIMARY KEY CHECK(one = 1), network BLOB NOT NULL, next INTEGER NOT NULL,
            last BLOB NOT NULL) STRICT;
        CREATE TABLE event(
            number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, leaf INTEGER NOT NULL,
            registered INTEGER NOT NULL, issuer TEXT NOT NULL, id_key INTEGER,
            time INTEGER NOT NULL, readers INTEGER NOT NULL, standing INTEGER NOT NULL) STRICT;
        CREATE INDEX event_time ON event(time);
        CREATE INDEX event_id ON event(id_key) WHERE id_key IS NOT NULL;
        CREATE TABLE flow(
            subject TEXT NOT NULL, time INTEGER NOT NULL, event INTEGER NOT NULL,
            ordinal INTEGER NOT NULL, role TEXT NOT NULL, place TEXT NOT NULL, quantity TEXT,
            uom TEXT, PRIMARY KEY(subject, time, event, ordinal)) STRICT, WITHOUT ROWID;
        CREATE TABLE term(
            number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL,
            UNIQUE(kind, text)) STRICT;
        CREATE TABLE posting(
            term INTEGER NOT NULL, event INTEGER NOT NULL,
            PRIMARY KEY(term, event)) STRICT, WITHOUT ROWID;
        CREATE TABLE reading(
            organisation TEXT NOT NULL, term INTEGER NOT NULL,
            PRIMARY KEY(organisation, term)) STRICT, WITHOUT ROWID;
        CREATE TABLE record(
            number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, leaf INTEGER NOT NULL,
            registered INTEGER NOT NULL, issuer TEXT NOT NULL, kind TEXT NOT NULL, id TEXT,
            standing INTEGER NOT NULL) STRICT;
        CREATE INDEX record_notice ON record(leaf)
            WHERE kind IN ('recall', 'revocation', 'suspension');
        CREATE TABLE about(
            uri TEXT NOT NULL, record INTEGER NOT NULL,
            PRIMARY KEY(uri, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE inside(
            outer TEXT NOT NULL, inner TEXT NOT NULL, record INTEGER NOT NULL,
            PRIMARY KEY(outer, inner, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE opening(
            organisation TEXT NOT NULL, issuer TEXT NOT NULL, key BLOB NOT NULL,
            record INTEGER NOT NULL,
            PRIMARY KEY(organisation, issuer, key, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE story(event INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE passage(
            kind INTEGER NOT NULL, uri TEXT NOT NULL, time INTEGER NOT NULL,
            event INTEGER NOT NULL,
            PRIMARY KEY(kind, uri, time, event)) STRICT, WITHOUT ROWID;
        """

    static let names = [
        "passage", "story", "opening", "inside", "about", "record", "reading", "posting", "term",
        "flow",
        "event", "view",
    ]
}

/// The number of an event in the views: the index of its leaf and the number of its part.
enum EventNumber {
    /// More than the parts of a statement (SPEC §19).
    private static let partBits: Int64 = 12

    /// The number of an event.
    static func number(leafIndex: UInt64, part: UInt32) -> Int64 {
        first(ofLeaf: leafIndex) + Int64(part)
    }

    /// The first number of a leaf's events; where there is none so high, the highest of all.
    static func first(ofLeaf leafIndex: UInt64) -> Int64 {
        leafIndex < 1 << 50 ? Int64(leafIndex) << partBits : Int64.max
    }

    /// The leaf of an event.
    static func leafIndex(_ number: Int64) -> UInt64 { UInt64(clamping: number >> partBits) }

    /// The number of its part in the statement, in the order of digests.
    static func part(_ number: Int64) -> UInt32 {
        UInt32(truncatingIfNeeded: number & (1 << partBits - 1))
    }
}

/// The kinds of terms.
enum TermKind: Int, CaseIterable {
    case readers = 0
    case eventType, bizStep, disposition, readPoint, bizLocation
}
