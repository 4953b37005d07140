#ifndef FAULTY_DISK_INSIDE_H
#define FAULTY_DISK_INSIDE_H

#include "faulty_disk.h"

#include <pthread.h>
#include <sqlite3.h>

enum { NAME_LIMIT = 256, FILES_LIMIT = 24, SHM_LOCKS = SQLITE_SHM_NLOCK, SHM_REGIONS = 1024 };

typedef struct {
    uint8_t *bytes;
    int64_t size, capacity;
} buffer;

typedef struct {
    int is_truncation;
    int is_lost; /* a sync failed over it: it will never be durable */
    int64_t offset, count;
    uint8_t *bytes;
} change;

/* What a file holds: now, and after the last sync; between them the changes in order. */
typedef struct {
    int users;
    buffer now, durable;
    change *changes;
    int64_t changes_count, changes_capacity;
    int asks_directory_sync; /* its next sync syncs the directory too, as SQLite does */
    int lock_shared;
    const void *lock_reserved, *lock_pending;
} content;

typedef struct {
    int users;
    void *regions[SHM_REGIONS];
    int regions_count, region_size;
    int shared[SHM_LOCKS];
    const void *exclusive[SHM_LOCKS];
} shared_memory;

typedef struct {
    char name[NAME_LIMIT];
    content *now, *durable; /* null where the name is not there */
    shared_memory *shm;
} file;

enum { STEP_CREATE, STEP_WRITE, STEP_TRUNCATE, STEP_SYNC, STEP_DELETE };

typedef struct {
    int kind, file, directory;
    int64_t offset, count;
    uint8_t *bytes;
} step;

struct faulty_disk {
    pthread_mutex_t lock;
    char directory[1024];
    size_t directory_length;
    struct faulty_disk *next_mounted;
    int handles, is_freed;
    file files[FILES_LIMIT];
    int files_count;
    int counted;
    uint64_t operations, failures;
    uint64_t fail_first, fail_times, cut_at, full_at, random;
    int is_full, full_overwrites, is_dead;
    int is_recording;
    step *steps;
    int64_t steps_count, steps_capacity;
};

uint64_t disk_random(uint64_t *state);
faulty_disk *disk_at(const char *path, const char **name);
void disk_release(faulty_disk *disk);
/* Counts an operation: SQLITE_OK, or the error it fails with. */
int disk_admit(faulty_disk *disk, int kind, int error);
int disk_is_full_for(faulty_disk *disk, int64_t end, const content *held);
int disk_find(faulty_disk *disk, const char *name, int create);
void disk_create_file(faulty_disk *disk, int number, int asks_directory_sync);
void disk_write(faulty_disk *disk, int number, content *, const void *, int64_t, int64_t offset);
void disk_truncate(faulty_disk *disk, int number, content *held, int64_t size);
void disk_sync(faulty_disk *disk, int number, content *held);
void disk_fail_sync(faulty_disk *disk, content *held);
void disk_delete(faulty_disk *disk, int number, int directory);
void content_release(content *held);
int disk_number_of(faulty_disk *disk, const content *held);

#endif
