// pmr_resource: any arena as a std::pmr::memory_resource, for pmr containers and as the upstream of
// another arena. Cost: one virtual call a block.
//
// A child arena's `mapped` is a part of its parent's `requested`.
#pragma once

#if __cplusplus < 201709L // what g++ 10 says of C++20
#error "ebb needs C++20: compile with -std=c++20 or a later standard"
#else

#include <ebb/alloc/arena/arena.h>

namespace ebb {

/// The face of an arena, which must outlive it. Two are equal when their arena is the same.
/// Throws what the arena throws. Threads: as the arena.
template <arena A>
class pmr_resource final : public std::pmr::memory_resource {
  public:
    explicit pmr_resource(A& arena) noexcept : arena_(&arena) {}

    [[nodiscard]] A& arena() const noexcept { return *arena_; }

  private:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override {
        return arena_->allocate(bytes, alignment);
    }
    void do_deallocate(void* p, std::size_t bytes, std::size_t alignment) override {
        arena_->deallocate(p, bytes, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
#ifdef __cpp_rtti
        const auto* const same = dynamic_cast<const pmr_resource*>(&other);
        return same != nullptr && same->arena_ == arena_;
#else
        return this == &other; // another one over the same arena can't be told from other kinds
#endif
    }

    A* arena_;
};

} // namespace ebb

#endif // C++20
