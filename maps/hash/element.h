// element: what a map's slot holds, by kind: a pair, a key alone, or a pointer to either.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// Moves an object to raw memory and ends the old one. Never throws: elements of other types live
/// in nodes.
template <class T>
inline void relocate(T* to, T* from) noexcept {
    if constexpr (std::is_trivially_copyable_v<T>) {
        std::memcpy(static_cast<void*>(to), static_cast<const void*>(from), sizeof(T));
    } else {
        std::construct_at(to, std::move(*from));
        std::destroy_at(from);
    }
}

/// So many bytes and fewer may lie on the stack.
inline constexpr std::size_t most_on_stack = 1024;

/// Raw memory for one object, outside of any map: on the stack, or operator new's, which throws.
template <class T>
class apart {
  public:
    apart() = default;
    apart(const apart&) = delete;
    apart& operator=(const apart&) = delete;
    ~apart() = default;
    [[nodiscard]] T* get() noexcept { return reinterpret_cast<T*>(room_); }

  private:
    alignas(T) std::byte room_[sizeof(T)];
};
template <class T>
requires(sizeof(T) > most_on_stack) class apart<T> {
  public:
    apart() : at_(std::allocator<T>().allocate(1)) {}
    apart(const apart&) = delete;
    apart& operator=(const apart&) = delete;
    ~apart() { std::allocator<T>().deallocate(at_, 1); }
    [[nodiscard]] T* get() noexcept { return at_; }

  private:
    T* at_;
};

/// As std::optional, with a large object in a block of its own.
template <class T>
class optional_block {
  public:
    [[nodiscard]] bool has_value() const noexcept { return held_ != nullptr; }
    [[nodiscard]] T& operator*() const noexcept { return *held_; }
    [[nodiscard]] T* operator->() const noexcept { return held_.get(); }
    template <class... Args>
    void emplace(Args&&... args) {
        std::unique_ptr<T, freed> room(std::allocator<T>().allocate(1));
        held_.reset(std::construct_at(room.get(), std::forward<Args>(args)...));
        static_cast<void>(room.release());
    }
    void reset() noexcept { held_.reset(); }

  private:
    // The block is nothing to the type, which may have an operator new of its own, or none.
    struct freed {
        void operator()(T* p) const noexcept { std::allocator<T>().deallocate(p, 1); }
    };
    struct ended {
        void operator()(T* p) const noexcept {
            std::destroy_at(p);
            freed()(p);
        }
    };
    std::unique_ptr<T, ended> held_;
};
template <class T>
using optional_apart =
    std::conditional_t<(sizeof(T) > most_on_stack), optional_block<T>, std::optional<T>>;

/// The elements of a map: pairs whose key is const for everyone but the map that moves them.
template <class Key, class Value>
struct pair_elements {
    using key_type = Key;
    using value_type = std::pair<const Key, Value>;

    static constexpr bool moves_without_throwing =
        std::is_nothrow_move_constructible_v<Key> && std::is_nothrow_move_constructible_v<Value>;

    static constexpr bool copies =
        std::is_copy_constructible_v<Key> && std::is_copy_constructible_v<Value>;
    static constexpr bool moves =
        std::is_move_constructible_v<Key> && std::is_move_constructible_v<Value>;

    static constexpr bool moves_as_bytes =
        std::is_trivially_copyable_v<Key> && std::is_trivially_copyable_v<Value>;

    static const Key& key(const value_type& v) noexcept { return v.first; }

    static void relocate(value_type* to, value_type* from) noexcept {
        if constexpr (moves_as_bytes) {
            std::memcpy(static_cast<void*>(to), static_cast<const void*>(from), sizeof(value_type));
        } else {
            std::construct_at(to, std::move(const_cast<Key&>(from->first)),
                              std::move(from->second));
            std::destroy_at(from);
        }
    }
};

/// The elements of a set: keys, const for everyone.
template <class Key>
struct key_elements {
    using key_type = Key;
    using value_type = Key;

    static constexpr bool moves_without_throwing = std::is_nothrow_move_constructible_v<Key>;

    static constexpr bool copies = std::is_copy_constructible_v<Key>;
    static constexpr bool moves = std::is_move_constructible_v<Key>;
    static constexpr bool moves_as_bytes = std::is_trivially_copyable_v<Key>;

    static const Key& key(const value_type& v) noexcept { return v; }
    static void relocate(value_type* to, value_type* from) noexcept { detail::relocate(to, from); }
};

/// Elements that lie in their slot or in their segment's array, and move with it.
template <class Elements>
struct flat {
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;
    using element = value_type;
    static constexpr bool is_node = false;
    static constexpr bool moves_as_bytes = Elements::moves_as_bytes;
    static constexpr bool copies = Elements::copies;
    static constexpr bool moves = Elements::moves;
    /// Moved whole or not at all, or can't be copied.
    static constexpr bool moves_whole = Elements::moves_without_throwing || !Elements::copies;

    static value_type& value(element& e) noexcept { return e; }
    static const key_type& key_of(const value_type& v) noexcept { return Elements::key(v); }
    static const key_type& key(const element& e) noexcept { return Elements::key(e); }
    static void relocate(element* to, element* from) noexcept { Elements::relocate(to, from); }
};

/// A pointer to a node, its lowest bit a mark: which kind of block the node is (node_store.h).
/// Nodes are aligned to two bytes at least.
template <class T>
class node_pointer {
  public:
    node_pointer() = default;
    explicit node_pointer(void* node, bool marked = false) noexcept
        : bits_(reinterpret_cast<std::uintptr_t>(node) | (marked ? 1U : 0U)) {}

    [[nodiscard]] T* get() const noexcept {
        return reinterpret_cast<T*>(bits_ & ~std::uintptr_t{1});
    }
    [[nodiscard]] bool is_marked() const noexcept { return (bits_ & 1) != 0; }
    [[nodiscard]] explicit operator bool() const noexcept { return bits_ != 0; }

  private:
    std::uintptr_t bits_ = 0;
};

/// Elements in a node of their own, which never moves: the slot holds a pointer.
template <class Elements>
struct node {
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;
    using element = node_pointer<value_type>;
    static constexpr bool is_node = true;
    static constexpr bool moves_as_bytes = true;
    static constexpr bool copies = Elements::copies;
    static constexpr bool moves = Elements::moves;
    /// Moved whole or not at all, or can't be copied.
    static constexpr bool moves_whole = Elements::moves_without_throwing || !Elements::copies;

    static value_type& value(element e) noexcept { return *e.get(); }
    static const key_type& key_of(const value_type& v) noexcept { return Elements::key(v); }
    static const key_type& key(element e) noexcept { return Elements::key(*e.get()); }
    static void relocate(element* to, element* from) noexcept { *to = *from; }
};

/// Flat where a move can't throw: a map must be able to move its elements at any time.
template <class Elements>
using flat_if_movable =
    std::conditional_t<Elements::moves_without_throwing, flat<Elements>, node<Elements>>;

template <class T>
concept is_complete = requires {
    sizeof(T);
};

/// What a flat map's slots hold, or one message where they can't. `Elements` of these keys and
/// values.
template <class Elements, class Key, class Value = Key>
struct flat_elements {
    static constexpr bool is_reference = std::is_reference_v<Value>;
    static constexpr bool is_known = is_complete<Key> && is_complete<Value>;
    static_assert(!is_reference, "hash_map: references can't be its values, which move: use "
                                 "node_hash_map, or std::reference_wrapper");
    static_assert(is_known, "hash_map: the type of a key or value is not complete here, as where a "
                            "type holds a map of its own kind: use node_hash_map");
    static auto choose() noexcept {
        if constexpr (is_reference || !is_known) {
            return std::type_identity<node<Elements>>();
        } else {
            return std::type_identity<flat_if_movable<Elements>>();
        }
    }
    using type = typename decltype(choose())::type;
};
template <class Key, class Value>
using flat_pairs = typename flat_elements<pair_elements<Key, Value>, Key, Value>::type;
template <class Key>
using flat_keys = typename flat_elements<key_elements<Key>, Key>::type;

} // namespace ebb::detail
