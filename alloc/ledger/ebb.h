/* The C face of a process's heap: where every byte of it stands, for whoever links or preloads
 * libebbmalloc.so (ebb's own malloc) or libebbcount.so (counters round any other malloc).
 * Users include it as <ebb/ebb.h>; a program that must also run without ebb declares the
 * functions weak, or looks them up by dlsym.
 *
 * Every structure is versioned by its size: a caller passes sizeof of what it was compiled with.
 * An older library sets the members that it doesn't know to EBB_ABSENT, a newer one leaves out
 * what the caller has no room for. What a malloc can't tell exactly is EBB_ABSENT, never a guess.
 *
 * All functions: any thread, any time after the first malloc; no allocation; errno untouched.
 * Result: 0, or EINVAL for a null pointer or a size below one member. */
#ifndef EBB_EBB_H
#define EBB_EBB_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#define EBB_NOEXCEPT noexcept
#else
#define EBB_NOEXCEPT
#endif

/* A number that this malloc can't tell. */
#define EBB_ABSENT UINT64_MAX

/* Bytes, but for the two counts. At every quiescent moment
 *     mapped = requested + slack + dead + idle + overhead
 * A peak is exact while one thread has used the heap; with more it is within threads x 64 KiB of
 * the truth (a thread tells the others what it holds when that has moved by so much).
 * While threads call, the sum may hold a block twice or not at all; idle, which is the rest, is
 * EBB_ABSENT in the rare snapshot that has none left. */
struct ebb_ledger {
    uint64_t requested;      /* asked for by the program and not yet given back, exactly as asked */
    uint64_t slack;          /* between what was asked for and the slot that serves it */
    uint64_t dead;           /* given back, but not yet reusable */
    uint64_t idle;           /* reusable: free slots, cached and purged pages */
    uint64_t overhead;       /* the allocator's own tables */
    uint64_t mapped;         /* taken from the system, resident or not */
    uint64_t peak_requested; /* the highest that requested ever stood */
    uint64_t peak_mapped;    /* the highest that mapped ever stood */
    uint64_t
        allocations;     /* calls that returned a block: malloc, calloc, realloc of null, new ... */
    uint64_t frees;      /* calls that took one back */
    uint64_t usable;     /* bytes of the slots that serve what was asked for: requested + slack, and
                            known also where a foreign malloc's requested bytes are not */
    uint64_t unreturned; /* of idle: what the system was asked to take and refused (locked pages, a
                            filter of system calls), until it is used or refused no more */
};

/* The heap's ledger now. Safe in a signal handler. Cost: a cache line a thread, no lock, no system
 * call; 64 threads take under 2 microseconds. */
int ebb_heap_ledger(struct ebb_ledger* out, size_t size) EBB_NOEXCEPT;

/* One size class. Blocks of the classes and the large ones make up the heap's live blocks. */
struct ebb_heap_class {
    uint64_t slot;      /* bytes of a slot; 0 in the last entry: blocks with pages of their own */
    uint64_t blocks;    /* slots that hold a block of the program's */
    uint64_t requested; /* what the program asked for in them */
    uint64_t slack;     /* what the slots hold beyond that */
    uint64_t idle;      /* bytes of free slots, those in threads' caches included */
};

/* Writes up to `capacity` entries of `size` bytes each, smallest slot first, and sets `*count` to
 * how many there are in all. Safe in a signal handler. Exact where nothing is allocated or freed
 * meanwhile. Cost: a cache line a class and thread, no lock; where pages are being given back just
 * then it waits for that, up to a thousand turns of the scheduler. */
int ebb_heap_classes(struct ebb_heap_class* out, size_t size, size_t capacity,
                     size_t* count) EBB_NOEXCEPT;

/* The kernel's word on the heap's pages. */
struct ebb_resident {
    uint64_t mapped;   /* bytes that were looked at */
    uint64_t resident; /* of these, in memory now */
    uint64_t live; /* of these, on pages with a slot that is out: the program's, or a thread's */
    uint64_t idle; /* of these, on pages without one */
    uint64_t overhead; /* of these, on pages of the allocator's own tables */
};

/* Asks the kernel (mincore): milliseconds a GiB. Not in a signal handler. Absent where another
 * thread is between the handlers of a fork that waits for the caller. */
int ebb_heap_resident(struct ebb_resident* out, size_t size) EBB_NOEXCEPT;

/* In libebbcount.so alone: the next malloc's function that calls of `name` are handed on to
 * ("malloc", "free", "calloc", "realloc", "aligned_alloc", "posix_memalign", "memalign",
 * "malloc_usable_size"); null for any other. dladdr tells whose it is. */
const void* ebb_count_next(const char* name) EBB_NOEXCEPT;

#ifdef __cplusplus
}
#endif
#endif
