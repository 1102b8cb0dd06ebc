#include <ebb/alloc/base/check.h>
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/snapshot.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/os/futex.h>

namespace ebb::engine {
namespace {

std::uint64_t unsigned_of(std::int64_t n) noexcept {
    return static_cast<std::uint64_t>(n);
}

} // namespace

ebb_ledger read_ledger() noexcept {
    constexpr int most_tries = 8;
    ebb_ledger l; // every member is set in the first turn
    // While other threads call, a block may be counted where it was taken and not yet where it was
    // freed: then more seems to be in use than there is, once in millions of snapshots.
    for (int i = 0; i < most_tries; ++i) {
        const thread_totals threads = read_threads();
        l.requested = unsigned_of(threads.requested);
        l.slack = unsigned_of(threads.slack);
        l.usable = l.requested + l.slack;
        l.dead = unsigned_of(threads.dead);
        l.overhead = metadata::mapped();
        l.mapped = regions::mapped() + l.overhead;
        l.peak_requested = unsigned_of(threads.peak_requested);
        l.peak_mapped = regions::peak(l.mapped);
        l.allocations = threads.allocations;
        l.frees = threads.frees;
        l.unreturned = unsigned_of(sums::read(sums::unreturned));
        const std::uint64_t in_use = l.requested + l.slack + l.dead + l.overhead;
        l.idle = in_use <= l.mapped ? l.mapped - in_use : EBB_ABSENT;
        if (l.idle != EBB_ABSENT) {
            break;
        }
    }
    if (!books_are_known()) { // a fork's child couldn't mend what other threads were doing
        l.requested = l.slack = l.usable = l.dead = l.idle = l.peak_requested = EBB_ABSENT;
        l.allocations = l.frees = EBB_ABSENT;
    }
    return l;
}

namespace {

std::size_t sum_classes(ebb_heap_class* out, std::size_t capacity) noexcept {
    for (std::size_t c = 0; c < class_count && c < capacity; ++c) {
        ebb_heap_class& to = out[c];
        to = {};
        to.slot = slot_of(c);
        for (std::size_t bin = 2 * c + 1; bin <= 2 * c + 2; ++bin) {
            const central_bin::totals central_part = central[bin].read();
            const bin_totals threads = read_bin(bin);
            const std::uint64_t blocks = central_part.slots_out - threads.cached_slots;
            to.blocks += blocks;
            to.slack += unsigned_of(threads.remainders);
            to.requested += blocks * to.slot - unsigned_of(threads.remainders);
            to.idle += central_part.span_bytes - blocks * to.slot;
        }
    }
    if (class_count < capacity) {
        const large_totals large = read_large();
        out[class_count] = {0, unsigned_of(large.blocks), unsigned_of(large.requested),
                            unsigned_of(large.slack), large.kept_bytes};
    }
    return class_count + 1;
}

} // namespace

// The sweep moves slots from threads' caches to their bins, between two of the reads: then they are
// read anew. Not forever, because a signal handler may have interrupted the sweep itself.
std::size_t read_classes(ebb_heap_class* out, std::size_t capacity) noexcept {
    constexpr int most_tries = 1000;
    for (int i = 0;; ++i) {
        const std::uint32_t before = purge::sweeps();
        const std::size_t count = sum_classes(out, capacity);
        if ((before % 2 == 0 && before == purge::sweeps()) || i == most_tries) {
            return count;
        }
        os::yield();
    }
}

void validate() noexcept {
    const purge::pause quiet;
    stop_threads();
    check_books();
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        central[bin].validate(bin);
    }
    page_heap::validate();
    ebb_heap_class classes[class_count + 1];
    sum_classes(classes, class_count + 1);
    const page_heap::free_totals runs = page_heap::free_runs_now();
    const ebb_ledger l = read_ledger();
    ebb_heap_class sum{};
    for (const ebb_heap_class& c : classes) {
        sum.blocks += c.blocks;
        sum.requested += c.requested;
        sum.slack += c.slack;
        sum.idle += c.idle;
    }
    EBB_CHECK(sum.blocks == l.allocations - l.frees, "heap: blocks and calls disagree");
    EBB_CHECK(sum.requested == l.requested, "heap: requested, by class and by thread, disagree");
    EBB_CHECK(sum.slack == l.slack, "heap: slack, by class and by thread, disagree");
    EBB_CHECK(sum.idle + runs.dirty_bytes + runs.clean_bytes == l.idle + l.dead,
              "heap: idle, walked and by difference, disagree");
    EBB_CHECK(l.peak_requested >= l.requested && l.peak_mapped >= l.mapped,
              "heap: a peak below its term");
    resume_threads();
}

} // namespace ebb::engine
