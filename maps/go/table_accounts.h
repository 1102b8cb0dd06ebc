// table_accounts: what a table says of its bytes, and the walk that checks it. Part of table.h.
#pragma once

#include <ebb/maps/go/table.h>

#include <functional>

namespace ebb::detail {

template <class Key, class Value, class Arena>
struct footprint go_table<Key, Value, Arena>::footprint() const noexcept {
    struct footprint f;
    if (h_ == &no_header) {
        return f;
    }
    f.header = sizeof(go_header);
    if (const go_extra* const e = h_->extra; e != nullptr) {
        f.header += sizeof(go_extra);
        for (const overflow_list* const list : {e->overflow, e->old_overflow}) {
            if (list != nullptr) {
                f.overflow_index += sizeof(overflow_list) + list->capacity * sizeof(std::byte*);
            }
        }
    }
    f.buckets = h_->buckets == nullptr ? 0 : array_bytes(h_->bits);
    f.old_buckets = growing() ? array_bytes(old_bits()) : 0;
    f.overflow = (outside_ + old_outside_) * layout::bytes;
    constexpr std::size_t block_bytes = values::block_bytes;
    f.spilled_keys = h_->count * keys::block_bytes;
    (is_boxed<Value> ? f.boxed_values : f.spilled_values) = h_->count * block_bytes;
    return f;
}

template <class Key, class Value, class Arena>
struct composition go_table<Key, Value, Arena>::composition() const noexcept {
    struct composition c;
    const struct footprint f = footprint();
    c.header = f.header;
    if (h_->buckets == nullptr) {
        return c;
    }
    constexpr std::size_t slot_bytes = keys::bytes + values::bytes;
    constexpr bool key_apart = keys::block_bytes != 0;
    constexpr bool value_apart = values::block_bytes != 0;
    constexpr std::size_t pointer_bytes =
        (key_apart ? keys::bytes : 0) + (value_apart ? values::bytes : 0);

    const std::uint64_t in_use = new_mask() + 1 + overflow_count_;
    c.spare_buckets = f.buckets + outside_ * layout::bytes - in_use * layout::bytes;
    c.moved_buckets = f.old_buckets + old_outside_ * layout::bytes - old_count_ * slot_bytes;
    c.payload = h_->count * (slot_bytes - pointer_bytes) + f.spilled_keys + f.spilled_values +
                f.boxed_values;
    c.pointers = h_->count * pointer_bytes;
    c.empty_slots = in_use * go_slots * slot_bytes - (h_->count - old_count_) * slot_bytes;
    c.tophash = in_use * go_slots;
    c.links = in_use * 8 + f.overflow_index;
    c.padding = in_use * layout::padding;
    return c;
}

// The elements and overflow buckets that a walk of one array finds.
template <class Key, class Value, class Arena>
auto go_table<Key, Value, Arena>::survey_of(std::byte* array, unsigned bits, bool old) const
    -> survey {
    survey found;
    const std::byte* const end = array + array_bytes(bits);
    for (std::uint64_t i = 0; i <= low_bits(bits); ++i) {
        std::byte* b = array + i * layout::bytes;
        const bool moved = layout::moved(b);
        EBB_CHECK_AT(old || !moved, "go_map: a new bucket that has moved", b);
        EBB_CHECK_AT(!old || moved || i >= h_->moved, "go_map: growth has left a bucket out", b);
        for (bool rest = false; b != nullptr; b = layout::next(b)) {
            if (b != array + i * layout::bytes) {
                ++found.overflow;
                if (std::less<const std::byte*>{}(b, array) ||
                    !std::less<const std::byte*>{}(b, end)) {
                    ++found.outside;
                }
            }
            for (unsigned slot = 0; slot < go_slots && !moved; ++slot) {
                const std::uint8_t tag = layout::tag(b, slot);
                EBB_CHECK_AT(tag <= go_empty_one || tag >= go_min_full, "go_map: a wrong tag", b);
                EBB_CHECK_AT(!rest || tag == go_empty_rest, "go_map: more after the last", b);
                rest = tag == go_empty_rest;
                found.elements += tag >= go_min_full ? 1 : 0;
            }
        }
    }
    return found;
}

template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::validate() const {
    if (h_->buckets == nullptr) {
        EBB_CHECK(h_->count == 0 && !growing(), "go_map: elements without buckets");
        return;
    }
    const survey now = survey_of(h_->buckets, h_->bits, false);
    EBB_CHECK(now.overflow == overflow_count_, "go_map: overflow buckets miscounted");
    EBB_CHECK(now.outside == outside_, "go_map: overflow buckets of their own miscounted");
    EBB_CHECK(h_->bits >= 16 || h_->overflow_count == static_cast<std::uint16_t>(now.overflow),
              "go_map: the header's overflow count is off");
    EBB_CHECK(now.elements + old_count_ == h_->count, "go_map: elements miscounted");
    if (growing()) {
        const survey before = survey_of(h_->old_buckets, old_bits(), true);
        EBB_CHECK(before.elements == old_count_, "go_map: elements to move miscounted");
        EBB_CHECK(before.outside == old_outside_, "go_map: old overflow buckets miscounted");
    } else {
        EBB_CHECK(old_count_ == 0 && old_outside_ == 0, "go_map: something old is left");
    }
    if constexpr (layout::indexed) {
        const go_extra* const e = h_->extra;
        EBB_CHECK((e == nullptr || e->overflow == nullptr ? 0 : e->overflow->length) ==
                      now.overflow,
                  "go_map: the overflow index is off");
    }
    const struct composition c = composition();
    EBB_CHECK(c.total() == footprint().total(), "go_map: the parts don't make the whole");
}

} // namespace ebb::detail
