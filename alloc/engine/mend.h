// The calls that other threads were in at a fork, finished or undone in the child.
//
// A fast call says in `busy` which bin it works on, in which direction, and where the stack's top
// stood. It makes its stores in this order, and a child sees a prefix of it:
//
//     malloc: busy | top falls                | the bin's remainders | its other sums | busy is 0
//     free:   busy | the slot above the top   | the bin's remainders | its other sums, the slot's
//             note | top rises | busy is 0
//
// Which of them were made shows in the books, which are in memory twice: `received` says how many
// slots the thread got of each bin, so less what lies on its stacks, what the program holds of it.
// From that and the bins' remainders follow all other sums. Where the books say that the call has
// booked something, it is finished, else undone; so each call is counted wholly or not at all.
//
// Threads: the one of the child.
#pragma once

#include <ebb/alloc/engine/thread_cache.h>

namespace ebb::engine {

/// Mends the books of a cache whose thread isn't there. False where they agree with no moment of
/// any call; then they are left alone. Cost: a look at `busy`, and at each bin if it isn't 0.
[[nodiscard]] bool mend(thread_cache& cache) noexcept;

/// Whether a cache's sums are what follows from its slots. Requires: its thread is in no call.
[[nodiscard]] bool books_agree(const thread_cache& cache) noexcept;

} // namespace ebb::engine
