#pragma once
#include <linux/stat.h>
#include <malloc.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <unistd.h>

/* statx(2) alone tells birth times; glibc shows it only under _GNU_SOURCE, which Swift's Glibc module does not set. */
static inline int vt_statx_path(const char *path, struct statx *result) {
    return (int)syscall(SYS_statx, -100 /* AT_FDCWD */, path, 0, STATX_BASIC_STATS | STATX_BTIME, result);
}

static inline int vt_statx_descriptor(int descriptor, struct statx *result) {
    return (int)syscall(SYS_statx, descriptor, "", 0x1000 /* AT_EMPTY_PATH */, STATX_BASIC_STATS | STATX_BTIME, result);
}

/* GNU's search from the end, hidden like statx. */
extern void *memrchr(const void *range, int byte, size_t count);
static inline const void *vt_memrchr(const void *range, int byte, size_t count) { return memrchr(range, byte, count); }

/* Whether a time service keeps the kernel's clock: 1, 0, or -1 where that cannot be told. Glibc's module has no timex. */
static inline int vt_clock_state(void) {
    struct timex state = {0};
    int code = adjtimex(&state);
    return code < 0 ? -1 : (state.status & STA_UNSYNC) == 0;
}

/* How long reads and writes of a socket wait. Swift counts struct timeval, and all of <sys/socket.h>, to whichever module it meets
   first, and asks every user for its import: so this declares what it needs, with Linux's numbers. */
extern int setsockopt(int descriptor, int level, int option, const void *value, unsigned int size);
static inline void vt_set_patience(int descriptor, double seconds) {
    struct { long seconds, microseconds; } limit = {(long)seconds, (long)((seconds - (double)(long)seconds) * 1e6)};
    setsockopt(descriptor, 1 /* SOL_SOCKET */, 20 /* SO_RCVTIMEO */, &limit, sizeof limit);
    setsockopt(descriptor, 1 /* SOL_SOCKET */, 21 /* SO_SNDTIMEO */, &limit, sizeof limit);
}

/* Keeps glibc's allocator from holding on to what a busy moment needed. By default it makes up to eight heaps for each processor,
   each with holes of its own, and once large blocks came and went it gives little back (mallopt(3)). For a program's first line. */
static inline void vt_limit_heap(void) {
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_TRIM_THRESHOLD, 1 << 20);
    mallopt(M_MMAP_THRESHOLD, 1 << 18);
}
