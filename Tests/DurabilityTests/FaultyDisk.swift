import CFaultyDisk
import Foundation
import GRDB
import Support

@testable import Storage

/// A disk in memory that fails as it is told, mounted at a directory of its own.
///
/// The directory really exists: the lock is in it, and empty files stand for the databases, as the
/// ledger looks for them before it lets SQLite open them.
///
/// Safe: the disk has a lock of its own; whoever makes one mounts and frees it.
@safe final class FaultyDisk: @unchecked Sendable {
    /// What survives a power cut of what was not synced.
    enum Survival: Int32 { case everything, nothing, some }

    /// Kinds of operations, to count or to fail.
    struct Kinds: OptionSet {
        let rawValue: Int32
        static let reads = Kinds(rawValue: 1)
        static let writes = Kinds(rawValue: 2)
        static let syncs = Kinds(rawValue: 8)
        static let changes = Kinds(rawValue: 126)
        static let all = Kinds(rawValue: 127)
    }

    private let disk: OpaquePointer
    /// Where it is mounted.
    private(set) var directory: String?

    private init(_ disk: OpaquePointer?) {
        guard let disk = unsafe disk else { preconditionFailure("no memory for a disk") }
        unsafe self.disk = disk
        faulty_disk_install()
    }

    /// An empty disk.
    convenience init() { unsafe self.init(faulty_disk_create()) }

    deinit { unsafe faulty_disk_free(disk) }

    // MARK: Mounting

    /// Puts the disk in the place of a directory.
    func mount(_ directory: String) {
        self.directory = directory
        unsafe faulty_disk_mount(disk, directory)
        mountFiles()
    }

    /// Brings the files that stand for the databases up to date, for the next opening.
    func mountFiles() {
        guard let directory else { return }
        for name in ["ledger.sqlite", "views.sqlite", "service.sqlite"] {
            for file in [name, name + "-wal"] {
                let path = directory + "/" + file
                if (size(of: file) ?? 0) > 0 {
                    try? Data([0]).write(to: URL(filePath: path))
                } else {
                    _ = unsafe unlink(path)
                }
            }
        }
    }

    /// Takes the disk away from its directory.
    func unmount() {
        unsafe faulty_disk_unmount(disk)
        directory = nil
    }

    // MARK: Faults

    /// Counts operations of these kinds from here on.
    func count(_ kinds: Kinds) { unsafe faulty_disk_count(disk, kinds.rawValue) }
    var operations: UInt64 { unsafe faulty_disk_operations(disk) }
    var failures: UInt64 { unsafe faulty_disk_failures(disk) }

    /// From an operation on, so many fail; a failed sync loses pages by the seed.
    func fail(at operation: UInt64, times: UInt64, seed: UInt64) {
        unsafe faulty_disk_fail(disk, operation, times, seed)
    }

    func cutPower(at operation: UInt64) { unsafe faulty_disk_cut_power(disk, operation) }

    func fillUp(at operation: UInt64, allowsOverwriting: Bool) {
        unsafe faulty_disk_fill_up(disk, operation, allowsOverwriting ? 1 : 0)
    }

    func makeRoom() { unsafe faulty_disk_make_room(disk) }

    /// Makes durable which files there are, as a sync of the directory does.
    func synchronizeDirectory() { unsafe faulty_disk_sync_directory(disk) }

    // MARK: What is left

    /// The disk after the power went.
    func afterPowerCut(_ survival: Survival, seed: UInt64) -> FaultyDisk {
        unsafe FaultyDisk(faulty_disk_after_cut(disk, survival.rawValue, seed))
    }

    /// The disk after the process died and the system went on.
    func afterCrash() -> FaultyDisk { unsafe FaultyDisk(faulty_disk_after_crash(disk)) }

    // MARK: Recording

    func record() { unsafe faulty_disk_record(disk) }
    var recorded: UInt64 { unsafe faulty_disk_recorded(disk) }
    func isSync(_ change: UInt64) -> Bool { unsafe faulty_disk_recorded_sync(disk, change) != 0 }

    /// Does what was done on another disk once more.
    func `repeat`(_ change: UInt64, of recording: FaultyDisk) {
        unsafe faulty_disk_repeat(disk, recording.disk, change)
    }

    // MARK: Files

    func size(of name: String) -> Int? {
        let size = unsafe faulty_disk_file_size(disk, name)
        return size < 0 ? nil : Int(size)
    }

    func bytes(of name: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: size(of: name) ?? 0)
        let count = Int64(bytes.count)
        unsafe bytes.withUnsafeMutableBufferPointer {
            _ = unsafe faulty_disk_copy_file(disk, name, $0.baseAddress, count)
        }
        return bytes
    }

    func put(_ bytes: [UInt8], as name: String) {
        unsafe bytes.withUnsafeBufferPointer {
            unsafe faulty_disk_put_file(disk, name, $0.baseAddress, Int64($0.count))
        }
    }

    func flip(bit: Int, of name: String) { unsafe faulty_disk_flip(disk, name, Int64(bit)) }

    func holds(_ bytes: [UInt8]) -> Bool {
        unsafe bytes.withUnsafeBufferPointer {
            unsafe faulty_disk_holds(disk, $0.baseAddress, Int64($0.count)) != 0
        }
    }
}

/// Everything a ledger's tables say, in one number: equal digests mean equal answers.
struct ContentDigest: Hashable, Sendable {
    let first: UInt64
    let second: UInt64

    /// Reads every row of every table.
    init(_ store: LedgerStore) throws {
        var words: [UInt64] = [0, 0]
        let connection = unsafe store.database.sqliteConnection
        let code = unsafe words.withUnsafeMutableBufferPointer {
            unsafe faulty_content_digest(connection, $0.baseAddress)
        }
        guard code == 0 else {
            throw StorageError(sqlite: code, message: "the rows cannot be read", place: "digest")
        }
        first = words[0]
        second = words[1]
    }
}
