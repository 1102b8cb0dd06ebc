// node_lists: a map's slabs in lists by sixteenths of their slots that are taken, and rings of some
// of them.
#pragma once

#include <ebb/alloc/base/check.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ebb::detail {

/// Slabs, each in the list that its `live` names.
template <class Slab>
class node_lists {
  public:
    static constexpr std::size_t count = 17; // the last: no slot free

    static std::size_t list_of(std::uint32_t live) noexcept {
        return live == Slab::capacity() ? count - 1 : live >> shift;
    }
    [[nodiscard]] Slab* first_of(std::size_t n) const noexcept { return of_[n]; }
    [[nodiscard]] bool have_room() const noexcept { return with_room_ != 0; }
    /// Requires: have_room().
    [[nodiscard]] Slab* fullest_with_room() const noexcept {
        return of_[static_cast<std::size_t>(std::bit_width(with_room_)) - 1];
    }

    void add(Slab& s) noexcept {
        const std::size_t n = list_of(s.live);
        s.previous = nullptr;
        s.next = of_[n];
        if (s.next != nullptr) {
            s.next->previous = &s;
        }
        of_[n] = &s;
        with_room_ |= n < count - 1 ? 1U << n : 0;
    }
    void remove(Slab& s) noexcept {
        const std::size_t n = list_of(s.live);
        (s.previous != nullptr ? s.previous->next : of_[n]) = s.next;
        if (s.next != nullptr) {
            s.next->previous = s.previous;
        }
        with_room_ &= of_[n] == nullptr ? ~(1U << n) : ~0U;
    }
    /// True where it hangs in another list now.
    bool set_live(Slab& s, std::uint32_t live) noexcept {
        if (__builtin_expect(list_of(live) == list_of(s.live), 1)) {
            s.live = live;
            return false;
        }
        remove(s);
        s.live = live;
        add(s);
        return true;
    }

    /// Calls f with each, which may end it.
    template <class F>
    void for_each(const F& f) const {
        for (Slab* s : of_) {
            while (s != nullptr) {
                Slab* const after = s->next;
                f(*s);
                s = after;
            }
        }
    }
    void validate() const {
        for (std::size_t n = 0; n < count; ++n) {
            EBB_CHECK(n == count - 1 || ((with_room_ >> n & 1) != 0) == (of_[n] != nullptr),
                      "node_slabs: a list is missed");
            for (const Slab* s = of_[n]; s != nullptr; s = s->next) {
                EBB_CHECK(list_of(s->live) == n, "node_slabs: a slab hangs in another list");
            }
        }
    }

  private:
    static constexpr unsigned shift = std::max<unsigned>(std::bit_width(Slab::capacity()), 4) - 4;

    std::array<Slab*, count> of_{};
    std::uint32_t with_room_ = 0; // a bit a list: it has slabs, and they room
};

/// Slabs that hang together by these two members.
template <class Slab, Slab* Slab::*Next, Slab* Slab::*Previous>
class node_ring {
  public:
    /// Null where there is none.
    [[nodiscard]] Slab* first() const noexcept { return first_; }
    void turn() noexcept { first_ = first_->*Next; }
    /// As the last.
    void add(Slab& s) noexcept {
        if (first_ == nullptr) {
            first_ = s.*Next = s.*Previous = &s;
            return;
        }
        s.*Next = first_;
        s.*Previous = first_->*Previous;
        s.*Previous->*Next = first_->*Previous = &s;
    }
    void remove(Slab& s) noexcept {
        s.*Previous->*Next = s.*Next;
        s.*Next->*Previous = s.*Previous;
        first_ = s.*Next == &s ? nullptr : first_ == &s ? s.*Next : first_;
    }
    template <class F>
    void for_each(const F& f) const {
        if (const Slab* s = first_) {
            do {
                f(*s);
                s = s->*Next;
            } while (s != first_);
        }
    }

  private:
    Slab* first_ = nullptr;
};

} // namespace ebb::detail
