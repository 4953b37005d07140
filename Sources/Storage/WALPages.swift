import GRDB
import GRDBSQLite

/// How many pages the WAL had after the last commit of one connection.
///
/// It lives as long as the connection, whose hook points to it. It may call itself sendable because
/// it is told and asked on that connection's queue only: what SQLite tells it while it commits is
/// told on the thread that commits, and GRDB has one at a time.
@safe final class WALPages: @unchecked Sendable {
    /// The number of pages.
    private(set) var count = 0

    /// Begins to count what a connection commits, in place of SQLite's own copying back.
    func count(on database: Database) {
        let here = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe sqlite3_wal_hook(
            database.sqliteConnection,
            { here, _, _, pages in
                if let here = unsafe here {
                    unsafe Unmanaged<WALPages>.fromOpaque(here).takeUnretainedValue().count =
                        Int(pages)
                }
                return SQLITE_OK
            }, here)
    }
}
