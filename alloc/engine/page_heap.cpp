#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/free_space.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/regions.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/sums.h>
#include <ebb/alloc/os/clock.h>
#include <ebb/alloc/os/futex.h>
#include <ebb/alloc/os/lock.h>

#include <algorithm>
#include <new>

namespace ebb::engine {
namespace {

constinit os::lock guard;
constinit free_space space;
// What the process's sums know of `space`.
constinit std::int64_t told_waiting = 0;
constinit std::int64_t told_refused = 0;
// Blocks on their way to the system: in no list, and coming back as clean ones.
constinit shared<std::uint64_t> moving_blocks{0};

// The lock, with descriptors in stock for all that may be done under it: making one may have to map
// memory, which the lock isn't held for.
class locked {
  public:
    locked() noexcept {
        guard.acquire();
        while (space.stock() < free_space::most_needed) {
            guard.release();
            void* const memory = metadata::allocate(sizeof(span));
            guard.acquire();
            if (memory == nullptr) {
                break;
            }
            space.add_to_stock(memory);
        }
    }
    ~locked() {
        const std::int64_t waiting = space.waiting_bytes();
        const std::int64_t refused = space.refused_bytes();
        sums::add(sums::waiting, waiting - told_waiting);
        sums::add(sums::unreturned, refused - told_refused);
        told_waiting = waiting;
        told_refused = refused;
        guard.release();
    }
    locked(const locked&) = delete;
    locked& operator=(const locked&) = delete;

    /// False without memory: then nothing that needs a descriptor may be done.
    explicit operator bool() const noexcept { return space.stock() >= free_space::most_needed; }
};

// A region more. False without memory.
bool grow(std::size_t blocks, std::size_t alignment) noexcept {
    regions::region* const r = regions::map(blocks, alignment);
    if (r == nullptr) {
        return false;
    }
    const locked hold;
    regions::enter(r);
    space.add_to_stock(r->descriptor);
    space.insert(space.describe(r->base, r->bytes / block_bytes, span_state::clean), 0);
    return true;
}

// A run of just `blocks`, in no list, its ends untagged. Null without memory.
template <class F>
span* take_run(std::size_t blocks, std::size_t alignment, F&& make) noexcept {
    for (;;) {
        bool more_comes = false;
        {
            const locked hold;
            if (!hold) {
                return nullptr;
            }
            more_comes = moving_blocks.load() != 0;
            const free_space::taken got =
                space.take(blocks, std::max(alignment / block_bytes, std::size_t{1}));
            if (got.run != nullptr) {
                return make(got);
            }
        }
        if (!grow(blocks, alignment)) {
            if (!more_comes) {
                return nullptr;
            }
            // Memory is on its way to the system: it is free again when that has done with it.
            while (moving_blocks.load() != 0) {
                os::yield();
            }
        }
    }
}

} // namespace

span* page_heap::take_slots(std::size_t bin) noexcept {
    void* const memory = metadata::allocate(span::descriptor_bytes(bin));
    if (memory == nullptr) {
        return nullptr;
    }
    const std::size_t bytes = traits[bin].span_bytes;
    span* const s = take_run(bytes / block_bytes, bytes, [&](const free_space::taken& got) {
        auto* const made = ::new (memory) span;
        made->base = got.run->base;
        made->blocks = got.run->blocks;
        made->stamp = got.run->stamp;
        made->descriptor = narrow<std::uint32_t>(span::descriptor_bytes(bin));
        made->make_slots(bin);
        if (got.run->state == span_state::dirty) { // whatever stood here last may be resident
            made->touch_all();
        }
        space.forget(got.run);
        made->enter_map(true);
        return made;
    });
    if (s == nullptr) {
        metadata::deallocate(memory, span::descriptor_bytes(bin));
        return nullptr;
    }
    if constexpr (hardened) {
        s->set_guard();
    }
    return s;
}

span* page_heap::take_large(std::size_t bytes, std::size_t alignment) noexcept {
    const std::size_t blocks = (bytes + block_bytes - 1) / block_bytes;
    std::uint64_t clean = 0;
    span* const s = take_run(blocks, alignment, [&](const free_space::taken& got) {
        got.run->zeroed = got.run->state == span_state::clean;
        got.run->state = span_state::large;
        spans.set(got.run->base, page_entry(got.run, page_entry::large));
        clean = got.clean_bytes;
        return got.run;
    });
    sums::add(sums::needed, static_cast<std::int64_t>(clean));
    if constexpr (hardened) {
        if (s != nullptr) {
            s->set_guard();
        }
    }
    return s;
}

void page_heap::give(span* s) noexcept {
    s->drop_guard();
    const std::uint32_t now = os::coarse_milliseconds();
    const locked hold;
    bool clean = false;
    if (s->state == span_state::slots) {
        clean = s->idle_pages + s->refused_pages == 0; // all its slots are free
        s->leave_map();
        s->drop_slots();
    } else {
        spans.set(s->base, {});
        s->requested = 0;
        s->set_kept(false);
    }
    s->state = clean ? span_state::clean : span_state::dirty;
    space.insert(s, now);
}

bool page_heap::resize(span* s, std::size_t bytes) noexcept {
    const auto blocks = narrow<std::uint32_t>((bytes + block_bytes - 1) / block_bytes);
    if (blocks == s->blocks) {
        return true;
    }
    const std::uint32_t now = os::coarse_milliseconds();
    std::uint64_t clean = 0;
    {
        const locked hold;
        if (!hold) {
            return false;
        }
        if (blocks < s->blocks) {
            span* const rest = space.describe(s->base + std::size_t{blocks} * block_bytes,
                                              s->blocks - blocks, span_state::dirty);
            s->blocks = blocks;
            space.insert(rest, now);
            return true;
        }
        clean = space.take_behind(s->base + s->bytes(), blocks - s->blocks);
        if (clean == free_space::none) {
            return false;
        }
        s->blocks = blocks;
        s->zeroed = false;
    }
    sums::add(sums::needed, static_cast<std::int64_t>(clean));
    return true;
}

std::size_t page_heap::give_back(std::size_t most, std::uint32_t now, std::uint32_t age) noexcept {
    span* run = nullptr;
    {
        const locked hold;
        run = hold ? space.take_oldest(most / block_bytes, now, age) : nullptr;
        if (run == nullptr) {
            return 0;
        }
        run->state = span_state::moving; // untagged and unlisted: nobody else sees it
        moving_blocks.fetch_add(run->blocks);
    }
    const std::size_t bytes = run->bytes();
    const std::size_t refused = os::release_what_goes(run->start(), bytes);
    const locked hold;
    moving_blocks.fetch_add(0 - std::uint64_t{run->blocks});
    run->state = refused == 0 ? span_state::clean : span_state::dirty;
    space.insert(run, now, refused);
    return bytes;
}

std::size_t page_heap::live_at(std::uintptr_t address) noexcept {
    const os::lock_guard hold(guard);
    const page_entry entry = spans.find(address);
    return entry.tag() == page_entry::large && !entry.owner()->is_kept() ? entry.owner()->bytes()
                                                                         : 0;
}

void page_heap::forget_refusals() noexcept {
    const locked hold;
    space.forget_refusals();
}

page_heap::free_totals page_heap::free_runs_now() noexcept {
    const os::lock_guard hold(guard);
    return {space.dirty_bytes() + moving_blocks.load() * block_bytes, space.clean_bytes()};
}

void page_heap::validate() noexcept {
    const os::lock_guard hold(guard);
    space.validate();
    std::uint64_t bytes = 0;
    regions::for_each([](void* sum, std::uintptr_t,
                         std::size_t of_region) { *static_cast<std::uint64_t*>(sum) += of_region; },
                      &bytes);
    EBB_CHECK(bytes == regions::mapped(), "page heap: the regions miscounted");
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
