// arena_allocator: any arena as the allocator of a std container. Cost: a pointer a container; the
// calls inline into the arena's own.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/base/exceptions.h>

#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>

namespace ebb {

/// A std allocator over the arena `A`, which must outlive every container that uses it. Two are
/// equal when their arena is the same.
///
/// A container that is moved or swapped takes its arena along, so that no element is moved and a
/// swap between arenas is defined. A container that is assigned a copy stays in its own arena, and
/// a copy constructed from another lives in the arena of the other.
template <class T, arena A>
class arena_allocator {
  public:
    using value_type = T;
    using propagate_on_container_copy_assignment = std::false_type;
    using propagate_on_container_move_assignment = std::true_type;
    using propagate_on_container_swap = std::true_type;
    using is_always_equal = std::false_type;

    template <class U>
    struct rebind { // NOLINT(readability-identifier-naming)
        using other = arena_allocator<U, A>;
    };

    // Implicit, as the standard's own: a container's constructor takes the arena itself.
    arena_allocator(A& arena) noexcept : arena_(&arena) {}
    template <class U>
    arena_allocator(const arena_allocator<U, A>& other) noexcept : arena_(&other.arena()) {}

    /// Throws std::bad_alloc; std::bad_array_new_length when the bytes exceed size_t.
    [[nodiscard]] T* allocate(std::size_t count) {
        if (count > std::numeric_limits<std::size_t>::max() / sizeof(T)) [[unlikely]] {
            throw_bad_array_new_length();
        }
        return static_cast<T*>(arena_->allocate(count * sizeof(T), alignof(T)));
    }

    void deallocate(T* p, std::size_t count) noexcept {
        arena_->deallocate(p, count * sizeof(T), alignof(T));
    }

    [[nodiscard]] A& arena() const noexcept { return *arena_; }

    template <class U>
    friend bool operator==(const arena_allocator& a, const arena_allocator<U, A>& b) noexcept {
        return &a.arena() == &b.arena();
    }

  private:
    A* arena_;
};

} // namespace ebb

#endif // C++20
