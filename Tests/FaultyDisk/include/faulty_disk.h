#ifndef FAULTY_DISK_H
#define FAULTY_DISK_H

#include <stddef.h>
#include <stdint.h>

/* A disk in memory that fails as disks do, and SQLite's way onto it.
 *
 * `faulty_disk_install` makes a VFS the process's default. It hands every path to the VFS that was
 * the default before, but those below the directory of a mounted disk. A disk has one flat
 * directory, follows POSIX and promises no more than POSIX does:
 *
 *  - what a file holds is durable after its sync, what was written since may be kept, dropped or
 *    torn, each write for itself and in any order;
 *  - that a file exists, or is gone, is durable after a sync of the directory (SQLite asks for it
 *    with the first sync of a new journal or WAL, and in some deletions);
 *  - a write changes no byte outside its own range (SQLite's "powersafe overwrite", which its VFS
 *    for Unix promises too);
 *  - after a sync that failed the system takes the pages for clean: some of them are then lost
 *    for ever though they can still be read, and the next sync succeeds.
 *
 * Shared memory (`-shm`) is the process's own and outlives neither it nor a power cut. */

typedef struct faulty_disk faulty_disk;
typedef struct sqlite3 sqlite3;

enum {
    FAULTY_READ = 1, FAULTY_WRITE = 2, FAULTY_TRUNCATE = 4, FAULTY_SYNC = 8, FAULTY_DELETE = 16,
    FAULTY_OPEN = 32, FAULTY_SHM = 64, FAULTY_CHANGES = 2 | 4 | 8 | 16 | 32 | 64, FAULTY_ALL = 127
};

/* What survives a power cut of what was not synced. */
enum { FAULTY_KEEP_ALL, FAULTY_DROP_ALL, FAULTY_MIXED };

void faulty_disk_install(void);

/* An empty disk. Free it when no connection uses it any more. */
faulty_disk *faulty_disk_create(void);
void faulty_disk_free(faulty_disk *disk);
/* Paths `directory/name` are on the disk from now on, until it is unmounted. */
void faulty_disk_mount(faulty_disk *disk, const char *directory);
void faulty_disk_unmount(faulty_disk *disk);

/* Faults. Operations are counted from 1 while `counted` kinds are set. */
void faulty_disk_count(faulty_disk *disk, int kinds);
uint64_t faulty_disk_operations(faulty_disk *disk);
/* From this operation on, `times` operations fail with EIO; a failed sync loses by the seed. */
void faulty_disk_fail(faulty_disk *disk, uint64_t operation, uint64_t times, uint64_t seed);
/* The power goes at this operation: it and everything after fail. */
void faulty_disk_cut_power(faulty_disk *disk, uint64_t operation);
/* From this operation on there is no space, but for overwriting if `overwrites`. */
void faulty_disk_fill_up(faulty_disk *disk, uint64_t operation, int overwrites);
/* There is space again. */
void faulty_disk_make_room(faulty_disk *disk);
/* Makes durable which files there are. */
void faulty_disk_sync_directory(faulty_disk *disk);
/* How many operations failed so far. */
uint64_t faulty_disk_failures(faulty_disk *disk);

/* What the disk holds for the next machine: after a power cut, by a seed, and after the death of
 * the process alone, when everything written is there, though it may not be durable. */
faulty_disk *faulty_disk_after_cut(faulty_disk *disk, int survival, uint64_t seed);
faulty_disk *faulty_disk_after_crash(faulty_disk *disk);

/* Notes every change from now on. Another disk, a copy from before the recording, can then be
 * taken through the changes one by one. */
void faulty_disk_record(faulty_disk *disk);
uint64_t faulty_disk_recorded(faulty_disk *disk);
/* Whether a recorded change is a sync: one that is cut off has no effect. */
int faulty_disk_recorded_sync(faulty_disk *disk, uint64_t change);
void faulty_disk_repeat(faulty_disk *disk, faulty_disk *recording, uint64_t change);

/* Files. Sizes are -1 for files that are not there. */
int64_t faulty_disk_file_size(faulty_disk *disk, const char *name);
int64_t faulty_disk_copy_file(faulty_disk *disk, const char *name, uint8_t *into, int64_t limit);
/* Puts a durable file in place. */
void faulty_disk_put_file(
    faulty_disk *disk, const char *name, const uint8_t *bytes, int64_t count);
void faulty_disk_flip(faulty_disk *disk, const char *name, int64_t bit);
/* Whether any file holds these bytes. */
int faulty_disk_holds(faulty_disk *disk, const uint8_t *bytes, int64_t count);

/* A digest of every row of every table and of the schema, by SQL; 0 if all could be read.
 * Two databases with the same digest give the same answers. */
int faulty_content_digest(sqlite3 *database, uint64_t digest[2]);
/* Syncs every commit, or not: sets PRAGMA synchronous. For controls. */
int faulty_set_synchronous(sqlite3 *database, int level);

#endif
