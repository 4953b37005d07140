/* SQLite's way onto the disks of disk.c. */

#include "disk.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    sqlite3_file base;
    faulty_disk *disk;
    content *held;
    shared_memory *shm;
    int shm_shared, shm_exclusive; /* masks of the locks this handle has */
    int lock;
    char name[NAME_LIMIT];
} handle;

static sqlite3_vfs *real_vfs;

#define ENTER(disk) pthread_mutex_lock(&(disk)->lock)
#define LEAVE(disk, code)                     \
    do {                                      \
        int leave_code = (code);              \
        pthread_mutex_unlock(&(disk)->lock);  \
        return leave_code;                    \
    } while (0)

/* MARK: Locks of the database file */

static int file_unlock(sqlite3_file *opened, int level) {
    handle *here = (handle *)opened;
    content *held = here->held;
    ENTER(here->disk);
    if (level < SQLITE_LOCK_RESERVED) {
        if (held->lock_reserved == here) held->lock_reserved = NULL;
        if (held->lock_pending == here) held->lock_pending = NULL;
    }
    if (level == SQLITE_LOCK_NONE && here->lock >= SQLITE_LOCK_SHARED) held->lock_shared--;
    if (level < here->lock) here->lock = level;
    LEAVE(here->disk, SQLITE_OK);
}

static int file_lock(sqlite3_file *opened, int level) {
    handle *here = (handle *)opened;
    content *held = here->held;
    ENTER(here->disk);
    if (level <= here->lock) LEAVE(here->disk, SQLITE_OK);
    if (held->lock_pending != NULL && held->lock_pending != here) {
        LEAVE(here->disk, SQLITE_BUSY);
    }
    if (here->lock == SQLITE_LOCK_NONE) {
        held->lock_shared++;
        here->lock = SQLITE_LOCK_SHARED;
    }
    if (level >= SQLITE_LOCK_RESERVED) {
        if (held->lock_reserved != NULL && held->lock_reserved != here) {
            LEAVE(here->disk, SQLITE_BUSY);
        }
        held->lock_reserved = here;
        here->lock = SQLITE_LOCK_RESERVED;
    }
    if (level >= SQLITE_LOCK_PENDING) {
        held->lock_pending = here;
        here->lock = SQLITE_LOCK_PENDING;
        if (level == SQLITE_LOCK_EXCLUSIVE) {
            if (held->lock_shared > 1) LEAVE(here->disk, SQLITE_BUSY);
            here->lock = SQLITE_LOCK_EXCLUSIVE;
        }
    }
    LEAVE(here->disk, SQLITE_OK);
}

static int file_check_reserved(sqlite3_file *opened, int *answer) {
    handle *here = (handle *)opened;
    *answer = here->held->lock_reserved != NULL;
    return SQLITE_OK;
}

/* MARK: Files */

static int file_close(sqlite3_file *opened) {
    handle *here = (handle *)opened;
    file_unlock(opened, SQLITE_LOCK_NONE);
    ENTER(here->disk);
    content_release(here->held);
    pthread_mutex_unlock(&here->disk->lock);
    disk_release(here->disk);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *opened, void *into, int count, sqlite3_int64 offset) {
    handle *here = (handle *)opened;
    ENTER(here->disk);
    int code = disk_admit(here->disk, FAULTY_READ, SQLITE_IOERR_READ);
    if (code != SQLITE_OK) LEAVE(here->disk, code);
    int64_t there = here->held->now.size - offset;
    if (there < 0) there = 0;
    if (there > count) there = count;
    if (there > 0) memcpy(into, here->held->now.bytes + offset, (size_t)there);
    if (there == count) LEAVE(here->disk, SQLITE_OK);
    memset((uint8_t *)into + there, 0, (size_t)(count - there));
    LEAVE(here->disk, SQLITE_IOERR_SHORT_READ);
}

static int file_write(sqlite3_file *opened, const void *bytes, int count, sqlite3_int64 offset) {
    handle *here = (handle *)opened;
    faulty_disk *disk = here->disk;
    ENTER(disk);
    int was_dead = disk->is_dead;
    int code = disk_admit(disk, FAULTY_WRITE, SQLITE_IOERR_WRITE);
    int number = disk_number_of(disk, here->held);
    if (code == SQLITE_OK && disk_is_full_for(disk, offset + count, here->held)) {
        /* What fits is written, as write(2) does. */
        count = (int)(disk_random(&disk->random) % (uint64_t)count);
        code = SQLITE_FULL;
    }
    /* The operation at which the power goes is under way. */
    if (code == SQLITE_OK || code == SQLITE_FULL || (disk->is_dead && !was_dead)) {
        disk_write(disk, number, here->held, bytes, count, offset);
    }
    LEAVE(disk, code);
}

static int file_truncate(sqlite3_file *opened, sqlite3_int64 size) {
    handle *here = (handle *)opened;
    ENTER(here->disk);
    int was_dead = here->disk->is_dead;
    int code = disk_admit(here->disk, FAULTY_TRUNCATE, SQLITE_IOERR_TRUNCATE);
    if (code == SQLITE_OK || (here->disk->is_dead && !was_dead)) {
        disk_truncate(here->disk, disk_number_of(here->disk, here->held), here->held, size);
    }
    LEAVE(here->disk, code);
}

static int file_sync(sqlite3_file *opened, int flags) {
    (void)flags;
    handle *here = (handle *)opened;
    ENTER(here->disk);
    int code = disk_admit(here->disk, FAULTY_SYNC, SQLITE_IOERR_FSYNC);
    if (code == SQLITE_OK) {
        disk_sync(here->disk, disk_number_of(here->disk, here->held), here->held);
    } else if (!here->disk->is_dead) {
        disk_fail_sync(here->disk, here->held);
    }
    LEAVE(here->disk, code);
}

static int file_size(sqlite3_file *opened, sqlite3_int64 *size) {
    handle *here = (handle *)opened;
    ENTER(here->disk);
    *size = here->held->now.size;
    LEAVE(here->disk, SQLITE_OK);
}

static int file_control(sqlite3_file *opened, int operation, void *argument) {
    (void)opened, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *opened) {
    (void)opened;
    return 4096;
}

static int file_characteristics(sqlite3_file *opened) {
    (void)opened;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* MARK: Shared memory */

static int shm_map(sqlite3_file *opened, int region, int size, int extend, void volatile **at) {
    handle *here = (handle *)opened;
    faulty_disk *disk = here->disk;
    ENTER(disk);
    *at = NULL;
    file *named = &disk->files[disk_find(disk, here->name, 1)];
    if (here->shm == NULL) {
        if (named->shm == NULL) named->shm = calloc(1, sizeof(shared_memory));
        here->shm = named->shm;
        here->shm->users++;
        here->shm->region_size = size;
    }
    if (region >= SHM_REGIONS) LEAVE(disk, SQLITE_NOMEM);
    while (here->shm->regions_count <= region) {
        if (!extend) LEAVE(disk, SQLITE_OK);
        int code = disk_admit(disk, FAULTY_SHM, SQLITE_IOERR_SHMSIZE);
        if (code == SQLITE_OK && disk_is_full_for(disk, 0, NULL)) code = SQLITE_IOERR_SHMSIZE;
        if (code != SQLITE_OK) LEAVE(disk, code);
        here->shm->regions[here->shm->regions_count++] = calloc(1, (size_t)size);
    }
    *at = here->shm->regions[region];
    LEAVE(disk, SQLITE_OK);
}

static int shm_lock(sqlite3_file *opened, int offset, int count, int flags) {
    handle *here = (handle *)opened;
    shared_memory *shm = here->shm;
    int mask = ((1 << count) - 1) << offset;
    ENTER(here->disk);
    if (flags & SQLITE_SHM_UNLOCK) {
        for (int i = offset; i < offset + count; i++) {
            if (here->shm_exclusive & (1 << i)) shm->exclusive[i] = NULL;
            if (here->shm_shared & (1 << i)) shm->shared[i]--;
        }
        here->shm_exclusive &= ~mask;
        here->shm_shared &= ~mask;
        LEAVE(here->disk, SQLITE_OK);
    }
    for (int i = offset; i < offset + count; i++) {
        int others = shm->shared[i] - ((here->shm_shared >> i) & 1);
        int is_taken = shm->exclusive[i] != NULL && shm->exclusive[i] != here;
        if (is_taken || ((flags & SQLITE_SHM_EXCLUSIVE) && others > 0)) {
            LEAVE(here->disk, SQLITE_BUSY);
        }
    }
    for (int i = offset; i < offset + count; i++) {
        if (flags & SQLITE_SHM_EXCLUSIVE) {
            shm->exclusive[i] = here;
            here->shm_exclusive |= 1 << i;
        } else if (!(here->shm_shared & (1 << i))) {
            shm->shared[i]++;
            here->shm_shared |= 1 << i;
        }
    }
    LEAVE(here->disk, SQLITE_OK);
}

static void shm_barrier(sqlite3_file *opened) {
    handle *here = (handle *)opened;
    ENTER(here->disk);
    pthread_mutex_unlock(&here->disk->lock);
}

static int shm_unmap(sqlite3_file *opened, int delete_it) {
    (void)delete_it;
    handle *here = (handle *)opened;
    if (here->shm == NULL) return SQLITE_OK;
    shm_lock(opened, 0, SHM_LOCKS, SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE);
    ENTER(here->disk);
    shared_memory *shm = here->shm;
    here->shm = NULL;
    if (--shm->users == 0) {
        file *named = &here->disk->files[disk_find(here->disk, here->name, 1)];
        if (named->shm == shm) named->shm = NULL;
        for (int i = 0; i < shm->regions_count; i++) free(shm->regions[i]);
        free(shm);
    }
    LEAVE(here->disk, SQLITE_OK);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, .xClose = file_close, .xRead = file_read, .xWrite = file_write,
    .xTruncate = file_truncate, .xSync = file_sync, .xFileSize = file_size, .xLock = file_lock,
    .xUnlock = file_unlock, .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control, .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_characteristics, .xShmMap = shm_map, .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier, .xShmUnmap = shm_unmap,
};

/* MARK: The VFS */

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *opened, int flags,
                    int *answer) {
    (void)vfs;
    const char *name = NULL;
    faulty_disk *disk = disk_at(path, &name);
    if (disk == NULL) return real_vfs->xOpen(real_vfs, path, opened, flags, answer);
    handle *here = (handle *)opened;
    memset(here, 0, sizeof *here);
    ENTER(disk);
    int code = disk_admit(disk, FAULTY_OPEN, SQLITE_CANTOPEN);
    if (code != SQLITE_OK) LEAVE(disk, code);
    int number = disk_find(disk, name, (flags & SQLITE_OPEN_CREATE) != 0);
    if (number < 0) LEAVE(disk, SQLITE_CANTOPEN);
    if (disk->files[number].now == NULL) {
        if ((flags & SQLITE_OPEN_CREATE) == 0) LEAVE(disk, SQLITE_CANTOPEN);
        if (disk_is_full_for(disk, 0, NULL)) LEAVE(disk, SQLITE_CANTOPEN);
        int journal = SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL | SQLITE_OPEN_WAL;
        disk_create_file(disk, number, (flags & journal) != 0);
    }
    here->held = disk->files[number].now;
    here->held->users++;
    here->disk = disk;
    strncpy(here->name, name, NAME_LIMIT - 1);
    disk->handles++;
    here->base.pMethods = &methods;
    if (answer != NULL) *answer = flags;
    LEAVE(disk, SQLITE_OK);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int directory) {
    (void)vfs;
    const char *name = NULL;
    faulty_disk *disk = disk_at(path, &name);
    if (disk == NULL) return real_vfs->xDelete(real_vfs, path, directory);
    ENTER(disk);
    int code = disk_admit(disk, FAULTY_DELETE, SQLITE_IOERR_DELETE);
    if (code != SQLITE_OK) LEAVE(disk, code);
    int number = disk_find(disk, name, 0);
    if (number < 0 || disk->files[number].now == NULL) LEAVE(disk, SQLITE_IOERR_DELETE_NOENT);
    disk_delete(disk, number, directory);
    LEAVE(disk, SQLITE_OK);
}

static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *answer) {
    (void)vfs;
    const char *name = NULL;
    faulty_disk *disk = disk_at(path, &name);
    if (disk == NULL) return real_vfs->xAccess(real_vfs, path, flags, answer);
    ENTER(disk);
    int number = disk_find(disk, name, 0);
    content *held = number < 0 ? NULL : disk->files[number].now;
    /* As SQLite's own does: an empty file counts as none. */
    *answer = held != NULL && (flags != SQLITE_ACCESS_EXISTS || held->now.size > 0);
    LEAVE(disk, disk->is_dead ? SQLITE_IOERR_ACCESS : SQLITE_OK);
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *path, int limit, char *into) {
    (void)vfs;
    const char *name = NULL;
    if (disk_at(path, &name) == NULL) {
        return real_vfs->xFullPathname(real_vfs, path, limit, into);
    }
    if ((int)strlen(path) >= limit) return SQLITE_CANTOPEN;
    strcpy(into, path);
    return SQLITE_OK;
}

static sqlite3_vfs faulty_vfs;

static void install_once(void) {
    real_vfs = sqlite3_vfs_find(NULL);
    faulty_vfs = *real_vfs;
    faulty_vfs.zName = "faulty";
    faulty_vfs.pNext = NULL;
    if (faulty_vfs.szOsFile < (int)sizeof(handle)) faulty_vfs.szOsFile = (int)sizeof(handle);
    faulty_vfs.xOpen = vfs_open;
    faulty_vfs.xDelete = vfs_delete;
    faulty_vfs.xAccess = vfs_access;
    faulty_vfs.xFullPathname = vfs_full_pathname;
    sqlite3_vfs_register(&faulty_vfs, 1);
}

void faulty_disk_install(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install_once);
}
