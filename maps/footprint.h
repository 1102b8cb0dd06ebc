// footprint, composition: what a map says of its own bytes. Plain numbers, taken in constant time.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <cstdint>

namespace ebb {

/// The bytes that a map has asked its arena for and not given back, by part. A map alone in its
/// arena has `total() == arena.read().requested`, to the byte, between any two calls.
struct footprint {
    std::uint64_t header = 0;         ///< the header and its extra record
    std::uint64_t buckets = 0;        ///< the array, preallocated overflow buckets included
    std::uint64_t old_buckets = 0;    ///< the array being emptied, while growing
    std::uint64_t overflow = 0;       ///< overflow buckets outside of the arrays
    std::uint64_t overflow_index = 0; ///< the lists of overflow buckets of pointer-free maps
    std::uint64_t spilled_keys = 0;   ///< keys too large for a slot
    std::uint64_t spilled_values = 0; ///< values too large for a slot
    std::uint64_t boxed_values = 0;   ///< what boxed values point to
    std::uint64_t directory = 0;      ///< hash_map: the records of its segments
    std::uint64_t index = 0;          ///< hash_map: tags and slots
    std::uint64_t elements = 0;       ///< hash_map: the arrays of elements beside the slots
    std::uint64_t nodes = 0;          ///< node_hash_map: the pages and blocks of its nodes

    [[nodiscard]] constexpr std::uint64_t total() const noexcept {
        return header + buckets + old_buckets + overflow + overflow_index + spilled_keys +
               spilled_values + boxed_values + directory + index + elements + nodes;
    }

    friend bool operator==(const footprint&, const footprint&) = default;
};

/// The same bytes by what they hold: `total()` equals the footprint's.
struct composition {
    std::uint64_t payload = 0;       ///< keys and values, wherever they lie
    std::uint64_t pointers = 0;      ///< slots that point to a key or value elsewhere
    std::uint64_t empty_slots = 0;   ///< slots without an element, in buckets and pages in use
    std::uint64_t tophash = 0;       ///< the tag bytes of buckets in use
    std::uint64_t links = 0;         ///< overflow pointers of buckets in use, and their index
    std::uint64_t spare_buckets = 0; ///< preallocated overflow buckets that no chain has taken
    std::uint64_t moved_buckets =
        0;                     ///< the old array and its overflow, less what still lives there
    std::uint64_t padding = 0; ///< what alignments over 8 leave between the parts of a bucket
    std::uint64_t header = 0;  ///< the header and its extra record

    [[nodiscard]] constexpr std::uint64_t total() const noexcept {
        return payload + pointers + empty_slots + tophash + links + spare_buckets + moved_buckets +
               padding + header;
    }

    friend bool operator==(const composition&, const composition&) = default;
};

} // namespace ebb

#endif // C++20
