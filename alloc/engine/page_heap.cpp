#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/free_space.h>
#include <ebb/alloc/engine/gone_runs.h>
#include <ebb/alloc/engine/metadata.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/poison.h>
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

// Addresses go back too: a process under a limit (RLIMIT_AS, strict overcommit) pays for them. Long
// free runs go as they come by giving back, others where clean ones are more than a part of what is
// in use; but no short ones, or there would be too many mappings (vm.max_map_count is 65,530).
constexpr std::size_t least_unmapped = 32 * mib;
constexpr std::uint64_t least_clean = 48 * mib;
constexpr std::uint64_t part_of_used = 4;
constexpr std::size_t least_hole = 4 * mib;
constexpr std::uint64_t most_holes = 256;

// The clock, for blocks of which a program may leave much untouched; 0 for others.
std::uint64_t nanoseconds_for(std::size_t bytes) noexcept {
    return bytes < mib ? 0 : os::monotonic_nanoseconds();
}

// A run that is in no list is about to go.
void begin_moving(span* run) noexcept {
    run->state = span_state::moving; // untagged and unlisted: nobody else sees it
    moving_blocks.fetch_add(run->blocks);
}

constinit gone_runs gone;

constinit thread_local page_heap::guards_later* later = nullptr;

bool unmap_run(const span* run) noexcept {
    forget_poison(run->start(), run->bytes());
    return os::try_unmap(run->start(), run->bytes());
}

// A span's addresses have gone. Requires the lock.
void forget_mapped(span* s) noexcept {
    regions::subtract(s->bytes(), regions::mapped() + metadata::mapped());
    space.forget(s);
}

// A run that was moving has gone, addresses and all; and is free again. Requires the lock.
void end_unmapped(span* run) noexcept {
    moving_blocks.fetch_add(0 - std::uint64_t{run->blocks});
    forget_mapped(run);
}
void end_moving(span* run, span_state state, std::uint32_t now, std::size_t refused) noexcept {
    moving_blocks.fetch_add(0 - std::uint64_t{run->blocks});
    run->state = state;
    gone.forget(run->base, block_bytes);
    space.insert(run, now, refused);
}

// A region more. False without memory.
bool grow(std::size_t blocks, std::size_t alignment) noexcept {
    const regions::region r = regions::map(blocks, alignment);
    if (r.base == 0) {
        return false;
    }
    const locked hold;
    gone.forget(r.base, r.bytes);
    regions::add(r.bytes);
    space.add_to_stock(r.descriptor);
    space.insert(space.describe(r.base, r.bytes / block_bytes, span_state::clean), 0);
    return true;
}

// Gives the addresses of the longest clean run back, if it is so long. Not under the lock. False
// where there is none.
bool unmap_clean(std::size_t least) noexcept {
    span* run = nullptr;
    {
        const locked hold;
        run = space.take_clean(least / block_bytes);
        if (run == nullptr) {
            return false;
        }
        begin_moving(run);
        gone.add(run->base); // before somebody else has the address
    }
    const bool unmapped = unmap_run(run);
    const locked hold;
    if (unmapped) {
        end_unmapped(run);
        return true;
    }
    end_moving(run, span_state::clean, 0, 0);
    return false;
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
        if (!grow(blocks, alignment) && !unmap_clean(block_bytes)) {
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
    const std::uint64_t now = nanoseconds_for(bytes);
    span* const s = take_run(blocks, alignment, [&](const free_space::taken& got) {
        got.run->zeroed = got.run->state == span_state::clean;
        got.run->state = span_state::large;
        got.run->taken_at = now;
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

page_heap::guards_later::guards_later() noexcept {
    later = this;
}

page_heap::guards_later::~guards_later() {
    later = nullptr;
    while (span* const s = spans_.front()) {
        spans_.remove(s);
        give(s);
    }
}

void page_heap::give(span* s) noexcept {
    if constexpr (hardened) {
        if (later != nullptr && s->guarded) {
            later->spans_.push_front(s);
            return;
        }
    }
    s->drop_guard();
    const std::uint32_t now = os::coarse_milliseconds();
    const std::uint64_t nanoseconds = s->taken_at == 0 ? 0 : nanoseconds_for(s->bytes());
    const locked hold;
    bool clean = false;
    if (s->state == span_state::slots) {
        clean = s->idle_pages + s->refused_pages == 0; // all its slots are free
        s->leave_map();
        s->drop_slots();
        s->touched = clean ? 0 : s->bytes();
    } else {
        s->count_touched(nanoseconds);
        spans.set(s->base, {});
        s->requested = 0;
        s->set_kept(false);
    }
    s->state = clean ? span_state::clean : span_state::dirty;
    space.insert(s, now);
}

void page_heap::give_at_once(span* s) noexcept {
    s->drop_guard();
    const std::uint32_t now = os::coarse_milliseconds();
    const std::uint64_t nanoseconds = nanoseconds_for(s->bytes());
    {
        const locked hold;
        s->count_touched(nanoseconds);
        spans.set(s->base, {});
        s->requested = 0;
        begin_moving(s);
        gone.add(s->base);
    }
    const bool unmapped = unmap_run(s);
    const locked hold;
    if (unmapped) {
        end_unmapped(s);
    } else { // it waits as others do
        end_moving(s, span_state::dirty, now, 0);
    }
}

bool page_heap::resize(span* s, std::size_t bytes) noexcept {
    const auto blocks = narrow<std::uint32_t>((bytes + block_bytes - 1) / block_bytes);
    if (blocks == s->blocks) {
        return true;
    }
    const std::uint32_t now = os::coarse_milliseconds();
    const std::uint64_t nanoseconds = nanoseconds_for(s->bytes());
    std::uint64_t clean = 0;
    {
        const locked hold;
        if (!hold) {
            return false;
        }
        if (blocks < s->blocks) {
            span* const rest = space.describe(s->base + std::size_t{blocks} * block_bytes,
                                              s->blocks - blocks, span_state::dirty);
            s->count_touched(nanoseconds);
            rest->touched = std::min(s->touched, std::uint64_t{rest->bytes()});
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

void page_heap::trim() noexcept {
    for (;;) {
        const free_totals free = free_runs_now();
        const std::uint64_t mapped = regions::mapped();
        const std::uint64_t used = mapped - std::min(mapped, free.dirty_bytes + free.clean_bytes);
        if (free.clean_bytes <= std::max(least_clean, used / part_of_used) ||
            !unmap_clean(std::max<std::size_t>(least_hole, mapped / most_holes))) {
            return;
        }
    }
}

page_heap::given page_heap::give_back(std::size_t most, std::uint32_t now,
                                      std::uint32_t age) noexcept {
    span* run = nullptr;
    {
        const locked hold;
        run = hold ? space.take_oldest(most / block_bytes, now, age) : nullptr;
        if (run == nullptr) {
            return {};
        }
        begin_moving(run);
        if (run->bytes() >= least_unmapped) {
            gone.add(run->base);
        }
    }
    const std::size_t bytes = run->bytes();
    const given result{bytes, std::min<std::size_t>(bytes, run->touched)};
    run->touched = 0;
    if (bytes >= least_unmapped && unmap_run(run)) {
        const locked hold;
        end_unmapped(run);
        return result;
    }
    const std::size_t refused = os::release_what_goes(run->start(), bytes);
    {
        const locked hold;
        end_moving(run, refused == 0 ? span_state::clean : span_state::dirty, now, refused);
    }
    trim();
    return result;
}

os::moved page_heap::move(span* from, span* to) noexcept {
    const auto hide = [](span* s) {
        const os::lock_guard hold(guard); // for who reads the page map
        gone.add(s->base);
    };
    const std::size_t bytes = from->bytes();
    hide(from);
    const os::moved result = os::move_pages(from->start(), bytes, to->start(), to->bytes());
    if (result == os::moved::lost) { // what is behind the part that is lost may be lost as well
        hide(to);
    }
    const locked hold;
    if (result == os::moved::yes) {
        forget_mapped(from);
        return result;
    }
    spans.set(from->base, page_entry(from, page_entry::large));
    if (result == os::moved::lost) {
        forget_mapped(to);
    }
    return result;
}

bool page_heap::relocate(span* s, std::size_t bytes) noexcept {
    const std::size_t before = s->bytes();
    if (bytes > 4 * gib || !spans.prepare()) {
        return false;
    }
    {
        const os::lock_guard hold(guard);
        gone.add(s->base);
    }
    void* const to = os::grow_pages(s->start(), before, bytes, block_bytes);
    EBB_CHECK(to == nullptr || spans.cover(address_of(to), bytes),
              "page map: no memory for a table that was made ready");
    const locked hold;
    if (to != nullptr) {
        gone.forget(address_of(to), bytes);
        s->base = address_of(to);
        s->blocks = narrow<std::uint32_t>(bytes / block_bytes);
        regions::add(bytes - before);
    }
    spans.set(s->base, page_entry(s, page_entry::large));
    return to != nullptr;
}

page_heap::extent page_heap::extent_at(std::uintptr_t address) noexcept {
    const os::lock_guard hold(guard);
    const page_entry entry = spans.find_entered(address);
    const bool is_large = entry.tag() == page_entry::large;
    if (!is_large && (entry.tag() != page_entry::free_run || entry.owner()->base != address)) {
        return {};
    }
    return {entry.owner()->bytes(), is_large && !entry.owner()->is_kept()};
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
    std::uint64_t bytes = moving_blocks.load() * block_bytes;
    for (std::uintptr_t at = spans.next(0); at != 0;) {
        const span* const s = spans.find(at).owner();
        EBB_CHECK_AT(s->base == at, "page heap: a span that lies in another", s->start());
        bytes += s->bytes();
        at = spans.next(at + s->bytes());
    }
    EBB_CHECK(bytes == regions::mapped(), "page heap: mapped bytes miscounted");
}

} // namespace ebb::engine
