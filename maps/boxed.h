// boxed: Go's *T as a map's value: 8 bytes that own a T elsewhere.
//
// Outside of a map the T lies where `new` puts it. Inside of a go_map the T lies in the map's
// arena: the map allocates and frees it, and this class never does. So a box that leaves a map
// (copied or moved out of a reference) takes a T of its own, and moving never steals: neither side
// is ever null.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <concepts>
#include <memory>
#include <type_traits>
#include <utility>

namespace ebb {

template <class T>
class boxed;

namespace detail {

template <class T>
inline constexpr bool is_boxed = false;
template <class T>
inline constexpr bool is_boxed<boxed<T>> = true;

struct box_access;

} // namespace detail

/// Owns one T. Never null. Copies and assigns deeply; assignment writes into the T that is there.
/// Cost: construction, copy and move allocate one T by `new`; assignment and swap allocate nothing.
template <class T>
class boxed {
  public:
    using element_type = T;

    /// A value-initialised T.
    boxed() requires std::default_initializable<T> : object_(new T()) {}

    /// A T made from `value`.
    template <class U>
    requires(!std::same_as<std::remove_cvref_t<U>, boxed> &&
             std::constructible_from<T, U>) explicit(!std::convertible_to<U, T>) boxed(U&& value)
        : object_(new T(std::forward<U>(value))) {}

    /// A T made in place from the arguments.
    template <class... Args>
    explicit boxed(std::in_place_t, Args&&... args) : object_(new T(std::forward<Args>(args)...)) {}

    boxed(const boxed& other) requires std::copy_constructible<T> : object_(new T(*other)) {}
    /// Moves the T, not the pointer: `other` keeps one that is moved from.
    boxed(boxed&& other) : object_(new T(std::move(*other))) {}

    boxed& operator=(const boxed& other) {
        *object_ = *other;
        return *this;
    }
    boxed& operator=(boxed&& other) noexcept(std::is_nothrow_move_assignable_v<T>) {
        *object_ = std::move(*other);
        return *this;
    }
    template <class U>
    requires(!std::same_as<std::remove_cvref_t<U>, boxed> && std::assignable_from<T&, U>) boxed&
    operator=(U&& value) {
        *object_ = std::forward<U>(value);
        return *this;
    }

    ~boxed() { delete object_; }

    [[nodiscard]] T& operator*() noexcept { return *object_; }
    [[nodiscard]] const T& operator*() const noexcept { return *object_; }
    [[nodiscard]] T* operator->() noexcept { return object_; }
    [[nodiscard]] const T* operator->() const noexcept { return object_; }
    [[nodiscard]] T* get() noexcept { return object_; }
    [[nodiscard]] const T* get() const noexcept { return object_; }

    friend void swap(boxed& a, boxed& b) noexcept(std::is_nothrow_swappable_v<T>) {
        using std::swap;
        swap(*a, *b);
    }
    friend bool operator==(const boxed& a, const boxed& b) requires std::equality_comparable<T> {
        return *a == *b;
    }

  private:
    friend detail::box_access;
    struct adopt {};
    boxed(adopt, T* object) noexcept : object_(object) {}

    T* object_;
};

namespace detail {

/// The maps' way into a box: one that a map has put down at `where` is never destroyed, only let go
/// of, because what it points to is the arena's.
struct box_access {
    template <class T>
    static boxed<T>* put(void* where, T* object) noexcept {
        return ::new (where) boxed<T>(typename boxed<T>::adopt{}, object);
    }
};

} // namespace detail
} // namespace ebb

#endif // C++20
