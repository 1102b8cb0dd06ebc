// go_map: Go's map (before 1.24), byte by byte: its buckets, overflow, growth and what it never
// gives back. For seeing what a Go program's map holds, and for maps whose every byte is known.
//
// Costs: 16 + 8 (K + V) bytes for eight slots, 4 to 6.5 of them full; keys and values over 128
// bytes take a block each and 8 bytes. Growth doubles the array and moves two chains at each insert
// and erase, so no single call takes long; until all have moved both arrays stand. No erase makes
// the map smaller. find, insert and erase look at one chain: eight tags at a time, then the keys.
// All memory comes from one arena; the map never calls malloc.
// Where it stands: layout.h draws a bucket, table.h owns them, evacuation.h moves them.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/go_heap.h>
#include <ebb/maps/footprint.h>
#include <ebb/maps/go/evacuation.h>
#include <ebb/maps/go/iterator.h>
#include <ebb/maps/go/table.h>
#include <ebb/maps/hash.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <utility>

namespace ebb {

/// A map with the memory of Go's `map[Key]Value`. `boxed<T>` as Value is Go's `*T`.
///
/// - Hash: ebb's, called with a seed, or one like std::hash, whose result is then mixed with it.
/// - Errors: what the arena, copies, moves, hash and comparison throw. The elements are then what
///   they were, and every byte is accounted for; growth may have begun or gone on.
/// - References, pointers and iterators end with any insert and any erase: elements move while the
///   map grows, which it does a little at each such call. Arguments may refer to elements.
/// - Moved, not copied: a copy of 300 MB should not hide in an `=`. A map moved from may be
///   assigned to, filled again or destroyed.
/// - Threads: any number that read, or one that writes. The arena must outlive the map.
template <class Key, class Value, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Arena = go_heap>
class go_map {
    using table = detail::go_table<Key, Value, Arena>;
    using layout = typename table::layout;
    using position = typename table::position;

  public:
    using key_type = Key;
    using mapped_type = Value;
    using value_type = std::pair<const Key, Value>;
    using size_type = std::size_t;
    using difference_type = std::ptrdiff_t;
    using hasher = Hash;
    using key_equal = KeyEqual;
    using arena_type = Arena;
    using iterator = detail::go_iterator<table, Key, Value, false>;
    using const_iterator = detail::go_iterator<table, Key, Value, true>;
    using reference = typename iterator::reference;
    using const_reference = typename const_iterator::reference;

    // Not absent, so that whoever calls it is told what to do.
    go_map() : go_map(nowhere()) {
        static_assert(
            !std::is_same_v<Arena, Arena>,
            "go_map: pass the arena to the constructor: this map has no memory of its own");
    }
    /// An empty map: `make(map[Key]Value)`. Takes its header alone. Throws std::bad_alloc.
    explicit go_map(Arena& from) : go_map(from, 0) {}

    /// With buckets for `hint` elements: `make(map[Key]Value, hint)`. Throws std::bad_alloc.
    go_map(Arena& from, std::size_t hint, Hash hash = Hash(), KeyEqual equal = KeyEqual())
        : table_(from, hint), hash_(std::move(hash)), equal_(std::move(equal)) {
        static_assert(ebb::arena<Arena>);
        detail::hash_check<Hash, Key>::tell();
        detail::equal_check<KeyEqual, Key>::tell();
    }

    go_map(go_map&& other) noexcept = default;
    go_map& operator=(go_map&& other) noexcept {
        go_map taken(std::move(other));
        swap(taken);
        return *this;
    }
    go_map(const go_map&) = delete;
    go_map& operator=(const go_map&) = delete;
    ~go_map() = default;

    void swap(go_map& other) noexcept {
        using std::swap;
        table_.swap(other.table_);
        swap(hash_, other.hash_);
        swap(equal_, other.equal_);
    }
    friend void swap(go_map& a, go_map& b) noexcept { a.swap(b); }

    [[nodiscard]] size_type size() const noexcept { return table_.header().count; }
    [[nodiscard]] bool empty() const noexcept { return size() == 0; }

    /// In no order that means anything; each element once, also while growing.
    /// Cost: begin looks for the first full slot, past all empty buckets before it.
    [[nodiscard]] iterator begin() noexcept { return iterator::first(table_); }
    [[nodiscard]] iterator end() noexcept { return {}; }
    [[nodiscard]] const_iterator begin() const noexcept { return const_iterator::first(table_); }
    [[nodiscard]] const_iterator end() const noexcept { return {}; }
    [[nodiscard]] const_iterator cbegin() const noexcept { return begin(); }
    [[nodiscard]] const_iterator cend() const noexcept { return end(); }

    [[nodiscard]] iterator find(const Key& key) { return find_as<iterator>(key); }
    [[nodiscard]] const_iterator find(const Key& key) const { return find_as<const_iterator>(key); }
    [[nodiscard]] bool contains(const Key& key) const {
        return size() != 0 && bool(look(key, hash_of(key)).found);
    }
    [[nodiscard]] size_type count(const Key& key) const { return contains(key) ? 1 : 0; }

    /// The value of a key that is there; throws std::out_of_range for one that isn't.
    [[nodiscard]] Value& at(const Key& key) { return value_at(key); }
    [[nodiscard]] const Value& at(const Key& key) const { return value_at(key); }

    /// The value of `key`; one that isn't there arrives value-initialised. Assigning to a boxed
    /// value writes into its T; `insert_or_assign` gives it a new one, as Go's `m[k] = &v`.
    Value& operator[](const Key& key) { return value_of(add(leave, key).first); }
    Value& operator[](Key&& key) { return value_of(add(leave, std::move(key)).first); }

    /// Inserts unless the key is there; the value is made from the arguments, in its slot.
    template <class... Args>
    std::pair<iterator, bool> try_emplace(const Key& key, Args&&... args) {
        return iterator_to(add(leave, key, std::forward<Args>(args)...));
    }
    template <class... Args>
    std::pair<iterator, bool> try_emplace(Key&& key, Args&&... args) {
        return iterator_to(add(leave, std::move(key), std::forward<Args>(args)...));
    }

    std::pair<iterator, bool> insert(const value_type& element) {
        return try_emplace(element.first, element.second);
    }
    std::pair<iterator, bool> insert(value_type&& element) {
        return try_emplace(element.first, std::move(element.second));
    }
    template <class Pair>
    requires std::constructible_from<std::pair<Key, Value>, Pair &&> std::pair<iterator, bool>
    insert(Pair&& element) {
        return emplace(std::forward<Pair>(element));
    }
    /// Makes the pair first, then moves it in where the key isn't there.
    template <class... Args>
    std::pair<iterator, bool> emplace(Args&&... args) {
        std::pair<Key, Value> element(std::forward<Args>(args)...);
        return try_emplace(std::move(element.first), std::move(element.second));
    }

    /// Inserts, or replaces the value that is there: a boxed one by a new T, the old one freed;
    /// any other by assignment.
    template <class M = Value>
    std::pair<iterator, bool> insert_or_assign(const Key& key, M&& value) {
        return put(key, std::forward<M>(value));
    }
    template <class M = Value>
    std::pair<iterator, bool> insert_or_assign(Key&& key, M&& value) {
        return put(std::move(key), std::forward<M>(value));
    }

    /// Removes the element of this key, if there is one; returns how many. Never makes the map
    /// smaller. Throws only what hash and comparison throw.
    size_type erase(const Key& key);

    /// As deleting all in a range loop in Go: the array stays, overflow buckets beyond it go. Like
    /// Go's, it does nothing to a map that is empty already, however long its chains.
    void clear() noexcept { table_.clear(); }

    /// B: there are 2^B buckets.
    [[nodiscard]] unsigned bucket_bits() const noexcept { return table_.header().bits; }
    /// Overflow buckets in the chains of the current array, preallocated ones in use included;
    /// exact. Starts again from 0 when a growth starts.
    [[nodiscard]] std::uint64_t overflow_buckets() const noexcept {
        return table_.overflow_count();
    }
    /// Whether an old array is still being emptied.
    [[nodiscard]] bool growing() const noexcept { return table_.growing(); }
    /// Where the keys of this map go differs from map to map by this.
    [[nodiscard]] std::uint32_t hash_seed() const noexcept { return table_.header().seed; }

    /// The bytes asked of the arena, by part and by content. Constant time.
    [[nodiscard]] ebb::footprint footprint() const noexcept { return table_.footprint(); }
    [[nodiscard]] ebb::composition composition() const noexcept { return table_.composition(); }

    [[nodiscard]] hasher hash_function() const { return hash_; }
    [[nodiscard]] key_equal key_eq() const { return equal_; }
    /// The arena that the map was made with.
    [[nodiscard]] Arena& arena() const noexcept { return table_.from(); }

    /// Walks all buckets and stops the program where an invariant is broken or a count is off.
    void validate() const;

    static constexpr std::size_t bucket_bytes = layout::bytes;

  private:
    // What a walk along a chain has come upon: the key's slot, or else the first empty one, or the
    // last bucket of a chain that is full.
    struct outcome {
        std::byte* main = nullptr;
        position found;
        position hole;
        std::byte* last = nullptr;
    };

    static constexpr auto leave = [](const outcome&) {};

    template <bool Early>
    using staged_key = detail::staged<Key, typename table::keys, Early, Arena>;
    template <bool Early>
    using staged_value = detail::staged<Value, typename table::values, Early, Arena>;

    static Arena& nowhere() noexcept; // declared alone, for what doesn't compile

    [[nodiscard]] std::uint64_t hash_of(const Key& key) const {
        if constexpr (detail::hash_check<Hash, Key>::works) {
            return detail::seeded(hash_, key, table_.header().seed);
        } else {
            return 0; // its message is enough
        }
    }
    [[nodiscard]] static Value& value_of(const outcome& at) noexcept {
        return layout::value(at.found.bucket, at.found.slot);
    }
    [[nodiscard]] std::pair<iterator, bool> iterator_to(std::pair<outcome, bool> r) noexcept {
        return {iterator(table_, r.first.main, r.first.found), r.second};
    }

    template <class Iterator>
    [[nodiscard]] Iterator find_as(const Key& key) const;
    [[nodiscard]] Value& value_at(const Key& key) const;
    [[nodiscard]] outcome look(const Key& key, std::uint64_t hash) const;
    [[nodiscard]] outcome look_to_insert(const Key& key, std::uint64_t hash) const;
    [[nodiscard]] outcome hole_for(std::uint64_t hash) const noexcept;
    template <class OnFound, class K, class... Args>
    std::pair<outcome, bool> add(const OnFound& on_found, K&& key, Args&&... args);
    template <class K, class... Args>
    void add_growing(outcome& at, std::uint64_t hash, K&& key, Args&&... args);
    template <class PutKey, class PutValue>
    void place(outcome& at, std::uint64_t hash, const PutKey& put_key, const PutValue& put_value);
    template <class K, class M>
    std::pair<iterator, bool> put(K&& key, M&& value);
    void advance(std::uint64_t hash, position& tracked);
    void advance_if_possible(std::uint64_t hash, outcome& at) noexcept;
    void erase_at(const outcome& at) noexcept;

    table table_;
    [[no_unique_address]] Hash hash_;
    [[no_unique_address]] KeyEqual equal_;
};

} // namespace ebb

#include <ebb/maps/go/operations.h>

#endif // C++20
