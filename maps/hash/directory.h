// directory: the segments of a map, in one array that grows and shrinks at its end.
//
// One segment lies in the map itself. Up to 64 KiB the array doubles; from there on it is a growing
// block (page_memory) that takes a page when it needs one, so that no insert copies it: 256 MiB of
// addresses, for 8 million segments. On memory without such blocks it goes on doubling: 32 bytes a
// segment, 0.2 % of the elements' bytes, copied at once.
#pragma once

#include <ebb/alloc/base/bytes.h>
#include <ebb/alloc/base/exceptions.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace ebb::detail {

/// Never empty: a map has one segment at least. Holds no memory of its own; `Memory` comes with
/// every call that may need some, and with `release`.
template <class Segment, class Memory>
class directory {
    static_assert(std::is_trivially_copyable_v<Segment>);

  public:
    directory() = default;
    directory(directory&& other) noexcept { take(other); }
    directory& operator=(directory&&) = delete;

    [[nodiscard]] Segment& operator[](std::size_t i) noexcept { return at_[i]; }
    [[nodiscard]] const Segment& operator[](std::size_t i) const noexcept { return at_[i]; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    /// Asked of the memory.
    [[nodiscard]] std::size_t bytes() const noexcept {
        return at_ == &first_ ? 0 : capacity_ * sizeof(Segment);
    }

    /// Room for one segment more. Throws std::bad_alloc, nothing changed. Ends references.
    void make_room(Memory& memory) {
        if (size_ < capacity_) {
            return;
        }
        if constexpr (Memory::grows_in_place) {
            if (is_growing(capacity_) &&
                memory.growing().resize(at_, bytes(), (capacity_ + step) * sizeof(Segment),
                                        largest(capacity_))) {
                capacity_ += step;
                return;
            }
        }
        move_to(memory, is_growing(capacity_ * 2) ? whole_steps(capacity_ * 2)
                                                  : std::max<std::size_t>(capacity_ * 2, 4));
    }
    /// Requires: room.
    void push(const Segment& s) noexcept { at_[size_++] = s; }
    /// Drops the last one, and gives memory back when three quarters of it are free.
    void pop(Memory& memory) noexcept {
        --size_;
        if (size_ * 4 > capacity_ || at_ == &first_) {
            return;
        }
        if constexpr (Memory::grows_in_place) {
            const std::size_t half = whole_steps(capacity_ / 2);
            if (is_growing(capacity_) && is_growing(half) && largest(half) == largest(capacity_) &&
                memory.growing().resize(at_, bytes(), half * sizeof(Segment), largest(capacity_))) {
                capacity_ = half;
                return;
            }
        }
        EBB_TRY {
            move_to(memory, size_ == 1 ? 1 : std::max<std::size_t>(capacity_ / 2, 4));
        }
        EBB_CATCH(const std::bad_alloc&) { // it stays as large as it is
        }
    }

    /// Back to one empty segment.
    void release(Memory& memory) noexcept {
        free_array(memory);
        at_ = &first_;
        first_ = Segment();
        size_ = capacity_ = 1;
    }

    void swap(directory& other) noexcept {
        directory mine(std::move(*this));
        take(other);
        other.take(mine);
    }

  private:
    static constexpr std::size_t step = 4096 / sizeof(Segment);
    static constexpr std::size_t doubled_up_to = 64 * kib;

    // A page's worth: not a power of two, with segments of 40 bytes.
    static std::size_t whole_steps(std::size_t capacity) noexcept {
        return (capacity + step - 1) / step * step;
    }
    static bool is_growing(std::size_t capacity) noexcept {
        return Memory::grows_in_place && capacity * sizeof(Segment) > doubled_up_to;
    }
    static std::size_t largest(std::size_t capacity) noexcept {
        return std::max(256 * mib, std::bit_ceil(capacity * sizeof(Segment)));
    }

    void take(directory& other) noexcept {
        at_ = other.at_ == &other.first_ ? &first_ : other.at_;
        first_ = other.first_;
        size_ = other.size_;
        capacity_ = other.capacity_;
        other.at_ = &other.first_;
        other.first_ = Segment();
        other.size_ = other.capacity_ = 1;
    }

    void move_to(Memory& memory, std::size_t capacity) {
        Segment* to = &first_;
        if (capacity > 1) {
            const std::size_t bytes = capacity * sizeof(Segment);
            if constexpr (Memory::grows_in_place) {
                to = static_cast<Segment*>(
                    is_growing(capacity)
                        ? memory.growing().allocate_growing(bytes, largest(capacity))
                        : memory.template allocate<alignof(Segment)>(bytes));
            } else {
                to = static_cast<Segment*>(memory.template allocate<alignof(Segment)>(bytes));
            }
        }
        std::memcpy(static_cast<void*>(to), at_, size_ * sizeof(Segment));
        free_array(memory);
        at_ = to;
        capacity_ = capacity;
    }

    void free_array(Memory& memory) noexcept {
        if (at_ == &first_) {
            return;
        }
        if constexpr (Memory::grows_in_place) {
            if (is_growing(capacity_)) {
                memory.growing().deallocate_growing(at_, bytes(), largest(capacity_));
                return;
            }
        }
        memory.template deallocate<alignof(Segment)>(at_, bytes());
    }

    Segment* at_ = &first_;
    std::size_t size_ = 1;
    std::size_t capacity_ = 1;
    Segment first_;
};

} // namespace ebb::detail
