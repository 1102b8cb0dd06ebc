// table_buckets: how a table takes and gives back its arrays and overflow buckets. Part of table.h.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/go/table.h>

#include <algorithm>
#include <functional>

namespace ebb::detail {

template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::start_array(go_header& h, std::uint8_t bits) {
    std::byte* spare = nullptr;
    void* const array = allocate_zeroed(*from_, array_bytes(bits), layout::alignment);
    if (bits >= 4) {
        spare = static_cast<std::byte*>(array) + (std::size_t{1} << bits) * layout::bytes;
        if (h.extra == nullptr) {
            EBB_TRY {
                h.extra = ::new (from_->allocate(sizeof(go_extra), alignof(go_extra))) go_extra;
            }
            EBB_CATCH(...) {
                from_->deallocate(array, array_bytes(bits), layout::alignment);
                EBB_RETHROW;
            }
        }
        h.extra->next_overflow = spare;
    }
    h.buckets = static_cast<std::byte*>(array);
    h.bits = bits;
}

template <class Key, class Value, class Arena>
std::byte* go_table<Key, Value, Arena>::add_overflow(std::byte* last) {
    go_extra* const e = h_->extra;
    std::byte* added;
    if (e != nullptr && e->next_overflow != nullptr) {
        added = e->next_overflow;
        note_overflow(added);
        std::byte* const next = added + layout::bytes;
        e->next_overflow = next == end() ? nullptr : next;
        layout::make_empty(added); // clear() leaves the spare ones as they are
    } else {
        block fresh(*from_, layout::bytes, layout::alignment);
        added = static_cast<std::byte*>(fresh.get());
        note_overflow(added);
        fresh.release();
        std::memset(added, go_empty_rest, go_slots);
        layout::set_next(added, nullptr);
        ++outside_;
    }
    ++overflow_count_;
    if (h_->bits < 16 || (random_() & low_bits(h_->bits - 15U)) == 0) {
        ++h_->overflow_count;
    }
    layout::set_next(last, added);
    return added;
}

// Enters an overflow bucket into the index, and makes what of the index is missing. Throws
// std::bad_alloc, nothing changed.
template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::note_overflow(std::byte* added) {
    if constexpr (layout::indexed) {
        if (h_->extra != nullptr && h_->extra->overflow != nullptr) {
            overflow_list& list = *h_->extra->overflow;
            if (list.length == list.capacity) {
                const std::size_t capacity = go_appended_capacity(list.capacity);
                auto** const data = static_cast<std::byte**>(
                    from_->allocate(capacity * sizeof(std::byte*), alignof(std::byte*)));
                std::copy_n(list.data, list.length, data);
                from_->deallocate(list.data, list.capacity * sizeof(std::byte*),
                                  alignof(std::byte*));
                list.data = data;
                list.capacity = capacity;
            }
            list.data[list.length++] = added;
            return;
        }
        constexpr std::size_t capacity = go_appended_capacity(0);
        auto* const e = h_->extra != nullptr
                            ? nullptr
                            : ::new (from_->allocate(sizeof(go_extra), alignof(go_extra))) go_extra;
        EBB_TRY {
            block list(*from_, sizeof(overflow_list), alignof(overflow_list));
            block data(*from_, capacity * sizeof(std::byte*), alignof(std::byte*));
            auto* const l = ::new (list.release()) overflow_list;
            l->data = static_cast<std::byte**>(data.release());
            l->data[0] = added;
            l->length = 1;
            l->capacity = capacity;
            if (e != nullptr) {
                h_->extra = e;
            }
            h_->extra->overflow = l;
        }
        EBB_CATCH(...) {
            if (e != nullptr) {
                from_->deallocate(e, sizeof(go_extra), alignof(go_extra));
            }
            EBB_RETHROW;
        }
    }
}

template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::drop_overflow(std::byte* first, const mark& to) noexcept {
    free_chain(first, end(), outside_, h_->buckets);
    layout::set_next(first, nullptr);
    if (h_->extra != nullptr) {
        h_->extra->next_overflow = to.next_overflow;
        if (h_->extra->overflow != nullptr) {
            h_->extra->overflow->length = to.listed;
        }
    }
    overflow_count_ = to.overflow_count;
    h_->overflow_count = to.sampled;
}

// Frees the overflow buckets behind `main` that don't lie in [array, end).
template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::free_chain(std::byte* main, const std::byte* end,
                                             std::uint64_t& outside,
                                             const std::byte* array) noexcept {
    for (std::byte* b = layout::next(main); b != nullptr;) {
        std::byte* const next = layout::next(b);
        if (std::less<const std::byte*>{}(b, array) || !std::less<const std::byte*>{}(b, end)) {
            from_->deallocate(b, layout::bytes, layout::alignment);
            --outside;
        }
        b = next;
    }
}

// Frees an array's overflow buckets outside of it: by its index, or by a walk where there is none.
template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::free_overflow(std::byte* array, unsigned bits,
                                                std::uint64_t& outside,
                                                overflow_list* list) noexcept {
    const std::byte* const end = array + array_bytes(bits);
    if constexpr (layout::indexed) {
        if (list != nullptr) {
            for (std::size_t i = 0; i < list->length && outside != 0; ++i) {
                std::byte* const b = list->data[i];
                if (std::less<const std::byte*>{}(b, array) ||
                    !std::less<const std::byte*>{}(b, end)) {
                    from_->deallocate(b, layout::bytes, layout::alignment);
                    --outside;
                }
            }
            free_list(list);
        }
    } else {
        static_cast<void>(list);
        for (std::uint64_t i = 0; i <= low_bits(bits) && outside != 0; ++i) {
            free_chain(array + i * layout::bytes, end, outside, array);
        }
    }
    EBB_ASSERT(outside == 0, "go_map: an overflow bucket is lost");
}

template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::free_list(overflow_list* list) noexcept {
    from_->deallocate(list->data, list->capacity * sizeof(std::byte*), alignof(std::byte*));
    from_->deallocate(list, sizeof(overflow_list), alignof(overflow_list));
}

template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::free_old() noexcept {
    overflow_list* const list =
        h_->extra == nullptr ? nullptr : std::exchange(h_->extra->old_overflow, nullptr);
    free_overflow(h_->old_buckets, old_bits(), old_outside_, list);
    from_->deallocate(h_->old_buckets, array_bytes(old_bits()), layout::alignment);
    h_->old_buckets = nullptr;
    h_->flags = 0;
    old_count_ = 0;
}

template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::finish_growth() noexcept {
    free_old();
}

template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::end_elements(std::byte* array, std::uint64_t count,
                                               bool old) noexcept {
    if constexpr (!keys::trivial_end || !values::trivial_end) {
        for (std::uint64_t i = 0; i < count; ++i) {
            std::byte* b = array + i * layout::bytes;
            if (old && layout::moved(b)) {
                continue;
            }
            for (; b != nullptr; b = layout::next(b)) {
                for (slot_set full = tag_word(b).full(); full.any(); full.drop_first()) {
                    end_element({b, full.first()});
                }
                if (tag_word(b).ends_chain()) {
                    break;
                }
            }
        }
    }
}

template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::clear() noexcept {
    if (h_->count == 0) {
        return;
    }
    end_elements(h_->buckets, new_mask() + 1, false);
    if (growing()) {
        end_elements(h_->old_buckets, old_mask() + 1, true);
        free_old();
    }
    overflow_list* const list =
        h_->extra == nullptr ? nullptr : std::exchange(h_->extra->overflow, nullptr);
    free_overflow(h_->buckets, h_->bits, outside_, list);
    for (std::uint64_t i = 0; i <= new_mask(); ++i) {
        layout::make_empty(bucket(i));
    }
    if (h_->extra != nullptr) {
        h_->extra->next_overflow = h_->bits >= 4 ? bucket(new_mask() + 1) : nullptr;
    }
    h_->moved = 0;
    h_->overflow_count = 0;
    h_->count = 0;
    overflow_count_ = 0;
    reseed();
}

template <class Key, class Value, class Arena>
void go_table<Key, Value, Arena>::release() noexcept {
    if (h_->buckets != nullptr) {
        if (h_->count != 0) {
            end_elements(h_->buckets, new_mask() + 1, false);
        }
        if (growing()) {
            if (h_->count != 0) {
                end_elements(h_->old_buckets, old_mask() + 1, true);
            }
            free_old();
        }
        free_overflow(h_->buckets, h_->bits, outside_,
                      h_->extra == nullptr ? nullptr : h_->extra->overflow);
        from_->deallocate(h_->buckets, array_bytes(h_->bits), layout::alignment);
    }
    if (h_->extra != nullptr) {
        from_->deallocate(h_->extra, sizeof(go_extra), alignof(go_extra));
    }
    from_->deallocate(h_, sizeof(go_header), alignof(go_header));
    h_ = &no_header;
}

} // namespace ebb::detail
