// mapped: what hash_map and node_hash_map have beyond a set: values by key.
#pragma once

#include <ebb/alloc/base/exceptions.h>
#include <ebb/maps/hash/container.h>

#include <concepts>
#include <initializer_list>
#include <iterator>
#include <stdexcept>
#include <tuple>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// For deduction: the key and the value of the pairs that an iterator is at.
template <class It>
using key_in = std::remove_const_t<typename std::iterator_traits<It>::value_type::first_type>;
template <class It>
using value_in = typename std::iterator_traits<It>::value_type::second_type;

EBB_MAPS_BEGIN
template <class Elements, class Value, class Hash, class Equal, class Arena>
class mapped : public hash_container<Elements, Hash, Equal, Arena> {
    using base = hash_container<Elements, Hash, Equal, Arena>;
    using element = typename base::element;

    template <class K>
    static constexpr bool is_other_key = base::template is_other_key<K>;

  public:
    using mapped_type = Value;
    using key_type = typename base::key_type;
    using value_type = typename base::value_type;
    using iterator = typename base::iterator;
    using const_iterator = typename base::const_iterator;

    using base::base;
    using base::insert;
    mapped() = default;

    template <class P>
    requires(std::constructible_from<value_type, P&&> &&
             !std::is_same_v<std::remove_cvref_t<P>, value_type> &&
             !std::is_same_v<std::remove_cvref_t<P>, typename base::node_type>)
        std::pair<iterator, bool> insert(P&& v) {
        return this->emplace(std::forward<P>(v));
    }
    template <class P>
    requires(std::constructible_from<value_type, P&&> &&
             !std::is_same_v<std::remove_cvref_t<P>, value_type> &&
             !std::is_same_v<std::remove_cvref_t<P>, typename base::node_type>) iterator
        insert(const_iterator, P&& v) {
        return this->emplace(std::forward<P>(v)).first;
    }

    /// The value of a key that is there; throws std::out_of_range for one that isn't.
    [[nodiscard]] Value& at(const key_type& key) { return value_at(*this, key); }
    [[nodiscard]] const Value& at(const key_type& key) const { return value_at(*this, key); }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] Value& at(const K& key) { return value_at(*this, key); }
    template <class K>
    requires is_other_key<K>
    [[nodiscard]] const Value& at(const K& key) const { return value_at(*this, key); }

    /// The value of `key`; one that isn't there arrives value-initialised.
    Value& operator[](const key_type& key) { return try_emplace(key).first->second; }
    Value& operator[](key_type&& key) { return try_emplace(std::move(key)).first->second; }

    /// Inserts unless the key is there; the value is made from the arguments, in its place.
    template <class... Args>
    std::pair<iterator, bool> try_emplace(const key_type& key, Args&&... args) {
        return add(key, std::forward<Args>(args)...);
    }
    template <class... Args>
    std::pair<iterator, bool> try_emplace(key_type&& key, Args&&... args) {
        return add(std::move(key), std::forward<Args>(args)...);
    }
    template <class... Args>
    iterator try_emplace(const_iterator, const key_type& key, Args&&... args) {
        return add(key, std::forward<Args>(args)...).first;
    }
    template <class... Args>
    iterator try_emplace(const_iterator, key_type&& key, Args&&... args) {
        return add(std::move(key), std::forward<Args>(args)...).first;
    }

    /// Inserts, or assigns to the value that is there.
    template <class M>
    std::pair<iterator, bool> insert_or_assign(const key_type& key, M&& value) {
        return put(key, std::forward<M>(value));
    }
    template <class M>
    std::pair<iterator, bool> insert_or_assign(key_type&& key, M&& value) {
        return put(std::move(key), std::forward<M>(value));
    }
    template <class M>
    iterator insert_or_assign(const_iterator, const key_type& key, M&& value) {
        return put(key, std::forward<M>(value)).first;
    }
    template <class M>
    iterator insert_or_assign(const_iterator, key_type&& key, M&& value) {
        return put(std::move(key), std::forward<M>(value)).first;
    }

  protected:
    void assign(std::initializer_list<value_type> list) {
        this->clear();
        this->insert(list.begin(), list.end());
    }

  private:
    template <class Self, class K>
    static auto& value_at(Self& self, const K& key) {
        const auto it = self.find(key);
        if (it == self.end()) {
            throw_out_of_range("hash_map::at: no such key");
        }
        return it->second;
    }
    template <class K, class... Args>
    std::pair<iterator, bool> add(K&& key, Args&&... args) {
        return this->insert_made(key, [&](element* to) {
            this->table_.make(to, std::piecewise_construct,
                              std::forward_as_tuple(std::forward<K>(key)),
                              std::forward_as_tuple(std::forward<Args>(args)...));
        });
    }
    template <class K, class M>
    std::pair<iterator, bool> put(K&& key, M&& value) {
        const auto [at, added] = add(std::forward<K>(key), std::forward<M>(value));
        if (!added) {
            at->second = std::forward<M>(value);
        }
        return {at, added};
    }
};
EBB_MAPS_END

} // namespace ebb::detail
