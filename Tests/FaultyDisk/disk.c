/* What a disk holds, what of it is durable, and what is left of it. */

#include "disk.h"

#include <stdlib.h>
#include <string.h>

static pthread_mutex_t mounted_lock = PTHREAD_MUTEX_INITIALIZER;
static faulty_disk *mounted = NULL;

uint64_t disk_random(uint64_t *state) {
    uint64_t mixed = (*state += 0x9e3779b97f4a7c15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/* Memory is never short here: a test process that runs out of it may as well end. */
static void *must(void *memory) {
    if (memory == NULL) abort();
    return memory;
}

/* MARK: Bytes */

static void buffer_resize(buffer *held, int64_t size) {
    if (size > held->capacity) {
        int64_t capacity = held->capacity < 4096 ? 4096 : held->capacity;
        while (capacity < size) capacity *= 2;
        held->bytes = must(realloc(held->bytes, (size_t)capacity));
        held->capacity = capacity;
    }
    if (size > held->size) memset(held->bytes + held->size, 0, (size_t)(size - held->size));
    held->size = size;
}

static void buffer_write(buffer *held, const void *bytes, int64_t count, int64_t offset) {
    if (count == 0) return;
    if (offset + count > held->size) buffer_resize(held, offset + count);
    memcpy(held->bytes + offset, bytes, (size_t)count);
}

static void buffer_copy(buffer *into, const buffer *from) {
    into->capacity = into->size = from->size;
    into->bytes = NULL;
    if (from->size == 0) return;
    into->bytes = must(malloc((size_t)from->size));
    memcpy(into->bytes, from->bytes, (size_t)from->size);
}

static void apply(buffer *held, const change *made) {
    if (made->is_truncation) {
        buffer_resize(held, made->offset);
    } else {
        buffer_write(held, made->bytes, made->count, made->offset);
    }
}

static void drop_changes(content *held) {
    for (int64_t i = 0; i < held->changes_count; i++) free(held->changes[i].bytes);
    held->changes_count = 0;
}

void content_release(content *held) {
    if (held == NULL || --held->users > 0) return;
    drop_changes(held);
    free(held->changes);
    free(held->now.bytes);
    free(held->durable.bytes);
    free(held);
}

static content *content_of(const buffer *bytes) {
    content *made = must(calloc(1, sizeof(content)));
    made->users = 2; /* the name as it is and the name as it is durable */
    buffer_copy(&made->now, bytes);
    buffer_copy(&made->durable, bytes);
    return made;
}

static void note(content *held, int is_truncation, const void *bytes, int64_t count,
                 int64_t offset) {
    if (held->changes_count == held->changes_capacity) {
        held->changes_capacity = held->changes_capacity * 2 + 16;
        held->changes = must(
            realloc(held->changes, (size_t)held->changes_capacity * sizeof(change)));
    }
    change *made = &held->changes[held->changes_count++];
    *made = (change){.is_truncation = is_truncation, .offset = offset, .count = count};
    if (is_truncation || count == 0) return;
    made->bytes = must(malloc((size_t)count));
    memcpy(made->bytes, bytes, (size_t)count);
}

/* MARK: Disks */

faulty_disk *faulty_disk_create(void) {
    faulty_disk *disk = must(calloc(1, sizeof(faulty_disk)));
    pthread_mutex_init(&disk->lock, NULL);
    disk->counted = FAULTY_CHANGES;
    return disk;
}

static void destroy(faulty_disk *disk) {
    for (int i = 0; i < disk->files_count; i++) {
        content_release(disk->files[i].now);
        content_release(disk->files[i].durable);
    }
    for (int64_t i = 0; i < disk->steps_count; i++) free(disk->steps[i].bytes);
    free(disk->steps);
    pthread_mutex_destroy(&disk->lock);
    free(disk);
}

void faulty_disk_free(faulty_disk *disk) {
    faulty_disk_unmount(disk);
    pthread_mutex_lock(&disk->lock);
    disk->is_freed = 1;
    int is_idle = disk->handles == 0;
    pthread_mutex_unlock(&disk->lock);
    if (is_idle) destroy(disk);
}

void disk_release(faulty_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    int is_over = --disk->handles == 0 && disk->is_freed;
    pthread_mutex_unlock(&disk->lock);
    if (is_over) destroy(disk);
}

void faulty_disk_mount(faulty_disk *disk, const char *directory) {
    strncpy(disk->directory, directory, sizeof disk->directory - 1);
    disk->directory_length = strlen(disk->directory);
    pthread_mutex_lock(&mounted_lock);
    disk->next_mounted = mounted;
    mounted = disk;
    pthread_mutex_unlock(&mounted_lock);
}

void faulty_disk_unmount(faulty_disk *disk) {
    pthread_mutex_lock(&mounted_lock);
    for (faulty_disk **link = &mounted; *link != NULL; link = &(*link)->next_mounted) {
        if (*link != disk) continue;
        *link = disk->next_mounted;
        break;
    }
    pthread_mutex_unlock(&mounted_lock);
}

faulty_disk *disk_at(const char *path, const char **name) {
    faulty_disk *found = NULL;
    if (path == NULL) return NULL;
    pthread_mutex_lock(&mounted_lock);
    for (faulty_disk *disk = mounted; disk != NULL && found == NULL; disk = disk->next_mounted) {
        size_t length = disk->directory_length;
        if (strncmp(path, disk->directory, length) == 0 && path[length] == '/') {
            found = disk;
            *name = path + length + 1;
        }
    }
    pthread_mutex_unlock(&mounted_lock);
    return found;
}

/* MARK: Faults */

void faulty_disk_count(faulty_disk *disk, int kinds) {
    disk->counted = kinds;
    disk->operations = 0;
}
uint64_t faulty_disk_operations(faulty_disk *disk) { return disk->operations; }
uint64_t faulty_disk_failures(faulty_disk *disk) { return disk->failures; }
void faulty_disk_fail(faulty_disk *disk, uint64_t operation, uint64_t times, uint64_t seed) {
    disk->fail_first = operation;
    disk->fail_times = times;
    disk->random = seed;
}
void faulty_disk_cut_power(faulty_disk *disk, uint64_t operation) { disk->cut_at = operation; }
void faulty_disk_fill_up(faulty_disk *disk, uint64_t operation, int overwrites) {
    disk->full_at = operation;
    disk->full_overwrites = overwrites;
}
void faulty_disk_make_room(faulty_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    disk->is_full = 0;
    disk->full_at = 0;
    pthread_mutex_unlock(&disk->lock);
}

int disk_admit(faulty_disk *disk, int kind, int error) {
    if (disk->is_dead) return error;
    if ((disk->counted & kind) == 0) return SQLITE_OK;
    uint64_t number = ++disk->operations;
    if (disk->full_at != 0 && number >= disk->full_at) disk->is_full = 1;
    if (disk->cut_at != 0 && number >= disk->cut_at) {
        disk->is_dead = 1;
        disk->failures++;
        return error;
    }
    if (disk->fail_first != 0 && number >= disk->fail_first
        && number - disk->fail_first < disk->fail_times) {
        disk->failures++;
        return error;
    }
    return SQLITE_OK;
}

int disk_is_full_for(faulty_disk *disk, int64_t end, const content *held) {
    if (!disk->is_full) return 0;
    if (disk->full_overwrites && held != NULL && end <= held->now.size) return 0;
    disk->failures++;
    return 1;
}

/* MARK: Changes */

static void record(faulty_disk *disk, step made, const void *bytes) {
    if (!disk->is_recording) return;
    if (disk->steps_count == disk->steps_capacity) {
        disk->steps_capacity = disk->steps_capacity * 2 + 256;
        disk->steps = must(realloc(disk->steps, (size_t)disk->steps_capacity * sizeof(step)));
    }
    if (bytes != NULL && made.count > 0) {
        made.bytes = must(malloc((size_t)made.count));
        memcpy(made.bytes, bytes, (size_t)made.count);
    }
    disk->steps[disk->steps_count++] = made;
}

int disk_find(faulty_disk *disk, const char *name, int create) {
    for (int i = 0; i < disk->files_count; i++) {
        if (strcmp(disk->files[i].name, name) == 0) return i;
    }
    if (!create || disk->files_count == FILES_LIMIT) return -1;
    strncpy(disk->files[disk->files_count].name, name, NAME_LIMIT - 1);
    return disk->files_count++;
}

int disk_number_of(faulty_disk *disk, const content *held) {
    for (int i = 0; i < disk->files_count; i++) {
        if (disk->files[i].now == held) return i;
    }
    return -1;
}

void disk_create_file(faulty_disk *disk, int number, int asks_directory_sync) {
    buffer empty = {0};
    content *made = content_of(&empty);
    made->users = 1;
    made->asks_directory_sync = asks_directory_sync;
    disk->files[number].now = made;
    step note_it = {.kind = STEP_CREATE, .file = number, .directory = asks_directory_sync};
    record(disk, note_it, NULL);
}

void disk_write(faulty_disk *disk, int number, content *held, const void *bytes, int64_t count,
                int64_t offset) {
    buffer_write(&held->now, bytes, count, offset);
    note(held, 0, bytes, count, offset);
    step note_it = {.kind = STEP_WRITE, .file = number, .offset = offset, .count = count};
    record(disk, note_it, bytes);
}

void disk_truncate(faulty_disk *disk, int number, content *held, int64_t size) {
    buffer_resize(&held->now, size);
    note(held, 1, NULL, 0, size);
    step note_it = {.kind = STEP_TRUNCATE, .file = number, .offset = size};
    record(disk, note_it, NULL);
}

static void sync_directory(faulty_disk *disk) {
    for (int i = 0; i < disk->files_count; i++) {
        file *here = &disk->files[i];
        if (here->durable == here->now) continue;
        content_release(here->durable);
        here->durable = here->now;
        if (here->now != NULL) here->now->users++;
    }
}

void faulty_disk_sync_directory(faulty_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    sync_directory(disk);
    pthread_mutex_unlock(&disk->lock);
}

void disk_sync(faulty_disk *disk, int number, content *held) {
    for (int64_t i = 0; i < held->changes_count; i++) {
        if (!held->changes[i].is_lost) apply(&held->durable, &held->changes[i]);
    }
    drop_changes(held);
    if (held->asks_directory_sync) {
        sync_directory(disk);
        held->asks_directory_sync = 0;
    }
    record(disk, (step){.kind = STEP_SYNC, .file = number}, NULL);
}

void disk_fail_sync(faulty_disk *disk, content *held) {
    for (int64_t i = 0; i < held->changes_count; i++) {
        if (disk_random(&disk->random) & 1) held->changes[i].is_lost = 1;
    }
}

void disk_delete(faulty_disk *disk, int number, int directory) {
    content_release(disk->files[number].now);
    disk->files[number].now = NULL;
    record(disk, (step){.kind = STEP_DELETE, .file = number, .directory = directory}, NULL);
    if (directory) sync_directory(disk);
}

void faulty_disk_record(faulty_disk *disk) { disk->is_recording = 1; }
uint64_t faulty_disk_recorded(faulty_disk *disk) {
    pthread_mutex_lock(&disk->lock);
    uint64_t count = (uint64_t)disk->steps_count;
    pthread_mutex_unlock(&disk->lock);
    return count;
}
int faulty_disk_recorded_sync(faulty_disk *disk, uint64_t number) {
    return disk->steps[number].kind == STEP_SYNC;
}

void faulty_disk_repeat(faulty_disk *disk, faulty_disk *recording, uint64_t number) {
    const step *made = &recording->steps[number];
    int here = disk_find(disk, recording->files[made->file].name, 1);
    content *held = disk->files[here].now;
    if (made->kind == STEP_CREATE) {
        disk_create_file(disk, here, made->directory);
        return;
    }
    if (held == NULL) return;
    switch (made->kind) {
        case STEP_WRITE:
            disk_write(disk, here, held, made->bytes, made->count, made->offset);
            break;
        case STEP_TRUNCATE: disk_truncate(disk, here, held, made->offset); break;
        case STEP_SYNC: disk_sync(disk, here, held); break;
        case STEP_DELETE: disk_delete(disk, here, made->directory); break;
    }
}

/* MARK: What is left */

/* Parts of one write: whole sectors of it, or its beginning to any byte, or its end. */
static void tear(buffer *held, const change *made, uint64_t *random) {
    const int64_t sector = 512;
    uint64_t manner = disk_random(random) % 4;
    if (manner == 0) {
        int64_t kept = (int64_t)(disk_random(random) % (uint64_t)(made->count + 1));
        buffer_write(held, made->bytes, kept, made->offset);
    } else if (manner == 1) {
        int64_t from = (int64_t)(disk_random(random) % (uint64_t)(made->count + 1));
        buffer_write(held, made->bytes + from, made->count - from, made->offset + from);
    } else {
        for (int64_t at = 0; at < made->count;) {
            int64_t end = (made->offset + at) / sector * sector + sector - made->offset;
            if (end > made->count) end = made->count;
            if (disk_random(random) & 1) {
                buffer_write(held, made->bytes + at, end - at, made->offset + at);
            }
            at = end;
        }
    }
}

static void survive(buffer *into, content *held, int survival, uint64_t *random) {
    buffer_copy(into, &held->durable);
    if (survival == FAULTY_DROP_ALL) return;
    for (int64_t i = 0; i < held->changes_count; i++) {
        const change *made = &held->changes[i];
        if (made->is_lost) continue;
        uint64_t fate = survival == FAULTY_KEEP_ALL ? 0 : disk_random(random) % 3;
        if (fate == 1) continue;
        if (fate == 0 || made->is_truncation || made->count == 0) {
            apply(into, made);
        } else {
            tear(into, made, random);
        }
    }
}

static void put(faulty_disk *disk, const char *name, buffer *bytes) {
    int number = disk_find(disk, name, 1);
    content_release(disk->files[number].now);
    content_release(disk->files[number].durable);
    disk->files[number].now = disk->files[number].durable = content_of(bytes);
}

faulty_disk *faulty_disk_after_cut(faulty_disk *disk, int survival, uint64_t seed) {
    faulty_disk *left = faulty_disk_create();
    uint64_t random = seed;
    pthread_mutex_lock(&disk->lock);
    for (int i = 0; i < disk->files_count; i++) {
        file *here = &disk->files[i];
        content *held = here->durable;
        if (here->now != here->durable) {
            int is_kept = survival == FAULTY_MIXED ? (int)(disk_random(&random) & 1)
                                                   : survival == FAULTY_KEEP_ALL;
            if (is_kept) held = here->now;
        }
        if (held == NULL) continue;
        buffer bytes;
        survive(&bytes, held, survival, &random);
        put(left, here->name, &bytes);
        free(bytes.bytes);
    }
    pthread_mutex_unlock(&disk->lock);
    return left;
}

static content *content_copy(const content *held) {
    content *made = must(calloc(1, sizeof(content)));
    buffer_copy(&made->now, &held->now);
    buffer_copy(&made->durable, &held->durable);
    made->asks_directory_sync = held->asks_directory_sync;
    for (int64_t i = 0; i < held->changes_count; i++) {
        const change *from = &held->changes[i];
        note(made, from->is_truncation, from->bytes, from->count, from->offset);
        made->changes[i].is_lost = from->is_lost;
    }
    return made;
}

faulty_disk *faulty_disk_after_crash(faulty_disk *disk) {
    faulty_disk *left = faulty_disk_create();
    pthread_mutex_lock(&disk->lock);
    for (int i = 0; i < disk->files_count; i++) {
        file *here = &disk->files[i];
        int number = disk_find(left, here->name, 1);
        file *there = &left->files[number];
        if (here->now != NULL) {
            there->now = content_copy(here->now);
            there->now->users = 1;
        }
        if (here->durable != NULL && here->durable == here->now) {
            there->durable = there->now;
            there->now->users++;
        } else if (here->durable != NULL) {
            there->durable = content_copy(here->durable);
            there->durable->users = 1;
        }
    }
    pthread_mutex_unlock(&disk->lock);
    return left;
}

/* MARK: Files */

static content *held_by(faulty_disk *disk, const char *name) {
    int number = disk_find(disk, name, 0);
    return number < 0 ? NULL : disk->files[number].now;
}

int64_t faulty_disk_file_size(faulty_disk *disk, const char *name) {
    content *held = held_by(disk, name);
    return held == NULL ? -1 : held->now.size;
}

int64_t faulty_disk_copy_file(faulty_disk *disk, const char *name, uint8_t *into, int64_t limit) {
    content *held = held_by(disk, name);
    if (held == NULL) return -1;
    int64_t count = held->now.size < limit ? held->now.size : limit;
    if (count > 0) memcpy(into, held->now.bytes, (size_t)count);
    return count;
}

void faulty_disk_put_file(
    faulty_disk *disk, const char *name, const uint8_t *bytes, int64_t count) {
    buffer whole = {0};
    buffer_write(&whole, bytes, count, 0);
    put(disk, name, &whole);
    free(whole.bytes);
}

void faulty_disk_flip(faulty_disk *disk, const char *name, int64_t bit) {
    content *held = held_by(disk, name);
    if (held == NULL || bit / 8 >= held->now.size) return;
    held->now.bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
    held->durable.bytes[bit / 8] ^= (uint8_t)(1 << (bit % 8));
}

int faulty_disk_holds(faulty_disk *disk, const uint8_t *bytes, int64_t count) {
    for (int i = 0; i < disk->files_count; i++) {
        const content *held = disk->files[i].now;
        for (int64_t at = 0; held != NULL && at + count <= held->now.size; at++) {
            const uint8_t *found = memchr(
                held->now.bytes + at, bytes[0], (size_t)(held->now.size - count - at + 1));
            if (found == NULL) break;
            at = found - held->now.bytes;
            if (memcmp(found, bytes, (size_t)count) == 0) return 1;
        }
    }
    return 0;
}
