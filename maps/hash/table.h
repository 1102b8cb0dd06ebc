// hash_table: what hash_map, hash_set and their node kin are made of.
//
// The way of a look-up: key → hash → segment (its low bits) → group (its upper half) → slots whose
// tag fits (8 bits between) → element. segment.h draws a segment.
//
// Growth. The map has one segment for every `per_segment` elements. With each so many more, one
// segment is split in two, in the order of their numbers (linear hashing: Litwin 1980), so that the
// directory only grows at its end; with each so many fewer, the last is merged back. Between splits
// a segment writes its groups anew, a quarter more or fewer. Every step touches one or two
// segments: the slowest insert is as slow in a large map as in a small one.
//
// Iteration goes through the segments by the reverse of their number's bits: a segment and the one
// that it may be merged with are neighbours then, and a merge of two that lie wholly before or
// wholly after an iterator leaves what it has still to see as it was.
//
// Each map has a seed and a multiplier of its own, a copy too, another one when it has become empty
// or was moved from: elements that come in the order of a map with the same would all belong into
// the first segment.
//
// Size, segments and bytes have 64 bits; 32 count within one segment alone. The low half of a hash
// names segments, the upper half groups: from 2^24 segments on (2^16 with arrays) tags repeat bits
// that name the segment, and filter less.
//
// Memory. Segments are made of chunks (segment.h), which a store serves from the bottom of a few
// blocks (chunk_store.h). What a split, a merge or an erase frees, the next step takes; what waits
// beyond a share goes back from the blocks' end, after chunks have moved from there into the holes.
// So no page is touched twice, and few calls give pages back.
//
// Files: table_elements.h (remove, clear), table_growth.h (rebuild, shrink, reserve),
// table_segments.h (split, merge), table_placing.h (many elements at once), table_crowds.h (equal
// hashes), table_memory.h (index, array, chunks), table_accounts.h (footprint, validate).
#pragma once

#include <ebb/alloc/base/check.h>
#include <ebb/maps/footprint.h>
#include <ebb/maps/go/seed.h>
#include <ebb/maps/hash.h>
#include <ebb/maps/hash/checks.h>
#include <ebb/maps/hash/chunk_store.h>
#include <ebb/maps/hash/crowd.h>
#include <ebb/maps/hash/directory.h>
#include <ebb/maps/hash/element.h>
#include <ebb/maps/hash/memory.h>
#include <ebb/maps/hash/node_store.h>
#include <ebb/maps/hash/segment.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace ebb::detail {
EBB_MAPS_BEGIN

/// A hash that says so is good: it has a type of this name, which isn't std::false_type.
template <class Hash>
concept is_avalanching = requires {
    typename Hash::is_avalanching;
}
&&!requires {
    requires !Hash::is_avalanching::value;
};

/// Elements by key, in segments. No interface of a container: hash_map and the others add that.
///
/// Invariants, checked by `validate()`:
///  1. There are `segments` of them: 1, or as many as splits and merges have left; `mask` is the
///     next power of two less 1, `half` the one below it.
///  2. Every element lies in the segment that the low bits of its hash name, in its home group or
///     one after it, and each full group on the way has the overflow bit of its hash.
///  3. A segment's `count` is the number of its full slots; the counts sum to `size`.
///  4. No segment holds more than index_room; one without elements has no memory unless some is
///     reserved.
///  5. In an array layout the numbers in a segment's slots, or in its crowd's chains, are those of
///     its first `count` elements, each once.
///  6. A chunk of the store belongs to one segment, which the store knows by its number.
///  7. The bytes of directory, indexes, arrays and nodes sum to what the memory was asked for.
/// Threads: any number that read, or one that writes.
template <class Elements, class Hash, class Equal, class Arena>
class hash_table {
    // Before the noexcept that uses them, as g++ 10 needs them.
    template <class K>
    static constexpr bool is_one_word = [] {
        if constexpr (std::is_enum_v<K> ||
                      std::is_pointer_v<K>) { // who may have a std::hash of their own
            return noexcept(std::hash<K>{}(std::declval<const K&>()));
        } else {
            return std::is_integral_v<K> && sizeof(K) <= 8;
        }
    }();
    template <class K>
    static constexpr bool hash_throws = !(std::is_same_v<Hash, hash<K>> && is_one_word<K>);

  public:
    using elements = Elements;
    using element = typename Elements::element;
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;
    using memory = map_memory<Arena>;
    using nodes = node_store<Elements, Arena>;
    using layout = std::conditional_t<(sizeof(element) <= 32 && alignof(element) <= 16),
                                      slot_layout<element>, array_layout<element>>;
    using segment = typename layout::segment;
    using group = typename layout::group;

    /// Where an element lies: a segment, a group, a slot of it; or nowhere.
    struct position {
        segment* in = nullptr;
        std::uint32_t g = 0;
        std::uint32_t i = 0;
        element* at = nullptr;
        explicit operator bool() const noexcept { return at != nullptr; }
    };

    hash_table(memory from, Hash hash, Equal equal)
        : memory_(std::move(from)), hash_(std::move(hash)), equal_(std::move(equal)) {
        hash_check<Hash, key_type>::tell();
        equal_check<Equal, key_type>::tell();
        reseed(fresh_seed(this));
    }
    hash_table(hash_table&& other) noexcept
        : directory_(std::move(other.directory_)), memory_(std::move(other.memory_)),
          hash_(std::move(other.hash_)), equal_(std::move(other.equal_)) {
        chunks_.swap(other.chunks_);
        indexes_.swap(other.indexes_);
        take_numbers(other);
    }
    hash_table(const hash_table& other, memory from);
    hash_table& operator=(hash_table&&) = delete;
    ~hash_table() { clear(); }

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] const Hash& hash_function() const noexcept { return hash_; }
    [[nodiscard]] const Equal& key_equal() const noexcept { return equal_; }
    [[nodiscard]] memory& from() noexcept { return memory_; }
    [[nodiscard]] const memory& from() const noexcept { return memory_; }
    [[nodiscard]] nodes& node_memory() noexcept { return nodes_; }

    /// The key's hash in this map: seeded, every bit of it used.
    template <class K>
    [[nodiscard]] std::uint64_t hash_of(const K& key) const noexcept(!hash_throws<K>) {
        if constexpr (!hash_check<Hash, typename Elements::key_type>::works) {
            return 0; // its message is enough
        } else if constexpr (std::is_same_v<Hash, hash<K>> && is_one_word<K>) {
            return mixed(word_of(key));
        } else if constexpr (seeded_hash<Hash>) {
            return hash_(key, seed_);
        } else if constexpr (is_avalanching<Hash>) {
            // Without the map's multiplier every map would have the order of every other.
            return fold(static_cast<std::uint64_t>(hash_(key)) ^ seed_, multiplier_);
        } else {
            return mixed(static_cast<std::uint64_t>(hash_(key)));
        }
    }

    /// The element of this key. Throws what hash and comparison throw.
    template <class K>
    [[nodiscard]] [[gnu::always_inline]] position look(const K& key, std::uint64_t hash) const {
        segment& s = segment_of(hash);
        const std::uint32_t g = home_group(hash, s.group_count);
        const group& here = s.groups[g];
        std::uint32_t fit = here.match(group::tags_of(hash));
        if (fit != 0) {
            if constexpr (!layout::has_array) {
                // Half of what is found is in the first line, or in the one that comes along with
                // it. Where keys are mostly found the branch is foretold, and the lines are on
                // their way before the tags are there; where they aren't, none is fetched for
                // nothing. Source: Boost.Unordered's flat maps.
                __builtin_prefetch(layout::element(s, g, 0));
            }
            const auto i = static_cast<std::uint32_t>(std::countr_zero(fit));
            if (__builtin_expect(layout::fits(s, g, i, hash), 1)) {
                element* const e = layout::element(s, g, i);
                if (__builtin_expect(are_equal(Elements::key(*e), key), 1)) {
                    return {&s, g, i, e};
                }
            }
            fit &= fit - 1;
        }
        if (__builtin_expect(fit == 0 && !here.passed_by(hash), 1)) {
            return {};
        }
        return look_on(s, g, fit, key, hash);
    }

    [[nodiscard]] [[gnu::noinline]] position position_of(segment& s,
                                                         std::uint32_t number) const noexcept;

    /// Adds an element that isn't there: `make(p)` constructs it at p. Bounded by a split and a
    /// rebuild. Throws std::bad_alloc, and what `make` and the hash throw; nothing is changed then.
    template <class Make>
    [[gnu::always_inline]] position add(std::uint64_t hash, const Make& make) {
        segment* s = &segment_of(hash);
        if (__builtin_expect(is_full(*s), 0)) {
            return add_growing(hash, make);
        }
        return add_here(*s, hash, make);
    }

    /// So that the next `add` of this hash throws only what its `make` throws.
    void make_room_for(std::uint64_t hash) {
        if (is_full(segment_of(hash))) {
            make_room(hash);
        }
    }

    /// Removes it and leaves the segment as large as it is. Doesn't look at its key. A node that is
    /// to live on, in a handle or another map, `leaves`.
    void remove(const position& p, bool leaves = false) noexcept;
    /// Gives back what the segment has too much, when it is not reserved.
    void shrink(segment& s) noexcept;
    /// After a removal from it: shrinks where there is something to give back, and merges where the
    /// map has become small enough.
    void shrink_after_removal(segment& s) noexcept {
        if (__builtin_expect(s.count <= s.shrink_at || s.stale > stale_most(s), 0)) {
            shrink(s);
            give_back_chunks();
        }
        if (__builtin_expect(size_ < merge_at_, 0)) {
            merge_if_small();
            give_back_chunks();
        }
    }
    /// Merges the last segment where the map has become small enough for one fewer, unless that
    /// would move elements of segment `but`.
    void merge_if_small(std::size_t but = none) noexcept;

    /// After a removal by an iterator from segment `here`, with `there` the segment of what it sees
    /// next: gives back in segments that it is not in.
    void shrink_behind(std::size_t here, std::size_t there) noexcept;

    void clear() noexcept;
    void reserve(std::size_t count);
    void shrink_to_fit() noexcept;

    void swap(hash_table& other) noexcept {
        directory_.swap(other.directory_);
        chunks_.swap(other.chunks_);
        indexes_.swap(other.indexes_);
        using std::swap;
        swap(memory_, other.memory_);
        swap(hash_, other.hash_);
        swap(equal_, other.equal_);
        swap_numbers(other);
    }

    /// As swap, with the memory itself.
    void exchange(hash_table& other) noexcept {
        hash_table mine(std::move(other));
        std::destroy_at(&other);
        std::construct_at(&other, std::move(*this));
        std::destroy_at(this);
        std::construct_at(this, std::move(mine));
    }

    /// Asks for the lines that a look-up of this hash reads first.
    void prefetch(std::uint64_t hash) const noexcept {
        const segment& s = segment_of(hash);
        __builtin_prefetch(s.groups + home_group(hash, s.group_count));
    }

#if EBB_CHECK_ITERATORS
    [[nodiscard]] std::uint64_t version() const noexcept {
        return version_;
    }
    void next_version() noexcept {
        ++version_;
    }
#endif

    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    // For iterators: a place is a segment's number and a place in it.
    [[nodiscard]] std::size_t segments() const noexcept {
        return directory_.size();
    }
    [[nodiscard]] segment& segment_at(std::size_t i) const noexcept {
        return directory_[i];
    }
    [[nodiscard]] std::size_t number_of(const segment& s) const noexcept {
        return static_cast<std::size_t>(&s - &directory_[0]);
    }
    /// The segment after this one in the order of iteration, or `none`.
    [[nodiscard]] std::size_t next_segment(std::size_t i) const noexcept {
        do {
            std::size_t bit = (mask_ + 1) >> 1;
            for (; (i & bit) != 0; bit >>= 1) {
                i ^= bit;
            }
            if (bit == 0) {
                return none;
            }
            i |= bit;
        } while (i >= directory_.size());
        return i;
    }

    template <class F>
    void for_each(const F& f) const;

    /// Constructs and ends elements, as the fifth parameter wants it.
    template <class... Args>
    void make(element* at, Args&&... args);
    void end(element* at) noexcept;
    /// As end, of all elements together.
    void drop(element* at) noexcept;

    [[nodiscard]] ebb::footprint footprint() const noexcept;
    [[nodiscard]] ebb::composition composition() const noexcept;
    void validate() const;

    /// Slots there are; size() is at most 13/15 of them, all of a single group.
    [[nodiscard]] std::size_t slot_count() const noexcept;

  private:
    // One fold leaves the bits of keys in order evenly spaced, and one multiplier in a hundred
    // spaces them so that they fall on few groups: a look-up then passes 1 to 76 of these. The
    // second one mixes them: of 5,000 maps of 20,000 keys none passes more than 0.1. It costs 0.3
    // ns. A product alone would leave the low bits, which name segments, where they are: of keys
    // that differ in their high bits one map in 4,000 had three times its share in some.
    [[nodiscard]] std::uint64_t mixed(std::uint64_t word) const noexcept {
        return fold(fold(word ^ seed_, multiplier_), hash_a);
    }
    template <class K>
    [[nodiscard]] static std::uint64_t word_of(const K& key) noexcept {
        if constexpr (std::is_integral_v<K>) {
            return static_cast<std::uint64_t>(key);
        } else {
            return std::hash<K>{}(key);
        }
    }

    // The standard doesn't say which comes first, and its libraries differ: a comparison of keys of
    // two types may know but one order.
    template <class K>
    [[nodiscard]] [[gnu::always_inline]] bool are_equal(const key_type& own, const K& key) const {
        if constexpr (std::is_same_v<K, key_type>) {
            if constexpr (equal_check<Equal, K>::works) {
                return static_cast<bool>(equal_(own, key));
            } else {
                return false; // its message is enough
            }
        } else if constexpr (std::is_invocable_v<const Equal&, const key_type&, const K&>) {
            return static_cast<bool>(equal_(own, key));
        } else {
            return static_cast<bool>(equal_(key, own));
        }
    }

    [[nodiscard]] segment& segment_of(std::uint64_t hash) const noexcept {
        const std::size_t wide = hash & mask_;
        const std::size_t narrow = hash & half_;
        return directory_[wide < directory_.size() ? wide : narrow];
    }

    // As many removals from groups that others have passed by are worth writing the groups anew.
    [[nodiscard]] static std::uint32_t stale_most(const segment& s) noexcept {
        return s.group_count * 8;
    }
    void set_shrink_at(segment& s) const noexcept;

    [[nodiscard]] bool is_full(const segment& s) const noexcept {
        if constexpr (layout::has_array) {
            if (s.count == s.capacity) {
                return true;
            }
        }
        return s.count >= most_in_groups<layout>(s.group_count) || size_ >= split_at_;
    }

    // Elements that its index has room for.
    [[nodiscard]] static std::size_t index_room(const segment& s) noexcept {
        const std::uint32_t room = most_in_groups<layout>(s.group_count);
        if constexpr (layout::has_array) {
            return layout::is_crowded(s) ? crowd_of(s).room() : std::min(room, layout::most);
        }
        return room;
    }
    [[nodiscard]] static crowd& crowd_of(const segment& s) noexcept {
        return *reinterpret_cast<crowd*>(s.groups + 1);
    }

    // Groups that a full segment, one of so many elements, and a new one of so many is given.
    [[nodiscard]] std::uint32_t more_groups(const segment& s) const noexcept {
        const std::uint32_t groups = s.group_count;
        const std::uint32_t step =
            directory_.size() < few_segments ? groups / 2 : groups / layout::growth;
        return bounded_groups(groups + (step == 0 ? 1 : step), s.count + std::size_t{1});
    }
    [[nodiscard]] static std::uint32_t groups_of(std::size_t count) noexcept {
        return bounded_groups(groups_for<layout>(count), count);
    }
    // Of a segment that has become smaller: slots with less to spare than where more elements come,
    // or it would be written anew once more before the next merge. 200,000 erases of 8-byte keys
    // and values move 2.0 elements each so, and 2.6 with as much to spare.
    [[nodiscard]] static std::uint32_t fewer_groups(std::size_t count) noexcept {
        if constexpr (layout::has_array) {
            return groups_of(count);
        } else {
            constexpr std::size_t spare = 10; // a part, as the layout's
            const std::size_t wanted = count * (spare + 1) / (layout::most_in_group * spare) + 1;
            return count <= group::slots
                       ? groups_of(count)
                       : bounded_groups(static_cast<std::uint32_t>(wanted), count);
        }
    }
    [[nodiscard]] std::uint32_t first_groups(std::size_t count) const noexcept {
        const std::size_t wanted = directory_.size() < few_segments ? count + count / 5 : count;
        return bounded_groups(groups_for<layout>(wanted), count);
    }
    // No more than fit into chunks, where `count` elements do.
    [[nodiscard]] static std::uint32_t bounded_groups(std::uint32_t groups,
                                                      std::size_t count) noexcept {
        if constexpr (!layout::has_array) {
            if (groups > layout::most_groups &&
                count <= std::size_t{layout::most_groups} * layout::most_in_group) {
                return layout::most_groups;
            }
        }
        return groups;
    }
    // With no more elements than these a segment's groups are written anew, and fewer.
    [[nodiscard]] std::size_t least_elements(const segment& s) const noexcept {
        if (layout::is_crowded(s)) {
            return crowd_of(s).room() / 2;
        }
        const std::size_t percent = directory_.size() == 1 ? alone_percent : layout::percent;
        std::size_t least =
            s.group_count <= 1 ? 0 : most_in_groups<layout>(s.group_count) * percent / 100;
        if constexpr (!layout::has_array) {
            if (s.chunks != 0 && in_chunks()) { // a chunk fewer will do
                const std::size_t fewer = s.group_count - layout::per_chunk;
                least = std::min(least, fewer == 0 ? 0
                                                   : (fewer - 1) * layout::most_in_group *
                                                         layout::spare / (layout::spare + 1));
            }
        }
        return least;
    }

    // The first free slot for this hash. Groups passed on the way are marked.
    static position free_slot(segment& s, std::uint64_t hash) noexcept {
        return free_slot_from(s, hash, home_group(hash, s.group_count));
    }
    static position free_slot_from(segment& s, std::uint64_t hash, std::uint32_t g) noexcept {
        for (;;) {
            group& here = s.groups[g];
            const std::uint32_t empty = here.empty_slots();
            if (__builtin_expect(empty != 0, 1)) {
                return {&s, g, static_cast<std::uint32_t>(std::countr_zero(empty)), nullptr};
            }
            here.pass(hash);
            g = g + 1 == s.group_count ? 0 : g + 1;
        }
    }

    template <class Make>
    [[gnu::always_inline]] position add_here(segment& s, std::uint64_t hash, const Make& make) {
        return fill_slot(free_slot(s, hash), hash, make);
    }
    template <class Make>
    [[gnu::always_inline]] position fill_slot(position p, std::uint64_t hash, const Make& make) {
        segment& s = *p.in;
        if constexpr (layout::has_array) {
            const std::uint32_t number = layout::nth(s.count);
            p.at = layout::at(s, number);
            make(p.at);
            s.groups[p.g].set(p.i, hash, number, s.tag_bits);
        } else {
            p.at = layout::element(s, p.g, p.i);
            make(p.at);
            s.groups[p.g].set(p.i, hash);
        }
        ++s.count;
        ++size_;
        return p;
    }

    // Beyond the first slot that fits: `fit` are the others of the home group. Not inlined: a
    // look-up has twenty instructions more with it.
    template <class K>
    [[nodiscard]] [[gnu::noinline]] position look_on(segment& s, std::uint32_t home,
                                                     std::uint32_t fit, const K& key,
                                                     std::uint64_t hash) const {
        if (layout::is_crowded(s)) {
            return look_in_crowd(s, key, hash);
        }
        for (std::uint32_t g = home;;) {
            for (; fit != 0; fit &= fit - 1) {
                const auto i = static_cast<std::uint32_t>(std::countr_zero(fit));
                if (!layout::fits(s, g, i, hash)) {
                    continue;
                }
                element* const e = layout::element(s, g, i);
                if (are_equal(Elements::key(*e), key)) {
                    return {&s, g, i, e};
                }
            }
            if (!s.groups[g].passed_by(hash)) {
                return {};
            }
            g = g + 1 == s.group_count ? 0 : g + 1;
            if (g == home) {
                return {};
            }
            fit = s.groups[g].match(group::tags_of(hash));
        }
    }

    template <class Make>
    [[gnu::noinline]] position add_growing(std::uint64_t hash, const Make& make);

    struct hashes;
    struct placing;
    struct far_slots;
    void reseed(std::uint64_t seed) noexcept;
    void make_room(std::uint64_t hash);
    void split();
    void merge_last();
    void rebuild(segment& s, std::uint32_t groups, std::size_t number, std::size_t least = 0);
    void move_last(segment& s, element* hole, std::uint32_t n) noexcept;
    void renumber(segment& s, const element& e, std::uint32_t from, std::uint32_t to) noexcept;
    [[nodiscard]] std::uint32_t home_of(const segment& s, const element& e) const noexcept;
    void give_back(segment& s) noexcept;
    void give_back_all() noexcept;
    [[nodiscard]] std::size_t reserved_in(const segment& s) const noexcept;
    void make_room_for_reserved(bool elements_too);
    void set_numbers() noexcept;

    [[nodiscard]] static std::size_t index_size(std::uint32_t groups) noexcept;
    [[nodiscard]] static std::size_t index_units(std::uint32_t groups) noexcept;
    [[nodiscard]] static std::uint32_t fill(std::uint32_t groups, bool in_chunks) noexcept;
    void allocate_index(segment& s, std::uint32_t groups, bool in_chunks, std::size_t owner);
    void allocate_half(segment& s, std::size_t count, std::size_t owner);
    void allocate_slots(segment& s, std::uint32_t groups, std::size_t owner);
    void free_index(segment& s) noexcept;
    void grow_array(segment& s, std::size_t least, std::size_t owner);
    void fit_array(segment& s);
    void free_array(segment& s) noexcept;
    template <class K>
    [[nodiscard]] position look_in_crowd(segment& s, const K& key, std::uint64_t hash) const;
    template <class Make>
    position add_to_crowd(segment& s, std::uint64_t hash, const Make& make);
    [[gnu::noinline]] void leave_crowd(segment& s, std::uint32_t number, element* hole) noexcept;
    void allocate_crowd(segment& s, std::size_t least);
    void free_crowd(segment& s) noexcept;
    [[nodiscard]] static std::size_t crowd_table_bytes(std::uint32_t room) noexcept;
    [[nodiscard]] static std::size_t crowd_bytes(std::uint32_t room) noexcept;
    void give_last_chunk(segment& s) noexcept;
    void join(segment& into, std::size_t owner, segment& last, const hashes& hash,
              placing& place) noexcept;
    template <class Goes>
    void part(segment& s, const hashes& hash, const Goes& is_going, placing& in_low,
              placing& in_high, std::size_t owner) noexcept;
    void pass_chunk(const segment& from, std::uint32_t n, segment& to, std::uint32_t m,
                    std::size_t owner) noexcept;
    [[nodiscard]] element* take_small(segment& s, std::size_t capacity);
    [[nodiscard]] void* take_chunk(std::size_t owner);
    void give_chunk(void* p) noexcept;
    void give_back_chunks() noexcept;
    void settle_indexes(std::uint32_t groups) noexcept;
    void fit_chunks() noexcept;
    // They tell which chunk or index has moved.
    struct chunk_owner;
    struct index_owner;
    void moved_chunk(segment& s, void* from, void* to) noexcept;

    template <class F>
    static void each_slot(const segment& s, const F& f);
    template <class F>
    static void each_element(const segment& s, const F& f);
    template <class F>
    static void each_in(const segment& s, const F& f);
    struct counts;
    void validate_segment(std::size_t number, counts& found) const;
    void validate_slots(const segment& s) const;
    [[nodiscard]] static std::uint64_t sum_of_numbers(const segment& s) noexcept;
    void validate_crowd(const segment& s, counts& found) const;

    void take_numbers(hash_table& other) noexcept;
    void swap_numbers(hash_table& other) noexcept;

    // A map of more than one segment lies in chunks.
    [[nodiscard]] bool in_chunks() const noexcept {
        return directory_.size() > 1;
    }

    // Blocks that grow are aligned to a page.
    static constexpr bool has_store =
        memory::grows_in_place && alignof(element) <= 4096 && layout::chunk_bytes <= 65536;
    static constexpr std::size_t chunk_alignment = std::max<std::size_t>(alignof(element), 16);
    // Of a chunk that is a block of its own. The memory is asked for whole units of the alignment.
    static constexpr std::size_t apart_bytes = [] {
        if constexpr (layout::has_array) {
            return align_up(layout::per_chunk * sizeof(element), chunk_alignment);
        } else {
            return layout::chunk_bytes;
        }
    }();
    using chunk_memory = std::conditional_t<has_store, chunk_store<memory>,
                                            chunk_list<memory, chunk_alignment, apart_bytes>>;
    static constexpr bool has_index_store = memory::grows_in_place && layout::has_array;
    struct no_indexes {
        void swap(no_indexes&) noexcept {}
    };
    using index_memory = std::conditional_t<has_index_store, chunk_store<memory>, no_indexes>;
    // What waits of chunks: with indexes 192 KiB, or so many that no merge has to ask for more. Few
    // calls give them back: 34 pages and more cost no more than one (os::release_end).
    static constexpr chunk_share chunks_waiting = [] {
        constexpr std::uint32_t pages = layout::chunk_bytes / 4096;
        if constexpr (layout::has_array) {
            constexpr std::uint32_t kept = 3 / pages;
            return chunk_share{32, kept + (34 + pages - 1) / pages, kept};
        } else {
            return chunk_share{32, layout::most_chunks * 2 + 44, layout::most_chunks + 10};
        }
    }();
    // Chunks of an array in one segment that are plain blocks, before a store is worth its pages.
    static constexpr std::size_t most_apart = 65536 / layout::chunk_bytes;
    // An index is a long run of units, which fits into few holes: more waits, of less.
    static constexpr chunk_share indexes_waiting{4, 40, 24};
    // Where no chunks go with it.
    static constexpr chunk_share indexes_waiting_alone{4, 160, 24};

    mutable directory<segment, memory> directory_;
    std::size_t mask_ = 0;
    std::size_t half_ = 0;
    std::uint64_t seed_ = 0;
    std::uint64_t multiplier_ = 0;
    std::size_t size_ = 0;
    std::size_t split_at_ = layout::per_segment;
    std::size_t merge_at_ = 0;
    std::size_t reserved_ = 0; // elements that reserve() wants room for
    std::uint64_t index_bytes_ = 0;
    std::size_t groups_ = 0;     // in all segments
    std::size_t crowd_room_ = 0; // elements that crowds have room for
    std::uint64_t array_bytes_ = 0;
    std::size_t left_large_ = none; // a segment that an iterator erased from and is still in
    std::size_t apart_ = 0;         // chunks that are blocks of their own, and in use
    chunk_memory chunks_;
    [[no_unique_address]] index_memory indexes_;
#if EBB_CHECK_ITERATORS
    std::uint64_t version_ = 0;
#endif
    [[no_unique_address]] nodes nodes_;
    [[no_unique_address]] memory memory_;
    [[no_unique_address]] Hash hash_;
    [[no_unique_address]] Equal equal_;
};

EBB_MAPS_END
} // namespace ebb::detail

#include <ebb/maps/hash/table_accounts.h>
#include <ebb/maps/hash/table_crowds.h>
#include <ebb/maps/hash/table_elements.h>
#include <ebb/maps/hash/table_growth.h>
#include <ebb/maps/hash/table_memory.h>
#include <ebb/maps/hash/table_placing.h>
#include <ebb/maps/hash/table_segments.h>
