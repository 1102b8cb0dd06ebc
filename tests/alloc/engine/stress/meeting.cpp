#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/thread_cache.h>

#include <tests/alloc/engine/stress/meeting.h>

#include <algorithm>
#include <cinttypes>

namespace stress {

namespace engine = ebb::engine;

meeting::meeting(std::uint32_t actors, std::uint64_t operations)
    : each_(operations), next_(operations),
      caches_(static_cast<std::int64_t>(actors) + most_short_lived + 2),
      before_(engine::read_ledger()) {
    ::pthread_barrier_init(&barrier_, nullptr, actors + 1);
}

bool meeting::goes_on(books& mine) {
    if (!due_.load(std::memory_order_relaxed)) {
        return true;
    }
    hand_in(mine);
    meet();
    meet(); // the judge is between the two
    return !over_;
}

void meeting::count(std::uint64_t operations) {
    if (operations_.fetch_add(operations, std::memory_order_relaxed) + operations >=
        next_.load(std::memory_order_relaxed)) {
        due_.store(true, std::memory_order_relaxed);
    }
}

void meeting::hold(bool last) {
    meet();
    judge();
    over_ = last;
    next_.store(operations_.load() + each_);
    due_.store(false);
    meet();
}

void meeting::hand_in(books& mine) {
    const std::lock_guard<std::mutex> hold(guard_);
    interval_.add(mine);
    mine = {};
}

void meeting::judge() {
    const std::lock_guard<std::mutex> hold(guard_);
    // Peaks are exact within what each thread may leave untold.
    const std::int64_t untold = caches_ * engine::tell_quantum;
    peak_limit_ = std::max(peak_limit_, requested_ + interval_.highest);
    requested_ += interval_.requested;
    highest_ = std::max(highest_, requested_);
    allocations_ += interval_.allocations;
    frees_ += interval_.frees;
    interval_ = {};

    const ebb_ledger now = engine::read_ledger();
    const auto requested = static_cast<std::int64_t>(now.requested - before_.requested);
    if (requested != requested_) {
        fail("the ledger says %" PRId64 " requested bytes, the books %" PRId64, requested,
             requested_);
    }
    if (now.allocations - before_.allocations != allocations_ ||
        now.frees - before_.frees != frees_) {
        fail("the ledger says %" PRIu64 " allocations and %" PRIu64 " frees, the books %" PRIu64
             " and %" PRIu64,
             now.allocations - before_.allocations, now.frees - before_.frees, allocations_,
             frees_);
    }
    if (now.mapped != now.requested + now.slack + now.dead + now.idle + now.overhead ||
        now.idle == EBB_ABSENT) {
        fail("the ledger's terms don't add up to its %" PRIu64 " mapped bytes", now.mapped);
    }
    const auto peak = static_cast<std::int64_t>(now.peak_requested - before_.requested);
    if (peak < highest_ - untold || peak > peak_limit_ + untold || now.peak_mapped < now.mapped) {
        fail("the ledger says a peak of %" PRId64 " requested bytes; the books between %" PRId64
             " and %" PRId64 ", give or take %" PRId64,
             peak, highest_, peak_limit_, untold);
    }
    // What each thread has told the others, which peaks are made of, is behind by as much at most.
    const auto told = engine::told_sum.load() - static_cast<std::int64_t>(before_.requested);
    if (told < requested_ - untold || told > requested_ + untold) {
        fail("threads have told of %" PRId64 " requested bytes; the books say %" PRId64
             ", give or take %" PRId64,
             told, requested_, untold);
    }
    engine::validate();
}

} // namespace stress
