// operations: how a Go map finds, adds and removes. Part of go_map.h.
//
// The order of steps is Go's: before an element is added or removed, growth moves on; before one is
// added, growth may start. What differs is when a new key and value are made: before anything
// moves, since their arguments may refer to elements that are about to.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/go_map.h>

namespace ebb {

template <class Key, class Value, class Hash, class KeyEqual, class Arena>
auto go_map<Key, Value, Hash, KeyEqual, Arena>::look(const Key& key, std::uint64_t hash) const
    -> outcome {
    outcome at;
    at.main = table_.home(hash);
    layout::prefetch_keys(at.main);
    const std::uint8_t tag = detail::go_tag(hash);
    for (std::byte* b = at.main; b != nullptr; b = layout::next(b)) {
        const detail::tag_word tags(b);
        for (detail::slot_set same = tags.match(tag); same.any(); same.drop_first()) {
            if (equal_(layout::key(b, same.first()), key)) {
                at.found = {b, same.first()};
                return at;
            }
        }
        if (tags.ends_chain()) {
            break;
        }
    }
    return at;
}

template <class Key, class Value, class Hash, class KeyEqual, class Arena>
auto go_map<Key, Value, Hash, KeyEqual, Arena>::look_to_insert(const Key& key,
                                                               std::uint64_t hash) const
    -> outcome {
    outcome at;
    at.main = table_.bucket(hash & table_.new_mask());
    layout::prefetch_keys(at.main);
    const std::uint8_t tag = detail::go_tag(hash);
    for (std::byte* b = at.main; b != nullptr; b = layout::next(b)) {
        const detail::tag_word tags(b);
        for (detail::slot_set same = tags.match(tag); same.any(); same.drop_first()) {
            if (equal_(layout::key(b, same.first()), key)) {
                at.found = {b, same.first()};
                return at;
            }
        }
        if (const detail::slot_set empty = tags.empty(); empty.any() && !at.hole) {
            at.hole = {b, empty.first()};
        }
        at.last = b;
        if (tags.ends_chain()) {
            break;
        }
    }
    return at;
}

// The place for a key that is known to be absent. Requires: its chain is in the new array.
template <class Key, class Value, class Hash, class KeyEqual, class Arena>
auto go_map<Key, Value, Hash, KeyEqual, Arena>::hole_for(std::uint64_t hash) const noexcept
    -> outcome {
    outcome at;
    at.main = table_.bucket(hash & table_.new_mask());
    for (std::byte* b = at.main; b != nullptr && !at.hole; b = layout::next(b)) {
        if (const detail::slot_set empty = detail::tag_word(b).empty(); empty.any()) {
            at.hole = {b, empty.first()};
        }
        at.last = b;
    }
    return at;
}

template <class Key, class Value, class Hash, class KeyEqual, class Arena>
template <class Iterator>
Iterator go_map<Key, Value, Hash, KeyEqual, Arena>::find_as(const Key& key) const {
    if (size() != 0) {
        if (const outcome at = look(key, hash_of(key)); at.found) {
            return Iterator(table_, at.main, at.found);
        }
    }
    return {};
}

template <class Key, class Value, class Hash, class KeyEqual, class Arena>
Value& go_map<Key, Value, Hash, KeyEqual, Arena>::value_at(const Key& key) const {
    if (size() != 0) {
        if (const outcome at = look(key, hash_of(key)); at.found) {
            return value_of(at);
        }
    }
    throw_out_of_range("ebb::go_map::at: no such key");
}

// Adds the element unless its key is there; `on_found` then gets its place before growth moves on.
template <class Key, class Value, class Hash, class KeyEqual, class Arena>
template <class OnFound, class K, class... Args>
auto go_map<Key, Value, Hash, KeyEqual, Arena>::add(const OnFound& on_found, K&& key,
                                                    Args&&... args) -> std::pair<outcome, bool> {
    if (table_.header().buckets == nullptr) [[unlikely]] {
        table_.ensure_bucket();
    }
    const std::uint64_t hash = hash_of(key);
    const bool growing = table_.growing();
    outcome at = growing ? look(key, hash) : look_to_insert(key, hash);
    if (at.found) {
        on_found(at);
        if (growing) [[unlikely]] {
            advance_if_possible(hash, at);
        }
        return {at, false};
    }
    if (growing || table_.growth_due()) [[unlikely]] {
        add_growing(at, hash, std::forward<K>(key), std::forward<Args>(args)...);
        return {at, true};
    }
    staged_key<false> new_key(table_.from(), std::forward<K>(key));
    staged_value<false> new_value(table_.from(), std::forward<Args>(args)...);
    place(
        at, hash, [&](std::byte* to) { new_key.put(to, std::forward<K>(key)); },
        [&](std::byte* to) { new_value.put(to, std::forward<Args>(args)...); });
    return {at, true};
}

// The rest of `add` while growing, or where growth is due.
template <class Key, class Value, class Hash, class KeyEqual, class Arena>
template <class K, class... Args>
void go_map<Key, Value, Hash, KeyEqual, Arena>::add_growing(outcome& at, std::uint64_t hash,
                                                            K&& key, Args&&... args) {
    staged_key<true> new_key(table_.from(), std::forward<K>(key));
    staged_value<true> new_value(table_.from(), std::forward<Args>(args)...);
    position none;
    if (table_.growing()) {
        advance(hash, none);
    }
    if (!table_.growing() && table_.growth_due()) {
        table_.start_growth();
        advance(hash, none);
    }
    at = hole_for(hash);
    place(
        at, hash, [&](std::byte* to) { new_key.put(to); },
        [&](std::byte* to) { new_value.put(to); });
}

// Fills the place, in a new overflow bucket where the chain is full. Throws what the arena and the
// two makers throw, nothing changed.
template <class Key, class Value, class Hash, class KeyEqual, class Arena>
template <class PutKey, class PutValue>
void go_map<Key, Value, Hash, KeyEqual, Arena>::place(outcome& at, std::uint64_t hash,
                                                      const PutKey& put_key,
                                                      const PutValue& put_value) {
    const bool full = !at.hole;
    const typename table::mark before = full ? table_.overflow_mark() : typename table::mark{};
    if (full) {
        at.hole = {table_.add_overflow(at.last), 0};
    }
    std::byte* const key_to = layout::key_at(at.hole.bucket, at.hole.slot);
    std::byte* const value_to = layout::value_at(at.hole.bucket, at.hole.slot);
    EBB_TRY {
        put_key(key_to);
        EBB_TRY {
            put_value(value_to);
        }
        EBB_CATCH(...) {
            table::keys::end(table_.from(), key_to);
            EBB_RETHROW;
        }
    }
    EBB_CATCH(...) {
        if (full) {
            table_.drop_overflow(at.last, before);
        }
        EBB_RETHROW;
    }
    layout::set_tag(at.hole.bucket, at.hole.slot, detail::go_tag(hash));
    table_.count_inserted();
    at.found = at.hole;
}

template <class Key, class Value, class Hash, class KeyEqual, class Arena>
template <class K, class M>
auto go_map<Key, Value, Hash, KeyEqual, Arena>::put(K&& key, M&& value)
    -> std::pair<iterator, bool> {
    const auto replace = [&](const outcome& at) {
        if constexpr (detail::is_boxed<Value>) {
            staged_value<true> fresh(table_.from(), std::forward<M>(value));
            std::byte* const slot = layout::value_at(at.found.bucket, at.found.slot);
            table::values::end(table_.from(), slot);
            fresh.put(slot);
        } else {
            value_of(at) = std::forward<M>(value);
        }
    };
    return iterator_to(add(replace, std::forward<K>(key), std::forward<M>(value)));
}

template <class Key, class Value, class Hash, class KeyEqual, class Arena>
void go_map<Key, Value, Hash, KeyEqual, Arena>::advance(std::uint64_t hash, position& tracked) {
    detail::go_advance(
        table_, hash, [this](const Key& key) { return hash_of(key); }, tracked);
}

// Growth moves on for calls that don't need it to: what stops it is met again by the next insert.
// `at` is then where its element is.
template <class Key, class Value, class Hash, class KeyEqual, class Arena>
void go_map<Key, Value, Hash, KeyEqual, Arena>::advance_if_possible(std::uint64_t hash,
                                                                    outcome& at) noexcept {
    EBB_TRY {
        advance(hash, at.found);
    }
    EBB_CATCH(...) {}
    at.main = table_.home(hash);
}

template <class Key, class Value, class Hash, class KeyEqual, class Arena>
auto go_map<Key, Value, Hash, KeyEqual, Arena>::erase(const Key& key) -> size_type {
    if (size() == 0) {
        return 0;
    }
    const std::uint64_t hash = hash_of(key);
    outcome at = look(key, hash);
    if (table_.growing()) [[unlikely]] {
        advance_if_possible(hash, at);
    }
    if (!at.found) {
        return 0;
    }
    erase_at(at);
    return 1;
}

// Ends the element and its slot; where nothing follows in the chain, the slot and the empty ones
// before it join the empty rest.
template <class Key, class Value, class Hash, class KeyEqual, class Arena>
void go_map<Key, Value, Hash, KeyEqual, Arena>::erase_at(const outcome& at) noexcept {
    table_.end_element(at.found);
    std::byte* b = at.found.bucket;
    detail::tag_word tags(b);
    const auto is_last = [](const std::byte* bucket) {
        const std::byte* const overflow = layout::next(bucket);
        return overflow == nullptr || layout::tag(overflow, 0) == detail::go_empty_rest;
    };
    tags.erase(at.found.slot, tags.ends_chain() || is_last(b));
    tags.store(b);
    while (b != at.main && tags.all_rest())
        [[unlikely]] {
            std::byte* before = at.main;
            while (layout::next(before) != b) {
                before = layout::next(before);
            }
            b = before;
            tags = detail::tag_word(b);
            if (layout::tag(b, detail::go_slots - 1) >= detail::go_min_full) {
                break;
            }
            tags.erase(detail::go_slots - 1, true);
            tags.store(b);
        }
    table_.count_erased(at.main);
}

template <class Key, class Value, class Hash, class KeyEqual, class Arena>
void go_map<Key, Value, Hash, KeyEqual, Arena>::validate() const {
    table_.validate();
    for (const auto& [key, value] : *this) {
        EBB_CHECK(!equal_(key, key) || contains(key), "go_map: an element in the wrong chain");
    }
}

} // namespace ebb
