// layout: a bucket of Go's map, by offsets. K and V are the bytes of a key's and a value's slot:
//
//     0          8                8 + 8 K           8 + 8 K + 8 V
//     +----------+----------------+-----------------+----------+
//     | 8 tags   | 8 keys         | 8 values        | overflow |   bytes = 16 + 8 K + 8 V
//     +----------+----------------+-----------------+----------+
//
// Keys lie together, then values: no padding a pair. Alignments over 8, which Go has none of, move
// a part up to the next multiple.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/maps/go/cell.h>
#include <ebb/maps/go/tags.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace ebb::detail {

template <class Key, class Value>
struct go_layout {
    using keys = key_cell<Key>;
    using values = value_cell<Value>;

    static constexpr std::size_t keys_at = align_up(go_slots, keys::alignment);
    static constexpr std::size_t values_at =
        align_up(keys_at + go_slots * keys::bytes, values::alignment);
    static constexpr std::size_t overflow_at = align_up(values_at + go_slots * values::bytes, 8);
    static constexpr std::size_t alignment =
        std::max({std::size_t{8}, keys::alignment, values::alignment});
    static constexpr std::size_t bytes = align_up(overflow_at + 8, alignment);
    static constexpr std::size_t padding = bytes - 16 - go_slots * (keys::bytes + values::bytes);
    static_assert(alignment > 8 || padding == 0);

    /// Whether a bucket holds no pointers but its own: such maps keep an index of their overflow
    /// buckets, which Go's collector needs.
    static constexpr bool indexed = pointer_free<Key> && pointer_free<Value> &&
                                    !std::derived_from<keys, spilled_cell<Key>> &&
                                    !std::derived_from<values, spilled_cell<Value>>;

    /// Starts the way of the last keys' cache line, where small keys lie in two: which of them is
    /// wanted is known only once the tags have come.
    static void prefetch_keys(const std::byte* bucket) noexcept {
        if constexpr (keys::bytes != 0 && go_slots * keys::bytes <= 64) {
            __builtin_prefetch(bucket + keys_at + (go_slots - 1) * keys::bytes);
        }
    }

    [[nodiscard]] static std::byte* key_at(std::byte* bucket, unsigned slot) noexcept {
        return bucket + keys_at + slot * keys::bytes;
    }
    [[nodiscard]] static std::byte* value_at(std::byte* bucket, unsigned slot) noexcept {
        return bucket + values_at + slot * values::bytes;
    }
    [[nodiscard]] static auto& key(std::byte* bucket, unsigned slot) noexcept {
        return keys::get(key_at(bucket, slot));
    }
    [[nodiscard]] static auto& value(std::byte* bucket, unsigned slot) noexcept {
        return values::get(value_at(bucket, slot));
    }

    [[nodiscard]] static std::uint8_t tag(const std::byte* bucket, unsigned slot) noexcept {
        return static_cast<std::uint8_t>(bucket[slot]);
    }
    static void set_tag(std::byte* bucket, unsigned slot, std::uint8_t tag) noexcept {
        bucket[slot] = static_cast<std::byte>(tag);
    }

    [[nodiscard]] static std::byte* next(const std::byte* bucket) noexcept {
        std::byte* p;
        std::memcpy(&p, bucket + overflow_at, sizeof p);
        return p;
    }
    static void set_next(std::byte* bucket, std::byte* overflow) noexcept {
        std::memcpy(bucket + overflow_at, &overflow, sizeof overflow);
    }

    /// Makes a bucket empty and the last of its chain. Writes nothing that is so already, so that
    /// fresh pages stay untouched.
    static void make_empty(std::byte* bucket) noexcept {
        std::uint64_t tags;
        std::memcpy(&tags, bucket, sizeof tags);
        if (tags != 0) {
            std::memset(bucket, go_empty_rest, go_slots);
        }
        if (next(bucket) != nullptr) {
            set_next(bucket, nullptr);
        }
    }

    /// Whether the chain of an old bucket has moved.
    [[nodiscard]] static bool moved(const std::byte* bucket) noexcept {
        const std::uint8_t first = tag(bucket, 0);
        return first > go_empty_one && first < go_min_full;
    }
};

} // namespace ebb::detail
