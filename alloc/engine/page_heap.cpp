#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/free_runs.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/os/clock.h>
#include <ebb/alloc/os/lock.h>

#include <algorithm>
#include <new>

namespace ebb::engine {
namespace {

constexpr std::size_t first_region = 4 * mib;
constexpr std::size_t largest_region = gib;
// A medium span's alignment, so that a fresh region's first span doesn't cut it.
constexpr std::size_t region_alignment = mib;

struct region {
    region* older;
    std::uintptr_t base;
    std::size_t bytes;
};

constinit os::lock guard;
constinit free_runs dirty;
constinit free_runs clean;
constinit purge_queue queue; // the dirty runs, oldest first
constinit region* regions = nullptr;
constinit shared<std::uint64_t> mapped_bytes{0};
constinit shared<std::uint64_t> dirty_blocks{0};

free_runs& runs_of(span_state state) noexcept {
    return state == span_state::dirty ? dirty : clean;
}

std::uintptr_t last_block(const span& s) noexcept {
    return s.base + s.bytes() - block_bytes;
}

void tag_ends(span* run, page_entry entry) noexcept {
    spans.set(run->base, entry);
    spans.set(last_block(*run), entry);
}

span* new_run(std::uintptr_t base, std::size_t blocks, span_state state) noexcept {
    void* const memory = metadata::allocate(sizeof(span));
    if (memory == nullptr) {
        return nullptr;
    }
    auto* const run = ::new (memory) span;
    run->base = base;
    run->blocks = narrow<std::uint32_t>(blocks);
    run->state = state;
    run->descriptor = sizeof(span);
    return run;
}

void drop_run(span* run) noexcept {
    metadata::deallocate(run, run->descriptor); // a former span of slots has a longer one
}

// Into the lists as it is, without joining. A dirty run that doesn't wait is one that the system
// refused to take.
void insert(span* run, std::uint32_t stamp, bool waits) noexcept {
    tag_ends(run, page_entry(run, page_entry::free_run));
    runs_of(run->state).insert(run);
    if (run->state == span_state::dirty) {
        run->stamp = stamp;
        run->queued = waits;
        if (waits) {
            queue.push_back(run);
        }
        dirty_blocks.store(dirty.blocks(), std::memory_order_relaxed);
    }
}

void remove(span* run) noexcept {
    runs_of(run->state).remove(run);
    tag_ends(run, {});
    if (run->queued) {
        run->queued = false;
        queue.remove(run);
    }
    if (run->state == span_state::dirty) {
        dirty_blocks.store(dirty.blocks(), std::memory_order_relaxed);
    }
}

span* free_neighbour(std::uintptr_t address, span_state state) noexcept {
    const page_entry entry = spans.find(address);
    return entry.tag() == page_entry::free_run && entry.owner()->state == state ? entry.owner()
                                                                                : nullptr;
}

// A run that is in no list joins its neighbours of the same kind and is listed. What was dirty
// longest by most of its bytes sets the whole run's stamp; where one of them waits, all do.
void insert_joined(span* run, std::uint32_t stamp, bool waits = true) noexcept {
    std::uint32_t largest = run->blocks;
    const auto join = [&](span* other) {
        waits = waits || other->queued;
        remove(other);
        if (other->blocks > largest) {
            largest = other->blocks;
            stamp = other->stamp;
        }
        run->base = std::min(run->base, other->base);
        run->blocks += other->blocks;
        drop_run(other);
    };
    if (span* const before = free_neighbour(run->base - block_bytes, run->state)) {
        join(before);
    }
    if (span* const behind = free_neighbour(run->base + run->bytes(), run->state)) {
        join(behind);
    }
    insert(run, stamp, waits);
}

// A fresh region that holds `blocks`, as a clean run in the lists. Requires the lock.
bool grow(std::size_t blocks, std::size_t alignment) noexcept {
    const std::size_t needed = blocks * block_bytes;
    const std::size_t heap = mapped_bytes.load(std::memory_order_relaxed);
    std::size_t bytes =
        std::max(needed, align_up(std::clamp(heap / 4, first_region, largest_region), mib));
    void* memory = nullptr;
    for (;;) {
        memory = os::map_as_is(bytes, std::max(alignment, region_alignment));
        if (memory != nullptr || bytes == needed) {
            break;
        }
        bytes = std::max(needed, align_up(bytes / 2, block_bytes));
    }
    if (memory == nullptr) {
        return false;
    }
    auto* const r = static_cast<region*>(metadata::allocate(sizeof(region)));
    span* const run = new_run(address_of(memory), bytes / block_bytes, span_state::clean);
    if (r == nullptr || run == nullptr || !spans.cover(address_of(memory), bytes)) {
        if (r != nullptr) {
            metadata::deallocate(r, sizeof(region));
        }
        if (run != nullptr) {
            drop_run(run);
        }
        os::unmap(memory, bytes);
        return false;
    }
    os::keep_small(memory, bytes);
    os::name_pages(memory, bytes, "ebb heap");
    *r = {regions, address_of(memory), bytes};
    regions = r;
    mapped_bytes.store(heap + bytes, std::memory_order_relaxed);
    insert_joined(run, 0);
    return true;
}

// A run of just `blocks`, in no list, its ends untagged. Requires the lock. Null without memory.
span* take_run(std::size_t blocks, std::size_t alignment) noexcept {
    const std::size_t alignment_blocks = std::max(alignment / block_bytes, std::size_t{1});
    span* run = dirty.find(blocks, alignment_blocks);
    if (run == nullptr) {
        run = clean.find(blocks, alignment_blocks);
    }
    if (run == nullptr) {
        if (!grow(blocks, alignment)) {
            return nullptr;
        }
        run = clean.find(blocks, alignment_blocks);
    }
    const std::uintptr_t from = align_up(run->base, alignment_blocks * block_bytes);
    const std::size_t before = (from - run->base) / block_bytes;
    const std::size_t behind = run->blocks - before - blocks;
    span* const front = before == 0 ? nullptr : new_run(run->base, before, run->state);
    span* const rest =
        behind == 0 ? nullptr : new_run(from + blocks * block_bytes, behind, run->state);
    if ((before != 0 && front == nullptr) || (behind != 0 && rest == nullptr)) {
        if (front != nullptr) {
            drop_run(front);
        }
        return nullptr;
    }
    const std::uint32_t stamp = run->stamp;
    const bool waits = run->queued;
    remove(run);
    run->base = from;
    run->blocks = narrow<std::uint32_t>(blocks);
    if (front != nullptr) {
        insert(front, stamp, waits);
    }
    if (rest != nullptr) {
        insert(rest, stamp, waits);
    }
    return run;
}

} // namespace

span* page_heap::take_slots(std::size_t bin) noexcept {
    void* const memory = metadata::allocate(span::descriptor_bytes(bin));
    if (memory == nullptr) {
        return nullptr;
    }
    const os::lock_guard hold(guard);
    const std::size_t bytes = traits[bin].span_bytes;
    span* const run = take_run(bytes / block_bytes, bytes);
    if (run == nullptr) {
        metadata::deallocate(memory, span::descriptor_bytes(bin));
        return nullptr;
    }
    auto* const s = ::new (memory) span;
    s->base = run->base;
    s->blocks = run->blocks;
    s->descriptor = narrow<std::uint32_t>(span::descriptor_bytes(bin));
    s->make_slots(bin);
    if (run->state == span_state::dirty) { // whatever stood here last may be resident
        s->touch_all();
    }
    drop_run(run);
    s->enter_map(true);
    if constexpr (hardened) {
        s->set_guard();
    }
    return s;
}

span* page_heap::take_large(std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t blocks = (bytes + block_bytes - 1) / block_bytes;
    const os::lock_guard hold(guard);
    span* const run = take_run(blocks, alignment);
    if (run != nullptr) {
        run->zeroed = run->state == span_state::clean;
        run->state = span_state::large;
        spans.set(run->base, page_entry(run, page_entry::large));
        if constexpr (hardened) {
            run->set_guard();
        }
    }
    return run;
}

void page_heap::give(span* s) noexcept {
    s->drop_guard();
    const std::uint32_t now = os::coarse_milliseconds();
    const os::lock_guard hold(guard);
    if (s->state == span_state::slots) {
        for (std::size_t at = 0; at < s->bytes(); at += block_bytes) {
            spans.set(s->base + at, {});
        }
        s->drop_slots();
    } else {
        spans.set(s->base, {});
        s->requested = 0;
        s->kept = false;
    }
    s->state = span_state::dirty;
    insert_joined(s, now);
}

bool page_heap::resize(span* s, std::size_t bytes) noexcept {
    const auto blocks = narrow<std::uint32_t>((bytes + block_bytes - 1) / block_bytes);
    const std::uint32_t now = os::coarse_milliseconds();
    const os::lock_guard hold(guard);
    if (blocks == s->blocks) {
        return true;
    }
    if (blocks < s->blocks) {
        span* const rest =
            new_run(s->base + blocks * block_bytes, s->blocks - blocks, span_state::dirty);
        if (rest == nullptr) {
            return false;
        }
        s->blocks = blocks;
        insert_joined(rest, now);
        return true;
    }
    const page_entry entry = spans.find(s->base + s->bytes());
    if (entry.tag() != page_entry::free_run) {
        return false;
    }
    span* const behind = entry.owner();
    const std::uint32_t more = blocks - s->blocks;
    if (behind->blocks < more || behind->base != s->base + s->bytes()) {
        return false;
    }
    const std::uint32_t stamp = behind->stamp;
    const bool waits = behind->queued;
    remove(behind);
    s->blocks = blocks;
    s->zeroed = false;
    behind->base += more * block_bytes;
    behind->blocks -= more;
    if (behind->blocks == 0) {
        drop_run(behind);
    } else {
        insert(behind, stamp, waits);
    }
    return true;
}

bool page_heap::purge(std::uint32_t now, std::uint32_t age) noexcept {
    if (age == 0) { // what was refused is asked for again
        const os::lock_guard hold(guard);
        dirty.for_each([](span& run) {
            if (!run.queued) {
                run.queued = true;
                queue.push_back(&run);
            }
        });
    }
    for (;;) {
        guard.acquire();
        span* const run = queue.front();
        if (run == nullptr || !run->aged(now, age)) {
            guard.release();
            return run != nullptr;
        }
        remove(run);
        run->state = span_state::moving; // untagged and unlisted: nobody else sees it
        guard.release();
        const bool went = os::try_release(run->start(), run->bytes());
        guard.acquire();
        run->state = went ? span_state::clean : span_state::dirty;
        insert_joined(run, now, went);
        guard.release();
    }
}

std::uint64_t page_heap::dirty_bytes() noexcept {
    return dirty_blocks.load(std::memory_order_relaxed) * block_bytes;
}

std::uint64_t page_heap::mapped() noexcept {
    return mapped_bytes.load(std::memory_order_relaxed);
}

page_heap::free_totals page_heap::free_runs_now(bool ask_kernel) noexcept {
    const os::lock_guard hold(guard);
    free_totals totals{dirty.blocks() * block_bytes, clean.blocks() * block_bytes, 0};
    if (ask_kernel) {
        const auto add = [&](const span& run) {
            totals.resident_bytes += os::resident(run.start(), run.bytes());
        };
        dirty.for_each(add);
        clean.for_each(add);
    }
    return totals;
}

void page_heap::for_each_region(void (*f)(void*, std::uintptr_t, std::size_t),
                                void* argument) noexcept {
    guard.acquire();
    const region* const newest = regions; // regions never leave, and their list only grows in front
    guard.release();
    for (const region* r = newest; r != nullptr; r = r->older) {
        f(argument, r->base, r->bytes);
    }
}

void page_heap::validate() noexcept {
    const os::lock_guard hold(guard);
    std::uint64_t free_blocks = 0;
    const auto check = [&](const span& run, span_state state) {
        EBB_CHECK_AT(run.state == state, "page heap: a run in the wrong lists", run.start());
        EBB_CHECK_AT(spans.find(run.base).owner() == &run &&
                         spans.find(last_block(run)).owner() == &run,
                     "page heap: a run's ends say another", run.start());
        EBB_CHECK_AT(free_neighbour(run.base + run.bytes(), state) == nullptr,
                     "page heap: two free neighbours not joined", run.start());
        free_blocks += run.blocks;
    };
    dirty.for_each([&](const span& run) { check(run, span_state::dirty); });
    clean.for_each([&](const span& run) { check(run, span_state::clean); });
    EBB_CHECK(free_blocks == dirty.blocks() + clean.blocks(), "page heap: free blocks miscounted");
    std::uint64_t bytes = 0;
    for (const region* r = regions; r != nullptr; r = r->older) {
        bytes += r->bytes;
    }
    EBB_CHECK(bytes == mapped_bytes.load(std::memory_order_relaxed),
              "page heap: the regions miscounted");
}

void page_heap::before_fork() noexcept {
    guard.acquire();
}
void page_heap::after_fork() noexcept {
    guard.release();
}
void page_heap::in_child() noexcept {
    guard.reset();
}

} // namespace ebb::engine
