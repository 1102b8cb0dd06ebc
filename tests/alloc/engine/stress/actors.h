// Who takes part in the stress run beside the workers. Each function is a thread's whole life: it
// acts until the meeting says that the run is over.
#pragma once

#include <tests/alloc/engine/stress/meeting.h>
#include <tests/alloc/engine/stress/worker.h>

#include <cstdint>

namespace stress {

/// What every actor is given.
struct stage {
    meeting& quiet_points;
    exchange& others;
    std::uint64_t seed; ///< the actor's own
};

/// Allocates and frees; now and then it sleeps, so that its cache is emptied by the sweep.
void work(const stage& s);

/// Starts threads that work for a moment and end: caches are made, ended, emptied and adopted.
void start_threads(const stage& s);

/// Gives back all that can be given back.
void purge(const stage& s);

/// Reads the ledger and the classes in the midst of it all, and asks the kernel about each page.
void look(const stage& s);

/// Forks children that validate the heap and work in it.
void fork_children(const stage& s);

/// Forks children that misuse the heap and must be stopped with the right message, half of them
/// while threads of theirs go on calling; also where ebb's own thread is the one that finds it.
void fork_misusers(const stage& s);

} // namespace stress
