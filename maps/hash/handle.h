// element_handle, node_handle: an element outside of any map, as extract gives it and insert takes
// it.
#pragma once

#include <ebb/maps/hash/memory.h>
#include <ebb/maps/hash/node_store.h>

#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// Holds the element itself, moved out: it needs no arena, and references to it ended.
template <class Elements>
class element_handle {
    template <class V>
    struct movable {
        using type = V;
    };
    template <class K, class V>
    struct movable<std::pair<const K, V>> {
        using type = std::pair<K, V>;
    };
    // Before the noexcept that uses it, as g++ 10 needs it.
    using held = std::optional<typename movable<typename Elements::value_type>::type>;

  public:
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;

    element_handle() = default;
    /// What was moved from is empty.
    element_handle(element_handle&& other) noexcept(std::is_nothrow_move_constructible_v<held>)
        : held_(std::move(other.held_)) {
        other.held_.reset();
    }
    element_handle&
    operator=(element_handle&& other) noexcept(std::is_nothrow_move_constructible_v<held>) {
        held_.swap(other.held_);
        if (this != &other) {
            other.held_.reset();
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
    void swap(element_handle& other) noexcept { held_.swap(other.held_); }
    friend void swap(element_handle& a, element_handle& b) noexcept { a.swap(b); }

    /// Moves the element in; copies it where a move that fails would leave half of it.
    void take(value_type& v) {
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
};

/// Owns a node where it lies: references to the element stay, in the handle and in the map that
/// takes it, and taking it out never fails. Nodes in slabs outlive their map; others must not
/// outlive their memory, as the standard has it of allocators.
template <class Elements, class Arena>
class node_handle {
  public:
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;
    using nodes = node_store<Elements, Arena>;
    using pointer = typename nodes::pointer;
    using keeper = typename nodes::keeper;

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
