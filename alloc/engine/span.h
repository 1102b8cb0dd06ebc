// A span: a run of 64 KiB blocks and what stands in it: slots of one bin, one large block, or
// nothing (a free run of the page heap). Its descriptor lies apart, in metadata, and holds the free
// state too, a bit a slot: a list threaded through the slots would die with its page when that is
// given back.
//
//     descriptor   | span ... | a bit a slot: 1 is free | a bit a page: 1 may be resident |
//                  | two bytes a page: slots on it that are out |
//     64 KiB of 16-byte slots: 120 + 512 + 8 + 32 bytes, 1 %; of 128-byte slots: 224, 0.3 %
//
// A page is idle when it may be resident and no slot on it is out. A page that the system refused
// to take is neither: it stays as it is until it is asked for again, or used.
//
// Threads: guarded by whoever owns it, a central bin or the page heap.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/intrusive_list.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/hardened.h>
#include <ebb/alloc/engine/shared.h>
#include <ebb/alloc/engine/size_class.h>
#include <ebb/alloc/os/pages.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace ebb::engine {

enum class span_state : std::uint8_t {
    slots,  ///< a central bin's
    large,  ///< one block of the program's
    dirty,  ///< a free run whose pages may be resident
    clean,  ///< a free run of zeroes: never touched, or given back
    moving, ///< a free run that is being given back just now: in no list
};

struct span {
    list_links<span> links;       ///< a bin's list of spans with free slots, or a list of free runs
    list_links<span> purge_links; ///< the owner's queue for purging, oldest first
    std::uintptr_t base = 0;
    std::uint32_t blocks = 0;
    std::uint32_t stamp = 0; ///< when it entered the queue, in milliseconds
    span_state state = span_state::clean;
    bool queued = false;  ///< stands in the purge queue
    bool purging = false; ///< its pages are being given back: no slot may be taken
    bool blank = true;    ///< slots: free ones may lie on pages without content (page_entry::blank)
    bool zeroed = false;  ///< large: the pages were zeroes when it was taken
    bool kept = false;    ///< large: freed, and kept by a thread for its next; by set_kept, is_kept
    bool guarded = false; ///< its last page is a guard
    std::uint32_t descriptor = 0; ///< bytes of this descriptor, words included
    std::uint32_t bin = 0;
    std::uint32_t slot_count = 0;
    std::uint32_t free_slots = 0;
    std::uint32_t cursor = 0;        ///< no word before it has a free slot's bit
    std::uint32_t idle_pages = 0;    ///< slots
    std::uint32_t refused_pages = 0; ///< slots: idle but for that the system didn't take them
    std::uint64_t requested = 0;     ///< large: bytes that the program asked for
    std::uint64_t refused_bytes = 0; ///< free: bytes that the system didn't take when it was asked
    std::uint64_t touched = 0;       ///< large and free: at most so many bytes were; an estimate
    std::uint64_t taken_at = 0;      ///< large: when, in nanoseconds; 0: not asked

    [[nodiscard]] std::size_t bytes() const noexcept { return std::size_t{blocks} * block_bytes; }
    [[nodiscard]] void* start() const noexcept { return reinterpret_cast<void*>(base); }

    /// Its thread sets it without the page heap's lock, under which others read it.
    void set_kept(bool value) noexcept { store_relaxed(kept, value); }
    [[nodiscard]] bool is_kept() const noexcept { return load_relaxed(kept); }

    /// The words behind the descriptor.
    [[nodiscard]] std::uint64_t* free_bits() noexcept {
        return reinterpret_cast<std::uint64_t*>(this + 1);
    }
    [[nodiscard]] const std::uint64_t* free_bits() const noexcept {
        return reinterpret_cast<const std::uint64_t*>(this + 1);
    }
    [[nodiscard]] std::uint64_t* dirty_bits() noexcept { return free_bits() + bit_words(); }
    [[nodiscard]] std::size_t bit_words() const noexcept { return (slot_count + 63U) / 64; }
    [[nodiscard]] std::size_t pages() const noexcept { return pages_of(bytes()); }
    [[nodiscard]] static std::size_t pages_of(std::size_t bytes) noexcept {
        return std::max<std::size_t>(bytes >> os::page_shift(), 1);
    }
    /// A word a page; its highest bit: refused.
    [[nodiscard]] std::uint16_t* out_counts() noexcept {
        return reinterpret_cast<std::uint16_t*>(advance(this, counts_at(slot_count, pages())));
    }
    [[nodiscard]] const std::uint16_t* out_counts() const noexcept {
        return const_cast<span*>(this)->out_counts();
    }
    /// How many bytes behind a descriptor's start they are.
    [[nodiscard]] static std::size_t counts_at(std::size_t slots, std::size_t pages) noexcept {
        return sizeof(span) + 8 * ((slots + 63) / 64 + (pages + 63) / 64);
    }

    /// Whether that slot is free here. Any thread may ask about a slot that nobody else gives back
    /// or takes at the time.
    [[nodiscard]] bool is_free(std::size_t index) const noexcept {
        return (load_relaxed(free_bits()[index / 64]) >> (index % 64) & 1) != 0;
    }

    /// How many slots a span of that bin has.
    [[nodiscard]] static std::size_t slots_of(std::size_t bin) noexcept {
        return hardened ? (traits[bin].span_bytes - guard_bytes(traits[bin].span_bytes)) /
                              traits[bin].slot
                        : traits[bin].slots();
    }
    /// The guard at the end of a span of so many bytes: a page, where that isn't much of it.
    [[nodiscard]] static std::size_t guard_bytes(std::size_t bytes) noexcept {
        return os::page_size() * 4 <= bytes ? os::page_size() : 0;
    }

    /// Bytes of the descriptor of a span of that bin.
    [[nodiscard]] static std::size_t descriptor_bytes(std::size_t bin) noexcept {
        const std::size_t pages = pages_of(traits[bin].span_bytes);
        return counts_at(traits[bin].slots(), pages) + 8 * ((pages + 3) / 4);
    }

    /// All slots free, no page touched.
    void make_slots(std::size_t of_bin) noexcept;

    /// Puts its slots' blocks into the page map, or changes what that says of blank slots.
    void enter_map(bool has_blank_slots) noexcept;

    /// Takes them out again. From here on no reader finds the span.
    void leave_map() const noexcept;

    /// Makes its last page a guard, and an ordinary one again: the hardened build's.
    void set_guard() noexcept;
    void drop_guard() noexcept;

    /// Says that every page may be resident: the run served something else before. Right after
    /// make_slots().
    void touch_all() noexcept;

    /// Takes up to `want` slots, the lowest first, and writes them downwards from `end`; returns
    /// how many. `fresh_pages` grows by the pages that weren't resident before.
    std::size_t take(void** end, std::size_t want, std::size_t& fresh_pages) noexcept;

    /// What putting slots of a bin back needs to know, looked up once for many.
    struct layout {
        explicit layout(std::size_t bin) noexcept
            : of(traits[bin]), counts(counts_at(slots_of(bin), pages_of(of.span_bytes))) {}
        const bin_traits& of;
        std::size_t page_shift = os::page_shift();
        std::size_t counts; ///< bytes from the descriptor to its out_counts()
    };

    /// Makes the slot that begins `offset` bytes from the span's start free, and sets how many
    /// pages became idle by it. False, and nothing, where it is free already.
    [[nodiscard]] inline bool put_back(std::size_t offset, const layout& how,
                                       std::uint32_t& became_idle) noexcept;

    /// Pages that lie side by side.
    struct page_run {
        std::uint16_t first;
        std::uint16_t count;
    };
    /// Every page of a span could be a run of its own.
    static constexpr std::size_t most_runs = mib / 4096 / 2;

    /// Takes idle pages, at most `most`, out of the account, for the caller to give them to the
    /// system: they count as not resident from here on. Returns how many runs there are.
    std::size_t take_idle_pages(std::size_t most, page_run* out) noexcept;

    /// What became of a run that the system didn't take.
    void keep_refused(page_run run) noexcept;

    /// Makes pages that were refused idle again: they may be asked for once more.
    void forget_refusals() noexcept;

    /// Whether it has waited `age` milliseconds; with 0 it needn't have waited at all, though its
    /// stamp may be younger than `now`.
    [[nodiscard]] bool aged(std::uint32_t now, std::uint32_t age) const noexcept {
        return age == 0 || wrapped<std::int32_t>(now - stamp) >= wrapped<std::int32_t>(age);
    }

    /// Sets `out[i]` to whether page i holds part of a slot that isn't free here.
    void pages_out(unsigned char* out) const noexcept;

    /// Of a large block that goes at `now` nanoseconds: how much of it a program can have touched
    /// since it was taken. Programs ask for much more than they touch, and return it at once; what
    /// they didn't touch they don't need again.
    void count_touched(std::uint64_t now) noexcept {
        constexpr std::uint64_t bytes_a_nanosecond = 32; // twice what memory takes
        const std::uint64_t here =
            taken_at == 0 ? bytes() : touched + (now - taken_at) * bytes_a_nanosecond;
        touched = std::min<std::uint64_t>(bytes(), here);
    }

    /// Forgets its slots: the descriptor serves as a free run's from now on.
    void drop_slots() noexcept {
        slot_count = free_slots = cursor = bin = idle_pages = refused_pages = 0;
    }

    /// Stops the program unless the bits agree with the counts.
    void validate() const noexcept;

  private:
    static constexpr std::uint16_t refused = 0x8000;

    // From that word of the free bits on.
    std::size_t take_from(std::size_t first_word, void** end, std::size_t want,
                          std::size_t& fresh_pages) noexcept;
    std::size_t count_out(std::size_t first, std::size_t count) noexcept;
    std::size_t count_first_out(std::size_t page, bool was_refused) noexcept;
    [[nodiscard]] bool all_free(std::size_t first, std::size_t last) const noexcept;
    [[nodiscard]] bool page_free(std::size_t page) const noexcept;
};

inline bool span::put_back(std::size_t offset, const layout& how,
                           std::uint32_t& became_idle) noexcept {
    const std::size_t index = how.of.index(offset);
    std::uint64_t& word = free_bits()[index / 64];
    const std::uint64_t bits = load_relaxed(word);
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    if ((bits & bit) != 0) [[unlikely]] {
        return false;
    }
    store_relaxed(word, bits | bit);
    ++free_slots;
    cursor = std::min(cursor, bounded<std::uint32_t>(index / 64));
    auto* const counts = reinterpret_cast<std::uint16_t*>(advance(this, how.counts));
    const std::size_t last = (offset + how.of.slot - 1) >> how.page_shift;
    std::size_t p = offset >> how.page_shift;
    std::uint32_t idle = --counts[p] == 0 ? 1 : 0;
    while (p != last)
        [[unlikely]] {
            idle += --counts[++p] == 0 ? 1 : 0;
        }
    idle_pages += idle;
    became_idle = idle;
    return true;
}

/// A queue of spans that wait for their pages to go.
struct by_purge {
    template <class T>
    static auto& of(T* element) noexcept {
        return element->purge_links;
    }
};
using purge_queue = intrusive_list<span, by_purge>;

} // namespace ebb::engine
