// The scenarios of the malloc suite: each runs in a process of its own (bench_malloc_cell) and
// prints its figures (figure.h). Bytes are resident bytes of the process, less what was resident
// before the scenario but for `start`. Tables of the scenario's own lie outside of the malloc.
#pragma once

#include <cstdint>

namespace ebb::bench::suite {

/// What the sizes of a scenario's blocks are.
struct sizes {
    std::uint32_t least = 0;
    std::uint32_t most = 0; ///< log-uniform between the two; the same as `least`: all of one size
};

// Those with a load print `faults`, its page faults, and are marked for counting (marks.h).

/// `resident`: what a program holds that has done nothing yet.
void run_start();

/// `count` blocks are written in full, a random 99 % of them freed in random order. Prints `full`,
/// `free` (CPU seconds of the freeing, of all threads), `at-once`, `idle` (after a second in which
/// nothing is called).
void run_after_peak(std::uint32_t count, sizes of);

/// A block of 64 MiB is written in full and freed: `idle` a second later.
void run_after_large();

/// Blocks are taken until 200 MB live, freed at random until 10 MB do, `teeth` times over. Prints
/// `cpu`, `mean` (resident, at every top and bottom), `most`, and all of these points as
/// `mean+` in order.
void run_saw_tooth(std::uint32_t teeth);

/// Blocks of 16 to 4096 bytes are taken until so many megabytes (of 1,000,000 bytes) live, each
/// page of them touched for the first time: once, without warming up. Prints `cpu` (seconds),
/// `most` (resident at the top), `operations` (the blocks).
void run_growth(std::uint32_t megabytes);

/// So many teeth: blocks are taken and written until 100 MB live, freed at random until 10 MB do. A
/// tooth starts at its number times the period, or at once when that has passed; in between the
/// process sleeps. Prints `cpu` (seconds), `mean` (resident, over the time, from looks at tops and
/// bottoms and during the sleep) and `most`.
void run_teeth(std::uint32_t teeth, std::uint32_t period_ms);

/// A random trace on four threads: `error`, the bytes by which ebb_heap_ledger's `requested` is
/// off. Nothing where the malloc has no such function.
void run_exactness();

} // namespace ebb::bench::suite
