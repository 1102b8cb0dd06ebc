// map_memory: where a hash map's blocks come from, whichever kind of fifth parameter it was given:
// an arena by reference, page_memory of its own, or a std allocator.
#pragma once

#include <ebb/alloc/arena/arena.h>
#include <ebb/alloc/arena/page_memory.h>
#include <ebb/alloc/base/bytes.h>

#include <cstddef>
#include <limits>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace ebb::detail {

template <class A>
inline constexpr bool is_own_memory = std::is_same_v<A, page_memory>;
template <class A>
inline constexpr bool is_std_allocator = !arena<A>;

/// Blocks from an arena that outlives the map. `Arena` is an ebb::arena.
template <class Arena>
class map_memory {
  public:
    /// Whether it has blocks that become larger where they lie: `growing()` has them.
    static constexpr bool grows_in_place = growing_arena<Arena>;
    static constexpr bool always_equal = false;
    static constexpr bool propagates_copy = false;
    static constexpr bool propagates_move = true;

    explicit map_memory(Arena& from) noexcept : from_(&from) {}

    template <std::size_t Alignment>
    [[nodiscard]] void* allocate(std::size_t bytes) {
        return from_->allocate(bytes, Alignment);
    }
    template <std::size_t Alignment>
    void deallocate(void* p, std::size_t bytes) noexcept {
        from_->deallocate(p, bytes, Alignment);
    }
    [[nodiscard]] Arena& growing() noexcept requires grows_in_place { return *from_; }
    void trim() noexcept {} // the arena is others' too
    /// Throws std::bad_alloc where it is known that so many bytes can't be had. An arena isn't
    /// asked: it might take them and keep them.
    void expect(std::size_t) noexcept {}

    [[nodiscard]] map_memory for_copy() const noexcept { return *this; }
    [[nodiscard]] Arena& source() const noexcept { return *from_; }
    [[nodiscard]] bool same_as(const map_memory& other) const noexcept {
        return from_ == other.from_;
    }
    friend void swap(map_memory& a, map_memory& b) noexcept { std::swap(a.from_, b.from_); }

  private:
    Arena* from_;
};

/// A map's own page_memory, which ends with it.
template <>
class map_memory<page_memory> {
  public:
    static constexpr bool grows_in_place = true;
    static constexpr bool always_equal = false; // a block goes back to the one it came from,
    static constexpr bool propagates_copy = false;
    static constexpr bool propagates_move = true; // which moves along with it

    template <std::size_t Alignment>
    [[nodiscard]] void* allocate(std::size_t bytes) {
        return own_.allocate(bytes, Alignment);
    }
    template <std::size_t Alignment>
    void deallocate(void* p, std::size_t bytes) noexcept {
        own_.deallocate(p, bytes, Alignment);
    }
    [[nodiscard]] page_memory& growing() noexcept { return own_; }
    void trim() noexcept { own_.trim(); }
    void expect(std::size_t bytes) { page_memory::expect(bytes); }

    [[nodiscard]] map_memory for_copy() const noexcept { return {}; }
    [[nodiscard]] const page_memory& source() const noexcept { return own_; }
    [[nodiscard]] bool same_as(const map_memory& other) const noexcept { return this == &other; }
    friend void swap(map_memory& a, map_memory& b) noexcept { swap(a.own_, b.own_); }

  private:
    page_memory own_;
};

/// Blocks from a std allocator, rebound to units of the alignment asked for.
template <class Allocator>
requires is_std_allocator<Allocator>
class map_memory<Allocator> {
    using traits = std::allocator_traits<Allocator>;

  public:
    static constexpr bool grows_in_place = false;
    static constexpr bool always_equal = traits::is_always_equal::value;
    static constexpr bool propagates_copy = traits::propagate_on_container_copy_assignment::value;
    static constexpr bool propagates_move = traits::propagate_on_container_move_assignment::value;

    explicit map_memory(const Allocator& from) noexcept : from_(from) {}

    template <std::size_t Alignment>
    [[nodiscard]] void* allocate(std::size_t bytes) {
        units<Alignment> from(from_);
        return std::to_address(from.allocate(count<Alignment>(bytes)));
    }
    template <std::size_t Alignment>
    void deallocate(void* p, std::size_t bytes) noexcept {
        using pointer = typename std::allocator_traits<units<Alignment>>::pointer;
        units<Alignment> from(from_);
        auto* const first = static_cast<unit<Alignment>*>(p);
        if constexpr (std::is_pointer_v<pointer>) {
            from.deallocate(first, count<Alignment>(bytes));
        } else {
            from.deallocate(std::pointer_traits<pointer>::pointer_to(*first),
                            count<Alignment>(bytes));
        }
    }
    void trim() noexcept {}
    void expect(std::size_t bytes) {
        if constexpr (std::is_same_v<Allocator, std::allocator<typename traits::value_type>>) {
            page_memory::expect(bytes);
        }
    }

    [[nodiscard]] map_memory for_copy() const {
        return map_memory(traits::select_on_container_copy_construction(from_));
    }
    [[nodiscard]] const Allocator& source() const noexcept { return from_; }
    [[nodiscard]] Allocator& source() noexcept { return from_; }
    [[nodiscard]] bool same_as(const map_memory& other) const noexcept {
        return from_ == other.from_;
    }
    friend void swap(map_memory& a, map_memory& b) noexcept {
        if constexpr (traits::propagate_on_container_swap::value) {
            using std::swap;
            swap(a.from_, b.from_);
        }
    }
    /// Takes over the other's allocator, as propagation wants it.
    void assign(const map_memory& other) noexcept { from_ = other.from_; }

  private:
    // As large as their alignment, which divides every block: no byte is asked for beyond it.
    template <std::size_t Alignment>
    struct alignas(Alignment) unit {
        std::byte bytes[Alignment];
    };
    template <std::size_t Alignment>
    using units = typename traits::template rebind_alloc<unit<Alignment>>;

    template <std::size_t Alignment>
    static std::size_t count(std::size_t bytes) noexcept {
        return (bytes + Alignment - 1) / Alignment;
    }

    [[no_unique_address]] Allocator from_;
};

/// Ends an object as the memory wants it.
template <class Memory, class T>
void destroy_object([[maybe_unused]] Memory& memory, T* p) noexcept {
    using source = std::remove_cvref_t<decltype(memory.source())>;
    if constexpr (is_std_allocator<source>) {
        typename std::allocator_traits<source>::template rebind_alloc<T> allocator(memory.source());
        std::allocator_traits<decltype(allocator)>::destroy(allocator, p);
    } else {
        std::destroy_at(p);
    }
}

} // namespace ebb::detail
