// element_handle: an element outside of any map, as extract gives it and insert takes it.
#pragma once

#include <optional>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// Holds the element itself, moved out: it needs no arena, and references to it ended.
template <class Elements>
class element_handle {
  public:
    using key_type = typename Elements::key_type;
    using value_type = typename Elements::value_type;

    element_handle() = default;
    /// What was moved from is empty.
    element_handle(element_handle&& other) noexcept(
        std::is_nothrow_move_constructible_v<decltype(held_)>)
        : held_(std::move(other.held_)) {
        other.held_.reset();
    }
    element_handle& operator=(element_handle&& other) noexcept(
        std::is_nothrow_move_constructible_v<decltype(held_)>) {
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

    template <class V>
    struct movable {
        using type = V;
    };
    template <class K, class V>
    struct movable<std::pair<const K, V>> {
        using type = std::pair<K, V>;
    };

    mutable std::optional<typename movable<value_type>::type> held_;
};

} // namespace ebb::detail
