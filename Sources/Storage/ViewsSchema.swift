import GRDB

/// The tables of `views.sqlite`, schema number 2.
///
/// Trust: none. Everything follows from the ledger and can be made again; a changed row gives wrong
/// answers to queries until then, and nothing else. Evidence does not read it.
enum ViewsSchema {
    /// What `PRAGMA user_version` says of a database of this form.
    static let version: Int64 = 2

    /// What makes the tables.
    ///
    /// `view` has one row: how far the ledger is indexed and the hash of the last entry indexed.
    /// A `flow` is one thing an event says something about; role `process` is its
    /// transformationID. A `story` is what a lineage needs of an event (``StoredStory``), and a
    /// `passage` leads to events by another name: a place (kind 0), a business transaction (1), an
    /// event ID declared in error (2) or named as correction (3). Times are milliseconds since
    /// 1970.
    static let tables = """
        CREATE TABLE view(
            one INTEGER PRIMARY KEY CHECK(one = 1), network BLOB NOT NULL, next INTEGER NOT NULL,
            last BLOB NOT NULL) STRICT;
        CREATE TABLE event(
            number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, leaf INTEGER NOT NULL,
            registered INTEGER NOT NULL, issuer TEXT NOT NULL, event_id TEXT,
            time INTEGER NOT NULL, type TEXT NOT NULL, biz_step TEXT, site TEXT,
            standing INTEGER NOT NULL) STRICT;
        CREATE TABLE flow(
            subject TEXT NOT NULL, time INTEGER NOT NULL, event INTEGER NOT NULL,
            ordinal INTEGER NOT NULL, role TEXT NOT NULL, place TEXT NOT NULL, quantity TEXT,
            uom TEXT, PRIMARY KEY(subject, time, event, ordinal)) STRICT, WITHOUT ROWID;
        CREATE TABLE record(
            number INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, leaf INTEGER NOT NULL,
            registered INTEGER NOT NULL, issuer TEXT NOT NULL, kind TEXT NOT NULL, id TEXT,
            standing INTEGER NOT NULL) STRICT;
        CREATE TABLE about(
            uri TEXT NOT NULL, record INTEGER NOT NULL,
            PRIMARY KEY(uri, record)) STRICT, WITHOUT ROWID;
        CREATE TABLE story(event INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
        CREATE TABLE passage(
            kind INTEGER NOT NULL, uri TEXT NOT NULL, time INTEGER NOT NULL,
            event INTEGER NOT NULL,
            PRIMARY KEY(kind, uri, time, event)) STRICT, WITHOUT ROWID;
        """

    static let names = ["passage", "story", "about", "record", "flow", "event", "view"]
}
