#define _GNU_SOURCE
#include "memory.h"

// libFuzzer's own limit on single allocations works only together with a sanitizer. So the
// allocator is wrapped here: this program's symbols go before the C library's.

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITHOUT_COUNTING
#endif
#endif

#ifdef WITHOUT_COUNTING

void fuzz_memory_begin(size_t limit) { (void)limit; }
void fuzz_memory_end(void) {}
size_t fuzz_memory_peak(void) { return 0; }

#else

#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);
extern void __libc_free(void *);

static atomic_bool counting;
static atomic_llong taken;
static size_t limit;
static size_t peak;

static void check(long long now) {
    if (now > (long long)limit) {
        static const char text[] = "property violated: out-of-memory: one input takes too much\n";
        atomic_store(&counting, 0);
        (void)!write(STDERR_FILENO, text, sizeof text - 1);
        abort();
    }
    if (now > (long long)peak) peak = (size_t)now;
}

static void before(size_t size) {
    if (atomic_load_explicit(&counting, memory_order_relaxed))
        check(atomic_load_explicit(&taken, memory_order_relaxed) + (long long)size);
}

static void *after(void *block) {
    if (block && atomic_load_explicit(&counting, memory_order_relaxed)) {
        long long size = (long long)malloc_usable_size(block);
        check(atomic_fetch_add_explicit(&taken, size, memory_order_relaxed) + size);
    }
    return block;
}

static void released(void *block) {
    if (block && atomic_load_explicit(&counting, memory_order_relaxed))
        atomic_fetch_sub_explicit(
            &taken, (long long)malloc_usable_size(block), memory_order_relaxed);
}

void *malloc(size_t size) {
    before(size);
    return after(__libc_malloc(size));
}

void *calloc(size_t count, size_t size) {
    before(size && count > (size_t)-1 / size ? (size_t)1 << 62 : count * size);
    return after(__libc_calloc(count, size));
}

void *realloc(void *block, size_t size) {
    before(size);
    released(block);
    return after(__libc_realloc(block, size));
}

void *memalign(size_t alignment, size_t size) {
    before(size);
    return after(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **block, size_t alignment, size_t size) {
    void *found = memalign(alignment, size);
    if (!found) return ENOMEM;
    *block = found;
    return 0;
}

void free(void *block) {
    released(block);
    __libc_free(block);
}

void fuzz_memory_begin(size_t bytes) {
    limit = bytes;
    atomic_store(&taken, 0);
    atomic_store(&counting, 1);
}

void fuzz_memory_end(void) { atomic_store(&counting, 0); }

size_t fuzz_memory_peak(void) { return peak; }

#endif
