#include <ebb/alloc/base/check.h>
#include <ebb/alloc/base/narrow.h>
#include <ebb/alloc/engine/page_map.h>
#include <ebb/alloc/engine/span.h>
#include <ebb/alloc/os/guard.h>

#include <algorithm>
#include <bit>

namespace ebb::engine {
namespace {

// The words are read by threads that check for a double free while their owner changes others of
// the same word: hence relaxed atomic accesses, which cost nothing.
std::uint64_t load(const std::uint64_t& word) noexcept {
    return load_relaxed(word);
}
void store(std::uint64_t& word, std::uint64_t value) noexcept {
    store_relaxed(word, value);
}

} // namespace

void span::make_slots(std::size_t of_bin) noexcept {
    state = span_state::slots;
    bin = bounded<std::uint32_t>(of_bin);
    slot_count = bounded<std::uint32_t>(slots_of(of_bin));
    free_slots = slot_count;
    cursor = 0;
    for (std::size_t i = 0; i < slot_count; i += 64) {
        const std::size_t rest = slot_count - i;
        store(free_bits()[i / 64], rest >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << rest) - 1);
    }
}

void span::enter_map(bool has_blank_slots) noexcept {
    blank = has_blank_slots;
    for (std::size_t at = 0; at < bytes(); at += block_bytes) {
        spans.set(base + at, page_entry(this, bin, blank));
    }
}

void span::leave_map() const noexcept {
    for (std::size_t at = 0; at < bytes(); at += block_bytes) {
        spans.set(base + at, {});
    }
}

void span::set_guard() noexcept {
    const std::size_t guard = guard_bytes(bytes());
    guarded = guard != 0 && os::guard(advance(start(), bytes() - guard), guard);
}

void span::drop_guard() noexcept {
    if (guarded) {
        const std::size_t guard = guard_bytes(bytes());
        os::unguard(advance(start(), bytes() - guard), guard);
        guarded = false;
    }
}

void span::touch_all() noexcept {
    const std::size_t count = pages();
    for (std::size_t p = 0; p < count; ++p) {
        dirty_bits()[p / 64] |= std::uint64_t{1} << (p % 64);
    }
    idle_pages = bounded<std::uint32_t>(count);
}

std::size_t span::take(void** end, std::size_t want, std::size_t& fresh_pages) noexcept {
    std::size_t got = 0;
    if constexpr (hardened) {
        got = take_from(random_below(bit_words()), end, want, fresh_pages);
    }
    return got + take_from(cursor, end - got, want - got, fresh_pages);
}

std::size_t span::take_from(std::size_t first_word, void** end, std::size_t want,
                            std::size_t& fresh_pages) noexcept {
    const std::size_t slot = traits[bin].slot;
    const std::size_t words = bit_words();
    std::size_t got = 0;
    for (std::size_t w = first_word; w < words && got < want; ++w) {
        std::uint64_t bits = load(free_bits()[w]);
        cursor = hardened ? cursor : bounded<std::uint32_t>(w);
        if (bits == 0) {
            continue;
        }
        while (bits != 0 && got < want) { // a run of free slots at a time
            const auto shift = static_cast<std::size_t>(std::countr_zero(bits));
            const auto run = static_cast<std::size_t>(std::countr_one(bits >> shift));
            const std::size_t count = std::min(run, want - got);
            bits &= ~(~std::uint64_t{0} >> (64 - count) << shift);
            const std::size_t first = w * 64 + shift;
            void* at = advance(start(), first * slot);
#pragma GCC unroll 4 // of few slots at a time: vectors take longer to set up
            for (std::size_t i = 0; i < count; ++i, at = advance(at, slot)) {
                store_relaxed(*--end, at); // see cached_anywhere
            }
            got += count;
            fresh_pages += count_out(first, count);
        }
        store(free_bits()[w], bits);
    }
    free_slots -= bounded<std::uint32_t>(got);
    return got;
}

// Slots from `first` on are out. Returns how many of their pages weren't resident.
std::size_t span::count_out(std::size_t first, std::size_t count) noexcept {
    const bin_traits& t = traits[bin];
    const std::size_t page_shift = os::page_shift();
    const std::size_t end = first + count;
    const std::size_t last_page = (end * t.slot - 1) >> page_shift;
    std::uint16_t* const counts = out_counts();
    std::size_t fresh = 0;
    for (std::size_t p = (first * t.slot) >> page_shift; p <= last_page; ++p) {
        const std::size_t next_page = (p + 1) << page_shift;
        const std::size_t next = t.index(next_page); // its first byte's slot, which may begin here
        const std::size_t past = std::min(end, next + (next * t.slot < next_page ? 1 : 0));
        const std::uint16_t before = counts[p];
        const auto here = bounded<std::uint16_t>(past - first);
        first = next;
        if ((before & ~refused) != 0) {
            counts[p] = bounded<std::uint16_t>(before + here);
        } else {
            counts[p] = here;
            fresh += count_first_out(p, before == refused);
        }
    }
    return fresh;
}

// A page has its first slot that is out. Returns 1 where it wasn't resident, else 0.
inline std::size_t span::count_first_out(std::size_t page, bool was_refused) noexcept {
    std::uint64_t& word = dirty_bits()[page / 64];
    const std::uint64_t bit = std::uint64_t{1} << (page % 64);
    if (was_refused) {
        --refused_pages;
    } else if ((word & bit) != 0) {
        --idle_pages;
    } else {
        word |= bit;
        return 1;
    }
    return 0;
}

std::size_t span::take_idle_pages(std::size_t most, page_run* out) noexcept {
    const std::uint16_t* const counts = out_counts();
    const std::size_t words = (pages() + 63) / 64;
    std::size_t runs = 0;
    for (std::size_t w = 0; w < words && idle_pages != 0 && most != 0; ++w) {
        for (std::uint64_t bits = dirty_bits()[w]; bits != 0 && most != 0; bits &= bits - 1) {
            const std::size_t p = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            if (counts[p] != 0) {
                continue;
            }
            dirty_bits()[w] &= ~(bits & (0 - bits));
            --idle_pages;
            --most;
            if (runs != 0 && std::size_t{out[runs - 1].first} + out[runs - 1].count == p) {
                ++out[runs - 1].count;
            } else {
                out[runs++] = {bounded<std::uint16_t>(p), 1};
            }
        }
    }
    return runs;
}

void span::keep_refused(page_run run) noexcept {
    for (std::size_t p = run.first; p < std::size_t{run.first} + run.count; ++p) {
        dirty_bits()[p / 64] |= std::uint64_t{1} << (p % 64);
        out_counts()[p] = refused;
    }
    refused_pages += run.count;
}

void span::forget_refusals() noexcept {
    for (std::size_t p = 0; p < pages() && refused_pages != 0; ++p) {
        if (out_counts()[p] == refused) {
            out_counts()[p] = 0;
            --refused_pages;
            ++idle_pages;
        }
    }
}

bool span::all_free(std::size_t first, std::size_t last) const noexcept {
    for (std::size_t w = first / 64; w <= last / 64; ++w) {
        std::uint64_t wanted = ~std::uint64_t{0};
        if (w == first / 64) {
            wanted &= ~std::uint64_t{0} << (first % 64);
        }
        if (w == last / 64 && last % 64 != 63) {
            wanted &= (std::uint64_t{1} << (last % 64 + 1)) - 1;
        }
        if ((load(free_bits()[w]) & wanted) != wanted) {
            return false;
        }
    }
    return true;
}

bool span::page_free(std::size_t page) const noexcept {
    const bin_traits& t = traits[bin];
    const std::size_t from = page * os::page_size();
    const std::size_t to = from + os::page_size() - 1;
    const std::size_t first = t.index(from);
    // Behind the last slot nothing is ever used.
    return first >= slot_count ||
           all_free(first, std::min(t.index(to), slot_count - std::size_t{1}));
}

void span::pages_out(unsigned char* out) const noexcept {
    for (std::size_t p = 0; p < bytes() / os::page_size(); ++p) {
        out[p] = page_free(p) ? 0 : 1;
    }
}

void span::validate() const noexcept {
    std::size_t count = 0;
    for (std::size_t w = 0; w < bit_words(); ++w) {
        const auto in_word = static_cast<std::size_t>(std::popcount(free_bits()[w]));
        EBB_CHECK_AT(in_word == 0 || w >= cursor, "span: a free slot before the cursor", start());
        count += in_word;
    }
    EBB_CHECK_AT(count == free_slots, "span: the bits and the count disagree", start());
    EBB_CHECK_AT(slot_count == slots_of(bin), "span: slots of another bin", start());
    const std::uint64_t* const dirty = free_bits() + bit_words();
    std::size_t idle = 0;
    std::size_t kept_pages = 0;
    for (std::size_t p = 0; p < pages(); ++p) {
        const std::uint16_t out = out_counts()[p];
        const bool is_dirty = (dirty[p / 64] >> (p % 64) & 1) != 0;
        EBB_CHECK_AT(page_free(p) == ((out & ~refused) == 0), "span: a page's slots miscounted",
                     start());
        EBB_CHECK_AT(is_dirty || out == 0, "span: a page in use that isn't dirty", start());
        idle += is_dirty && out == 0 ? 1 : 0;
        kept_pages += out == refused ? 1 : 0;
    }
    EBB_CHECK_AT(idle == idle_pages && kept_pages == refused_pages, "span: idle pages miscounted",
                 start());
}

} // namespace ebb::engine
