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

std::size_t span::take(void** out, std::size_t want) noexcept {
    std::size_t got = 0;
    if constexpr (hardened) {
        got = take_from(random_below(bit_words()), out, want);
    }
    return got + take_from(cursor, out + got, want - got);
}

std::size_t span::take_from(std::size_t first_word, void** out, std::size_t want) noexcept {
    const std::size_t slot = traits[bin].slot;
    const std::size_t words = bit_words();
    std::size_t got = 0;
    for (std::size_t w = first_word; w < words && got < want; ++w) {
        std::uint64_t bits = load(free_bits()[w]);
        cursor = hardened ? cursor : bounded<std::uint32_t>(w);
        if (bits == 0) {
            continue;
        }
        const auto first = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
        std::size_t last = first;
        while (bits != 0 && got < want) {
            last = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
            bits &= bits - 1;
            out[got++] = advance(start(), last * slot);
        }
        store(free_bits()[w], bits);
        mark_dirty(first * slot, (last + 1) * slot);
    }
    free_slots -= bounded<std::uint32_t>(got);
    return got;
}

bool span::put_back(std::size_t index) noexcept {
    std::uint64_t& word = free_bits()[index / 64];
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    if ((word & bit) != 0) {
        return false;
    }
    store(word, word | bit);
    ++free_slots;
    cursor = std::min(cursor, bounded<std::uint32_t>(index / 64));
    return true;
}

void span::mark_dirty(std::size_t from_bytes, std::size_t to_bytes) noexcept {
    const std::size_t page = os::page_size();
    for (std::size_t p = from_bytes / page; p <= (to_bytes - 1) / page; ++p) {
        dirty_bits()[p / 64] |= std::uint64_t{1} << (p % 64);
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

std::size_t span::purge_pages() noexcept {
    const std::size_t page = os::page_size();
    const std::size_t page_count = std::max<std::size_t>(bytes() / page, 1);
    std::size_t given = 0;
    std::size_t run_begin = 0;
    std::size_t run_end = 0;
    const auto give_run = [&] {
        if (run_end > run_begin) {
            if (os::try_release(advance(start(), run_begin * page), (run_end - run_begin) * page)) {
                given += (run_end - run_begin) * page;
            } else { // what stayed is still dirty
                mark_dirty(run_begin * page, run_end * page);
            }
        }
    };
    for (std::size_t p = 0; p < page_count; ++p) {
        std::uint64_t& word = dirty_bits()[p / 64];
        const std::uint64_t bit = std::uint64_t{1} << (p % 64);
        if ((word & bit) == 0) {
            continue;
        }
        if (!page_free(p)) {
            continue;
        }
        word &= ~bit;
        if (run_end != p) {
            give_run();
            run_begin = p;
        }
        run_end = p + 1;
    }
    give_run();
    return given;
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
}

} // namespace ebb::engine
