// Equal slots in aligned chunks: the mechanism under pool, sized and go_heap. It hands out and
// takes back slots and reports chunks to its owner's tally; what a slot is asked for is the owner's
// to count.
//
// A chunk is aligned to its own size (a power of two), so that a slot finds its chunk by a mask:
//
//     0        header_bytes           first_slot                                      chunk_bytes
//     +--------+----------------------+--------+--------+- - - -+--------+------------+
//     | header | live: a bit a slot   | slot 0 | slot 1 |       | last   | tail       |
//     +--------+----------------------+--------+--------+- - - -+--------+------------+
//      `------------ overhead -------'                                    `-overhead-'
//
// Costs: take and give are a list push or pop and a bit; no system call but where a chunk comes or
// goes. Overhead is 1.6 % of a chunk of 8 byte slots (a bit each), 0.3 % of 64, and up to a slot
// where they are large, since chunks are powers of two: 1.6 % at 4 KiB, an eighth at 32. The bit
// costs about 0.5 ns a pair and buys the check for double, interior and foreign frees.
//
// The slot given last is kept aside, as `hot_`, and is the next one taken: neither list, bit nor
// count of its chunk changes meanwhile. That is 2 of 5.5 ns a pair, and where lifetimes are random
// over many chunks it spares the miss on another chunk's header.
//
// One empty chunk is kept, so that a pair on the brink of a chunk makes no system call. Each chunk
// that has to be fetched again after one was given back raises that number by one, up to 8 MiB: a
// program that breathes keeps its breath (1,000 blocks of 4 KiB allocated and freed over and over
// cost 1,400 ns a block without that, all of it in the kernel); trim() gives all back and starts
// at one again.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/exceptions.h>
#include <ebb/alloc/base/gdb.h>
#include <ebb/alloc/base/intrusive_list.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/ledger/tally.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>

namespace ebb {

/// Equal slots from chunks of an upstream. Not copied, not moved: chunks point back at it.
///
/// Invariants, checked by `validate()`:
///  1. Every chunk stands in exactly one list: `full_` when all its slots are used, `spare_` when
///     none is, else `open_`.
///  2. In a chunk, live + retired + free list + never used = all slots; the free list holds no slot
///     twice and none whose bit is set. Chunks of up to 64 slots have no such list: what is neither
///     live nor retired is free.
///     One slot of one chunk may be `hot_`: free, with its bit still set and still counted as used.
///  3. Empty chunks stand in `spare_`, `kept_` of them at most.
/// Threads: one at a time.
class alignas(64) EBB_SHOWN slots {
  public:
    static constexpr std::size_t min_slot_bytes = 8;
    static constexpr std::size_t max_alignment = 4096;

    /// What follows from the size of a slot: a chunk's size, where its slots begin, how many there
    /// are. Slots are aligned to the largest power of two that divides their size, 4,096 at most.
    struct shape {
        std::size_t slot_bytes = 0;
        std::size_t chunk_bytes = 0;
        std::uint64_t inverse = 0; // of the size's odd factor, modulo 2^64
        std::uint32_t twos = 0;    // the size's other factor is 2^twos
        std::uint32_t first_slot = 0;
        std::uint32_t alignment = 0;
        std::uint32_t slot_count = 0;
    };
    /// Requires: `slot_bytes` a multiple of 8. Throws std::bad_alloc where no address space has
    /// room for such slots.
    [[nodiscard]] static constexpr shape shape_of(std::size_t slot_bytes);

    /// Takes nothing from `upstream` yet. `counts` must outlive this object. Cost: of a shape that
    /// is known when the program is compiled, a few stores; an arena of many sizes is made so in
    /// 0.1 us.
    slots(const shape& s, std::pmr::memory_resource& upstream, tally& counts) noexcept
        : chunk_mask_(~(s.chunk_bytes - 1)), slot_bytes_(s.slot_bytes), inverse_(s.inverse),
          twos_(s.twos), first_slot_(s.first_slot), slot_count_(s.slot_count),
          alignment_(s.alignment), upstream_(&upstream), counts_(&counts) {}
    slots(std::size_t slot_bytes, std::pmr::memory_resource& upstream, tally& counts);
    slots(const slots&) = delete;
    slots& operator=(const slots&) = delete;
    /// Gives every chunk back, live slots or not.
    ~slots() {
        if (!open_.empty() || !full_.empty() || !spare_.empty()) {
            clear();
        }
    }

    [[nodiscard]] std::size_t slot_bytes() const noexcept { return slot_bytes_; }
    [[nodiscard]] std::size_t alignment() const noexcept { return alignment_; }
    [[nodiscard]] std::size_t chunk_bytes() const noexcept { return ~chunk_mask_ + 1; }

    /// A free slot, its bytes as the last owner left them. Throws std::bad_alloc, nothing changed.
    [[nodiscard]] void* take() {
        if (void* const p = hot_; p != nullptr) {
            hot_ = nullptr;
            return p;
        }
        return take_cold();
    }

    /// Takes a slot back. Stops the program when `p` is not a live slot of this object.
    void give(void* p) noexcept {
        chunk* const c = chunk_of(p);
        const std::size_t index = checked_index(c, p);
        if (void* const before = hot_; before != nullptr) {
            chunk* const of = cooled(before);
            keep_aside(p, index);
            if (!put(of, before)) [[unlikely]] {
                reshelve_and_drop(of, c);
                return;
            }
        } else {
            keep_aside(p, index);
        }
        if (must_drop(c)) [[unlikely]] {
            drop_spare();
        }
    }

    /// Ends a slot's life without making it reusable: its bytes are the caller's until `reclaim`.
    /// Stops the program as `give` does.
    void retire(void* p) noexcept {
        chunk* const c = chunk_of(p);
        const std::size_t index = end_life(c, p);
        ++c->retired;
        c->retired_bits |= finds_by_bit() ? bit(index) : 0;
    }

    /// Makes a retired slot reusable. Requires: `p` was retired and not reclaimed since.
    void reclaim(void* p) noexcept {
        chunk* const c = chunk_of(p);
        EBB_ASSERT(c->owner == this && c->retired != 0, "reclaim: not a retired slot");
        const std::size_t index = index_of(c, p);
        --c->retired;
        c->retired_bits &= finds_by_bit() ? ~bit(index) : 0;
        put_with_free(c, p);
    }

    /// Whether `p` is a live slot here. Requires: `p` lies in a chunk of some `slots`.
    [[nodiscard]] bool holds(const void* p) const noexcept;

    /// Gives the empty chunks back, and forgets how many were worth keeping.
    void trim() noexcept;

    /// Gives every chunk back, live slots or not. The owner's tally keeps what it counted for them.
    void clear() noexcept;

    /// Live and retired slots, by a walk over the chunks; stops the program where an invariant is
    /// broken.
    [[nodiscard]] std::size_t validate() const;

    /// Bytes mapped and overhead among them, by the same walk.
    struct extent {
        std::size_t mapped = 0;
        std::size_t overhead = 0;
    };
    [[nodiscard]] extent measure() const noexcept;

  private:
    struct chunk {
        slots* owner = nullptr;
        list_links<chunk> links;
        void* free = nullptr;    // given-back slots, linked through their first word
        std::uint32_t fresh = 0; // slots from here on were never used
        std::uint32_t used = 0;  // live or retired
        std::uint32_t retired = 0;
        std::uint32_t capacity = 0;     // fewer than `slot_count_` where the upstream had no more
        std::uint64_t retired_bits = 0; // which, where `finds_by_bit()`
        // The live bits follow.
    };

    [[nodiscard]] chunk* chunk_of(const void* p) const noexcept {
        return reinterpret_cast<chunk*>(address_of(p) & chunk_mask_);
    }
    [[nodiscard]] void* slot_at(chunk* c, std::size_t index) const noexcept {
        return advance(c, first_slot_ + index * slot_bytes_);
    }
    // The quotient, by a multiplication, where `p` is a slot's start; elsewhere, in the header too,
    // a number that is no slot's: among 2^64 offsets those that the size divides have the quotients
    // from 0 on, and each other one has a number beyond them. Source: Granlund and Montgomery,
    // Division by Invariant Integers using Multiplication, 9 (1994).
    [[nodiscard]] std::size_t index_of(const chunk* c, const void* p) const noexcept {
        const std::uint64_t offset = distance_bytes(c, p) - first_slot_;
        return std::rotr(offset * inverse_, bounded<int>(twos_));
    }
    static std::uint64_t& live_word(chunk* c, std::size_t index) noexcept {
        return reinterpret_cast<std::uint64_t*>(c + 1)[index / 64];
    }
    static constexpr std::uint64_t bit(std::size_t index) noexcept {
        return std::uint64_t{1} << (index % 64);
    }
    static constexpr bool is_set(std::uint64_t word, std::size_t index) noexcept {
        return (word >> (index % 64) & 1) != 0;
    }

    // The index of `p`. Stops the program when it is not a live slot of this object.
    std::size_t checked_index(chunk* c, const void* p) const noexcept {
        EBB_CHECK_AT(c->owner == this, "deallocate: a block of another arena or size", p);
        const std::size_t index = index_of(c, p);
        EBB_CHECK_AT(index < slot_count_, "deallocate: a pointer into a block", p);
        EBB_CHECK_AT(is_set(live_word(c, index), index) && p != hot_, "deallocate: freed before",
                     p);
        return index;
    }

    // Checks that `p` is live here and clears its bit.
    std::size_t end_life(chunk* c, void* p) noexcept {
        const std::size_t index = checked_index(c, p);
        live_word(c, index) &= ~bit(index);
        return index;
    }

    // Chunks of up to 64 slots find a free one by its bit: a link in each would be a cache miss a
    // block, since slots of 1 KiB and more start in few of the cache's sets.
    [[nodiscard]] bool finds_by_bit() const noexcept { return slot_count_ <= 64; }

    // False where the chunk belongs in another list now.
    [[nodiscard]] bool put(chunk* c, void* p) noexcept {
        if (!finds_by_bit()) {
            *static_cast<void**>(p) = c->free;
            c->free = p;
        }
        const std::uint32_t used = --c->used;
        return used + 1 != c->capacity && used != 0;
    }
    void put_with_free(chunk* c, void* p) noexcept {
        if (!put(c, p)) [[unlikely]] {
            reshelve(c);
        }
    }

    void keep_aside(void* p, std::size_t index) noexcept {
        hot_ = p;
        hot_index_ = bounded<std::uint32_t>(index);
    }
    // Clears the bit of the slot kept aside; returns its chunk.
    [[nodiscard]] chunk* cooled(void* hot) noexcept {
        chunk* const c = chunk_of(hot);
        live_word(c, hot_index_) &= ~bit(hot_index_);
        return c;
    }
    // Whether the chunk of a slot that was just kept aside is empty but for it, and takes a kept
    // one's place.
    [[nodiscard]] bool must_drop(const chunk* c) const noexcept {
        return c->used == 1 && spare_count_ >= kept_;
    }

    [[nodiscard]] void* take_cold() {
        chunk* c = open_.front();
        if (c == nullptr) [[unlikely]] {
            c = open_chunk();
        }
        void* p = c->free;
        std::size_t index;
        if (finds_by_bit()) {
            index = static_cast<std::size_t>(std::countr_one(live_word(c, 0) | c->retired_bits));
            p = slot_at(c, index);
        } else if (p != nullptr) {
            c->free = *static_cast<void**>(p);
            index = index_of(c, p);
        } else {
            index = c->fresh++;
            p = slot_at(c, index);
        }
        live_word(c, index) |= bit(index);
        if (++c->used == c->capacity) [[unlikely]] {
            open_.remove(c);
            full_.push_front(c);
        }
        return p;
    }

    chunk* open_chunk();
    [[nodiscard]] std::size_t bytes_of(const chunk* c) const noexcept;
    void reshelve(chunk* c) noexcept;
    void reshelve_and_drop(chunk* c, const chunk* of_hot) noexcept;
    void drop_spare() noexcept;
    void give_back(chunk* c) noexcept;
    std::size_t validate_chunk(const chunk* c) const;

    // Two lines: what most calls need is in the first.
    void* hot_ = nullptr; // the slot given last, if not taken since
    std::uintptr_t chunk_mask_;
    std::size_t slot_bytes_;
    std::uint64_t inverse_; // as the shape has it, as what follows
    std::uint32_t twos_;
    std::uint32_t first_slot_;
    std::uint32_t slot_count_;
    std::uint32_t hot_index_ = 0; // hot_'s
    intrusive_list<chunk> open_;
    intrusive_list<chunk> full_;
    intrusive_list<chunk> spare_;
    std::uint32_t alignment_;
    std::uint32_t spare_count_ = 0;
    std::uint32_t kept_ = 1;     // so many empty chunks are kept
    std::uint32_t returned_ = 0; // chunks given back and not fetched again
    std::pmr::memory_resource* upstream_;
    tally* counts_;
};

// As many slots as a word has bits, between 64 and 256 KiB, and eight of the largest: a batch of
// 4 KiB blocks takes 19 ns each from chunks of 256 KiB and 22 from chunks of 64 (./bench/run arenas
// --only=batch-4096), for the headers of many small chunks fall into one set of the cache.
//
// From 512 MiB on a chunk has one slot.
constexpr slots::shape slots::shape_of(std::size_t slot_bytes) {
    EBB_CHECK(slot_bytes >= min_slot_bytes && slot_bytes % 8 == 0, "slots: size not of words");
    if (slot_bytes > PTRDIFF_MAX / 4) {
        throw_bad_alloc();
    }
    const std::size_t word_of_slots = std::bit_ceil(64 * std::min(slot_bytes, 256 * kib));
    shape s;
    s.slot_bytes = slot_bytes;
    s.chunk_bytes = slot_bytes >= 512 * mib
                        ? std::bit_ceil(slot_bytes + sizeof(chunk) + max_alignment)
                        : std::max({64 * kib, std::min(word_of_slots, 256 * kib),
                                    std::bit_ceil(8 * slot_bytes)});
    s.alignment = bounded<std::uint32_t>(std::min(slot_bytes & (~slot_bytes + 1), max_alignment));
    s.twos = bounded<std::uint32_t>(std::countr_zero(slot_bytes));
    const std::uint64_t odd = slot_bytes >> s.twos;
    s.inverse = odd; // right in three bits, in twice as many with each step
    for (int bits = 3; bits < 64; bits *= 2) {
        s.inverse *= 2 - odd * s.inverse;
    }
    // Fewer slots need fewer bits, so the first guess is the most and one step down settles it.
    std::size_t count = (s.chunk_bytes - sizeof(chunk)) / slot_bytes;
    for (;; --count) {
        s.first_slot = bounded<std::uint32_t>(
            align_up(sizeof(chunk) + (count + 63) / 64 * sizeof(std::uint64_t),
                     std::max<std::size_t>(s.alignment, 16)));
        if (s.first_slot + count * slot_bytes <= s.chunk_bytes) {
            break;
        }
    }
    s.slot_count = bounded<std::uint32_t>(count);
    return s;
}
static_assert(sizeof(slots) == 128);

} // namespace ebb

#endif // C++20
