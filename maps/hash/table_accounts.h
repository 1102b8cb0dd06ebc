// hash_table's beginning and end, and what it says of its bytes.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/table.h> // NOLINT(misc-header-include-cycle): this is a part of it

namespace ebb::detail {

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::reseed(std::uint64_t seed) noexcept {
    coin random(seed);
    seed_ = random();
    // Odd, and with about as many bits as none: a multiplier of few bits hardly mixes.
    do {
        multiplier_ = random() | 1;
    } while (std::popcount(multiplier_) < 24 || std::popcount(multiplier_) > 40);
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::take_numbers(hash_table& other) noexcept {
    seed_ = other.seed_;
    multiplier_ = other.multiplier_;
    other.reseed(next_seed(seed_));
    size_ = std::exchange(other.size_, 0);
    reserved_ = std::exchange(other.reserved_, 0);
    index_bytes_ = std::exchange(other.index_bytes_, 0);
    groups_ = std::exchange(other.groups_, 0);
    crowd_room_ = std::exchange(other.crowd_room_, 0);
    array_bytes_ = std::exchange(other.array_bytes_, 0);
    apart_ = std::exchange(other.apart_, 0);
    nodes_.swap(other.nodes_);
    set_numbers();
    other.set_numbers();
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::swap_numbers(hash_table& other) noexcept {
    std::swap(seed_, other.seed_);
    std::swap(multiplier_, other.multiplier_);
    std::swap(size_, other.size_);
    std::swap(reserved_, other.reserved_);
    std::swap(index_bytes_, other.index_bytes_);
    std::swap(groups_, other.groups_);
    std::swap(crowd_room_, other.crowd_room_);
    std::swap(array_bytes_, other.array_bytes_);
    std::swap(apart_, other.apart_);
    nodes_.swap(other.nodes_);
    set_numbers();
    other.set_numbers();
}

/// A copy under a seed of its own, as large as its elements need. Throws std::bad_alloc and what
/// the copies and the hash throw.
template <class E, class H, class Q, class A>
hash_table<E, H, Q, A>::hash_table(const hash_table& other, memory from)
    : memory_(std::move(from)), hash_(other.hash_), equal_(other.equal_) {
    static_assert(E::copies, "hash_map: a map whose keys or values can't be copied can't be copied "
                             "itself: move it");
    reseed(fresh_seed(this));
    EBB_TRY {
        memory_.expect(other.size_ * sizeof(value_type));
        reserved_ = other.size_;
        make_room_for_reserved(false);
        // So many at once: what each needs first is on its way while the others come.
        constexpr std::size_t batch = 16;
        const element* waiting[batch];
        std::uint64_t hash[batch];
        std::size_t count = 0;
        far_slots far;
        const auto copy = [&] {
            const std::size_t all = std::exchange(count, 0);
            for (std::size_t i = 0; i < all; ++i) {
                if constexpr (E::copies) {
                    const auto copy_to = [&](element* at) {
                        make(at, E::value(const_cast<element&>(*waiting[i])));
                    };
                    segment& s = segment_of(hash[i]);
                    if (s.group_count > placing::most && !is_full(s)) {
                        fill_slot(far.next(s, hash[i]), hash[i], copy_to);
                    } else {
                        add(hash[i], copy_to);
                        far = {}; // groups may be others now
                    }
                }
            }
        };
        for (std::size_t n = 0; n < other.directory_.size(); ++n) {
            each_element(other.directory_[n], [&](std::size_t, const element* e) {
                waiting[count] = e;
                hash[count] = hash_of(E::key(*e));
                prefetch(hash[count]);
                if (++count == batch) {
                    copy();
                }
            });
        }
        copy();
    }
    EBB_CATCH(...) {
        clear();
        EBB_RETHROW;
    }
    reserved_ = 0;
    for (std::size_t n = 0; n < directory_.size(); ++n) {
        shrink(directory_[n]);
    }
    give_back_chunks();
}

template <class E, class H, class Q, class A>
template <class... Args>
void hash_table<E, H, Q, A>::make(element* at, Args&&... args) {
    const auto construct = [&](value_type* p) {
        if constexpr (is_std_allocator<A>) {
            typename std::allocator_traits<A>::template rebind_alloc<value_type> allocator(
                memory_.source());
            std::allocator_traits<decltype(allocator)>::construct(allocator, p,
                                                                  std::forward<Args>(args)...);
        } else {
            std::construct_at(p, std::forward<Args>(args)...);
        }
    };
    if constexpr (E::is_node) {
        const element p = nodes_.allocate(memory_);
        EBB_TRY {
            construct(p.get());
        }
        EBB_CATCH(...) {
            nodes_.deallocate(memory_, p);
            EBB_RETHROW;
        }
        std::construct_at(at, p);
    } else {
        construct(at);
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::end(element* at) noexcept {
    if constexpr (E::is_node) {
        destroy_object(memory_, at->get());
        nodes_.deallocate(memory_, *at);
    } else {
        destroy_object(memory_, at);
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::drop(element* at) noexcept {
    if constexpr (E::is_node) {
        if constexpr (is_std_allocator<A> || !std::is_trivially_destructible_v<value_type>) {
            destroy_object(memory_, at->get());
        }
        nodes_.drop(memory_, *at);
    } else {
        destroy_object(memory_, at);
    }
}

template <class E, class H, class Q, class A>
std::size_t hash_table<E, H, Q, A>::slot_count() const noexcept {
    return groups_ * group::slots + crowd_room_;
}

template <class E, class H, class Q, class A>
ebb::footprint hash_table<E, H, Q, A>::footprint() const noexcept {
    ebb::footprint f;
    f.directory = directory_.bytes();
    f.index = index_bytes_;
    f.elements = array_bytes_;
    (layout::has_array ? f.elements : f.index) += apart_ * apart_bytes + chunks_.bytes();
    if constexpr (has_index_store) {
        f.index += indexes_.bytes();
    }
    f.nodes = nodes_.bytes();
    return f;
}

template <class E, class H, class Q, class A>
ebb::composition hash_table<E, H, Q, A>::composition() const noexcept {
    const ebb::footprint f = footprint();
    ebb::composition c;
    c.payload = size_ * sizeof(value_type);
    c.header = directory_.bytes() + nodes_.header_bytes();
    c.tophash = groups_ * (sizeof(group) - (layout::has_array ? 2 * group::slots : 0));
    const std::uint64_t slots = f.index - c.tophash;
    if constexpr (layout::has_array) {
        c.links = slots;
        c.empty_slots = f.elements - c.payload;
    } else if constexpr (E::is_node) {
        c.pointers = size_ * sizeof(element);
        c.empty_slots = slots - c.pointers + nodes_.bytes() - nodes_.header_bytes() - c.payload;
    } else {
        c.empty_slots = slots - c.payload;
    }
    return c;
}

template <class E, class H, class Q, class A>
struct hash_table<E, H, Q, A>::counts {
    std::uint64_t index_bytes = 0; // of blocks of their own
    std::uint64_t array_bytes = 0;
    std::size_t chunks = 0; // of the store
    std::size_t apart = 0;
    std::size_t units = 0; // of the store of indexes
};

/// Of an array's elements.
template <class E, class H, class Q, class A>
std::uint64_t hash_table<E, H, Q, A>::sum_of_numbers(const segment& s) noexcept {
    std::uint64_t sum = 0;
    for (std::uint32_t n = 0; n < s.count; ++n) {
        sum += layout::nth(n);
    }
    return sum;
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::validate_slots(const segment& s) const {
    std::size_t full = 0;
    std::uint64_t sum = 0;
    each_slot(s, [&](std::uint32_t g, std::uint32_t i) {
        ++full;
        if constexpr (layout::has_array) {
            const std::uint32_t id = layout::number(s, g, i);
            EBB_CHECK(id < layout::nth(s.count) && (id & layout::mask) < layout::per_chunk,
                      "hash_map: a slot's number is beyond the elements");
            sum += id;
        }
        const element& e = *layout::element(s, g, i);
        const std::uint64_t hash = hash_of(E::key(e));
        EBB_CHECK(&segment_of(hash) == &s, "hash_map: an element lies in another's segment");
        EBB_CHECK((s.groups[g].match(group::tags_of(hash)) >> i & 1) != 0 &&
                      layout::fits(s, g, i, hash),
                  "hash_map: a tag is another's");
        for (std::uint32_t at = home_group(hash, s.group_count); at != g;
             at = at + 1 == s.group_count ? 0 : at + 1) {
            EBB_CHECK(s.groups[at].passed_by(hash), "hash_map: an element that is not found");
        }
        EBB_CHECK(!static_cast<bool>(equal_(E::key(e), E::key(e))) || // as NaN
                      look(E::key(e), hash).at == std::addressof(e),
                  "hash_map: two elements of one key");
        if constexpr (E::is_node) {
            nodes_.validate_node(e);
        }
    });
    EBB_CHECK(full == s.count, "hash_map: a segment's count is off");
    if constexpr (layout::has_array) {
        EBB_CHECK(sum == sum_of_numbers(s), "hash_map: the numbers of a segment's slots are off");
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::validate_segment(std::size_t number, counts& found) const {
    const segment& s = directory_[number];
    const auto count_chunk = [&](const void* p) {
        if constexpr (has_store) {
            if (chunks_.owns(p)) {
                EBB_CHECK(chunks_.owner_of(p) == number, "hash_map: a chunk of another segment");
                ++found.chunks;
                return;
            }
        }
        ++found.apart;
    };
    const std::byte* const block =
        reinterpret_cast<const std::byte*>(s.groups) - layout::table_bytes(s.group_count);
    bool in_chunks = s.group_count == 0;
    if constexpr (has_index_store) {
        if (!in_chunks && indexes_.owns(block)) {
            in_chunks = true;
            EBB_CHECK(indexes_.owner_of(block) == number, "hash_map: an index of another segment");
            found.units += index_units(s.group_count);
        }
    } else if constexpr (!layout::has_array) {
        if (s.chunks != 0) {
            in_chunks = true;
            count_chunk(block);
            for (std::uint32_t n = 0; n < s.chunks; ++n) {
                count_chunk(layout::chunk(s, n));
            }
        }
    }
    found.index_bytes += in_chunks ? 0 : index_size(s.group_count);
    layout::is_crowded(s) ? validate_crowd(s, found) : validate_slots(s);
    EBB_CHECK(s.count <= index_room(s), "hash_map: a segment is overfull");
    EBB_CHECK(&s == &directory_[number], "hash_map: a segment of another number");
    if constexpr (layout::has_array) {
        EBB_CHECK(s.count <= s.capacity, "hash_map: more elements than their array has room for");
        if (s.capacity >= layout::per_chunk) {
            for (std::uint32_t n = 0; n < s.capacity / layout::per_chunk; ++n) {
                count_chunk(layout::chunk(s, n));
            }
        } else {
            found.array_bytes += s.capacity * sizeof(element);
        }
    }
}

template <class E, class H, class Q, class A>
void hash_table<E, H, Q, A>::validate() const {
    const std::size_t n = directory_.size();
    EBB_CHECK(mask_ == std::bit_ceil(n) - 1 && half_ == mask_ >> 1, "hash_map: masks are off");
    std::size_t counted = 0;
    counts found;
    std::size_t seen = 0;
    for (std::size_t i = 0; i != none; i = next_segment(i)) {
        validate_segment(i, found);
        counted += directory_[i].count;
        ++seen;
    }
    EBB_CHECK(seen == n, "hash_map: iteration misses a segment");
    EBB_CHECK(counted == size_, "hash_map: the size is off");
    EBB_CHECK(found.index_bytes == index_bytes_, "hash_map: the index bytes are off");
    EBB_CHECK(found.array_bytes == array_bytes_, "hash_map: the array bytes are off");
    EBB_CHECK(found.apart == apart_, "hash_map: the blocks of chunks are miscounted");
    if constexpr (has_store) {
        chunks_.validate(found.chunks);
    }
    if constexpr (has_index_store) {
        indexes_.validate(found.units);
    }
    if constexpr (E::is_node) {
        nodes_.validate(size_);
    }
}

} // namespace ebb::detail
