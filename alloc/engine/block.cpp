#include <ebb/alloc/engine/block.h>
#include <ebb/alloc/engine/central.h>
#include <ebb/alloc/engine/forks.h>
#include <ebb/alloc/engine/misuse.h>
#include <ebb/alloc/engine/registry.h>
#include <ebb/alloc/engine/slot_mark.h>
#include <ebb/alloc/engine/span.h>

namespace ebb::engine {
namespace {

// Whether the slot lies where free slots are: in its span, loose, or in any thread's cache or
// quarantine.
bool lies_free(const void* slot, page_entry entry, std::size_t index) noexcept {
    const slow_call here; // for the bin's lock; while another thread forks, loose slots aren't seen
    return entry.owner()->is_free(index) || (here && central[entry.tag()].holds(slot)) ||
           cached_anywhere(entry.tag(), slot);
}

// What a live block leaves of its slot.
std::size_t remainder_of(const void* p, page_entry entry, std::size_t index) noexcept {
    const std::size_t slot = traits[entry.tag()].slot;
    if (has_tail(entry.tag())) {
        const std::size_t remainder = read_remainder(static_cast<const unsigned char*>(p) + slot);
        if (remainder - 1 >= slot) {
            const bool freed = remainder == 0 && lies_free(p, entry, index);
            misuse(freed ? misuse_kind::double_free : misuse_kind::overrun, p, slot);
        }
        if constexpr (hardened) {
            const std::size_t n = slot - remainder;
            if (!armed(static_cast<const unsigned char*>(p) + n, usable(slot, remainder) - n)) {
                misuse(misuse_kind::overrun, p, slot);
            }
        }
        return remainder;
    }
    // Zero: on a page that was given back, or was never touched, free slots lie in their span.
    const std::uint64_t word = slot_mark::read(p);
    if (word == 0 ? entry.owner()->is_free(index)
                  : word == slot_mark::of(p) && lies_free(p, entry, index)) {
        misuse(misuse_kind::double_free, p, slot);
    }
    return 0;
}

// Between a large block and the guard behind it.
std::size_t canary_room(const span& s) noexcept {
    return s.bytes() - s.requested - span::guard_bytes(s.bytes());
}

} // namespace

block_info inspect(const void* p) noexcept {
    block_info b;
    b.entry = spans.find(address_of(p));
    if (b.entry.is_bin()) {
        const bin_traits& t = traits[b.entry.tag()];
        const std::size_t offset = address_of(p) & (t.span_bytes - 1);
        const std::size_t index = t.index(offset);
        if (index * t.slot != offset || index >= span::slots_of(b.entry.tag())) {
            misuse(misuse_kind::interior, p, t.slot);
        }
        b.slack = remainder_of(p, b.entry, index);
        b.requested = t.slot - b.slack;
        return b;
    }
    const std::size_t tag = b.entry.tag();
    if (tag == page_entry::none) {
        misuse(misuse_kind::foreign, p);
    }
    if (tag == page_entry::gone) {
        misuse(misuse_kind::double_free, p);
    }
    const span* const s = b.entry.owner();
    if (s->start() != p) {
        misuse(misuse_kind::interior, p);
    }
    if (tag == page_entry::free_run || s->is_kept()) {
        misuse(misuse_kind::double_free, p);
    }
    b.requested = s->requested;
    b.slack = s->bytes() - s->requested;
    if (hardened && !armed(static_cast<const unsigned char*>(p) + b.requested, canary_room(*s))) {
        misuse(misuse_kind::overrun, p);
    }
    return b;
}

std::size_t open_slot(void* slot, std::size_t bin, std::size_t n) noexcept {
    const std::size_t remainder = traits[bin].slot - n;
    if (has_tail(bin)) {
        write_remainder(static_cast<unsigned char*>(slot) + traits[bin].slot, remainder);
        if constexpr (hardened) {
            arm(advance(slot, n), usable(traits[bin].slot, remainder) - n);
        }
    } else {
        slot_mark::clear(slot);
    }
    unpoison(slot, n, traits[bin].slot);
    return remainder;
}

void open_large(span* s, std::size_t n) noexcept {
    s->requested = n;
    unpoison(s->start(), n, s->bytes());
    if constexpr (hardened) {
        arm(advance(s->start(), n), canary_room(*s));
    }
}

void close_slot(void* slot, std::size_t bin) noexcept {
    if (has_tail(bin)) {
        clear_remainder(static_cast<unsigned char*>(slot) + traits[bin].slot);
    } else {
        slot_mark::set(slot);
    }
    poison(slot, traits[bin].slot);
}

} // namespace ebb::engine
