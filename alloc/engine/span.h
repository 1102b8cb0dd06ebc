// A span: a run of 64 KiB blocks and what stands in it: slots of one bin, one large block, or
// nothing (a free run of the page heap). Its descriptor lies apart, in metadata, and holds the free
// state too, a bit a slot: a list threaded through the slots would die with its page when that is
// given back.
//
//     descriptor   | span ... | a bit a slot: 1 is free | a bit a page: 1 may be resident |
//     64 KiB of 16-byte slots: 96 + 512 + 8 bytes, 0.9 %; of 128-byte slots: 96 + 64 + 8, 0.3 %
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
    bool kept = false;    ///< large: freed, and kept by a thread for its next
    bool guarded = false; ///< its last page is a guard
    std::uint32_t descriptor = 0; ///< bytes of this descriptor, words included
    std::uint32_t bin = 0;
    std::uint32_t slot_count = 0;
    std::uint32_t free_slots = 0;
    std::uint32_t cursor = 0;    ///< no word before it has a free slot's bit
    std::uint64_t requested = 0; ///< large: bytes that the program asked for

    [[nodiscard]] std::size_t bytes() const noexcept { return std::size_t{blocks} * block_bytes; }
    [[nodiscard]] void* start() const noexcept { return reinterpret_cast<void*>(base); }

    /// The words behind the descriptor.
    [[nodiscard]] std::uint64_t* free_bits() noexcept {
        return reinterpret_cast<std::uint64_t*>(this + 1);
    }
    [[nodiscard]] const std::uint64_t* free_bits() const noexcept {
        return reinterpret_cast<const std::uint64_t*>(this + 1);
    }
    [[nodiscard]] std::uint64_t* dirty_bits() noexcept { return free_bits() + bit_words(); }
    [[nodiscard]] std::size_t bit_words() const noexcept { return (slot_count + 63U) / 64; }

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
        const std::size_t pages = traits[bin].span_bytes / os::page_size();
        return sizeof(span) +
               8 * ((traits[bin].slots() + 63) / 64 + (pages == 0 ? 1 : (pages + 63) / 64));
    }

    /// All slots free, no page touched.
    void make_slots(std::size_t of_bin) noexcept;

    /// Puts its slots' blocks into the page map, or changes what that says of blank slots.
    void enter_map(bool has_blank_slots) noexcept;

    /// Makes its last page a guard, and an ordinary one again: the hardened build's.
    void set_guard() noexcept;
    void drop_guard() noexcept;

    /// Says that every page may be resident: the run served something else before.
    void touch_all() noexcept { mark_dirty(0, bytes()); }

    /// Takes up to `want` slots in rising order; returns how many. Marks their pages dirty.
    std::size_t take(void** out, std::size_t want) noexcept;

    /// Makes a slot free. False when it is free already.
    [[nodiscard]] bool put_back(std::size_t index) noexcept;

    /// Gives the system every page that holds free slots only and may be resident. Returns how many
    /// bytes. Requires: nobody takes slots meanwhile; others may be put back, on other pages.
    std::size_t purge_pages() noexcept;

    /// Whether it has waited `age` milliseconds; with 0 it needn't have waited at all, though its
    /// stamp may be younger than `now`.
    [[nodiscard]] bool aged(std::uint32_t now, std::uint32_t age) const noexcept {
        return age == 0 || wrapped<std::int32_t>(now - stamp) >= wrapped<std::int32_t>(age);
    }

    /// Whether any page could be given back now.
    [[nodiscard]] bool purgeable() const noexcept {
        return std::size_t{free_slots} * traits[bin].slot >= os::page_size() ||
               free_slots == slot_count;
    }

    /// Sets `out[i]` to whether page i holds part of a slot that isn't free here.
    void pages_out(unsigned char* out) const noexcept;

    /// Forgets its slots: the descriptor serves as a free run's from now on.
    void drop_slots() noexcept { slot_count = free_slots = cursor = bin = 0; }

    /// Stops the program unless the bits agree with the counts.
    void validate() const noexcept;

  private:
    // From that word of the free bits on.
    std::size_t take_from(std::size_t first_word, void** out, std::size_t want) noexcept;
    [[nodiscard]] bool all_free(std::size_t first, std::size_t last) const noexcept;
    [[nodiscard]] bool page_free(std::size_t page) const noexcept;
    void mark_dirty(std::size_t from_bytes, std::size_t to_bytes) noexcept;
};

/// A queue of spans that wait for their pages to go.
struct by_purge {
    template <class T>
    static auto& of(T* element) noexcept {
        return element->purge_links;
    }
};
using purge_queue = intrusive_list<span, by_purge>;

} // namespace ebb::engine
