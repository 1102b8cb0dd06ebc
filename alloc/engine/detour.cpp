#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/block.h>
#include <ebb/alloc/engine/detour.h>
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/poison.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

namespace ebb::engine {
namespace {

// A large block of `n` bytes that nobody knows yet, with a descriptor of the caller's. At address 0
// without memory.
span map_block(std::size_t n, std::size_t alignment) noexcept {
    span s;
    s.state = span_state::large;
    s.descriptor = sizeof(span);
    s.zeroed = true;
    const std::size_t bytes = round_to_blocks(n);
    void* const start = os::map_as_is(bytes, std::max(alignment, block_bytes));
    if (start != nullptr && !spans.cover(address_of(start), bytes)) {
        os::unmap(start, bytes);
        return s;
    }
    if (start != nullptr) {
        os::keep_small(start, bytes);
        os::name_pages(start, bytes, "ebb heap");
        s.base = address_of(start);
        s.blocks = narrow<std::uint32_t>(bytes / block_bytes);
        if constexpr (hardened) {
            s.set_guard();
        }
        open_large(&s, n);
    }
    return s;
}

// A page with a place for one more block that goes; null where there is none.
late_page* find_place(const late_frees& late) noexcept {
    late_page* page = late.first();
    while (page != nullptr && page->count.get() == late_page::capacity) {
        page = page->next.load();
    }
    return page;
}

void add_spares(spare_descriptors& spare, void* memory, std::size_t bytes) noexcept {
    constexpr std::size_t each = align_up(sizeof(span), 64);
    std::uint32_t n = spare.count.get();
    for (; n < spare_descriptors::most && bytes >= each; bytes -= each) {
        spare.memory[n++] = memory;
        memory = advance(memory, each);
    }
    spare.count.set(n);
}

// What a call needs of its cache.
struct needs {
    bool descriptor = false;
    bool place = false;
};

// Does `f(cache, page)` in a call, with what it needs at hand. False without memory.
template <class F>
bool with(needs what, F&& f) noexcept {
    constexpr std::size_t table = sizeof(late_page);
    void* more = nullptr;
    for (;;) {
        {
            const detour_booking books;
            const bool has_descriptor = !what.descriptor || books->spare.count.get() != 0;
            if (more != nullptr && !has_descriptor) {
                add_spares(books->spare, std::exchange(more, nullptr), table);
                continue;
            }
            if (more != nullptr) {
                books->late.add(::new (std::exchange(more, nullptr)) late_page);
            }
            late_page* const page = what.place ? find_place(books->late) : nullptr;
            if (has_descriptor && (page != nullptr || !what.place)) {
                f(*books, page);
                books->detoured.set(true);
                return true;
            }
        }
        more = metadata::map_apart(table); // not in the call: it may hold a lock
        if (more == nullptr) {
            return false;
        }
    }
}

detour_step sums_of(const thread_cache& c) noexcept {
    detour_step s;
    s.requested = c.requested.get();
    s.slack = c.slack.get();
    s.allocations = c.allocations.get();
    s.frees = c.frees.get();
    s.large_blocks = c.large_blocks.get();
    s.large_requested = c.large_requested.get();
    s.large_slack = c.large_slack.get();
    s.late_bytes = c.late_bytes.get();
    s.mapped = c.mapped.get();
    return s;
}

void add_block(detour_step& s, const thread_cache& c, const span& block, std::size_t n) noexcept {
    s.spare = c.spare.count.get() - 1;
    s.fresh = ::new (c.spare.memory[s.spare]) span(block);
    const auto requested = static_cast<std::int64_t>(n);
    const auto slack = static_cast<std::int64_t>(s.fresh->bytes() - n);
    s.mapped += static_cast<std::int64_t>(s.fresh->bytes());
    s.requested += requested;
    s.slack += slack;
    ++s.large_blocks;
    s.large_requested += requested;
    s.large_slack += slack;
}

void add_free(detour_step& s, const thread_cache& c, void* p, const block_info& block,
              late_page* page) noexcept {
    const auto requested = static_cast<std::int64_t>(block.requested);
    const auto slack = static_cast<std::int64_t>(block.slack);
    s.freed = p;
    s.bin = block.bin();
    s.page = page;
    s.at = page->count.get();
    s.requested -= requested;
    s.slack -= slack;
    if (s.bin == bin_count) {
        --s.large_blocks;
        s.large_requested -= requested;
        s.large_slack -= slack;
        s.late_bytes += block.entry.owner()->bytes();
    } else {
        s.remainders = c.bins[s.bin].remainders.get() - slack;
        s.received = c.received[s.bin] - 1;
    }
}

// Does what is written down, or what is left of it.
void perform(thread_cache& c) noexcept {
    const detour_step& s = c.step;
    if (s.fresh != nullptr) {
        c.spare.count.set(s.spare);
        spans.set(s.fresh->base, page_entry(s.fresh, page_entry::large));
    }
    if (s.freed != nullptr && s.bin == bin_count) {
        span* const freed = spans.find(address_of(s.freed)).owner();
        freed->requested = 0;
        freed->set_kept(true);
        poison(s.freed, freed->bytes());
    } else if (s.freed != nullptr) {
        close_slot(s.freed, s.bin);
        c.bins[s.bin].remainders.set(s.remainders);
        c.received[s.bin] = s.received;
    }
    if (s.freed != nullptr) {
        store_relaxed(s.page->blocks[s.at], s.freed);
        s.page->count.set(s.at + 1);
    }
    c.highest.set(std::max(c.highest.get(), c.requested.get()));
    c.requested.set(s.requested);
    c.slack.set(s.slack);
    c.allocations.set(s.allocations);
    c.frees.set(s.frees);
    c.large_blocks.set(s.large_blocks);
    c.large_requested.set(s.large_requested);
    c.large_slack.set(s.large_slack);
    c.late_bytes.set(s.late_bytes);
    c.mapped.set(s.mapped);
}

// The caller's call, which writes down `s` and then does it.
void carry_out(thread_cache& c, const detour_step& s) noexcept {
    const std::int64_t more = s.mapped - c.mapped.get();
    c.step = s;
    std::atomic_signal_fence(std::memory_order_seq_cst);
    c.step.written.set(true);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    perform(c);
    std::atomic_signal_fence(std::memory_order_seq_cst);
    c.step.written.set(false);
    sums::add(sums::detoured, more);
    if (c.requested.get() > c.tell_above.get() || c.requested.get() < c.tell_below.get()) {
        c.tell();
    }
}

bool wait_for_forks() noexcept {
    slow_call().wait();
    return false;
}

// Makes the block what the call gives, if there is one and `f()` says so.
template <class F>
bool finish_with(const span& block, void*& out, F&& f) noexcept {
    if (block.base != 0 && f()) {
        out = block.start();
        return true;
    }
    if (block.base != 0) {
        os::unmap(block.start(), block.bytes());
    }
    return wait_for_forks();
}

} // namespace

bool detour::allocate(std::size_t n, std::size_t alignment, void*& out) noexcept {
    const span block = map_block(n, alignment);
    const auto take = [&](thread_cache& books, late_page*) {
        detour_step s = sums_of(books);
        ++s.allocations;
        add_block(s, books, block, n);
        carry_out(books, s);
    };
    return finish_with(block, out, [&] { return with({.descriptor = true}, take); });
}

bool detour::deallocate(void* p, const block_info& block) noexcept {
    const auto free = [&](thread_cache& books, late_page* page) {
        detour_step s = sums_of(books);
        ++s.frees;
        add_free(s, books, p, block, page);
        carry_out(books, s);
    };
    return with({.place = true}, free) || wait_for_forks();
}

bool detour::reallocate(void* p, const block_info& old, std::size_t n, void*& out) noexcept {
    const span block = map_block(n, block_bytes);
    const auto move = [&](thread_cache& books, late_page* page) {
        std::memcpy(block.start(), p, std::min(n, old.usable_bytes()));
        detour_step s = sums_of(books);
        add_block(s, books, block, n);
        add_free(s, books, p, old, page);
        carry_out(books, s);
    };
    return finish_with(block, out, [&] { return with({.descriptor = true, .place = true}, move); });
}

void detour::finish(thread_cache& cache) noexcept {
    if (cache.step.written.get()) {
        perform(cache);
        cache.step.written.set(false);
    }
}

} // namespace ebb::engine
