// Quiet points: all actors meet, and while none of them calls the engine the ledger is compared
// with the sum of their books.
#pragma once

#include <ebb/alloc/ledger/ebb.h>

#include <tests/alloc/engine/stress/books.h>

#include <pthread.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace stress {

/// How many threads an actor that starts some has at a time.
inline constexpr std::int64_t most_short_lived = 4;

class meeting {
  public:
    /// For so many actors, and the one that judges. A meeting is due every `operations`.
    meeting(std::uint32_t actors, std::uint64_t operations);

    /// An actor's look before each step. Where a meeting is due: adds the actor's books to the sum,
    /// clears them, and waits until all have met. False when the run is over.
    [[nodiscard]] bool goes_on(books& mine);

    /// Counts operations of the workers towards the next meeting.
    void count(std::uint64_t operations);

    /// Waits for the actors at the next meeting, judges, and lets them go on, or home with `last`.
    void hold(bool last);

    /// Adds what an actor did after its last meeting.
    void hand_in(books& mine);

    /// Compares ledger and books, and validates the heap. Requires: nobody calls the engine.
    void judge();

    [[nodiscard]] std::uint64_t operations() const { return operations_.load(); }

  private:
    void meet() { ::pthread_barrier_wait(&barrier_); }

    pthread_barrier_t barrier_{}; // std::barrier came with g++ 11
    std::atomic<bool> due_{false};
    bool over_ = false; // written between two waits at the barrier
    std::atomic<std::uint64_t> operations_{0};
    std::uint64_t each_;
    std::atomic<std::uint64_t> next_;
    std::int64_t caches_; // how many the peak's bound allows for

    std::mutex guard_; // of the sums
    books interval_;   // since the last quiet point
    ebb_ledger before_;
    std::int64_t requested_ = 0; // at the last quiet point, as all below
    std::int64_t highest_ = 0;
    std::int64_t peak_limit_ = 0; // no peak can be above it
    std::uint64_t allocations_ = 0;
    std::uint64_t frees_ = 0;
};

} // namespace stress
