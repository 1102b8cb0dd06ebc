#include <ebb/alloc/engine/block.h>
#include <ebb/alloc/engine/cache_room.h>
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/companion.h>
#include <ebb/alloc/engine/detour.h>
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/heap.h>
#include <ebb/alloc/engine/page_heap.h>
#include <ebb/alloc/engine/purge.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cerrno>

namespace ebb::engine {

namespace {

// What a thread keeps of its own: a block that is freed and asked for again and again costs no lock
// then, where the page heap costs one, and its lists, twice. Larger ones take their time in the
// program anyway.
constexpr std::size_t largest_kept = 4 * mib;

// From here on a block's pages are moved and not copied when it grows. Each move may cost up to
// three mappings.
constexpr std::size_t least_moved = 4 * mib;

// The most bytes that a block or its alignment may have. No process of Linux can address more in
// one piece (x86-64: 47 bits), and a span counts its blocks in 32 bits.
constexpr std::size_t most = std::size_t{1} << 47;
static_assert(most / block_bytes <= UINT32_MAX);

void* no_memory() noexcept {
    errno = ENOMEM;
    return nullptr;
}

// A slot of the bin for this thread, from its cache or its central bin. Null without memory.
void* take_slot(thread_cache& cache, std::size_t bin) noexcept {
    cache_bin& b = cache.bins[bin];
    void** const top = b.top.get();
    if (top != b.floor) {
        if constexpr (hardened) {
            std::swap(top[-1], b.floor[random_below(static_cast<std::size_t>(top - b.floor))]);
        }
        b.top.set(top - 1);
        return top[-1];
    }
    return refill(cache, bin);
}

void give_slot(thread_cache& cache, std::size_t bin, void* slot) noexcept {
    cache_bin& b = cache.bins[bin];
    void** const top = b.top.get();
    if (top != b.ceiling.get()) {
        store_relaxed(*top, slot);
        b.top.set(top + 1);
        return;
    }
    flush(cache, bin, slot);
}

// A slot that leaves the quarantine of its thread.
void* take_oldest(thread_cache& cache) noexcept {
    void* const slot = cache.waiting.front();
    cache.leave_quarantine(slot, spans.find(address_of(slot)).tag());
    return slot;
}

void give_slot_later(const booking& books, std::size_t bin, void* slot) noexcept {
    const std::size_t bytes = traits[bin].slot;
    scrub(slot, bytes - long_tail);
    close_slot(slot, bin);
    for (bool waits = false; !waits;) {
        void* released = nullptr;
        books.write([&](thread_cache& cache) {
            if (cache.waiting.full_for(bytes)) {
                released = take_oldest(cache);
            } else {
                cache.waiting.push(slot, bytes);
                cache.dead.add(static_cast<std::int64_t>(bytes));
                waits = true;
            }
        });
        if (released != nullptr) {
            give_slot(*books, spans.find(address_of(released)).tag(), released);
        }
    }
}

span* take_large(thread_cache& cache, std::size_t bytes, std::size_t alignment) noexcept {
    if (span* const s = cache.large.get()) {
        if (s->bytes() == bytes && is_aligned(s->start(), alignment)) {
            cache.keep(nullptr);
            s->set_kept(false);
            s->zeroed = false;
            return s;
        }
    }
    return heap_closed() ? nullptr : page_heap::take_large(bytes, alignment);
}

void give_large(thread_cache& cache, span* s) noexcept {
    const std::size_t bytes = s->bytes();
    s->requested = 0;
    poison(s->start(), bytes);
    if (bytes <= largest_kept && !hardened && cache.has_stacks() &&
        cache_room::may_keep(cache, bytes)) {
        s->set_kept(true);
        span* const before = cache.large.get();
        cache.keep(s);
        s = before;
    }
    if (s != nullptr) {
        purge::goes_at_once(bytes) ? page_heap::give_at_once(s) : page_heap::give(s);
    }
}

// A place for n bytes that nothing is booked for yet.
struct place {
    void* start = nullptr;
    std::size_t bin = bin_count; // or a large one
    std::size_t slack = 0;
    bool zeroed = false;
};

place take_place(thread_cache& cache, std::size_t bin, std::size_t n,
                 std::size_t alignment = block_bytes) noexcept {
    place to;
    to.bin = bin;
    if (bin < bin_count) {
        to.start = take_slot(cache, bin);
        if (to.start != nullptr) {
            to.slack = open_slot(to.start, bin, n);
        }
    } else if (span* const s = take_large(cache, round_to_blocks(n), alignment)) {
        open_large(s, n);
        to.start = s->start();
        to.slack = s->bytes() - n;
        to.zeroed = s->zeroed;
    }
    return to;
}

void hold(thread_cache& cache, std::size_t bin, std::int64_t sign, std::size_t requested,
          std::size_t slack) noexcept {
    if (bin == bin_count) {
        cache.hold_large(sign, requested, requested + slack);
    } else if (has_tail(bin)) {
        cache.leave_of_slot(bin, sign * static_cast<std::int64_t>(slack));
    }
}

// Books that a block is `n` bytes long now, which leave `slack` of a place of that bin.
void hold_instead(const booking& books, const block_info& before, std::size_t bin, std::size_t n,
                  std::size_t slack) noexcept {
    books.write([&](thread_cache& cache) {
        hold(cache, bin, 1, n, slack);
        hold(cache, before.bin(), -1, before.requested, before.slack);
        n > before.requested ? cache.grow(n - before.requested)
                             : cache.shrink(before.requested - n);
    });
}

void give_place(const booking& books, void* p, const block_info& from) noexcept {
    const std::size_t bin = from.entry.tag();
    if (from.entry.is_bin() && hardened) {
        give_slot_later(books, bin, p);
    } else if (from.entry.is_bin()) {
        close_slot(p, bin);
        give_slot(*books, bin, p);
    } else {
        give_large(*books, from.entry.owner());
    }
}

// Zeroes for a block that was used before. Programs ask for large tables of zeroes to fill them
// sparsely (numpy.zeros, hash tables), so the pages of large ones go and come back when they are
// touched: a recycled calloc(2 GB) took 13 s and 2 GB by writing.
void make_zero(void* p, std::size_t n) noexcept {
    const std::size_t pages = n > largest_kept ? align_down(n, os::page_size()) : 0;
    const std::size_t gone = pages != 0 && os::try_release(p, pages) ? pages : 0;
    std::memset(advance(p, gone), 0, n - gone);
}

// Opens a call and does `attempt` in it, or `detour` while another thread forks; where that finds
// no memory, once more after all that bins and caches keep free has been put together again.
template <class F, class D>
place with_memory(std::size_t n, F&& attempt, D&& detour) noexcept {
    const int error = errno;
    const auto in_call = [&] {
        for (;;) {
            if (const slow_call here; here) {
                const booking books;
                return attempt(books);
            }
            place to;
            to.bin = bin_count;
            to.zeroed = true;
            if (detour(to.start)) {
                return to;
            }
        }
    };
    place to = in_call();
    if (to.start == nullptr && purge::reclaim(n)) {
        to = in_call();
    }
    purge::poll();
    errno = to.start == nullptr ? ENOMEM : error;
    return to;
}

// The alignment that a bin's slots, or a large block, are sure to have.
std::size_t alignment_in(std::size_t bin, std::size_t of_large) noexcept {
    return bin == bin_count ? of_large : traits[bin].slot & (0 - std::size_t{traits[bin].slot});
}

// The slow road of every allocation: by its bin, or bin_count for a large block.
place allocate_in(std::size_t bin, std::size_t n, std::size_t alignment = block_bytes) noexcept {
    if (heap_closed()) [[unlikely]] {
        place last;
        last.start = take_of_reserve(n, alignment_in(bin, alignment));
        last.zeroed = true;
        errno = last.start == nullptr ? ENOMEM : errno;
        return last;
    }
    const auto attempt = [&](const booking& books) {
        const place to = take_place(*books, bin, n, alignment);
        if (to.start != nullptr) {
            books.write([&](thread_cache& cache) {
                hold(cache, bin, 1, n, to.slack);
                cache.allocations.add(1);
                cache.grow(n);
            });
        }
        return to;
    };
    return with_memory(n, attempt, [&](void*& out) {
        return detour::allocate(n, alignment_in(bin, alignment), out);
    });
}

// The bin whose slots are multiples of the alignment, or bin_count.
std::size_t aligned_bin(std::size_t n, std::size_t alignment) noexcept {
    const std::size_t bytes = align_up(std::max<std::size_t>(n + behind_block, 1), alignment);
    if (alignment > block_bytes || bytes > largest_slot) {
        return bin_count;
    }
    std::size_t c = class_of(bytes);
    while (slot_of(c) % alignment != 0) {
        ++c;
    }
    return 2 * c + (n < slot_of(c) ? 2 : 1);
}

std::size_t any_bin(std::size_t n) noexcept {
    if constexpr (hardened) {
        return aligned_bin(n, slot_alignment);
    }
    return n <= largest_slot ? bin_of(n) : bin_count;
}

// A block changes its size where it stands. False, nothing changed, where it can't.
bool resize_in_place(void* p, std::size_t n, const block_info& before) noexcept {
    const std::size_t bin = before.bin();
    if (any_bin(n) != bin) {
        return false;
    }
    const slow_call here;
    if (!here) {
        return false;
    }
    const booking books; // before anything changes: validate() comes between calls
    std::size_t slack = 0;
    if (bin == bin_count) {
        span* const s = before.entry.owner();
        const std::size_t bytes = round_to_blocks(n);
        if (hardened ? bytes != s->bytes() : !page_heap::resize(s, bytes)) {
            return false;
        }
        open_large(s, n);
        slack = s->bytes() - n;
    } else if (has_tail(bin)) {
        slack = open_slot(p, bin, n);
    }
    hold_instead(books, before, bin, n, slack);
    return true;
}

// A pair of large blocks, again and again: the one that the thread keeps, without the general
// road's turns (29 ns a pair, 18 this way).
void* take_kept(std::size_t n) noexcept {
    thread_cache& cache = *current;
    void* block = nullptr;
    if (cache.enter() && !forks::any()) {
        span* const s = cache.large.get();
        if (s != nullptr && s->bytes() == round_to_blocks(n)) {
            cache.keep(nullptr);
            s->set_kept(false);
            s->zeroed = false;
            open_large(s, n);
            block = s->start();
            cache.hold_large(1, n, s->bytes());
            cache.allocations.add(1);
            cache.grow(n);
        }
    }
    cache.leave();
    forks::left();
    return block;
}

bool keep(void* p) noexcept {
    const page_entry entry = spans.find(address_of(p));
    if (entry.tag() != page_entry::large) {
        return false;
    }
    thread_cache& cache = *current;
    span* const s = entry.owner();
    if (s->bytes() > largest_kept || !has_cache()) {
        return false;
    }
    bool kept = false;
    if (cache.enter() && !forks::any() && cache.large.get() == nullptr && s->start() == p &&
        !s->is_kept() && cache_room::may_keep(cache, s->bytes())) {
        cache.hold_large(-1, s->requested, s->bytes());
        cache.frees.add(1);
        cache.shrink(s->requested);
        s->requested = 0;
        poison(s->start(), s->bytes());
        s->set_kept(true);
        cache.keep(s);
        kept = true;
    }
    cache.leave();
    forks::left();
    companion::wake(); // purge::poll() is for those who gave something up
    return kept;
}

// Moves the pages of a long block instead of copying them: `no` where they had better be copied.
os::moved move_pages(const block_info& from, const place& to) noexcept {
    if (!os::pages_move || hardened || to.start == nullptr || from.bin() != bin_count ||
        to.bin != bin_count || from.entry.owner()->bytes() < least_moved) {
        return os::moved::no;
    }
    span* const longer = spans.find(address_of(to.start)).owner();
    return longer->bytes() < from.entry.owner()->bytes()
               ? os::moved::no
               : page_heap::move(from.entry.owner(), longer);
}

// The last resort of a block that is to grow. Null, nothing changed, where it can't.
void* relocate(const block_info& before, std::size_t n) noexcept {
    const slow_call here;
    if (!os::pages_move || hardened || before.bin() != bin_count || n < before.requested || !here) {
        return nullptr;
    }
    const booking books;
    span* const s = before.entry.owner();
    if (!page_heap::relocate(s, round_to_blocks(n))) {
        return nullptr;
    }
    open_large(s, n);
    hold_instead(books, before, bin_count, n, s->bytes() - n);
    return s->start();
}

// Apart, so that smaller blocks save no registers for it.
[[gnu::noinline]] void* allocate_large(std::size_t n) noexcept {
    if (n <= largest_kept) {
        if (void* const p = take_kept(n)) {
            return p;
        }
    }
    return n > most - block_bytes ? no_memory() : allocate_in(bin_count, n).start;
}

// Apart from keep(), so that a large block's usual way needs no frame.
[[gnu::noinline]] void give_in_call(void* p) noexcept {
    const int error = errno;
    const block_info block = inspect(p);
    for (bool done = false; !done;) {
        if (const slow_call here; here) {
            const booking books;
            books.write([&](thread_cache& cache) {
                hold(cache, block.bin(), -1, block.requested, block.slack);
                cache.frees.add(1);
                cache.shrink(block.requested);
            });
            give_place(books, p, block);
            done = true;
        } else {
            done = detour::deallocate(p, block);
        }
    }
    purge::poll();
    errno = error;
}

} // namespace

void* detail::allocate_slowly(std::size_t n) noexcept {
    if (n > largest_slot && !hardened) {
        return allocate_large(n);
    }
    return n > most - block_bytes ? no_memory() : allocate_in(any_bin(n), n).start;
}

void* allocate_zeroed(std::size_t n) noexcept {
    if (n > most - block_bytes) {
        return no_memory();
    }
    if (any_bin(n) != bin_count) {
        void* const p = allocate(n);
        return p == nullptr ? nullptr : std::memset(p, 0, n);
    }
    const place to = allocate_in(bin_count, n);
    if (to.start != nullptr && !to.zeroed) {
        make_zero(to.start, n);
    }
    return to.start;
}

void* allocate_aligned(std::size_t n, std::size_t alignment) noexcept {
    if (alignment <= slot_alignment) {
        return allocate(n);
    }
    if (n > most - block_bytes || alignment > most - block_bytes - n) {
        return no_memory();
    }
    return allocate_in(aligned_bin(n, alignment), n, std::max(alignment, block_bytes)).start;
}

void* allocate_pages(std::size_t n) noexcept {
    const std::size_t page = os::page_size();
    if (n > most - block_bytes) {
        return no_memory();
    }
    const std::size_t bytes = align_up(n, page);
    if (hardened || bytes == n) {
        return allocate_aligned(bytes, page);
    }
    // The note of the remainder lies behind the pages, which are the program's.
    return allocate_in(aligned_bin(bytes + long_tail, page), n, block_bytes).start;
}

void detail::deallocate_suspect(void* p) noexcept {
    const page_entry entry = spans.find(address_of(p));
    const cache_bin& b = current->bins[entry.tag()];
    const std::size_t index = bin_traits::index_of(address_of(p) & b.span_mask, b.inverse);
    const std::uint64_t word = slot_mark::read(p);
    const bool looks_free = word == 0 ? entry.owner()->is_free(index) : word == slot_mark::of(p);
    if (looks_free || !give(*current, entry.tag(), p, 0)) {
        deallocate_slowly(p);
    }
}

void detail::deallocate_long_tail(void* p) noexcept {
    const std::size_t bin = spans.find(address_of(p)).tag();
    const std::size_t slot = current->bins[bin].slot;
    const std::size_t remainder = read_remainder(static_cast<unsigned char*>(p) + slot);
    if (remainder - 1 >= slot || !give(*current, bin, p, remainder)) {
        deallocate_slowly(p);
    }
}

void detail::deallocate_slot(void* p) noexcept {
    if (!heap_closed()) {
        give_in_call(p);
    }
}

void detail::deallocate_slowly(void* p) noexcept {
    if (p != nullptr && !heap_closed() && (hardened || !keep(p))) {
        give_in_call(p);
    }
}

void detail::check_size(const void* p, std::size_t n) noexcept {
    if (p != nullptr && inspect(p).requested != n) {
        misuse(misuse_kind::wrong_size, p);
    }
}

std::size_t usable_size(const void* p) noexcept {
    if (heap_closed()) [[unlikely]] {
        return bytes_in_reserve(p);
    }
    return p == nullptr ? 0 : inspect(p).usable_bytes();
}

std::size_t good_size(std::size_t n, std::size_t alignment) noexcept {
    if (n > most - block_bytes || alignment > most - block_bytes - n) {
        return 0;
    }
    if (hardened || poisons) {
        return n;
    }
    const std::size_t bin = alignment <= slot_alignment ? any_bin(n) : aligned_bin(n, alignment);
    return bin == bin_count ? round_to_blocks(n) : usable(traits[bin].slot, traits[bin].slot - n);
}

std::size_t page_bytes() noexcept {
    return os::page_size();
}

void* reallocate(void* p, std::size_t n) noexcept {
    if (n > most - block_bytes) {
        return no_memory();
    }
    if (heap_closed()) [[unlikely]] {
        void* const moved = take_of_reserve(n, slot_alignment);
        if (moved == nullptr || bytes_in_reserve(p) == 0) {
            return no_memory();
        }
        return std::memcpy(moved, p, std::min(n, bytes_in_reserve(p)));
    }
    const block_info before = inspect(p);
    const int error = errno;
    if (resize_in_place(p, n, before)) {
        purge::poll();
        errno = error;
        return p;
    }
    errno = error;
    const auto move = [&](const booking& books) {
        place to = take_place(*books, any_bin(n), n);
        os::moved pages = move_pages(before, to);
        if (pages == os::moved::lost) {
            to = take_place(*books, any_bin(n), n);
            pages = os::moved::no;
        }
        if (to.start != nullptr) {
            hold_instead(books, before, to.bin, n, to.slack);
            if (pages == os::moved::no) {
                std::memcpy(to.start, p, std::min(n, before.usable_bytes()));
                give_place(books, p, before);
            }
        }
        return to;
    };
    const auto detour = [&](void*& out) { return detour::reallocate(p, before, n, out); };
    if (void* const moved = with_memory(n, move, detour).start) {
        return moved;
    }
    void* const relocated = relocate(before, n);
    errno = relocated == nullptr ? ENOMEM : error;
    return relocated;
}

} // namespace ebb::engine
