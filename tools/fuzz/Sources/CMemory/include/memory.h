// How much memory one input takes: what is allocated while it is read, less what is freed.
#ifndef CAIRN_FUZZ_MEMORY_H
#define CAIRN_FUZZ_MEMORY_H

#include <stddef.h>

/// Begins to count for an input. Whoever takes more than `limit` bytes ends the process.
void fuzz_memory_begin(size_t limit);

/// Ends counting.
void fuzz_memory_end(void);

/// The most bytes that any input took so far; 0 under AddressSanitizer, which has its own limit.
size_t fuzz_memory_peak(void);

#endif
