// element_handle, node_handle: an element outside of any map, as extract gives it and insert takes
// it.
#pragma once

#include <ebb/maps/hash/element.h>
#include <ebb/maps/hash/memory.h>
#include <ebb/maps/hash/node_store.h>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// What handles and maps call their allocator: a std allocator where they have one, else that of
/// operator new.
template <class Arena, class Value>
using handle_allocator_of =
    std::conditional_t<is_std_allocator<Arena>, Arena, std::allocator<Value>>;

/// A map's handles know the type of its values.
template <class Elements>
struct handle_types {};
template <class Elements>
requires(!std::is_same_v<typename Elements::key_type,
                         typename Elements::value_type>) struct handle_types<Elements> {
    using mapped_type = typename Elements::value_type::second_type;
};

/// The allocator of the map that a handle's element came from, which not every type of allocator
/// can be assigned.
template <class Allocator>
class handle_allocator {
  public:
    handle_allocator() = default;
    explicit handle_allocator(const Allocator& from) : from_(from) {}
    handle_allocator(const handle_allocator& other) = default;
    handle_allocator& operator=(const handle_allocator& other) noexcept {
        if (this != &other) {
            std::destroy_at(this);
            std::construct_at(this, other);
        }
        return *this;
    }
    ~handle_allocator() = default;
    /// Requires: the handle isn't empty.
    [[nodiscard]] Allocator get() const noexcept { return *from_; }

  private:
    std::optional<Allocator> from_;
};
template <class T>
class handle_allocator<std::allocator<T>> {
  public:
    handle_allocator() = default;
    explicit handle_allocator(std::allocator<T>) noexcept {}
    [[nodiscard]] std::allocator<T> get() const noexcept { return {}; }
};

/// Holds the element itself, moved out: it needs no arena, and references to it ended.
template <class Elements, class Allocator>
class element_handle : public handle_types<Elements> {
    template <class V>
    struct movable {
        using type = V;
    };
    template <class K, class V>
    struct movable<std::pair<const K, V>> {
        using type = std::pair<K, V>;
    };
    // Before the noexcept that uses it, as g++ 10 needs it.
    using held = optional_apart<typename movable<typename Elements::value_type>::type>;

  public:
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;
    using allocator_type = Allocator;

    element_handle() = default;
    /// What was moved from is empty.
    element_handle(element_handle&& other) noexcept(std::is_nothrow_move_constructible_v<held>)
        : held_(std::move(other.held_)), from_(other.from_) {
        other.held_.reset();
    }
    element_handle&
    operator=(element_handle&& other) noexcept(std::is_nothrow_move_constructible_v<held>) {
        if (this != &other) { // anew: not every element can be assigned
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    ~element_handle() = default;

    [[nodiscard]] bool empty() const noexcept { return !held_.has_value(); }
    [[nodiscard]] explicit operator bool() const noexcept { return held_.has_value(); }
    /// The key, which may be changed here.
    [[nodiscard]] key_type& key() const noexcept {
        if constexpr (is_set) {
            return *held_;
        } else {
            return held_->first;
        }
    }
    [[nodiscard]] key_type& value() const noexcept
        requires(std::is_same_v<typename Elements::key_type, typename Elements::value_type>) {
        return *held_;
    }
    [[nodiscard]] auto& mapped() const noexcept
        requires(!std::is_same_v<typename Elements::key_type, typename Elements::value_type>) {
        return held_->second;
    }
    /// Of the map that the element came from. Requires: not empty.
    [[nodiscard]] allocator_type get_allocator() const noexcept { return from_.get(); }
    void swap(element_handle& other) noexcept {
        element_handle mine(std::move(*this));
        *this = std::move(other);
        other = std::move(mine);
    }
    friend void swap(element_handle& a, element_handle& b) noexcept { a.swap(b); }

    /// Moves the element in; copies it where a move that fails would leave half of it.
    void take(value_type& v, const Allocator& from) {
        from_ = handle_allocator<Allocator>(from);
        if constexpr (!Elements::moves_whole) {
            held_.emplace(std::as_const(v));
        } else if constexpr (is_set) {
            held_.emplace(std::move(v));
        } else {
            held_.emplace(std::move(const_cast<key_type&>(v.first)), std::move(v.second));
        }
    }
    /// Hands its parts to `make`, to be moved from.
    template <class Make>
    void construct(const Make& make) {
        if constexpr (is_set) {
            make(std::move(*held_));
        } else {
            make(std::move(held_->first), std::move(held_->second));
        }
    }

  private:
    static constexpr bool is_set = std::is_same_v<key_type, value_type>;

    mutable held held_;
    [[no_unique_address]] handle_allocator<Allocator> from_;
};

/// Owns a node where it lies: references to the element stay, in the handle and in the map that
/// takes it, and taking it out never fails. Nodes in slabs outlive their map; others must not
/// outlive their memory, as the standard has it of allocators.
template <class Elements, class Arena>
class node_handle : public handle_types<Elements> {
  public:
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;
    using nodes = node_store<Elements, Arena>;
    using pointer = typename nodes::pointer;
    using keeper = typename nodes::keeper;
    using allocator_type = handle_allocator_of<Arena, value_type>;

    node_handle() = default;
    node_handle(pointer node, keeper from) noexcept : node_(node), from_(std::move(from)) {}
    /// What was moved from is empty.
    node_handle(node_handle&& other) noexcept
        : node_(std::exchange(other.node_, pointer())), from_(other.from_) {}
    node_handle& operator=(node_handle&& other) noexcept {
        if (this != &other) { // anew: not every allocator can be assigned
            std::destroy_at(this);
            std::construct_at(this, std::move(other));
        }
        return *this;
    }
    ~node_handle() { reset(); }

    [[nodiscard]] bool empty() const noexcept { return !node_; }
    [[nodiscard]] explicit operator bool() const noexcept { return !empty(); }
    /// The key, which may be changed here.
    [[nodiscard]] key_type& key() const noexcept {
        return const_cast<key_type&>(Elements::key(node_));
    }
    [[nodiscard]] key_type& value() const noexcept
        requires(std::is_same_v<typename Elements::key_type, typename Elements::value_type>) {
        return *node_.get();
    }
    [[nodiscard]] auto& mapped() const noexcept
        requires(!std::is_same_v<typename Elements::key_type, typename Elements::value_type>) {
        return node_.get()->second;
    }
    /// Of the map that the node came from. Requires: not empty.
    [[nodiscard]] allocator_type get_allocator() const noexcept {
        if constexpr (is_std_allocator<Arena>) {
            return from_->source();
        } else {
            return {};
        }
    }
    void swap(node_handle& other) noexcept {
        node_handle mine(std::move(*this));
        *this = std::move(other);
        other = std::move(mine);
    }
    friend void swap(node_handle& a, node_handle& b) noexcept { a.swap(b); }

    /// For the map that takes the node, or makes one of its own of the parts.
    [[nodiscard]] const keeper& from() const noexcept { return from_; }
    [[nodiscard]] pointer node() const noexcept { return node_; }
    void let_go() noexcept { node_ = pointer(); }

  private:
    void reset() noexcept {
        if (node_) {
            if constexpr (requires { *from_; }) {
                destroy_object(*from_, node_.get());
            } else {
                std::destroy_at(node_.get());
            }
            nodes::discard(std::exchange(node_, pointer()), from_);
        }
    }

    pointer node_;
    [[no_unique_address]] keeper from_;
};

} // namespace ebb::detail
