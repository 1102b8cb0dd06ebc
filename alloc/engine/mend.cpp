#include <ebb/alloc/engine/block.h>
#include <ebb/alloc/engine/mend.h>

namespace ebb::engine {
namespace {

// A cache's sums, as they follow from its slots and its bins' remainders.
struct derived {
    std::int64_t requested = 0;
    std::int64_t slack = 0;
    std::int64_t blocks = 0; // net: allocations - frees
};

derived derive(const thread_cache& c) noexcept {
    derived sum{c.large_requested.get(), c.large_slack.get(), c.large_blocks.get()};
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        const cache_bin& b = c.bins[bin];
        const std::int64_t held = c.received[bin] - (b.top.get() - b.floor);
        const std::int64_t remainders = b.remainders.get();
        sum.blocks += held;
        sum.requested += held * b.slot - remainders;
        sum.slack += remainders;
    }
    return sum;
}

std::int64_t calls_net(const thread_cache& c) noexcept {
    return static_cast<std::int64_t>(c.allocations.get() - c.frees.get());
}

// A fast call that was under way.
struct call {
    std::size_t bin = 0; // 0: none
    bool frees = false;
    void** top = nullptr; // the stack's, when it began
};

call find_call(const thread_cache& c) noexcept {
    const std::uintptr_t word = c.busy.load(std::memory_order_relaxed);
    call found;
    found.frees = (word & 1) != 0;
    found.top = reinterpret_cast<void**>(word - (word & 1));
    for (std::size_t bin = 1; bin < bin_count; ++bin) {
        void** const floor = c.bins[bin].floor;
        // The stacks lie side by side: an empty one's top is also a full one's.
        void** const lowest = found.frees ? floor : floor + 1;
        if (found.top >= lowest && found.top < lowest + cache_capacity(bin)) {
            found.bin = bin;
        }
    }
    return found;
}

} // namespace

bool books_agree(const thread_cache& c) noexcept {
    const derived d = derive(c);
    return d.requested == c.requested.get() && d.slack == c.slack.get() && d.blocks == calls_net(c);
}

bool mend(thread_cache& c) noexcept {
    const call was = find_call(c);
    if (was.bin == 0) {
        return true;
    }
    cache_bin& b = c.bins[was.bin];
    void** const moved = was.frees ? was.top + 1 : was.top - 1;
    const bool has_moved = b.top.get() == moved;
    if (!has_moved && b.top.get() != was.top) {
        // The neighbour's call, which found its stack empty or full and did nothing.
        return books_agree(c);
    }
    const std::int64_t missing = derive(c).requested - c.requested.get();
    if (missing < 0 || missing > b.slot) {
        return false;
    }
    if (was.frees && (has_moved || missing != 0)) { // it had booked something: finished
        close_slot(*was.top, was.bin);
        b.top.set(moved);
    } else if (!was.frees && has_moved && missing == b.slot) { // nothing: undone
        close_slot(*moved, was.bin);
        b.top.set(was.top);
    }
    const derived now = derive(c);
    c.requested.set(now.requested);
    c.slack.set(now.slack);
    if (was.frees) {
        c.frees.set(c.allocations.get() - static_cast<std::uint64_t>(now.blocks));
    } else {
        c.allocations.set(c.frees.get() + static_cast<std::uint64_t>(now.blocks));
    }
    c.busy.store(0, std::memory_order_relaxed);
    return true;
}

} // namespace ebb::engine
